"""The sandbox's folders are floors: imports go down, from the first to the last of these."""

import ast
from pathlib import Path

import pytest

FLOORS = [
    {"__main__", "testing"},
    {"command_line"},
    {"show", "serving", "page"},
    {"calls"},
    {"faults", "data"},
    {"profiles", "wire"},
    {"refusals", "switches"},
]
PACKAGE = Path(__file__).parents[2] / "profiles_sandbox"
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))


def floor(top: str) -> int:
    return next(place for place, names in enumerate(FLOORS) if top in names)


def tops(module: Path) -> set[str]:
    """Folders, and modules beside them, that a module imports from."""
    tree = ast.parse((PACKAGE / module).read_text(encoding="utf-8"))
    names = [
        f"{node.module}.{alias.name}".split(".")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    return {parts[1] for parts in names if parts[0] == PACKAGE.name}


@pytest.mark.parametrize("module", MODULES, ids=Path.as_posix)
def test_imports_of_the_sandbox_go_down(module: Path) -> None:
    top = module.with_suffix("").parts[0]
    assert all(floor(each) > floor(top) for each in tops(module) - {top})
