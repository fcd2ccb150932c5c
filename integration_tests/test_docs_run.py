"""Every command that README and the pages of docs/ print, run as printed, on a terminal.

A page has a stage: what its reader would have by then, before each of its blocks of commands. The
output is the printed one, but for what a clock, an address or a random number made of it.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from integration_tests.connector import Connector, record, state, stream
from integration_tests.page import consoles, named
from integration_tests.screen import plain, watched
from profiles_sandbox.testing import ServedSandbox

ROOT = Path(__file__).parents[1]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))]
}
ELSEWHERE = {"docs/start.md"}  # test_start.py runs it whole, in one shell
COMMANDS = {page: consoles(text) for page, text in PAGES.items() if page not in ELSEWHERE}
NOT_RUN = {  # commands that a test cannot run, and who does
    "make demo": ".ci/run",
    "make test": "whoever runs this",
    "export PATH": "the stage finds the commands",
    "profiles-sandbox serve": "the stage has a service",
    "cd demo/out": "the stage stands in a folder of its own",
    "make registry": "test_registry.py makes one, as this does",
    "docker build": ".ci/image does the same without an engine of Docker",
    "docker run": ".ci/image, likewise",
}
ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|localhost):8099")
CHANGING = [  # what no two runs have in common
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "<moment>"),
    (re.compile(r"\b[0-9a-f]{24,32}\b"), "<id>"),
    (re.compile(r"[\d,.]+ s\b"), "<time>"),
    (re.compile(r"\([\d,]+/s\)"), "(<rate>)"),
    (re.compile(r"\brow \d+"), "row <number>"),
]


FAKER = {
    **{"count": 10_000, "seed": 1, "parallelism": 1},
    **{"records_per_slice": 1_000, "always_updated": False},
}


@dataclass(frozen=True)
class Stage:
    """Where the commands of a page run."""

    page: str
    connector: Connector
    sandbox: ServedSandbox

    def keep(self, name: str, content: Any) -> None:
        """Write a file, as JSON where it is no text."""
        text = content if isinstance(content, bytes) else json.dumps(content).encode()
        (self.connector.folder / name).write_bytes(text)

    def faker_catalog(self) -> None:
        """The configured catalog of the demo's source, in catalog.json."""
        code, text = self.shown("source-faker discover --config source.json")
        found = [json.loads(line) for line in text.splitlines() if '"CATALOG"' in line]
        assert (code, len(found)) == (0, 1), text
        (users,) = [each for each in found[0]["catalog"]["streams"] if each["name"] == "users"]
        configured = {
            "stream": users,
            "sync_mode": "incremental",
            "destination_sync_mode": "append_dedup",
            "cursor_field": ["updated_at"],
        }
        self.keep("catalog.json", {"streams": [configured]})

    def shown(self, command: str) -> tuple[int, str]:
        """The exit code of a command, and what stands on the terminal in the end."""
        folders = [Path(sys.executable).parent, ROOT / ".venv-source" / "bin"]
        code, screen = watched(
            ["bash", "-o", "pipefail", "-c", ADDRESS.sub(self.sandbox.url, command)],
            cwd=self.connector.folder,
            PATH=os.pathsep.join([*map(str, folders), os.environ["PATH"]]),
        )
        return code, plain(screen).replace(self.sandbox.url, "http://localhost:8099")


def is_run(command: str) -> bool:
    return not command.startswith(tuple(NOT_RUN))


def shape(text: str) -> str:
    """An output without blanks at the ends of lines, and without what changes."""
    for pattern, name in CHANGING:
        text = pattern.sub(name, text)
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


def matches(printed: str, shown: str) -> bool:
    """Whether an output is the printed one, where a line `…` stands for any lines."""
    parts = [re.escape(each) for each in re.split(r"^…$", shape(printed), flags=re.MULTILINE)]
    return re.fullmatch(".*".join(parts), shape(shown), re.DOTALL) is not None


def nothing(_: Stage) -> Iterator[None]:
    """A reader has what he needs: a service."""
    while True:
        yield


def commands(stage: Stage) -> Iterator[None]:
    """The demo's customers, of whom the service does not know 25; then the demo's source."""
    known = ({"Custom_ID": number} for number in range(1, 10_001) if number % 400)
    stage.sandbox.create(*known, matching="custom", field_name="Custom_ID")
    config = stage.connector.config | {
        "matching": {"mode": "custom", "field_name": "Custom_ID"},
        "object_storage_config": {"storage_type": "Local", "path": "kept"},
        "streams": [{"name": "users", "fields": [{"to": "Custom_ID", "from": "id"}]}],
    }
    rows = [record({"id": number}) for number in range(1, 10_001)]
    stage.keep("messages.jsonl", b"".join([*rows, state(1)]))
    stage.keep("config.json", config)
    stage.keep("catalog.json", {"streams": [stream()]})
    yield
    demo = json.loads((ROOT / "demo" / "config.json").read_text(encoding="utf-8"))
    demo["api_url"] = stage.sandbox.url
    fields = demo["streams"][0]["fields"]
    slip = {"height": {"type": "int"}}
    demo["streams"][0]["fields"] = [each | slip.get(each["to"], {}) for each in fields]
    stage.keep("slip.json", demo)
    stage.keep("source.json", FAKER)
    stage.faker_catalog()
    yield
    stage.keep("catalog.json", {"streams": [stream()]})
    yield


