"""A memory from sync to sync: what did not change is not sent, on this machine and in S3."""

import json
import os
import signal
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import (
    FULL_DISK,
    SECONDS,
    Connector,
    Running,
    Said,
    record,
    sent_profiles,
    state,
    stream,
    within,
)
from integration_tests.s3 import BUCKET, MotoServer
from profiles_sandbox.testing import ServedSandbox

# as many days as may be: else some rows would be due where a new day begins between two syncs
MEMORY: dict[str, Any] = {"name": "crm", "resend_after_days": 3650}
NO_ROOM = b"The memory crm cannot be copied to the folder for temporary files. Make room there"
ROWS = [{"crm_id": number, "_city": f"City {number}"} for number in range(1, 10)]


def table(*changed: dict[str, Any]) -> list[bytes]:
    """All rows, some of them another, and a state."""
    by_id = {each["crm_id"]: each for each in (*ROWS, *changed)}
    return [*map(record, by_id.values()), state(len(by_id))]


def city(number: int, name: str) -> dict[str, Any]:
    return {"crm_id": number, "_city": name}


def profile(sandbox: ServedSandbox, number: int) -> dict[str, Any]:
    asked = {"matching": "custom", "field_name": "crm_id", "field_value": number}
    found: dict[str, Any] = sandbox.post("profiles/get", db_id=1, **asked).message["data"]
    return found


def know(sandbox: ServedSandbox, number: int) -> None:
    """Let the service have a profile."""
    sandbox.create({"crm_id": number}, matching="custom", field_name="crm_id")


@pytest.fixture(params=["Local", "S3"])
def remembering(request: pytest.FixtureRequest, connector: Connector, s3: MotoServer) -> Connector:
    """The connector with a memory in a store on this machine, or in S3."""
    local = {"storage_type": "Local", "path": str(connector.folder / "kept")}
    storage = local if request.param == "Local" else s3.setting()
    connector.config |= {"object_storage_config": storage, "memory": MEMORY.copy()}
    return connector


@pytest.fixture
def local(connector: Connector) -> Connector:
    """The connector with a memory on this machine."""
    connector.config |= {
        "object_storage_config": {"storage_type": "Local", "path": str(connector.folder / "kept")},
        "memory": MEMORY.copy(),
    }
    return connector


def ended(said: Said, *stats: tuple[int, int]) -> None:
    assert (said.code, said.stats) == (0, list(stats)), said.raw.decode()


def test_second_sync_sends_nothing(remembering: Connector, bodies: Path) -> None:
    ended(remembering.write(*table()), (9, 0))
    second = remembering.write(*table())
    ended(second, (9, 0))
    assert len(sent_profiles(bodies)) == 9
    assert "0 accepted, 0 rejected, 0 superseded, 0 deleted, 9 unchanged" in second.log


def test_what_changed_is_sent_alone(
    remembering: Connector, bodies: Path, sandbox: ServedSandbox
) -> None:
    remembering.write(*table())
    ended(remembering.write(*table(city(5, "Oslo"))), (9, 0))
    assert sent_profiles(bodies)[9:] == [city(5, "Oslo")]
    ended(remembering.write(*table()), (9, 0))
    assert profile(sandbox, 5)["_city"] == "City 5"
    assert len(sent_profiles(bodies)) == 11


def test_null_beside_it_sends_no_other_row(
    local: Connector, bodies: Path, sandbox: ServedSandbox
) -> None:
    """Rows among which one has a null are written anew, in the order of the schema."""
    fields = {name: {"type": ["null", "string"]} for name in ("_city", "_region")}
    typed = {"type": "object", "properties": {**fields, "crm_id": {"type": "integer"}}}
    local.catalog = {"streams": [stream(schema=typed)]}
    local.write(*table())
    ended(local.write(*table({**city(5, "Oslo"), "_region": None})), (9, 0))
    assert sent_profiles(bodies)[9:] == [city(5, "Oslo")]


