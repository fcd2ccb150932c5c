"""The lines and parts of outcomes, without a service."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.delivery.blame import Resolution
from destination_profiles.delivery.chunks import Chunk
from destination_profiles.errors import StoreFailed
from destination_profiles.outcomes import parts
from destination_profiles.outcomes.recorder import OutcomeRecorder
from destination_profiles.records.key_reader import KeyReader
from destination_profiles.rejection import Rejection
from destination_profiles.service.manifest import service
from unit_tests.delivery.chunks import ALWAYS, INTERVAL, batch, chunk, row
from unit_tests.outcomes.memory import MemoryFolder
from unit_tests.settings import config

NOW = datetime(2026, 11, 26, 14, 3, 7, 125_000, tzinfo=UTC)
OWN = "012345678"  # digits of the process
PART = f"outcomes/2026_11_26_1795701787125_0{OWN}.jsonl.gz"
SYNC = "2026-11-26T14:00:00.000Z"
REFUSAL = Rejection("service", "404", "not found", "$", "not found")
BEGIN = '{"stream":"users","db_id":1,"found_by":"id","outcome":"accepted","request_id":"r",'
MIDDLE = f'{BEGIN}"sync":"{SYNC}","at":"2026-11-26T14:03:07.125Z","key":"'


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("destination_profiles.outcomes.recorder.own_digits", lambda: OWN)


def recorder(folder: MemoryFolder, **more: Any) -> OutcomeRecorder:
    readers = {"users": KeyReader(StreamInfo("users", None, {}, "append"), config(), service())}
    return OutcomeRecorder(folder, readers, sync=SYNC, clock=lambda: NOW, **more)


def text(folder: MemoryFolder, name: str = PART) -> str:
    return gzip.decompress(folder.things[name]).decode()


def told(folder: MemoryFolder) -> list[tuple[Any, ...]]:
    names = ("row", "outcome", "step", "code", "key", "profile_id")
    lines = [
        json.loads(each) for name in parts.names(folder) for each in text(folder, name).splitlines()
    ]
    return [tuple(each.get(name) for name in names) for each in lines]


def digest(key: str) -> str:
    return sha256(key.encode()).hexdigest()[:32]


def answered(
    made: Chunk, rejected: dict[int, Rejection] | None = None, **more: Any
) -> MemoryFolder:
    folder = MemoryFolder()
    heard = recorder(folder, **more.pop("settings", {}))
    heard.answered(Resolution(made, rejected or {}, **more))
    heard.close()
    return folder


def test_line_byte_for_byte() -> None:
    folder = answered(chunk(7, first=4, request_id="r"), ids=["65f"])
    key = "7902699be42c8a8e46fbbb4501726517"
    assert text(folder) == f'{MIDDLE}{key}","profile_id":"65f","row":1}}\n'


def test_value_and_id_are_quoted() -> None:
    made = Chunk(chunk(1).target, chunk(1).envelope, request_id="r", token=chunk(1).token)
    rows = [row(1)]
    rows[0].identities = ('a"\\b',)
    made.extend(batch(*rows), INTERVAL, ["a"])
    folder = answered(made, ids=['x"y'], settings={"values": True})
    assert text(folder) == f'{MIDDLE}a\\"\\\\b","profile_id":"x\\"y","row":1}}\n'


def test_culprit_stands_in_its_place() -> None:
    folder = answered(chunk(7, 8, 9), {1: REFUSAL}, ids=["a", None, "c"])
    assert told(folder) == [
        (1, "accepted", None, None, digest("7"), "a"),
        (2, "rejected", "service", "404", digest("8"), None),
        (3, "accepted", None, None, digest("9"), "c"),
    ]


def test_rows_and_batches_of_a_chunk_are_told_alike() -> None:
    made = chunk(7, 8)
    assert len(made.rows) == 2  # each by itself from now on
    made.extend(batch(row(9), first=5), INTERVAL, ["9"])
    folder = answered(made, {2: REFUSAL}, ids=["a", "b", None])
    assert told(folder) == [
        (1, "accepted", None, None, digest("7"), "a"),
        (2, "accepted", None, None, digest("8"), "b"),
        (6, "rejected", "service", "404", digest("9"), None),
    ]


@pytest.mark.parametrize(
    ("rejected", "outcome"),
    [({}, ("superseded", None, None)), ({0: REFUSAL}, ("rejected", "superseded", "rejected"))],
)
def test_superseded_record_shares_its_successors_fate(
    rejected: dict[int, Rejection], outcome: tuple[str, ...]
) -> None:
    made = chunk(7)
    later = row(7)
    later.ordinal = 3
    assert made.supersede(later, INTERVAL, ALWAYS, lambda *_: True)
    found = told(answered(made, rejected))
    assert [each[0] for each in found] == [4, 1]
    assert found[1][1:4] == outcome


def test_others_keys_stand_beside_the_first() -> None:
    made = chunk()
    made.extend(batch(row(7, "", "8", "9")), INTERVAL, ["7", "8", "9"])
    (line,) = map(json.loads, text(answered(made)).splitlines())
    assert (line["key"], line["other_keys"]) == (digest("7"), [digest("8"), digest("9")])


def test_what_was_never_sent_has_its_key() -> None:
    folder = MemoryFolder()
    heard = recorder(folder)
    heard.unsent("users", b'{"id":7,"x":', Rejection("json", "number", "", "$", ""), 0)
    heard.unsent("users", b'{"id":7,"x":1e400}', Rejection("json", "number", "", "$", ""), 1)
    heard.deleted("users", [b'{"id":8}', b'{"id":null}'], 2)
    heard.close()
    assert told(folder) == [
        (1, "rejected", "json", "number", None, None),
        (2, "rejected", "json", "number", digest("7"), None),
        (3, "deleted", None, None, digest("8"), None),
        (4, "deleted", None, None, None, None),
    ]


def test_what_did_not_change_has_its_key() -> None:
    folder = MemoryFolder()
    heard = recorder(folder)
    heard.unchanged("users", [("7",), ("9",)], [0, 2])
    heard.close()
    assert told(folder) == [
        (1, "unchanged", None, None, digest("7"), None),
        (3, "unchanged", None, None, digest("9"), None),
    ]


def test_record_of_an_earlier_sync_keeps_its_place() -> None:
    places = {0: ("2026-01-01T00:00:00.000Z", 41), 1: ("2026-01-02T00:00:00.000Z", 7)}
    folder = answered(chunk(7, 8), {1: REFUSAL}, settings={"places": places.__getitem__})
    (name,) = parts.names(folder)
    assert not parts.is_first(name)  # it does not tell of all records of a sync
    lines = list(map(json.loads, parts.read(folder, name).splitlines()))
    assert [(each["sync"], each["row"]) for each in lines] == list(places.values())
    assert [each["outcome"] for each in lines] == ["accepted", "rejected"]


def test_put_off_profiles_are_retried() -> None:
    folder = MemoryFolder()
    heard = recorder(folder)
    heard.put_off(chunk(7), "429")
    heard.close()
    assert told(folder) == [(1, "retried", None, "429", digest("7"), None)]


def test_large_part_is_begun_at_once() -> None:
    folder = MemoryFolder()
    heard = recorder(folder, part_bytes=300)
    for _ in range(3):
        heard.put_off(chunk(7), "429")
    assert heard.begin() == 2
    heard.close()
    assert parts.names(folder) == [PART, PART.replace(f"_0{OWN}", f"_1{OWN}")]
    assert heard.begin() == heard.kept() == 2
    assert [text(folder, each).count("\n") for each in parts.names(folder)] == [2, 1]


def test_nothing_is_tried_after_a_failure() -> None:
    folder = MemoryFolder()
    heard = recorder(folder)
    heard.put_off(chunk(7), "429")
    folder.fails = StoreFailed("full")
    with pytest.raises(StoreFailed):
        heard.close()
    folder.fails = None
    with pytest.raises(StoreFailed):
        heard.kept()
    with pytest.raises(StoreFailed):
        heard.close()
    assert not folder.things


def test_only_old_parts_go() -> None:
    folder = MemoryFolder()
    ages = (timedelta(days=30, seconds=1), timedelta(days=30))
    for number, age in enumerate(ages):
        parts.write(folder, parts.name(NOW - age, number, OWN), b"{}\n")
    folder.things["outcomes/mine.jsonl.gz"] = b""
    parts.remove_older(folder, 30, NOW)
    assert list(folder.things) == [parts.name(NOW - ages[1], 1, OWN), "outcomes/mine.jsonl.gz"]


@pytest.mark.parametrize("own", ["", OWN, "987654321"])  # of earlier versions: none
def test_parts_are_told_in_the_order_of_time(own: str) -> None:
    folder = MemoryFolder()
    written = [parts.name(NOW, number, own) for number in (10, 9, 2, 0)]
    written.append(parts.name(NOW - timedelta(days=1), 11, own))
    for each in written:
        folder.write(each, b"")
    assert parts.names(folder) == written[::-1]
    assert [parts.is_first(each) for each in written] == [False, False, False, True, False]
