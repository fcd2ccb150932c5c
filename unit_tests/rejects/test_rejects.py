"""Stores of rejected records: each ends at the bytes on the disk."""

import json
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.errors import ConfigError, StoreFailed
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.local import LocalStore
from destination_profiles.rejects.store import NoStore, line, utc_now

CANARY = "canary-7f3a"
MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
REJECTION = Rejection(
    "schema", "type", "must be string, not integer", "$.a", "$.a must be string, not integer"
)
KEYS = (
    b'"rejected_reason":"schema","rejected_code":"type","rejected_message":"must be string, not integer","rejected_path":"$.a",'
    b'"rejected_faults":[{"step":"schema","column":null,"field":null,"rule":"type"}],'
    b'"rejected_at":"2026-01-02T03:04:05.678Z"}\n'
)
UNSAFE = [
    "..",
    ".",
    "../escape",
    "/etc/passwd",
    "a/b",
    "a\\b",
    "a\0b",
    "a\nb",
    "~",
    "",
    "%2F",
    "пользователи",
    "a:b*?",
    "con",
]

Open = Callable[[], LocalStore]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "rejected"


@pytest.fixture
def opened(folder: Path) -> Iterator[Open]:
    """Opens stores over one folder, as one sync after another does, and closes the last."""
    stores: list[LocalStore] = []

    def open_store() -> LocalStore:
        for each in stores:
            each.close()
        stores.append(LocalStore(str(folder), clock=lambda: MOMENT))
        return stores[-1]

    yield open_store
    for each in stores:
        with suppress(StoreFailed):
            each.close()


def fail(act: Callable[[], object], error: type[Exception] = StoreFailed) -> str:
    with pytest.raises(error) as raised:
        act()
    return str(raised.value)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


# Lines

LINES = [
    (b'{"a":1}', b'{"a":1,' + KEYS),
    (b'{ "a" : 1.50, "b":"\\u0041" }', b'{ "a" : 1.50, "b":"\\u0041",' + KEYS),
    (b' {"a":1}\r\n', b'{"a":1,' + KEYS),
    (b"{}", b"{" + KEYS),
    (b"{ }", b"{" + KEYS),
    (b'{"a":{}}', b'{"a":{},' + KEYS),
    (b'{"a":123456789012345678901}', b'{"a":123456789012345678901,' + KEYS),
    ('{"имя":"Анна 😀"}'.encode(), '{"имя":"Анна 😀",'.encode() + KEYS),
    (b"[1,2]", b'{"data":[1,2],' + KEYS),
    (b'"text"', b'{"data":"text",' + KEYS),
    (b"null", b'{"data":null,' + KEYS),
]


@pytest.mark.parametrize(("original", "written"), LINES)
def test_original_stands_byte_for_byte(original: bytes, written: bytes) -> None:
    assert line(original, REJECTION, MOMENT) == written


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, msgspec.Raw])
def test_any_bytes_are_taken(kind: Callable[[bytes], Any]) -> None:
    assert line(kind(b'{"a":1}'), REJECTION, MOMENT) == b'{"a":1,' + KEYS


@pytest.mark.parametrize("moment", [MOMENT, MOMENT.astimezone(timezone(timedelta(hours=3)))])
def test_time_is_told_to_the_millisecond(moment: datetime) -> None:
    told = json.loads(line(b"{}", REJECTION, moment))["rejected_at"]
    assert datetime.fromisoformat(told) == MOMENT.replace(microsecond=678_000)


def test_clock_of_the_store_is_utc() -> None:
    assert utc_now().tzinfo is UTC


VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)


@given(
    st.dictionaries(st.text(max_size=5), VALUES | st.lists(VALUES, max_size=2), max_size=3),
    st.text(max_size=10),
)
@settings(max_examples=60)
def test_line_is_one_json_object(record: dict[str, Any], text: str) -> None:
    written = line(json.dumps(record).encode(), Rejection("service", "5", text, "$", ""), MOMENT)
    assert written.endswith(b"\n") and b"\n" not in written[:-1]
    assert json.loads(written) | record | {"rejected_message": text} == json.loads(written)


# The local store


def test_record_is_appended_to_its_stream(opened: Open, folder: Path) -> None:
    made = opened()
    for original in (b'{"a":1}', b'{"a":2}'):
        made.put("users", original, REJECTION)
    made.close()
    assert (folder / "users.jsonl").read_bytes() == b'{"a":1,' + KEYS + b'{"a":2,' + KEYS


def test_each_stream_has_its_file(opened: Open, folder: Path) -> None:
    made = opened()
    made.put("public.users", b'{"a":1}', REJECTION)
    made.put("order lines", b'{"b":1}', REJECTION)
    made.close()
    assert sorted(each.name for each in folder.iterdir()) == [
        "order lines.jsonl",
        "public.users.jsonl",
    ]


def test_store_without_rejects_makes_no_file(opened: Open, folder: Path) -> None:
    opened().close()
    assert list(folder.iterdir()) == []


def test_log_sentence_is_not_stored(opened: Open, folder: Path) -> None:
    opened().put("users", b"{}", Rejection("service", "5", "whole text", "$", "masked text"))
    opened()
    assert b"whole text" in (folder / "users.jsonl").read_bytes()
    assert b"masked text" not in (folder / "users.jsonl").read_bytes()


def test_flush_makes_bytes_visible(opened: Open, folder: Path) -> None:
    made = opened()
    made.put("users", b'{"a":1}', REJECTION)
    made.put("orders", b'{"b":1}', REJECTION)
    made.flush()
    assert [(folder / f"{name}.jsonl").read_bytes()[:8] for name in ("users", "orders")] == [
        b'{"a":1,"',
        b'{"b":1,"',
    ]