def killed_with(connector: Connector, s3: MotoServer, *lines: bytes) -> None:
    """A sync of which all was accepted that is killed before it ends."""
    connector.config["batching"] = {"max_age_seconds": 0.1}
    running = connector.start()
    running.feed(*lines)
    assert running.next("STATE") is not None
    kill(running, s3)


def kill(running: Running, s3: MotoServer) -> None:
    """End it, and let its lease expire."""
    running.process.kill()
    running.end()
    for key in s3.objects():  # two minutes pass
        if "/locks/" in key:
            s3.client.delete_object(Bucket=BUCKET, Key=key)


def test_source_that_goes_back_after_a_kill_is_sent(
    remembering: Connector, s3: MotoServer, sandbox: ServedSandbox
) -> None:
    """Rule 1: the memory has v0, v1 was accepted, and the process was killed."""
    remembering.write(*table())
    killed_with(remembering, s3, *table(city(5, "Oslo"), city(6, "Oslo")))
    assert profile(sandbox, 5)["_city"] == "Oslo"
    ended(remembering.write(*table()), (9, 0))
    assert [profile(sandbox, each)["_city"] for each in (5, 6)] == ["City 5", "City 6"]


def test_killed_first_sync_is_repeated(
    remembering: Connector, s3: MotoServer, bodies: Path
) -> None:
    killed_with(remembering, s3, *table())
    ended(remembering.write(*table()), (9, 0))
    ended(remembering.write(*table()), (9, 0))
    assert len(sent_profiles(bodies)) == 18


def killed_at_its_third_chunk(connector: Connector, s3: MotoServer) -> None:
    """A first sync of three chunks, each of which is accepted before the next one leaves."""
    connector.config["batching"] = {"max_profiles": 3}
    running = connector.start()
    for start in (0, 3, 6):
        running.feed(*map(record, ROWS[start : start + 3]), state(start))
        assert running.next("STATE") is not None
    kill(running, s3)


def test_killed_sync_is_taken_up_where_it_was(
    remembering: Connector, s3: MotoServer, bodies: Path
) -> None:
    """What was accepted before the last chunk left is not sent again."""
    killed_at_its_third_chunk(remembering, s3)
    ended(remembering.write(*table()), (9, 0))
    assert [each["crm_id"] for each in sent_profiles(bodies)][9:] == [7, 8, 9]
    ended(remembering.write(*table()), (9, 0))
    assert len(sent_profiles(bodies)) == 12


def test_journal_that_is_damaged_sends_everything(
    local: Connector, s3: MotoServer, bodies: Path
) -> None:
    killed_at_its_third_chunk(local, s3)
    parts = sorted((local.folder / "kept" / "memory" / "crm" / "journal").iterdir())
    assert len(parts) == 3
    parts[0].write_bytes(parts[0].read_bytes()[:-1])
    said = local.write(*table())
    assert "cannot be read, or is of another time, so it is begun anew" in said.log
    ended(said, (9, 0))
    assert len(sent_profiles(bodies)) == 18
    assert not list(parts[0].parent.iterdir())


def test_two_updates_of_a_profile_are_both_sent(local: Connector, sandbox: ServedSandbox) -> None:
    """Rule 2: the memory has v2, and v1 is on its way."""
    local.write(*table(city(5, "v2")))
    ended(local.write(record(city(5, "v1")), record(city(5, "v2")), state(2)), (2, 0))
    assert profile(sandbox, 5)["_city"] == "v2"


def mapped(name: str, to: str, **more: Any) -> dict[str, Any]:
    fields = [{"to": "crm_id", "from": "crm_id"}, {"to": to, "from": "value"}]
    return {"name": name, "fields": fields, **more}


def values(name: str, value: str, number: int = 5) -> list[bytes]:
    return [record({"crm_id": number, "value": value}, name), state(1, name)]


@pytest.mark.parametrize(("other", "sent"), [("_city", 4), ("_region", 2)])
def test_what_another_stream_sends_counts(
    local: Connector, bodies: Path, other: str, sent: int
) -> None:
    """Rule 3: unless it sends other fields."""
    local.config["streams"] = [mapped("users", "_city"), mapped("places", other)]
    local.catalog = {"streams": [stream("users"), stream("places")]}
    for _ in range(2):
        ended(local.write(*values("users", "Oslo"), *values("places", "Bergen")), (1, 0), (1, 0))
    assert len(sent_profiles(bodies)) == sent


