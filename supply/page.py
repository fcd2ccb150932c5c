"""Writes docs/dependencies.md from a bill of materials: `python -m supply.page BILL`."""

import datetime
import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from supply.declared import BUILDS, ROOT, name_of, reasons

PAGE = ROOT / "docs" / "dependencies.md"
HEAD = """\
# Dependencies

What the image is built from, beside [its base](image.md#the-base): `requirements.txt`, as
`make constraints` chose it. *Since* is the day from which on a version is used. The reasons are
those of [setup.py](../setup.py); a package without one there stands under those that need it.
`make dependencies` writes this page, with the licences that each package declares.

**None of these versions was audited** where it was chosen, as no service of vulnerabilities can be
reached from there. `make audit` asks one, and fails where none answers.

| package | version | since | licence | reason |
|---|---|---|---|---|
"""
_ROW = re.compile(r"^\| ([\w.-]+) \| (\S+) \| (\d{4}-\d\d-\d\d) \|", re.MULTILINE)
_CLASSIFIER = "License :: OSI Approved :: "


def page(bill: Mapping[str, Any], old: str, today: str) -> str:
    """The page; a version that the old one has keeps its day."""
    since = {(name, version): day for name, version, day in _ROW.findall(old)}
    parts = sorted((name_of(each["name"]), each) for each in bill["components"] if "scope" in each)
    why = dict(_under(bill)) | dict(reasons("install_requires"))
    why[BUILDS] = "builds the package; does not stay in the image"
    return HEAD + "".join(
        f"| {name} | {each['version']} | {since.get((name, each['version']), today)} "
        f"| {', '.join(licences(each))} | {why[name]} |\n"
        for name, each in parts
    )


def licences(component: Mapping[str, Any]) -> list[str]:
    """SPDX identifiers where the package declares some, else the names of its classifiers."""
    declared = component["licenses"]
    ids = {each["license"]["id"] for each in declared if "id" in each.get("license", {})}
    ids |= {each["expression"] for each in declared if "expression" in each}
    names = {each["license"]["name"].removeprefix(_CLASSIFIER) for each in declared if not ids}
    return sorted(ids or names)


def _under(bill: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = {each["bom-ref"]: name_of(each["name"]) for each in bill["components"]}
    needed = {names[each["ref"]]: each for each in bill["dependencies"] if each["ref"] in names}
    for name in names.values():
        users = [
            user
            for user, each in needed.items()
            if name in {names[ref] for ref in each.get("dependsOn", ())}
        ]
        yield name, f"under {', '.join(sorted(users))}"


if __name__ == "__main__":
    PAGE.write_text(
        page(
            json.loads(Path(sys.argv[1]).read_text("utf-8")),
            PAGE.read_text("utf-8") if PAGE.is_file() else "",
            datetime.date.today().isoformat(),
        ),
        encoding="utf-8",
    )
