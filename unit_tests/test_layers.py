"""Imports go down: each folder is a floor, and stands on those below it."""

import ast
from pathlib import Path

import pytest

FLOORS = [  # the highest first; a folder may import those that stand after it
    {"destination"},
    {"commands"},
    {"suggestion"},
    {"sync", "report"},
    {"protocol"},
    {"outcomes"},
    {"api", "delivery"},
    {"records"},
    {"config", "stream_config", "stream_mapping", "status_config", "storage_config"}
    | {"spec", "catalog"},
    {"memory"},
    {"rejects"},
    {"storage"},
    {"service"},
    {"errors", "rejection", "violations", "secret", "address", "slips"}
    | {"cells", "conversion", "moments", "phones", "scratch", "shapes", "statuses", "stream_key"},
]
ENTRIES = {"__init__", "__main__", "run"}  # import the rest when it is asked for
PACKAGE = Path(__file__).parents[1] / "destination_profiles"
SANDBOX = Path(__file__).parents[1] / "profiles_sandbox"
EDGES = {  # libraries, and the modules that may use them
    "airbyte_cdk": {"destination"},
    "requests": {"api/environment", "api/http", "api/faults"},
    "urllib3": {"api/answer", "api/faults"},
    "select": {"delivery/mailbox", "protocol/pipes"},
    "boto3": {"storage/s3"},
    "botocore": {"storage/s3"},
    "isal": {"outcomes/parts"},
    "sqlite3": {"memory/entries"},
    "xxhash": {"memory/hashes"},
    "rich": {"commands/terminal", "commands/tables"},
    "jinja2": {"report/page"},
    "markupsafe": {"report/charts", "report/page", "report/svg"},
    "lxml": {"service/xml_format"},
    "yaml": {"commands/yaml_settings", "service/manifest", "service/yaml_file"},
    "pendulum": {"moments"},
    "phonenumbers": {"phones"},
    "signal": {"run", "sync/signals"},
    "threading": {
        "api/http",
        "protocol/messages",
        "delivery/senders",
        "outcomes/keeper",
        "storage/s3",
    },
}
PURE = {"records", "service", "errors", "rejection", "violations", "catalog"} | {
    "address",
    "cells",
    "conversion",
    "moments",
    "phones",
    "shapes",
    "slips",
    "statuses",
    "stream_key",
}
OF_PURE = {"service/yaml_file"}  # reads the package's own files
EFFECTS = {"time", "os", "pathlib", "io", "socket", "threading", "queue", "random", "uuid"}
MODULES = sorted(
    path.relative_to(PACKAGE).with_suffix("").as_posix() for path in PACKAGE.rglob("*.py")
)


def floor(name: str) -> int:
    """The place of a folder, or of a module beside them."""
    return next(place for place, names in enumerate(FLOORS) if name in names)


def imports(path: Path) -> set[str]:
    """Names that a file imports, those of its own package from its root on."""
    names = set()
    home = path.relative_to(PACKAGE.parent).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = [*home[: len(home) - node.level + 1]] if node.level else []
            base += node.module.split(".") if node.module else []
            ends = [alias.name for alias in node.names] if node.level and not node.module else [""]
            names |= {".".join(filter(None, [*base, end])) for end in ends}
    return names


def own(module: str) -> set[str]:
    """Modules of the package that a module imports, as paths."""
    prefix = f"{PACKAGE.name}."
    found = imports(PACKAGE / f"{module}.py")
    return {
        name.removeprefix(prefix).replace(".", "/") for name in found if name.startswith(prefix)
    }


def test_every_folder_has_its_floor() -> None:
    tops = {module.split("/")[0] for module in MODULES} - ENTRIES
    assert tops == set().union(*FLOORS)


@pytest.mark.parametrize("module", [each for each in MODULES if each not in ENTRIES])
def test_imports_go_down(module: str) -> None:
    top = module.split("/", maxsplit=1)[0]
    others = {each.split("/")[0] for each in own(module)} - {top}
    if "/" in module or top == "destination":
        assert all(floor(each) > floor(top) for each in others)
    else:
        assert all(floor(each) >= floor(top) for each in others)


def test_no_circle_of_modules() -> None:
    known = {module: own(module) & set(MODULES) for module in MODULES}
    while free := [module for module, used in known.items() if not used]:
        for module in free:
            del known[module]
        for used in known.values():
            used.difference_update(free)
    assert not known


@pytest.mark.parametrize("module", MODULES)
def test_edges_stay_at_the_edge(module: str) -> None:
    roots = {name.split(".")[0] for name in imports(PACKAGE / f"{module}.py")}
    assert not {edge for edge, users in EDGES.items() if edge in roots and module not in users}


@pytest.mark.parametrize("module", [each for each in MODULES if each.split("/")[0] in PURE])
def test_core_has_no_clock_and_no_files(module: str) -> None:
    roots = {name.split(".")[0] for name in imports(PACKAGE / f"{module}.py")}
    assert module in OF_PURE or not roots & EFFECTS


@pytest.mark.parametrize("module", MODULES)
def test_connector_knows_no_sandbox(module: str) -> None:
    found = imports(PACKAGE / f"{module}.py")
    assert not {name for name in found if name.startswith("profiles_sandbox")}


@pytest.mark.parametrize("path", sorted(SANDBOX.rglob("*.py")))
def test_sandbox_knows_no_connector(path: Path) -> None:
    found = imports(path)
    assert not {name for name in found if name.startswith("destination_profiles")}
