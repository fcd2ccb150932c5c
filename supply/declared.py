"""What setup.py and requirements.txt declare: names in lower case, parted by hyphens."""

import ast
import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
BUILDS = "setuptools"  # builds the package, and does not stay in the image
_PIN = re.compile(r"^([\w.-]+)==(\S+)((?: \\\n    --hash=sha256:[0-9a-f]{64})*)", re.MULTILINE)


class Pin(NamedTuple):
    """A version, and the SHA-256 of each file that may be installed."""

    version: str
    hashes: frozenset[str]


def name_of(requirement: str) -> str:
    """The package that a requirement asks for, as PyPI compares names."""
    found = re.match(r"[\w.-]+", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def pins(file: str) -> dict[str, Pin]:
    """The pins of a file of requirements, which stands in the root."""
    found = _PIN.findall((ROOT / file).read_text(encoding="utf-8"))
    return {
        name_of(name): Pin(version, frozenset(re.findall("[0-9a-f]{64}", hashes)))
        for name, version, hashes in found
    }


def reasons(argument: str) -> list[tuple[str, str]]:
    """What an argument of setup() asks for, with the comment beside it or, else, right above."""
    text = (ROOT / "setup.py").read_text(encoding="utf-8")
    (wanted,) = (
        node.value
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.keyword) and node.arg == argument
    )
    lines = text.splitlines()
    return [
        (name_of(each.value), _comment(lines, each.lineno - 1))
        for node in ast.walk(wanted)
        if isinstance(node, ast.List)
        for each in node.elts
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    ]


def _comment(lines: list[str], at: int) -> str:
    _, _, beside = lines[at].partition("  # ")
    above: list[str] = []
    while not beside and lines[at - 1].lstrip().startswith("# "):
        at -= 1
        above.insert(0, lines[at].lstrip()[2:])
    return beside or " ".join(above)
