"""A table of 50,000 dirty customers goes in with every row either right or explained."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest

from integration_tests.connector import COMMAND

DIRTY = Path(__file__).parents[1] / "demo" / "dirty.py"
SECONDS = 300
ROWS = 50_000
REJECTED = {
    "service email 400": 149,
    "service crm_id 404": 100,
    "conversion newsletter status": 76,
    "conversion orders int": 69,
    "conversion revenue float": 64,
    "profile customer_no required": 55,
    "conversion sms_consent status": 45,
    "conversion customer_no int": 40,
    "schema first_name type": 33,
    "conversion last_login datetime": 28,
    "conversion registered_at datetime": 23,
}


@dataclass(frozen=True)
class Table:
    """A table that was written, and what the comparer says of it."""

    folder: Path
    code: int
    said: str

    def read(self, name: str) -> Any:
        return msgspec.json.decode((self.folder / name).read_bytes())

    def log(self, start: str) -> str:
        """The last line of the log that starts so."""
        return [line for line in self.read("result.json")["log"] if line.startswith(start)][-1]


def table(folder: Path, *options: str) -> Table:
    command = [sys.executable, str(DIRTY), "--out", str(folder), "--sync", *options]
    done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    assert done.stderr == b""
    return Table(folder, done.returncode, done.stdout.decode())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Table:
    return table(tmp_path_factory.mktemp("dirty"), "--rows", str(ROWS))


def test_every_row_is_right_or_explained(whole: Table) -> None:
    found = whole.read("result.json")
    assert (whole.code, found["code"], found["wrong"]) == (0, 0, [])
    assert found["rejected"] == REJECTED
    assert (found["right"], found["deleted"], found["rows"]) == (49_169, 149, ROWS)
    assert sum(REJECTED.values()) < 0.02 * ROWS


def test_nobody_who_said_no_is_subscribed(whole: Table) -> None:
    assert len(whole.read("truth.json")["said_no"]) > 40_000
    assert whole.read("result.json")["against_consent"] == []


def test_log_counts_what_the_truth_has(whole: Table) -> None:
    statuses = Counter(whole.read("truth.json")["statuses"]).most_common()
    told = ", ".join(f"{count:,} {word}" for word, count in statuses)
    assert whole.log("Subscriptions that rows").endswith(f" {told}.")
    assert "49,169 accepted, 682 rejected, 0 superseded, 149 deleted, 0 on" in whole.log("Read ")


def test_what_nobody_maps_is_nowhere(whole: Table) -> None:
    held = {path.name for path in whole.folder.iterdir() if path.is_file() and holds(path)}
    assert held == {"messages.jsonl"}


def holds(path: Path) -> bool:
    return b"canary" in path.read_bytes()


def test_forecast_counts_as_the_write_does(whole: Table) -> None:
    foreseen = forecast(whole)
    sums = {name: sum(each[name] for each in foreseen) for name in ("sent", "deleted", "rejected")}
    of_the_service = sum(count for why, count in REJECTED.items() if why.startswith("service"))
    ours = sum(REJECTED.values()) - of_the_service
    assert sums == {"sent": 49_169 + of_the_service, "deleted": 149, "rejected": ours}
    statuses: Counter[str] = Counter()
    for each in foreseen:
        statuses.update(each["statuses"])
    assert statuses == whole.read("truth.json")["statuses"]


def forecast(made: Table) -> list[dict[str, Any]]:
    files = ["--config", made.folder / "synced.json", "--catalog", made.folder / "catalog.json"]
    with (made.folder / "messages.jsonl").open("rb") as source:
        command = [COMMAND, "forecast", "--json", *files]
        told = subprocess.run(
            command, stdin=source, capture_output=True, timeout=SECONDS, check=True
        )
    streams: list[dict[str, Any]] = json.loads(told.stdout)["streams"]
    return streams


def test_same_in_xml_where_rows_supersede(tmp_path: Path) -> None:
    made = table(tmp_path, "--rows", "3000", "--xml", "--update")
    found = made.read("result.json")
    assert (made.code, found["wrong"], found["against_consent"]) == (0, [], [])
    assert (found["right"], found["deleted"], sum(found["rejected"].values())) == (2_803, 14, 183)
    assert ", 3 superseded, 14 deleted, " in made.log("Read ")


def customers(config: dict[str, Any]) -> dict[str, Any]:
    stream: dict[str, Any] = config["streams"][0]
    return stream


def field(config: dict[str, Any], to: str) -> dict[str, Any]:
    (found,) = [each for each in customers(config)["fields"] if each["to"] == to]
    made: dict[str, Any] = found
    return made


def newsletter(config: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = customers(config)["subscriptions"][0]
    return found


def swap_yes_and_no(config: dict[str, Any]) -> None:
    for each in newsletter(config)["status_values"]:
        each["to"] = {"0": "subscribed", "1": "unsubscribed"}.get(each["from"], each["to"])


def forget_a_word(config: dict[str, Any]) -> None:
    subscription = newsletter(config)
    kept = [each for each in subscription["status_values"] if each["from"] != "cleaned"]
    subscription["status_values"] = kept


FAULTS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "swapped": (swap_yes_and_no, "the profile differs in subscriptions"),
    "forgotten": (forget_a_word, "[('conversion', 'newsletter', 'status')]"),
    "no comma": (
        lambda it: field(it, "score").pop("decimal"),
        "[('conversion', 'revenue', 'float')]",
    ),
    "no zone": (lambda it: it.pop("time_zone"), "the profile differs in _regdate, last_seen"),
    "nulls": (lambda it: it.update(null_values="unset"), "the profile differs in "),
    "column": (lambda it: field(it, "_lname").update({"from": "first_name"}), "differs in _lname"),
    "deleted": (lambda it: customers(it).update(on_delete="send"), "the profile differs in "),
    "few tags": (lambda it: field(it, "tags").update(separator=";"), "the profile differs in tags"),
}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The configuration that the table comes with."""
    folder = tmp_path_factory.mktemp("written")
    subprocess.run([sys.executable, DIRTY, "--rows", "1", "--out", folder], check=True)
    return (folder / "config.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FAULTS)
def test_fault_of_a_configuration_is_found(tmp_path: Path, written: str, name: str) -> None:
    changed, reason = FAULTS[name]
    config = json.loads(written)
    config["object_storage_config"]["path"] = str(tmp_path / "rejected")
    changed(config)
    (tmp_path / "changed.json").write_text(json.dumps(config), encoding="utf-8")
    made = table(tmp_path, "--rows", "600", "--config", str(tmp_path / "changed.json"))
    found = made.read("result.json")
    assert made.code == 1
    assert any(reason in why for _, why in found["wrong"])
    assert found["against_consent"] or name not in ("swapped", "deleted")


def test_rejected_row_of_no_table_is_told() -> None:
    program = (
        "from dirt.compare import compare;"
        "print(compare({'rows': [], 'profiles': [], 'said_no': []}, [], [{'row_no': 7}]).wrong)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=DIRTY.parent, capture_output=True, check=True
    ).stdout
    assert told == b"[(7, 'was rejected, and is not in the table')]\n"


def test_table_is_the_same_for_a_seed(tmp_path: Path) -> None:
    one, same, other = (tmp_path / name for name in ("one", "same", "other"))
    for folder, seed in ((one, "1"), (same, "1"), (other, "2")):
        options = ["--rows", "200", "--seed", seed, "--out", folder]
        subprocess.run([sys.executable, DIRTY, *options], check=True)
    for name in ("messages.jsonl", "truth.json", "seed.json"):
        assert (one / name).read_bytes() == (same / name).read_bytes()
        assert (one / name).read_bytes() != (other / name).read_bytes()
