"""The lines of rejected records, and the parts that they stand in."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.errors import StoreFailed
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.line import (
    UNKNOWN,
    Kept,
    Origin,
    again,
    line,
    read,
    with_unknown_fate,
)
from destination_profiles.rejects.parts import Part, split
from destination_profiles.rejects.store import NoStore, PartStore, utc_now

CANARY = "canary-7f3a"
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
REJECTION = Rejection(
    "schema", "type", "must be string, not integer", "$.a", "$.a must be string, not integer"
)
KEYS = (
    b'"rejected_reason":"schema","rejected_code":"type","rejected_message":"must be string, not integer","rejected_path":"$.a",'
    b'"rejected_faults":[{"step":"schema","column":null,"field":null,"rule":"type"}],'
    b'"rejected_at":"2026-01-02T03:04:05.678Z","rejected_sync":"2026-01-02T03:00:00.000Z","rejected_row":7,"rejected_attempts":1'
)
END = b"}\n"
WRAPPED = b',"rejected_data":true}\n'
ORIGIN = Origin("2026-01-02T03:00:00.000Z", 7)
# Lines

LINES = [
    (b'{"a":1}', b'{"a":1,' + KEYS + END),
    (b'{ "a" : 1.50, "b":"\\u0041" }', b'{ "a" : 1.50, "b":"\\u0041" ,' + KEYS + END),
    (b' {"a":1}\r\n', b'{"a":1,' + KEYS + END),
    (b"{}", b"{" + KEYS + END),
    (b"{ }", b"{ " + KEYS + END),
    (b'{"a":{}}', b'{"a":{},' + KEYS + END),
    (b'{"a":123456789012345678901}', b'{"a":123456789012345678901,' + KEYS + END),
    ('{"имя":"Анна 😀"}'.encode(), '{"имя":"Анна 😀",'.encode() + KEYS + END),
    (b"[1,2]", b'{"data":[1,2],' + KEYS + WRAPPED),
    (b'"text"', b'{"data":"text",' + KEYS + WRAPPED),
    (b"null", b'{"data":null,' + KEYS + WRAPPED),
]


@pytest.mark.parametrize(("original", "written"), LINES)
def test_original_stands_byte_for_byte(original: bytes, written: bytes) -> None:
    assert line(original, REJECTION, MOMENT, ORIGIN) == written


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, msgspec.Raw])
def test_any_bytes_are_taken(kind: Callable[[bytes], Any]) -> None:
    assert line(kind(b'{"a":1}'), REJECTION, MOMENT, ORIGIN) == b'{"a":1,' + KEYS + END


@pytest.mark.parametrize("moment", [MOMENT, MOMENT.astimezone(timezone(timedelta(hours=3)))])
def test_time_is_told_to_the_millisecond(moment: datetime) -> None:
    told = json.loads(line(b"{}", REJECTION, moment, ORIGIN))["rejected_at"]
    assert datetime.fromisoformat(told) == MOMENT.replace(microsecond=678_000)


@pytest.mark.parametrize("original", [each for each, _ in LINES])
def test_row_goes_back_byte_for_byte(original: bytes) -> None:
    kept = read(line(original, REJECTION, MOMENT, ORIGIN))
    assert (kept.original, kept.origin) == (original.strip(), ORIGIN)
    assert (kept.reason, kept.code, kept.at) == ("schema", "type", "2026-01-02T03:04:05.678Z")


OWN = [
    b'{"rejected_reason":"mine","rejected_row":"A7","id":1}',
    b'{"text":"a \\"rejected_reason\\":1","id":12345678901234567890}',
    b'{"text":",\\"rejected_reason\\":","n":1.50}',
    b'{"rejected_reason":{"rejected_reason":1}}',
    b'{"b":1,"a":2,"b":3}',
]


@pytest.mark.parametrize("original", OWN)
def test_own_columns_of_such_names_survive(original: bytes) -> None:
    message = 'quotes ,"rejected_reason": and \\",\n'
    rejection = Rejection("service", "5", message, "$", "")
    kept = read(line(original, rejection, MOMENT, ORIGIN))
    assert (kept.original, kept.message, kept.origin) == (original, message, ORIGIN)


def test_row_that_a_person_edited_is_read() -> None:
    written = line(b'{"id":1.50,"b":null}', REJECTION, MOMENT, ORIGIN)
    edited = json.dumps({**json.loads(written), "id": 2}, indent=1).replace('": 2', '": 2.50')
    kept = read(edited.encode())
    assert (kept.original, kept.origin) == (b'{"id":2.50,"b":null}', ORIGIN)


def test_row_without_keys_of_ours_is_read() -> None:
    assert read(b'{"id": 1}') == Kept(b'{"id":1}', Origin("", 0))


def test_line_of_an_earlier_version_is_read() -> None:
    kept = read(b'{"id":1,"rejected_reason":"schema","rejected_at":"2026-01-01T00:00:00.000Z"}\n')
    assert kept.original == b'{"id":1}'
    assert kept.origin == Origin("2026-01-01T00:00:00.000Z", 0)


PROFILE = "1f:00ff,a1"


@pytest.mark.parametrize("original", [each for each, _ in LINES])
def test_profile_is_kept_with_the_row(original: bytes) -> None:
    origin = replace(ORIGIN, profile=PROFILE)
    written = line(original, REJECTION, MOMENT, origin)
    assert json.loads(written)["rejected_profile"] == PROFILE
    kept = read(written)
    assert (kept.original, kept.origin) == (original.strip(), origin)
    assert again(kept) == replace(origin, attempts=2)
    assert read(with_unknown_fate(written)).origin == replace(origin, fate=UNKNOWN)


def test_profile_is_read_where_a_person_edited_the_row() -> None:
    written = line(b'{"a":1}', REJECTION, MOMENT, replace(ORIGIN, profile=PROFILE))
    kept = read(written.rstrip()[:-1] + b',"b":2}')
    assert (kept.original, kept.origin.profile) == (b'{"a":1,"b":2}', PROFILE)


def test_edit_is_kept_with_the_row() -> None:
    odd = replace(REJECTION, reason="json")
    came, back = read(line(b"{}", odd, MOMENT, ORIGIN)), replace(ORIGIN, edited=True)
    written = line(b'{"a":1}', odd, MOMENT, back)
    assert json.loads(written)["rejected_edited"] is True
    edited = read(written)
    assert (edited.original, edited.origin) == (b'{"a":1}', back)
    assert [each.is_altered() for each in (came, edited)] == [True, False]
    assert not read(line(b"{}", REJECTION, MOMENT, ORIGIN)).is_altered()


def test_unknown_fate_is_kept_with_the_row() -> None:
    marked = with_unknown_fate(line(b'{"id":1}', REJECTION, MOMENT, ORIGIN))
    assert read(marked).origin == Origin(ORIGIN.sync, 7, fate=UNKNOWN)
    assert with_unknown_fate(marked) == marked
    assert json.loads(marked)["id"] == 1


@pytest.mark.parametrize(
    "text",
    [b"", b"[1]", b'{"a":1', b'{"a":1,"rejected_row":"x"}', b'{"a":1,"rejected_profile":7}'],
)
def test_line_that_is_no_row_is_told(text: bytes) -> None:
    with pytest.raises(ValueError):
        read(text)


def test_later_place_is_larger() -> None:
    places = [Origin("b", 1), Origin("a", 10), Origin("a", 9)]
    assert sorted(places, key=Origin.place) == [places[2], places[1], places[0]]


def test_clock_of_the_store_is_utc() -> None:
    assert utc_now().tzinfo is UTC


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)


@given(
    st.dictionaries(st.text(max_size=5), VALUES | st.lists(VALUES, max_size=2), max_size=3),
    st.text(max_size=10),
)
@settings(max_examples=60)
def test_line_is_one_json_object(record: dict[str, Any], text: str) -> None:
    written = line(
        json.dumps(record).encode(), Rejection("service", "5", text, "$", ""), MOMENT, ORIGIN
    )
    assert written.endswith(b"\n") and b"\n" not in written[:-1]
    assert json.loads(written) | record | {"rejected_message": text} == json.loads(written)


# The store


class Shelf:
    """A folder in memory."""

    def __init__(self) -> None:
        self.things: dict[str, bytes] = {}
        self.tries = 0
        self.failure: StoreFailed | None = None

    def write(self, name: str, content: bytes) -> None:
        self.tries += 1
        if self.failure is not None:
            raise self.failure
        assert name not in self.things
        self.things[name] = content


PLACES = {"users": ("7", "", "users"), "public.a/b": ("0", "public", "a/b")}
PART = "2026_01_02_1767323045679"
OWN = "012345678"  # digits of the process


@pytest.fixture(autouse=True)
def own(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("line", "store"):
        monkeypatch.setattr(f"destination_profiles.rejects.{module}.own_digits", lambda: OWN)


def store(shelf: Shelf, **more: Any) -> PartStore:
    return PartStore(shelf, PLACES, lambda: MOMENT, **more)  # type: ignore[arg-type]


def test_part_stands_under_sync_namespace_and_stream() -> None:
    shelf = Shelf()
    made = store(shelf)
    made.put("users", b'{"a":1}', REJECTION, 0)
    made.put("public.a/b", b'{"a":2}', REJECTION, 1)
    assert shelf.things == {}
    made.flush()
    made.put("users", b'{"a":3}', REJECTION, 2)
    made.close()
    assert list(shelf.things) == [
        f"7/users/{PART}_0{OWN}.jsonl",
        f"0/public/a%2Fb/{PART}_0{OWN}.jsonl",
        f"7/users/{PART}_1{OWN}.jsonl",
    ]
    kept = [read(body) for body in shelf.things.values()]
    assert [each.original for each in kept] == [b'{"a":1}', b'{"a":2}', b'{"a":3}']
    assert [each.origin for each in kept] == [
        Origin("2026-01-02T03:04:05.678012345678Z", row) for row in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("attempt", "mark"), [("0", "attempt_0_"), ("12", "attempt_12_"), (None, ""), ("a/b", "")]
)
def test_part_tells_the_attempt(attempt: str | None, mark: str) -> None:
    shelf = Shelf()
    made = store(shelf, attempt=attempt)
    made.put("users", b"{}", REJECTION, 0)
    made.close()
    (name,) = shelf.things
    assert name == f"7/users/2026_01_02_{mark}1767323045679_0{OWN}.jsonl"
    assert Part(name.removesuffix(".jsonl"), 0, (None, "users")).written()[:2] == (1767323045679, 0)


def test_profile_and_start_are_those_that_are_told() -> None:
    shelf = Shelf()
    made = store(shelf, sync=ORIGIN.sync)
    made.put("users", b"{}", REJECTION, 6, profile=PROFILE)
    made.close()
    (body,) = shelf.things.values()
    assert read(body).origin == replace(ORIGIN, profile=PROFILE)


def test_nothing_rejected_is_no_part() -> None:
    shelf = Shelf()
    made = store(shelf)
    made.flush()
    made.close()
    assert shelf.tries == 0


def test_largest_part_is_written_when_all_are_too_large() -> None:
    shelf = Shelf()
    made = store(shelf, part_bytes=1000)
    made.put("public.a/b", b'{"a":2}', REJECTION, 0)
    for number in range(20):
        made.put("users", b'{"a":1}', REJECTION, number)
    assert {name.rpartition("/")[0] for name in shelf.things} == {"7/users"}
    assert all(len(body) <= 1000 for body in shelf.things.values())
    made.close()
    assert sum(body.count(b"\n") for body in shelf.things.values()) == 21


def test_log_sentence_is_not_stored() -> None:
    shelf = Shelf()
    made = store(shelf)
    made.put("users", b"{}", Rejection("service", "5", "whole text", "$", "masked text"), 0)
    made.close()
    (body,) = shelf.things.values()
    assert b"whole text" in body and b"masked text" not in body


def test_failed_part_is_not_tried_again() -> None:
    """A disk that failed once may claim success the next time."""
    shelf = Shelf()
    made, shelf.failure = store(shelf), StoreFailed("full")
    made.put("users", b"{}", REJECTION, 0)
    for act in (made.flush, made.close):
        with pytest.raises(StoreFailed, match="full"):
            act()
    assert shelf.tries == 1


def test_no_store_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = NoStore()
    made.put("users", b'{"a":1}', REJECTION, 0)
    made.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"", []),
        (b"\xef\xbb\xbf{}\n", [b"{}"]),
        (b"{}\r\n[]", [b"{}\r", b"[]"]),
        (b'{"a":"\xe2\x80\xa8\xef\xbb\xbf"}\n\n', [b'{"a":"\xe2\x80\xa8\xef\xbb\xbf"}', b""]),
    ],
)
def test_lines_are_those_that_an_editor_leaves(text: bytes, lines: list[bytes]) -> None:
    assert split(text) == lines
