"""Completes the bill of materials of the image: `python -m supply.bom LISTED REPORT OUT`.

LISTED is cyclonedx-py's, of an environment with requirements.txt alone: names, versions, licences.
REPORT is that of pip, which installed it: the file that each came from. The hash of that file is
added, the image and its base are named, and needs of extras are left out.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

import yaml

from supply.declared import BUILDS, ROOT, name_of

Json = dict[str, Any]


def main(listed: Path, report: Path, out: Path) -> None:
    """Write the bill."""
    bill = completed(json.loads(listed.read_text("utf-8")), json.loads(report.read_text("utf-8")))
    out.write_text(json.dumps(bill, indent=1) + "\n", encoding="utf-8")


def completed(bill: Json, report: Json) -> Json:
    """The bill, with hashes, the image, and its base."""
    installed = {name_of(each["metadata"]["name"]): each for each in report["install"]}
    names = {each["bom-ref"]: name_of(each["name"]) for each in bill["components"]}
    for each in bill["components"]:
        name = names[each["bom-ref"]]
        digest = installed[name]["download_info"]["archive_info"]["hashes"]["sha256"]
        each["hashes"] = [{"alg": "SHA-256", "content": digest}]
        each["scope"] = "excluded" if name == BUILDS else "required"
    for each in bill["dependencies"]:
        wanted = installed[names[each["ref"]]]["metadata"].get("requires_dist", ())
        needed = {name_of(one) for one in wanted if "extra ==" not in one}
        each["dependsOn"] = [ref for ref in each.get("dependsOn", ()) if names[ref] in needed]
    image, base = _image(), _base()
    kept = [each["bom-ref"] for each in bill["components"] if each["scope"] == "required"]
    bill["metadata"]["component"] = image
    bill["components"].append(base)
    bill["dependencies"].append(
        {"ref": image["bom-ref"], "dependsOn": sorted([base["bom-ref"], *kept])}
    )
    return bill


def _image() -> Json:
    metadata = yaml.safe_load((ROOT / "metadata.yaml").read_text("utf-8"))["data"]
    return {
        "type": "container",
        "bom-ref": "image",
        "name": metadata["dockerRepository"],
        "version": metadata["dockerImageTag"],
        "licenses": [{"license": {"id": metadata["license"]}}],
    }


def _base() -> Json:
    """The image that the Dockerfile begins with; what is in it is not listed."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    found = re.search(r"^ARG BASE_IMAGE=(\S+):([\w.]+)@sha256:([0-9a-f]{64})$", text, re.MULTILINE)
    if not found:
        raise SystemExit("The Dockerfile names no base image by its digest.")
    name, tag, digest = found.groups()
    return {
        "type": "container",
        "bom-ref": "base",
        "name": name,
        "version": tag,
        "hashes": [{"alg": "SHA-256", "content": digest}],
        "purl": f"pkg:docker/{name.removeprefix('docker.io/')}@sha256%3A{digest}",
    }


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
