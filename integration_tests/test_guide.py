"""The examples of docs/mapping.md and docs/cleaning.md, each run as it is printed."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from destination_profiles.service.manifest import service
from destination_profiles.service.matching import Matching
from integration_tests.connector import Connector, record, state, stream, updates
from profiles_sandbox.testing import ServedSandbox

DOCS = Path(__file__).parents[1] / "docs"
GUIDE, CLEANING = (
    (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("mapping", "cleaning")
)
BLOCK = re.compile(r"^```(\w+) (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """Rows, the configuration and the requests that follow, in order."""

    rows: list[dict[str, Any]]
    configuration: dict[str, Any]
    requests: list[dict[str, Any]]


def example(section: str) -> Example:
    blocks = [(kind, text) for _, kind, text in BLOCK.findall(section)]
    (rows,) = [text for kind, text in blocks if kind == "rows"]
    (configuration,) = [text for kind, text in blocks if kind == "configuration"]
    requests = [json.loads(text) for kind, text in blocks if kind == "request"]
    return Example(
        [json.loads(line) for line in rows.splitlines()], yaml.safe_load(configuration), requests
    )


EXAMPLES = {
    section.splitlines()[0]: example(section)
    for section in re.split(r"^## (?=\d)", GUIDE, flags=re.MULTILINE)[1:]
}


EXAMPLES["cleaning"] = example(CLEANING)


def test_guide_has_six_examples() -> None:
    *titles, _ = EXAMPLES
    assert [title[:2] for title in titles] == ["1.", "2.", "3.", "4.", "5.", "6."]
    shown = sum(2 + len(EXAMPLES[title].requests) for title in titles)
    assert len(BLOCK.findall(GUIDE)) == shown


def keys_of(request: dict[str, Any]) -> list[dict[str, Any]]:
    """What the profiles of a request are found by."""
    given = {"field_name": request["field_name"]} if "field_name" in request else {}
    fields = Matching(service().matching_modes[request["matching"]], given).fields()
    return [
        {name: value for name, value in profile.items() if name in fields}
        for profile in request["data"]
    ]


@pytest.mark.parametrize("title", EXAMPLES)
def test_example_does_what_it_says(
    connector: Connector, sandbox: ServedSandbox, bodies: Path, title: str
) -> None:
    check_example(connector, sandbox, bodies, EXAMPLES[title])


def cleaned(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What the query of docs/cleaning.md makes of a table."""
    (query,) = re.findall(r"```sql\n(.+?)```", CLEANING, re.DOTALL)
    with duckdb.connect() as database:
        columns = ", ".join(f"{name} VARCHAR" for name in rows[0])
        database.execute(f"CREATE TABLE customers ({columns})")
        places = ", ".join("?" * len(rows[0]))
        database.executemany(
            f"INSERT INTO customers VALUES ({places})", [list(row.values()) for row in rows]
        )
        found = database.execute(query)
        names = [each[0] for each in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_clean_columns_send_what_the_mapping_sends(
    connector: Connector, sandbox: ServedSandbox, bodies: Path
) -> None:
    printed = EXAMPLES["cleaning"]
    rows = json.loads(json.dumps(cleaned(printed.rows), default=str))
    (text,) = [text for _, kind, text in BLOCK.findall(CLEANING) if kind == "clean"]
    clean = Example(rows, yaml.safe_load(text), printed.requests)
    check_example(connector, sandbox, bodies, clean)


def check_example(
    connector: Connector, sandbox: ServedSandbox, bodies: Path, printed: Example
) -> None:
    """Rows and configuration do as printed."""
    known = [key for request in printed.requests for key in keys_of(request)]
    known = [key for position, key in enumerate(known) if key not in known[:position]]
    sandbox.create(
        *known,
        matching=printed.requests[0]["matching"],
        **{name: value for name, value in printed.requests[0].items() if name == "field_name"},
    )
    del connector.config["matching"], connector.config["db_id"]
    connector.config |= printed.configuration
    (entry,) = printed.configuration["streams"]
    columns = {"type": "object", "properties": {name: {} for name in printed.rows[0]}}
    connector.catalog["streams"] = [stream(entry["name"], schema=columns)]

    assert connector.run("check").status["status"] == "SUCCEEDED"
    said = connector.write(
        *(record(row, entry["name"]) for row in printed.rows), state(1, entry["name"])
    )
    assert (said.code, said.stats) == (0, [(float(len(printed.rows)), 0.0)])
    sent = updates(sandbox)
    requests = [
        json.loads((bodies / f"{row['id']:06d}.json").read_text(encoding="utf-8")) for row in sent
    ]
    for request in requests:
        assert request.pop("token") == "sandbox-token"
    assert [json.dumps(request) for request in requests] == [
        json.dumps(request) for request in printed.requests
    ]