def test_nothing_is_skipped_where_profiles_are_found_in_two_ways(
    local: Connector, bodies: Path
) -> None:
    by_mail = {"fields": [{"to": "email", "from": "value"}], "matching": {"mode": "email"}}
    local.config["streams"] = [mapped("users", "_city"), {"name": "mails", **by_mail}]
    local.config["max_rejected_percent"] = 100
    local.catalog = {"streams": [stream("users"), stream("mails")]}
    for _ in range(2):
        said = local.write(*values("users", "Oslo"), *values("mails", "ann@example.org"))
        assert said.code == 0
        assert "by custom crm_id and email: nothing is skipped there" in said.log
    assert len(sent_profiles(bodies)) == 4


def test_changed_mapping_sends_again(local: Connector, bodies: Path) -> None:
    local.config["streams"] = [mapped("users", "_city")]
    for to in ("_city", "_city", "_region", "_region"):
        local.config["streams"] = [mapped("users", to)]
        ended(local.write(*values("users", "Oslo")), (1, 0))
    assert [list(each) for each in sent_profiles(bodies)] == [
        ["crm_id", "_city"],
        ["crm_id", "_region"],
    ]
    local.config["skip_triggers"] = True
    local.write(*values("users", "Oslo"))
    assert len(sent_profiles(bodies)) == 3


def test_functions_are_always_sent(local: Connector, sandbox: ServedSandbox) -> None:
    """Rule 4."""
    local.config["streams"] = [mapped("users", "points")]
    local.config["streams"][0]["fields"][1]["action"] = "incr"
    for _ in range(3):
        local.write(record({"crm_id": 5, "value": 1}), state(1))
    assert profile(sandbox, 5)["points"] == 3


def test_deleted_row_that_comes_back_is_sent(local: Connector, bodies: Path) -> None:
    """Rule 4."""
    row = {"crm_id": 5, "_city": "Oslo", "_ab_cdc_deleted_at": None}
    gone = {**row, "_ab_cdc_deleted_at": "2026-01-02T03:04:05Z"}
    for each in (row, row, gone, row):
        ended(local.write(record(each), state(1)), (1, 0))
    assert len(sent_profiles(bodies)) == 2


def test_rejected_row_is_sent_again(local: Connector, sandbox: ServedSandbox) -> None:
    """Rule 4."""
    local.config["max_rejected_percent"] = 100
    ended(local.write(record(city(77, "Oslo")), state(1)), (0, 1))
    know(sandbox, 77)
    ended(local.write(record(city(77, "Oslo")), state(1)), (1, 0))
    assert profile(sandbox, 77)["_city"] == "Oslo"


def test_damaged_memory_sends_everything(local: Connector, bodies: Path) -> None:
    """Rule 5."""
    local.write(*table())
    file = local.folder / "kept" / "memory" / "crm" / "entries.sqlite"
    file.write_bytes(file.read_bytes()[:5_000])
    said = local.write(*table())
    ended(said, (9, 0))
    assert "begun anew: this sync sends everything" in said.log
    ended(local.write(*table()), (9, 0))
    assert len(sent_profiles(bodies)) == 18


def test_second_sync_waits_for_the_first(local: Connector, bodies: Path) -> None:
    """Rule 6: both send what is new in the memory once."""
    first = local.start()
    first.feed(*table())
    assert first.take() is not None  # it has the memory, and says that it begins
    second = local.start()
    second.feed(*table())
    assert first.end() == 0
    assert second.end() == 0
    assert len(sent_profiles(bodies)) == 9


