"""Makes a registry of connectors with this one in it, as files that any static server serves.

    python registry/build.py --out FOLDER [--others oss_registry.json] [--image REPOSITORY:TAG]

Airbyte's platform reads them where CONNECTOR_REGISTRY_BASE_URL names the server: the listing, and
for a version its entry and its page. They say what it never learns of a custom image: data
activation, refreshes, resources and allowed hosts.
"""

import argparse
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from destination_profiles.spec import spec

ROOT = Path(__file__).parents[1]
LISTING = "registries/v0/oss_registry.json"
KINDS = ("sources", "destinations")
OF_THE_BUILD = (  # parts of metadata.yaml that no entry of a registry has
    "connectorBuildOptions",
    "connectorSubtype",
    "connectorTestSuitesOptions",
    "connectorType",
    "githubIssueLabel",
    "license",
    "registryOverrides",
)
Entry = dict[str, Any]


def main() -> None:
    """Write the files, and say where they are."""
    parser = argparse.ArgumentParser(description="Make a registry of connectors for Airbyte.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--others", type=Path, help="listing whose connectors are listed too")
    parser.add_argument("--image", help="repository:tag, where it is not that of metadata.yaml")
    arguments = parser.parse_args()
    others = json.loads(arguments.others.read_text("utf-8")) if arguments.others else {}
    made = entry(arguments.image)
    for name, content in files(made, others).items():
        path = arguments.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
        print(path)


def entry(image: str | None = None) -> Entry:
    """What a registry says of this connector: metadata.yaml and the specification."""
    metadata = yaml.safe_load((ROOT / "metadata.yaml").read_text("utf-8"))["data"]
    made = {name: each for name, each in metadata.items() if name not in OF_THE_BUILD}
    (language,) = (tag.partition(":")[2] for tag in made["tags"] if tag.startswith("language:"))
    if image:
        made["dockerRepository"], _, made["dockerImageTag"] = image.rpartition(":")
    return {
        "destinationDefinitionId": made.pop("definitionId"),
        **made,
        "spec": spec(),
        "language": language,
        "public": True,
        "custom": False,
        "tombstone": False,
    }


def files(made: Entry, others: Mapping[str, Any]) -> dict[str, str]:
    """The texts of a registry by their paths."""
    version = f"metadata/{made['dockerRepository']}/{made['dockerImageTag']}"
    return {
        LISTING: _json(listing(made, others)),
        f"{version}/oss.json": _json(made),
        f"{version}/doc.md": (ROOT / "docs" / "profiles.md").read_text("utf-8"),
    }


def listing(made: Entry, others: Mapping[str, Iterable[Entry]]) -> dict[str, Any]:
    """Other connectors, and this one in the place of what they have of it."""
    sources, destinations = (list(others.get(kind, ())) for kind in KINDS)
    same = made["destinationDefinitionId"]
    kept = [each for each in destinations if each["destinationDefinitionId"] != same]
    return {**others, "sources": sources, "destinations": [*kept, made]}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    main()
