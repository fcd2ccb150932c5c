"""Holds a bill of materials against its schema and requirements.txt: `-m supply.check BILL`.

Run by the Python of .venv-supply. Ends with 1 and says what is wrong, where something is.
"""

import json
import sys
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from supply.declared import name_of, pins


def main(path: Path) -> list[str]:
    """All that is wrong."""
    text = path.read_text("utf-8")
    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return [f"not CycloneDX 1.6: {str(fault)[:500]}"] if fault else _missing(json.loads(text))


def _missing(bill: dict[str, Any]) -> list[str]:
    named = {
        name_of(each["name"]): each for each in bill["components"] if each["type"] == "library"
    }
    wanted = pins("requirements.txt")
    problems = [f"{name}: only one of both has it" for name in wanted.keys() ^ named.keys()]
    for name in wanted.keys() & named.keys():
        each, pin = named[name], wanted[name]
        if each["version"] != pin.version:
            problems.append(f"{name}: version {each['version']}, not {pin.version}")
        if not {one["content"] for one in each["hashes"]} <= pin.hashes:
            problems.append(f"{name}: a file that requirements.txt does not have")
        if not each.get("licenses"):
            problems.append(f"{name}: no licence")
    return sorted(problems)


if __name__ == "__main__":
    found = main(Path(sys.argv[1]))
    print(*found or ["The bill is CycloneDX 1.6, and names all of requirements.txt."], sep="\n")
    raise SystemExit(bool(found))