def test_file_is_sqlite_that_holds_no_value(local: Connector) -> None:
    local.write(*table(city(5, "canary-7f3a")))
    folder = local.folder / "kept" / "memory" / "crm"
    with sqlite3.connect(folder / "entries.sqlite") as file:
        about = dict(file.execute("SELECT name, value FROM about"))
        (held,) = file.execute("SELECT sum(length(records)) FROM buckets").fetchone()
    file.close()
    assert (about["form"], about["count"], held) == ("2", "9", 9 * 18)
    for path in folder.rglob("*"):
        assert path.is_dir() or b"canary" not in path.read_bytes()


def test_outcomes_tell_what_did_not_change(local: Connector) -> None:
    local.config["outcomes"] = {"values": True}
    for _ in range(2):
        ended(local.write(*table()), (9, 0))
    command = [*local.command("where"), "--key", "crm_id=5", "--json"]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    told = json.loads(done.stdout)
    assert [each["outcome"] for each in told["events"]] == ["unchanged", "accepted"]


def test_forecast_tells_what_did_not_change(local: Connector) -> None:
    local.write(*table())
    command = [*local.command("forecast"), "--json"]
    lines = b"".join(table(city(5, "Oslo")))
    done = subprocess.run(command, input=lines, capture_output=True, timeout=300, check=True)
    (users,) = json.loads(done.stdout)["streams"]
    assert (users["sent"], users["unchanged"]) == (1, 8)
    ended(local.write(*table()), (9, 0))  # it has forgotten nothing


def test_forecast_makes_no_folder(local: Connector) -> None:
    said = local.run("forecast", table(), plain=True)
    assert said.code == 0
    assert not (local.folder / "kept").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_forecast_that_is_ended_leaves_no_copy(
    local: Connector, tmp_path: Path, number: signal.Signals
) -> None:
    local.write(*table())
    copies = tmp_path / "copies"
    copies.mkdir()
    environment = {**os.environ, "TMPDIR": str(copies)}
    with subprocess.Popen(
        local.command("forecast"), stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
    ) as running:
        while not list(copies.glob("*/*")):
            assert running.poll() is None
        running.send_signal(number)
        assert running.wait(SECONDS) == 128 + number
    assert list(copies.iterdir()) == []


@pytest.mark.parametrize("prefix", [FULL_DISK, within("-f 1")], ids=["no folder", "no copy"])
@pytest.mark.parametrize("command", ["write", "forecast"])
def test_temporary_folder_without_room_keeps_the_memory(
    remembering: Connector, bodies: Path, command: str, prefix: list[str]
) -> None:
    ended(remembering.write(*table()), (9, 0))
    full = remembering.run(command, table(), prefix=prefix, plain=command == "forecast")
    assert (full.code, full.raw.count(NO_ROOM)) == (1, 1), full.raw.decode()
    ended(remembering.write(*table()), (9, 0))
    assert len(sent_profiles(bodies)) == 9  # by the first alone


def test_check_tries_what_a_memory_does(remembering: Connector, s3: MotoServer) -> None:
    assert remembering.run("check").status["status"] == "SUCCEEDED"
    assert not [key for key in s3.objects() if "probe" in key]


def test_check_finds_no_temporary_folder(remembering: Connector) -> None:
    told = remembering.run("check", prefix=FULL_DISK).status
    assert told["status"] == "FAILED"
    assert told["message"].startswith(NO_ROOM.decode())


@pytest.mark.parametrize("name", ["", "a/b", "../crm", "кр", "x" * 65])
def test_name_with_odd_characters_is_refused(local: Connector, name: str) -> None:
    local.config["memory"]["name"] = name
    status = local.run("check").status
    assert status["status"] == "FAILED"
    assert "memory.name" in status["message"]


def test_memory_without_a_store_is_refused(connector: Connector) -> None:
    connector.config["memory"] = {"name": "crm"}
    said = connector.write(*table())
    assert (said.code, said.error["failure_type"]) == (1, "config_error")
    assert "The setting memory needs a place to keep it" in said.error["message"]


# What is sent again