def test_flush_may_come_at_any_time(opened: Open, folder: Path) -> None:
    made = opened()
    made.flush()
    made.put("users", b'{"a":1}', REJECTION)
    made.flush()
    made.flush()
    assert (folder / "users.jsonl").read_bytes() == b'{"a":1,' + KEYS


def test_store_may_be_closed_twice(opened: Open) -> None:
    made = opened()
    made.put("users", b'{"a":1}', REJECTION)
    made.close()
    made.close()


def test_files_belong_to_their_owner_only(opened: Open, folder: Path) -> None:
    opened().put("users", b'{"a":1}', REJECTION)
    assert stat.S_IMODE((folder / "users.jsonl").stat().st_mode) == 0o600


def test_later_sync_continues_the_file(opened: Open, folder: Path) -> None:
    for number in (b"1", b"2"):
        opened().put("users", b'{"a":' + number + b"}", REJECTION)
    opened()
    assert (folder / "users.jsonl").read_bytes() == b'{"a":1,' + KEYS + b'{"a":2,' + KEYS


@pytest.mark.parametrize(
    ("earlier", "between"),
    [
        (b'{"a":1,"rejec', b"\n"),
        (b'{"a":1}\n{"a":', b"\n"),
        (b"x", b"\n"),
        (b'{"a":1}\n', b""),
        (b"", b""),
        (b"\n", b""),
    ],
)
def test_torn_line_is_ended_first(
    opened: Open, folder: Path, earlier: bytes, between: bytes
) -> None:
    made = opened()
    (folder / "users.jsonl").write_bytes(earlier)
    made.put("users", b'{"a":2}', REJECTION)
    made.close()
    assert (folder / "users.jsonl").read_bytes() == earlier + between + b'{"a":2,' + KEYS


@pytest.mark.parametrize("name", UNSAFE)
def test_stream_name_never_leaves_the_folder(opened: Open, folder: Path, name: str) -> None:
    opened().put(name, b'{"a":1}', REJECTION)
    opened()
    (file,) = folder.parent.rglob("*.jsonl")
    assert file.parent == folder and file.read_bytes() == b'{"a":1,' + KEYS


def test_stream_names_never_share_a_file(opened: Open, folder: Path) -> None:
    made = opened()
    for name in UNSAFE:
        made.put(name, b'{"a":1}', REJECTION)
    made.close()
    assert len(list(folder.iterdir())) == len(UNSAFE)


@pytest.mark.parametrize("name", ["x" * 251, "пользователи_из_хранилища_данных_нашей_компании"])
def test_long_stream_name_has_its_file(opened: Open, folder: Path, name: str) -> None:
    opened().put(name, b'{"a":1}', REJECTION)
    opened()
    assert [file.read_bytes() for file in folder.iterdir()] == [b'{"a":1,' + KEYS]


def test_long_names_never_share_a_file(opened: Open, folder: Path) -> None:
    made = opened()
    for end in ("a", "b", "", "aa"):
        made.put("x" * 300 + end, b'{"a":1}', REJECTION)
    made.close()
    assert len(list(folder.iterdir())) == 4


# What fails


def test_missing_folders_are_made(tmp_path: Path) -> None:
    LocalStore(str(tmp_path / "a" / "b")).close()
    assert (tmp_path / "a" / "b").is_dir()


@pytest.mark.parametrize("below", ["", "/below", "/below/deeper"])
def test_file_in_place_of_folder_is_told(tmp_path: Path, below: str) -> None:
    (tmp_path / CANARY).write_bytes(b"")
    told = fail(lambda: LocalStore(f"{tmp_path / CANARY}{below}"), ConfigError)
    assert told.startswith("The folder for rejected records cannot be made or written to.")
    assert "object_storage_config" in told and CANARY not in told


def test_folder_that_cannot_exist_is_told() -> None:
    assert "cannot be made" in fail(lambda: LocalStore("/proc/rejected"), ConfigError)


def test_folder_that_vanished_stops_the_sync(opened: Open, folder: Path) -> None:
    made = opened()
    folder.rmdir()
    told = fail(lambda: made.put("users", b'{"a":1}', REJECTION))
    assert told.startswith(
        "The store of rejected records failed (No such file or directory), so no state may leave."
    )


def test_directory_in_place_of_file_stops(opened: Open, folder: Path) -> None:
    made = opened()
    (folder / f"{CANARY}.jsonl").mkdir()
    told = fail(lambda: made.put(CANARY, b'{"a":1}', REJECTION))
    assert "(Is a directory)" in told and CANARY not in told


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no /dev/full to stand for a full disk"
)
def test_full_disk_fails_and_lets_go(folder: Path) -> None:
    made = LocalStore(str(folder))
    (folder / "users.jsonl").symlink_to("/dev/full")
    before = open_files()
    made.put("users", b'{"a":1}', REJECTION)
    assert "(No space left on device)" in fail(made.flush)
    assert "(No space left on device)" in fail(made.close)
    assert open_files() == before


def test_no_store_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = NoStore()
    made.put("users", b'{"a":1}', REJECTION)
    made.close()
    assert list(tmp_path.iterdir()) == []


def test_failed_store_never_works_again(folder: Path) -> None:
    made = LocalStore(str(folder))
    (folder / "users.jsonl").mkdir()
    fail(lambda: made.put("users", b'{"a":1}', REJECTION))
    (folder / "users.jsonl").rmdir()
    assert "(Is a directory)" in fail(lambda: made.put("users", b'{"a":1}', REJECTION))
    assert "(Is a directory)" in fail(made.flush)
