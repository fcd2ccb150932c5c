"""Rows as real sources send them: what is stored, what is set aside and why, what is told."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from integration_tests.connector import Connector, record, rejected, state, stream
from profiles_sandbox.testing import ServedSandbox

FOLDER = Path(__file__).with_name("rows")
FILES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
ID = "65f0c0ffee0000000000000{}"  # of the profile with a crm_id, as the sandbox is seeded
OWN = {"id", "crm_id", "db_id", "subscriptions", "profile_id", "emails", "phones", "email"}


def load(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def options(name: str) -> list[str]:
    """The sandbox's, as the file has them."""
    found: list[str] = load(name).get("sandbox", [])
    return found


def configured(connector: Connector, case: dict[str, Any], wire_format: str) -> None:
    store = {"storage_type": "Local", "path": str(connector.folder / "rejected")}
    connector.config |= {**case.get("config", {}), "object_storage_config": store}
    connector.config["delivery"] = {"wire_format": wire_format}
    connector.catalog = {
        "streams": [
            stream(name, case.get("sync_modes", {}).get(name, "append"), schema=schema)
            for name, schema in case["streams"].items()
        ]
    }


def messages(case: dict[str, Any]) -> list[bytes]:
    """The rows of each stream, and a state behind them."""
    return [
        line
        for name, rows in case["rows"].items()
        for line in [*records(case, name, rows), state(1, name)]
    ]


def records(case: dict[str, Any], name: str, rows: list[Any]) -> list[bytes]:
    """Rows with what their source says of them, if anything."""
    of = case.get("changes", {}).get(name, {})
    metas = [{"meta": {"changes": of[at]}} if at in of else {} for at in range(1, len(rows) + 1)]
    return [record(row, name, **meta) for row, meta in zip(rows, metas, strict=True)]


def set_aside(connector: Connector, name: str) -> list[list[str]]:
    keys = ("rejected_reason", "rejected_code", "rejected_path")
    return [[row[key] for key in keys] for row in rejected(connector, name)]


def faults(connector: Connector, name: str) -> list[list[list[str]]]:
    """All that is wrong with each row that was set aside."""
    rows = rejected(connector, name)
    return [[list(each.values()) for each in row["rejected_faults"]] for row in rows]


def stored(sandbox: ServedSandbox, crm_id: int) -> dict[str, Any]:
    """The fields of a profile that rows have filled."""
    found = sandbox.profile(ID.format(crm_id))
    return {name: value for name, value in found.items() if name not in OWN and value is not None}


def subscriptions(sandbox: ServedSandbox, crm_id: int) -> list[list[Any]]:
    """Channel, resource and status of each subscription of a profile."""
    found = sandbox.profile(ID.format(crm_id))["subscriptions"]
    return [[each["channel"], each["resource_id"], each["status"]] for each in found]


def addresses(sandbox: ServedSandbox, crm_id: int) -> list[Any]:
    """The address of each subscription of a profile."""
    found = sandbox.profile(ID.format(crm_id))["subscriptions"]
    named = [{**each, **each.get("email_data", {}), **each.get("cc_data", {})} for each in found]
    return [each.get("email") or each.get("phone") for each in named]


@pytest.mark.parametrize("wire_format", ["json", "xml"])
@pytest.mark.parametrize("name", FILES)
def test_rows_arrive_or_are_explained(
    connector: Connector, sandbox: ServedSandbox, name: str, wire_format: str
) -> None:
    case = load(name)
    if wire_format not in case.get("wire_formats", ["json", "xml"]):
        return
    configured(connector, case, wire_format)
    said = connector.write(*messages(case))
    wanted = {each: case.get("rejected", {}).get(each, []) for each in case["rows"]}
    assert (said.code, {each: set_aside(connector, each) for each in case["rows"]}) == (0, wanted)
    assert said.stats == [
        (float(len(rows) - len(wanted[each])), float(len(wanted[each])))
        for each, rows in case["rows"].items()
    ]
    expected_faults = case.get("faults", {})
    assert {each: faults(connector, each) for each in expected_faults} == expected_faults
    expected = case.get("stored", {})
    assert {each: stored(sandbox, each) for each in expected} == expected
    expected = case.get("subscriptions", {})
    assert {each: subscriptions(sandbox, each) for each in expected} == expected
    expected = case.get("addresses", {})
    assert {each: addresses(sandbox, each) for each in expected} == expected
    for sentence in case.get("told", ()):
        assert said.log.count(sentence) == 1


def test_table_of_kinds_names_each_file_and_test() -> None:
    table = (FOLDER / "README.md").read_text(encoding="utf-8").partition("## Which test")[2]
    assert [name for name in FILES if f"`{name}`" not in table] == []
    tests = "".join(path.read_text(encoding="utf-8") for path in FOLDER.parent.glob("test_*.py"))
    named = [each for each in table.split("`") if each.startswith("test_")]
    assert [each for each in named if f"def {each}(" not in tests] == []