def resend(connector: Connector) -> None:
    command = [*connector.command("resend"), "--may-overwrite"]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def test_what_a_resend_sends_is_forgotten(
    local: Connector, sandbox: ServedSandbox, bodies: Path
) -> None:
    """The memory has v2; an older row arrives by a resend: v2 is to be sent once more."""
    local.config["max_rejected_percent"] = 100
    local.write(record(city(77, "v1")), state(1))
    know(sandbox, 77)
    ended(local.write(record(city(77, "v2")), state(1)), (1, 0))
    resend(local)
    assert profile(sandbox, 77)["_city"] == "v1"
    ended(local.write(record(city(77, "v2")), state(1)), (1, 0))
    assert profile(sandbox, 77)["_city"] == "v2"


@pytest.fixture
def retrying(remembering: Connector) -> Connector:
    remembering.config["max_rejected_percent"] = 100
    remembering.config["memory"]["retry_rejected"] = {"codes": [404], "max_attempts": 2}
    return remembering


def test_rejected_row_is_sent_at_the_end_of_later_syncs(
    retrying: Connector, sandbox: ServedSandbox, bodies: Path
) -> None:
    ended(retrying.write(record(city(77, "Oslo")), state(1)), (0, 1))
    assert len(sent_profiles(bodies)) == 1
    said = retrying.write(record(city(5, "Rome")), state(1))
    ended(said, (1, 0))
    assert [each["crm_id"] for each in sent_profiles(bodies)] == [77, 5, 77]
    assert "Of 1 records that earlier syncs were refused" in said.log
    know(sandbox, 77)
    ended(retrying.write(record(city(5, "Rome")), state(1)), (1, 0))
    assert profile(sandbox, 77)["_city"] == "Oslo"
    ended(retrying.write(record(city(5, "Rome")), state(1)), (1, 0))
    assert [each["crm_id"] for each in sent_profiles(bodies)] == [
        77,
        5,
        77,
        77,
        77,
    ]  # one is `know`


def test_row_that_was_sent_again_waits_no_more(
    retrying: Connector, sandbox: ServedSandbox, bodies: Path
) -> None:
    retrying.config["outcomes"] = {}
    retrying.write(record(city(77, "Oslo")), record(city(78, "Bern")), state(1))
    know(sandbox, 77)
    retrying.write(record(city(5, "Rome")), state(2))
    before = len(sent_profiles(bodies))
    where = [*retrying.command("where"), "--key", "crm_id=77", "--json"]
    told = json.loads(subprocess.run(where, capture_output=True, timeout=60, check=True).stdout)
    events = [(each["outcome"], each["waits"]) for each in told["events"]]
    assert events == [("accepted", False), ("rejected", False)]
    done = subprocess.run(retrying.command("resend"), capture_output=True, timeout=60, check=True)
    assert b"1 records had arrived before, as outcomes tell" in done.stdout
    assert b"1 records stay in the store." in done.stdout
    assert [each["crm_id"] for each in sent_profiles(bodies)[before:]] == [78]


def test_rejected_row_is_given_up_after_its_attempts(retrying: Connector, bodies: Path) -> None:
    retrying.write(record(city(77, "Oslo")), state(1))
    logs = [retrying.write(record(city(5, "Rome")), state(1)).log for _ in range(4)]
    assert [each["crm_id"] for each in sent_profiles(bodies)].count(77) == 3
    assert ["are not sent any more" in log for log in logs] == [False, False, True, False]


def test_newer_row_takes_the_place_of_a_rejected_one(
    retrying: Connector, sandbox: ServedSandbox, s3: MotoServer
) -> None:
    """Even where the process is killed behind it."""
    retrying.write(record(city(77, "old")), state(1))
    know(sandbox, 77)
    killed_with(retrying, s3, record(city(77, "new")), state(1))
    ended(retrying.write(record(city(5, "Rome")), state(1)), (1, 0))
    assert profile(sandbox, 77)["_city"] == "new"


@pytest.fixture
def waiting(local: Connector, sandbox: ServedSandbox) -> Connector:
    """A memory in which an old row of a profile waits that the service has by now."""
    local.config["max_rejected_percent"] = 100
    local.config["memory"]["retry_rejected"] = {"codes": [404]}
    local.config["streams"] = [mapped("users", "_city"), mapped("places", "_region", db_id=2)]
    local.catalog = {"streams": [stream("users"), stream("places")]}
    rows = [record({"crm_id": 77, "value": "old"}, each) for each in ("users", "places")]
    ended(local.write(*rows, state(1, "users"), state(1, "places")), (0, 1), (0, 1))
    know(sandbox, 77)
    return local