def readme(stage: Stage) -> Iterator[None]:
    """What `make demo` leaves behind."""
    yield
    yield
    known = ({"Custom_ID": number} for number in range(1, 10_001) if number % 400)
    stage.sandbox.create(*known, matching="custom", field_name="Custom_ID")
    stage.keep("source.json", FAKER)
    stage.faker_catalog()
    yield
    yield
    yield


def memory(stage: Stage) -> Iterator[None]:
    """A store, and customers whom the service knows; a state after each thousand."""
    numbers = range(1, 10_001)
    stage.sandbox.create(
        *({"Custom_ID": number} for number in numbers), matching="custom", field_name="Custom_ID"
    )
    config = stage.connector.config | {
        "matching": {"mode": "custom", "field_name": "Custom_ID"},
        "object_storage_config": {"storage_type": "Local", "path": "kept"},
        "memory": {"name": "crm"},
        "streams": [{"name": "users", "fields": [{"to": "Custom_ID", "from": "id"}]}],
    }
    rows = [
        record({"id": number}) + (b"" if number % 1_000 else state(number)) for number in numbers
    ]
    stage.keep("messages.jsonl", b"".join(rows))
    stage.keep("config.json", config)
    stage.keep("catalog.json", {"streams": [stream()]})
    yield


def refused(stage: Stage) -> Iterator[None]:
    """What docs/refused.md tells, step by step."""
    config = json.loads(named(PAGES[stage.page], "config")) | {"api_url": stage.sandbox.url}
    schema = {"type": "object", "properties": {name: {} for name in ("id", "city", "born")}}
    catalog = {"streams": [stream("users", namespace="shop", schema=schema)]}
    del catalog["streams"][0]["sync_id"]
    stage.keep("catalog.json", catalog)
    stage.keep("config.json", config)
    rows = map(json.loads, named(PAGES[stage.page], "rows").splitlines())
    messages = b"".join([*(record(row, namespace="shop") for row in rows), state(1)])
    stage.keep("messages.jsonl", messages)
    write = "destination-profiles write --config config.json --catalog catalog.json"
    assert stage.shown(f"{write} < messages.jsonl")[0] == 0
    yield
    stage.sandbox.create({"crm_id": 77}, matching="custom", field_name="crm_id")
    config["streams"][0]["fields"][2]["formats"] = ["%d.%m.%Y"]
    stage.keep("config.json", config)
    yield


def outcomes(stage: Stage) -> Iterator[None]:
    """A row of Ann's was accepted, and a later one refused."""
    stage.sandbox.create({"email": "ann@example.org"}, matching="email")
    config = stage.connector.config | {
        "matching": {"mode": "email"},
        "object_storage_config": {"storage_type": "Local", "path": "kept"},
        "outcomes": {},
    }
    stage.keep("config.yaml", yaml.safe_dump(config).encode())
    stage.keep("catalog.json", {"streams": [stream()]})
    write = "destination-profiles write --config config.yaml --catalog catalog.json"
    for row in ({"email": "ann@example.org"}, {"email": "ann@example.org", "_bdate": "1984-99-99"}):
        stage.keep("messages.jsonl", record(row) + state(1))
        assert stage.shown(f"{write} < messages.jsonl")[0] == 0
    yield


STAGES: dict[str, Callable[[Stage], Iterator[None]]] = {
    "README.md": readme,
    "docs/commands.md": commands,
    "docs/memory.md": memory,
    "docs/refused.md": refused,
    "docs/outcomes.md": outcomes,
    "docs/glossary.md": nothing,
}


def test_every_page_with_commands_has_a_stage() -> None:
    printed = {
        page: [each.line for of in blocks for each in of] for page, blocks in COMMANDS.items()
    }
    assert {page for page, lines in printed.items() if any(map(is_run, lines))} == set(STAGES)


@pytest.mark.parametrize("name", NOT_RUN)
def test_what_is_not_run_is_printed(name: str) -> None:
    lines = [each.line for blocks in COMMANDS.values() for of in blocks for each in of]
    assert any(each.startswith(name) for each in lines)


@pytest.mark.parametrize("page", STAGES)
def test_page_runs_as_printed(connector: Connector, sandbox: ServedSandbox, page: str) -> None:
    stage = Stage(page, connector, sandbox)
    setting = STAGES[page](stage)
    for block in COMMANDS[page]:
        next(setting)
        for command in (each for each in block if is_run(each.line)):
            code, shown = stage.shown(command.line)
            assert (command.line, code) == (command.line, 0), shown
            assert matches(command.output, shown), f"{command.line}\n{shown}"
