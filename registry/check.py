"""Holds a registry's files against the models that Airbyte publishes: `check.py FOLDER`.

Run by the Python of .venv-qa. Ends with 1 and says what is wrong, where something is.
"""

import json
import sys
from pathlib import Path
from typing import Any

from airbyte_connector_models.metadata.v0 import connector_registry_v0 as models
from pydantic import BaseModel, ValidationError

DEFINITION = models.ConnectorRegistryV0ConnectorRegistryDestinationDefinition
LISTING = "registries/v0/oss_registry.json"


def main(folder: Path) -> list[str]:
    """All that is wrong."""
    listing = json.loads((folder / LISTING).read_text("utf-8"))
    problems = _problems(models.ConnectorRegistryV0, listing, LISTING)
    listed = {
        (each["dockerRepository"], each["dockerImageTag"]): each for each in listing["destinations"]
    }
    entries = list(folder.glob("metadata/**/oss.json"))
    for path in entries:
        entry, name = json.loads(path.read_text("utf-8")), path.relative_to(folder).as_posix()
        problems += _problems(DEFINITION, entry, name) + _unknown(entry, name)
        version = entry["dockerRepository"], entry["dockerImageTag"]
        if name != f"metadata/{version[0]}/{version[1]}/oss.json":
            problems.append(f"{name}: not the place of its version")
        if listed.get(version) != entry:
            problems.append(f"{name}: the listing has another entry of it, or none")
    return problems if entries else [*problems, "no entry of a version"]


def _problems(model: type[BaseModel], value: Any, name: str) -> list[str]:
    try:
        model.model_validate(value)
    except ValidationError as error:
        return [
            f"{name}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()
        ]
    return []


def _unknown(entry: dict[str, Any], name: str) -> list[str]:
    """Keys that the model does not have, as it takes any: a slip in one would say nothing."""
    known = {field.alias or key for key, field in DEFINITION.model_fields.items()}
    return [f"{name}: {key}: no part of an entry" for key in entry if key not in known]


if __name__ == "__main__":
    found = main(Path(sys.argv[1]))
    print("\n".join(found) or "The registry has the form of the published models.")
    sys.exit(bool(found))
