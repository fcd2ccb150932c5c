"""What became of each record, as it is kept: the connector as a process."""

import gzip
import json
import random
import re
from collections import Counter
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest

from integration_tests.connector import Connector, by, record, state, stream
from integration_tests.s3 import BUCKET, MotoServer
from integration_tests.scenario import FOLDER, Event, load
from integration_tests.stage import Stage
from integration_tests.test_forecast import told
from profiles_sandbox.testing import ServedSandbox

ROOT = Path(__file__).parents[1]
DELETED = "_ab_cdc_deleted_at"


def lines(folder: Path) -> list[dict[str, Any]]:
    """All that a folder holds, as it was written."""
    parts = sorted(folder.glob("outcomes/*.jsonl.gz"), key=_number)
    return [json.loads(each) for part in parts for each in gzip.open(part)]


def _number(part: Path) -> tuple[int, int]:
    *_, epoch, number = part.name.removesuffix(".jsonl.gz").split("_")
    return int(epoch), int(number)


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]


def outcomes(connector: Connector) -> list[dict[str, Any]]:
    return lines(connector.folder / "rejected")


def short(line: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(line.get(name) for name in ("row", "outcome", "step", "code", "key"))


@pytest.fixture
def telling(storing: Connector) -> Connector:
    """The connector with a local store, in which outcomes are kept too."""
    storing.config["outcomes"] = {}
    return storing


@pytest.mark.parametrize("wire", ["json", "xml"])
def test_each_record_has_a_line(telling: Connector, wire: str) -> None:
    telling.config["delivery"] = {"wire_format": wire}
    telling.catalog["streams"] = [stream(sync_mode="append_dedup")]
    said = telling.write(
        record({"crm_id": 1, "_city": "Rome"}),
        record({"crm_id": 1, "_city": "Oslo"}),
        record({"crm_id": 77}),
        record({"crm_id": 2, "_fname": 5}),
        record({"_fname": "Ann"}),
        record({"crm_id": 3, DELETED: "2026-11-26"}),
        state(1),
    )
    assert said.code == 0
    assert sorted(map(short, outcomes(telling))) == [
        (1, "superseded", None, None, digest("1")),
        (2, "accepted", None, None, digest("1")),
        (3, "rejected", "service", "404", digest("77")),
        (4, "rejected", "profile", "type", digest("2")),
        (5, "rejected", "profile", "required", None),
        (6, "deleted", None, None, digest("3")),
    ]


def test_line_says_who_and_when(telling: Connector, sandbox: ServedSandbox) -> None:
    telling.write(record({"crm_id": 4}), state(1))
    (line,) = outcomes(telling)
    (update,) = [row for row in sandbox.journal() if row["call"] == "profiles/update_batch"]
    assert line["sync"] <= line["at"]
    assert line == {
        "stream": "users",
        "db_id": 1,
        "found_by": "crm_id",
        "outcome": "accepted",
        "request_id": update["request_id"],
        "sync": line["sync"],
        "at": line["at"],
        "key": digest("4"),
        "profile_id": "65f0c0ffee00000000000004",
        "row": 1,
    }
    assert sandbox.profile(line["profile_id"])["crm_id"] == 4


def test_values_are_kept_where_they_are_wanted(telling: Connector) -> None:
    telling.config["outcomes"] = {"values": True}
    telling.config["matching"] = {"mode": "email_phone"}
    telling.write(record({"email": " Ann@Example.org", "phones": ["+49 30 1"]}), state(1))
    (line,) = outcomes(telling)
    assert (line["key"], line["other_keys"]) == ("ann@example.org", ["49301"])
    assert line["found_by"] == "email or phone or phones"


def test_targets_can_be_told_apart(telling: Connector) -> None:
    telling.config["streams"] = [
        {"name": "users", "fields": [{"to": "crm_id", "from": "crm_id"}]},
        {"name": "people", "matching": by("email")},
    ]
    telling.catalog["streams"] = [stream(), stream("people")]
    telling.write(record({"crm_id": 1}), record({"email": "1"}, "people"), state(1))
    found = {(each["found_by"], each["key"]) for each in outcomes(telling)}
    assert found == {("crm_id", digest("1")), ("email", digest("1"))}


LATER = (
    "[{call: profiles/update_batch, requests: [1], execute: true, "
    "body: {error: 0, result: [{error: 429}, {error: 0, profile_id: x}, {error: 404}]}}]"
)


@pytest.mark.parametrize("faults", [LATER])
def test_what_is_put_off_is_told_too(telling: Connector) -> None:
    assert telling.write(*(record({"crm_id": each}) for each in (1, 2, 3)), state(1)).code == 0
    found = [(each["row"], each["outcome"], each.get("code")) for each in outcomes(telling)]
    assert found == [
        (1, "retried", "429"),
        (2, "accepted", None),
        (3, "rejected", "404"),
        (1, "accepted", None),
    ]
    assert [each.get("profile_id") for each in outcomes(telling)][1:] == [
        "x",
        None,
        "65f0c0ffee00000000000001",
    ]


def test_ids_and_culprits_keep_their_places(telling: Connector) -> None:
    telling.config["batching"] = {"max_profiles": 4}
    numbers = [5, 77, 3, 88, 9, 99, 1]
    telling.write(*(record({"crm_id": each}) for each in numbers), state(1))
    found = {each["row"]: each for each in outcomes(telling)}
    for row, number in enumerate(numbers, 1):
        assert found[row]["key"] == digest(str(number))
        assert found[row].get("profile_id", "")[-1:] == (str(number) if number < 10 else "")


def test_counts_are_those_of_states_log_and_forecast(telling: Connector) -> None:
    telling.catalog["streams"] = [stream(sync_mode="append_dedup")]
    rows = [record({"crm_id": 1 + number % 12, "_city": str(number)}) for number in range(30)]
    rows += [record({"crm_id": 1, DELETED: "2026-11-26"}), record({"_city": 1}), state(1)]
    predicted = told(telling, *rows)["streams"][0]
    assert outcomes(telling) == []
    said = telling.write(*rows)
    found = Counter(each["outcome"] for each in outcomes(telling))
    ((delivered, rejected),) = said.stats
    assert delivered == found["accepted"] + found["superseded"] + found["deleted"]
    assert rejected == found["rejected"]
    for kind in ("accepted", "rejected", "superseded", "deleted"):
        assert f"{found[kind]} {kind}" in said.log
    assert found["deleted"] == predicted["deleted"] == 1
    assert found["accepted"] + found["rejected"] + found["superseded"] == 31
    assert predicted["sent"] + predicted["superseded"] + predicted["rejected"] == 31


def test_outcomes_are_there_before_their_state(telling: Connector) -> None:
    telling.config["batching"] = {"max_age_seconds": 0.1}
    running = telling.start()
    for number in (1, 2, 3):
        running.feed(record({"crm_id": number}), state(number))
        assert running.next("STATE") is not None
        assert len(outcomes(telling)) == number
    assert running.end() == 0


def test_no_row_before_a_state_is_without_a_line(tmp_path: Path) -> None:
    scenario = load(FOLDER / "kill_and_resume.yaml")
    scenario.load = msgspec.structs.replace(scenario.load, profiles=8_000)
    scenario.connector |= {"outcomes": {}}
    rng, position = random.Random(7), 0
    with Stage(scenario, tmp_path) as stage:
        for _ in range(6):
            had = len(stage.sandbox.journal())
            moment = Event("SIGKILL", had + rng.randrange(20), rng.random() / 20)
            position = max([position, *stage.run(position, [moment]).cursors])
            assert _accepted(tmp_path) >= {digest(str(each + 1)) for each in range(position)}
        stage.run(position)
    assert len(_accepted(tmp_path)) == 8_000


def _accepted(folder: Path) -> set[str]:
    return {each["key"] for each in lines(folder / "rejected") if each["outcome"] == "accepted"}


def test_old_parts_go_when_a_sync_starts(telling: Connector) -> None:
    telling.config["outcomes"] = {"keep_days": 30}
    folder = telling.folder / "rejected" / "outcomes"
    folder.mkdir(parents=True)
    old, other = folder / "2026_01_01_1767225600000_0.jsonl.gz", folder / "mine.txt"
    old.write_bytes(b"")
    other.write_bytes(b"")
    telling.write(record({"crm_id": 1}), state(1))
    assert not old.exists()
    assert other.exists()
    assert len(list(folder.glob("*.gz"))) == 1


def test_storage_that_fails_ends_the_sync(telling: Connector) -> None:
    folder = telling.folder / "rejected"
    folder.mkdir()
    (folder / "outcomes").write_bytes(b"")  # where a folder is to be
    said = telling.write(record({"crm_id": 1}), state(1))
    assert (said.code, said.states) == (1, [])
    assert said.error["failure_type"] == "system_error"
    assert said.error["message"].startswith("The object storage failed")


def test_outcomes_need_a_store(connector: Connector) -> None:
    connector.config["outcomes"] = {}
    said = connector.write(record({"crm_id": 1}))
    assert said.code == 1
    assert said.error["failure_type"] == "config_error"
    assert said.error["message"].startswith("The setting outcomes needs a place to keep them")
    assert "The setting outcomes needs a place" in connector.run("check").status["message"]


def test_check_does_with_outcomes_what_a_sync_does(telling: Connector) -> None:
    assert telling.run("check").status == {"status": "SUCCEEDED"}
    assert [each.name for each in (telling.folder / "rejected" / "outcomes").iterdir()] == []
    (telling.folder / "rejected" / "outcomes").rmdir()
    (telling.folder / "rejected" / "outcomes").write_bytes(b"")
    assert "The object storage failed" in telling.run("check").status["message"]


def test_outcomes_stand_in_the_bucket(connector: Connector, s3: MotoServer) -> None:
    connector.config |= {"object_storage_config": s3.setting(), "outcomes": {"keep_days": 1}}
    old = "set aside/crm/outcomes/2026_01_01_1767225600000_0.jsonl.gz"
    s3.client.put_object(Bucket=BUCKET, Key=old, Body=b"")
    assert connector.run("check").status["status"] == "SUCCEEDED"
    assert connector.write(record({"crm_id": 1}), record({"crm_id": 77}), state(1)).code == 0
    objects = s3.objects()
    (key,) = [each for each in objects if each.startswith("set aside/crm/outcomes/")]
    assert key != old
    assert [
        (each["row"], each["outcome"])
        for each in map(json.loads, gzip.decompress(objects[key]).splitlines())
    ] == [(1, "accepted"), (2, "rejected")]


def test_s3_that_cannot_be_used_ends_the_sync(connector: Connector, s3: MotoServer) -> None:
    setting = s3.setting(s3_bucket_name="nowhere")
    connector.config |= {"object_storage_config": setting, "outcomes": {}}
    said = connector.write(record({"crm_id": 1}), state(1))
    assert (said.code, said.states) == (1, [])
    assert said.error["failure_type"] == "config_error"


CUSTOMERS = [" Ann@Example.org", "bob@example.org"]
QUERIES = re.findall(r"```sql\n(.+?)```", (ROOT / "docs/outcomes.md").read_text(), re.DOTALL)


def test_questions_of_the_documents_are_answered(
    telling: Connector, sandbox: ServedSandbox
) -> None:
    telling.config["matching"] = {"mode": "email"}
    sandbox.create({"email": "ann@example.org"}, {"email": "bob@example.org"})
    ann, bob = ({"email": f"{name}@example.org"} for name in ("ann", "bob"))
    telling.write(
        record({**ann, "_city": 5}),
        record({**bob, "_city": 5}),
        record({"email": "cy@example.org"}),
    )
    telling.write(record({**ann, "_city": "Rome"}), record({**bob, "_city": 5}), state(1))
    ((at, profile_id),) = [
        (each["at"], each["profile_id"])
        for each in outcomes(telling)
        if each["outcome"] == "accepted"
    ]
    view, by_day, refused, accepted = QUERIES
    with duckdb.connect() as database:
        folder = telling.folder / "rejected"
        database.execute(view.replace("'outcomes/", f"'{folder}/outcomes/"))
        counts = Counter[tuple[str, ...]]()
        for _, *what, count in database.execute(by_day).fetchall():  # at midnight two days
            counts[tuple(what)] += count
        assert [(*what, count) for what, count in counts.items()] == [
            ("users", "accepted", None, 1),
            ("users", "rejected", "404", 1),
            ("users", "rejected", "type", 3),
        ]
        assert [(row[2], row[4]) for row in database.execute(refused).fetchall()] == [
            (digest("bob@example.org"), "type"),
            (digest("cy@example.org"), "404"),
        ]
        database.execute(f"CREATE TABLE customers AS SELECT unnest({CUSTOMERS}) AS email")
        (first, second) = database.execute(accepted).fetchall()
        assert first == (CUSTOMERS[0], datetime.fromisoformat(at.removesuffix("Z")), profile_id)
        assert second == (CUSTOMERS[1], None, None)