def test_old_row_does_not_overwrite_where_profiles_are_found_in_two_ways(
    waiting: Connector, sandbox: ServedSandbox
) -> None:
    """Nothing is known of newer rows there."""
    by_mail = {"fields": [{"to": "email", "from": "value"}], "matching": {"mode": "email"}}
    waiting.config["streams"] += [{"name": "mails", **by_mail}]
    waiting.catalog = {"streams": [stream("users"), stream("places"), stream("mails")]}
    newer = record({"crm_id": 77, "value": "new"})
    said = waiting.write(newer, state(1), *values("mails", "ann@example.org"))
    assert said.code == 0
    assert profile(sandbox, 77)["_city"] == "new"
    assert "Of 1 records that earlier syncs were refused" in said.log  # those of places


def test_old_row_does_not_overwrite_after_a_sync_that_found_profiles_in_two_ways(
    waiting: Connector, sandbox: ServedSandbox
) -> None:
    """Nobody knows what that sync sent, and one way is left."""
    by_mail = {"fields": [{"to": "email", "from": "value"}], "matching": {"mode": "email"}}
    waiting.config["streams"] += [{"name": "mails", **by_mail}]
    waiting.catalog = {"streams": [stream("users"), stream("mails")]}
    newer = record({"crm_id": 77, "value": "new"})
    assert waiting.write(newer, state(1), *values("mails", "ann@example.org")).code == 0
    stays_new(waiting, sandbox)


def stays_new(connector: Connector, sandbox: ServedSandbox) -> None:
    """A further sync of the stream gives the old row up, and says where it stays."""
    assert profile(sandbox, 77)["_city"] == "new"
    connector.catalog = {"streams": [stream("users")]}
    connector.config["memory"]["retry_rejected"] = {"codes": [404]}
    said = connector.write(record({"crm_id": 5, "value": "Rome"}), state(1))
    ended(said, (1, 0))
    assert profile(sandbox, 77)["_city"] == "new"
    assert "1 records that earlier syncs were refused are not sent any more" in said.log
    assert "They stay in the store of rejected records: see resend." in said.log
    assert "sent again at the end" not in said.log
    kept = connector.folder / "kept"
    (part,) = (kept / "7" / "users").glob("*.jsonl")
    assert json.loads(part.read_bytes())["value"] == "old"
    retry = kept / "memory" / "crm" / "retry" / "7"
    assert [each.parent.name for each in retry.rglob("*.jsonl")] == ["places"]


def test_old_row_does_not_overwrite_what_another_stream_sent(
    waiting: Connector, sandbox: ServedSandbox
) -> None:
    """By another connection with the same memory, whose catalog has not its stream."""
    waiting.config["streams"] += [mapped("people", "_city")]
    waiting.catalog = {"streams": [stream("people")]}
    ended(waiting.write(*values("people", "new", 77)), (1, 0))
    stays_new(waiting, sandbox)


def test_old_row_does_not_overwrite_after_a_sync_that_does_not_retry(
    waiting: Connector, sandbox: ServedSandbox, bodies: Path
) -> None:
    before = len(sent_profiles(bodies))
    del waiting.config["memory"]["retry_rejected"]
    ended(waiting.write(record({"crm_id": 77, "value": "new"}), state(1)), (1, 0))
    assert len(sent_profiles(bodies)) == before + 1  # the old ones are not sent again by it
    stays_new(waiting, sandbox)


