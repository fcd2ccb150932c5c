"""Imports go down: run and destination over the edges, the edges over the pipeline, the pipeline over the core."""

import ast
from pathlib import Path

import pytest

FLOORS = [  # the highest first; a module may import those that stand after it
    "__main__",
    "run",
    "command",
    "__init__",
    "terminal",
    "forecast",
    "destination",
    "arguments",
    "discovery",
    "inspection",
    "client",
    "signals",
    "protocol",
    "decoder",
    "pipes",
    "spec",
    "s3",
    "progress",
    "writer",
    "dispatcher",
    "senders",
    "rejects",
    "streams",
    "answers",
    "chunks",
    "batches",
    "concurrency",
    "encoding",
    "xml_format",
    "validation",
    "typed_mapping",
    "mapping",
    "config",
    "matching",
    "catalog",
    "checkpoint",
    "ledger",
    "manifest",
    "salvage",
    "typed",
    "violations",
    "conversion",
    "errors",
    "rejection",
]
PURE = FLOORS[FLOORS.index("streams") :]  # decides only
PACKAGE = Path(__file__).parents[1] / "destination_profiles"
SANDBOX = Path(__file__).parents[1] / "profiles_sandbox"
EDGES = {
    "requests": {"answers", "client"},
    "urllib3": {"client"},
    "select": {"pipes"},
    "boto3": {"s3"},
    "botocore": {"s3"},
    "rich": {"terminal"},
    "lxml": {"xml_format"},
    "signal": {"run", "signals"},
    "threading": {"client", "protocol", "senders"},
}
MODULES = sorted(path.stem for path in PACKAGE.glob("*.py"))


def imports(path: Path) -> set[str]:
    """Names that a module imports: `.name` for one of its own package."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            names |= {f".{node.module}"} if node.module else {f".{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(str(node.module))
    return names


def test_every_module_has_its_floor() -> None:
    assert sorted(FLOORS) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    above = {f".{name}" for name in FLOORS[: FLOORS.index(module) + 1]}
    assert not imports(PACKAGE / f"{module}.py") & above


@pytest.mark.parametrize("module", MODULES)
def test_edges_stay_at_the_edge(module: str) -> None:
    roots = {name.split(".")[0] for name in imports(PACKAGE / f"{module}.py")}
    assert not {edge for edge, allowed in EDGES.items() if edge in roots and module not in allowed}


@pytest.mark.parametrize("module", [name for name in PURE if name not in ("chunks", "manifest")])
def test_core_has_no_clock_and_no_files(module: str) -> None:
    roots = {name.split(".")[0] for name in imports(PACKAGE / f"{module}.py")}
    assert not roots & {"time", "os", "pathlib", "io", "socket", "threading", "queue", "random", "uuid"}


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")))
def test_connector_knows_no_sandbox(path: Path) -> None:
    assert not {name for name in imports(path) if name.startswith("profiles_sandbox")}


@pytest.mark.parametrize("path", sorted(SANDBOX.glob("*.py")))
def test_sandbox_knows_no_connector(path: Path) -> None:
    assert not {name for name in imports(path) if name.startswith("destination_profiles")}