def test_old_row_does_not_overwrite_where_profiles_are_found_in_another_way(
    waiting: Connector, sandbox: ServedSandbox
) -> None:
    """By another connection with the same memory, and back again."""
    known = {"crm_id": 77, "email": "ann@example.org"}
    sandbox.create(known, matching="custom", field_name="crm_id")
    by_mail = {"fields": [{"to": "email", "from": "mail"}, {"to": "_city", "from": "value"}]}
    own = waiting.config["streams"]
    waiting.config["streams"] = [{"name": "mails", "matching": {"mode": "email"}, **by_mail}]
    waiting.catalog = {"streams": [stream("mails")]}
    row = {"mail": "ann@example.org", "value": "new"}
    ended(waiting.write(record(row, "mails"), state(1, "mails")), (1, 0))
    waiting.config["streams"] = own
    stays_new(waiting, sandbox)


@pytest.mark.parametrize(("formats", "city"), [(["%d.%m.%Y"], "v1"), (["%Y-%m-%d"], None)])
def test_resend_of_an_older_row_leaves_a_newer_one_waiting(
    retrying: Connector, sandbox: ServedSandbox, formats: list[str], city: str | None
) -> None:
    """So too where it cannot be sent yet."""
    mapping = mapped("users", "_city")
    mapping["fields"].append({"to": "_bdate", "from": "born", "type": "date"})
    retrying.config["streams"] = [mapping]
    retrying.write(record({"crm_id": 77, "value": "v1", "born": "31.12.1984"}), state(1))
    ended(retrying.write(record({"crm_id": 77, "value": "v2", "born": None}), state(1)), (0, 1))
    know(sandbox, 77)
    mapping["fields"][-1]["formats"] = formats
    command = [*retrying.command("resend"), "--may-overwrite", "--code", "date"]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    assert (done.returncode, profile(sandbox, 77).get("_city")) == (0, city), done.stderr
    ended(retrying.write(record({"crm_id": 5, "value": "Rome"}), state(1)), (1, 0))
    assert profile(sandbox, 77)["_city"] == "v2"


def test_sync_without_a_stream_ends_though_its_rows_were_on_their_way(
    waiting: Connector, sandbox: ServedSandbox
) -> None:
    """The process was killed as it tried them again."""
    kept = waiting.folder / "kept" / "memory" / "crm" / "retry"
    (part,) = (each.relative_to(kept) for each in kept.rglob("*.jsonl") if "users" in str(each))
    (kept / "resend").mkdir()
    note = {"type": "sent", "request_id": "1", "rows": [[str(part), 0]]}
    (kept / "resend" / "1_sent.json").write_text(json.dumps(note))
    waiting.catalog = {"streams": [stream("places")]}
    ended(waiting.write(*values("places", "new")), (0, 1))
    waiting.catalog = {"streams": [stream("users")]}
    ended(waiting.write(record({"crm_id": 5, "value": "Rome"}), state(1)), (1, 0))
    assert profile(sandbox, 77)["_city"] == "old"


def test_what_a_resend_is_refused_is_not_kept(retrying: Connector, bodies: Path) -> None:
    """It may be older than what the service has."""
    retrying.write(record(city(77, "Oslo")), state(1))
    resend(retrying)
    before = len(sent_profiles(bodies))
    ended(retrying.write(record(city(5, "Rome")), state(1)), (1, 0))
    assert sent_profiles(bodies)[before:] == [city(5, "Rome")]


def test_row_with_another_code_is_not_sent_again(retrying: Connector, bodies: Path) -> None:
    retrying.write(record({"crm_id": 5, "email": 7}), state(1))
    retrying.write(record({"crm_id": 5, "unheard_of": 7}), state(1))
    before = len(sent_profiles(bodies))
    retrying.write(record(city(6, "Rome")), state(1))
    assert len(sent_profiles(bodies)) == before + 1


def test_what_is_sent_again_subscribes_nobody(
    retrying: Connector, sandbox: ServedSandbox, bodies: Path
) -> None:
    subscription = {"channel": "email", "resource_id": 1, "status": "subscribed", "email": "a@b.cd"}
    retrying.write(
        record({"crm_id": 77, "_city": "Oslo", "subscriptions": [subscription]}), state(1)
    )
    know(sandbox, 77)
    ended(retrying.write(record(city(5, "Rome")), state(1)), (1, 0))
    assert sent_profiles(bodies)[-1] == city(77, "Oslo")
