"""The file of entries, against a dict."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.memory.entries import (
    ABSENT,
    AT_ONCE,
    LEAST_BITS,
    MEAN,
    OTHER,
    Entries,
    make,
    no_record,
)
from destination_profiles.memory.spool import MOST_HELD, Spool

OWNER = "5f" * 8


def identity(number: int) -> bytes:
    """Those of near numbers share the first byte, and so a bucket of a small file."""
    return (number * 0x0123_4567_89AB_CDEF % 2**64).to_bytes(8)


def content(number: int) -> bytes:
    return number.to_bytes(8)


def record(identity: bytes, content: bytes, day: int) -> bytes:
    return identity + content + day.to_bytes(2)


def file(path: Path, entries: dict[int, tuple[int, int]], most: int | None = None) -> Path:
    """A file of contents and days, by numbers of identities."""
    records = sorted(
        record(identity(one), content(what), day) for one, (what, day) in entries.items()
    )
    make(path, OWNER, [records], len(records) if most is None else most)
    return path


@contextmanager
def read(path: Path, owner: str = OWNER) -> Iterator[Entries]:
    with closing(Entries(path, owner)) as entries:
        yield entries


@pytest.mark.parametrize("most", [0, 10_000, 10_000_000])
def test_entries_are_found_by_content(tmp_path: Path, most: int) -> None:
    path = file(tmp_path / "a", {number: (number, 7) for number in range(1, 400)}, most)
    with read(path) as entries:
        ids = [identity(number) for number in range(600)]
        found = entries.find(ids, [content(number // 2 * 2) for number in range(600)])
        assert found[1:400:2] == [OTHER] * 200
        assert found[2:400:2] == [7] * 199
        assert found[400:] == [ABSENT] * 200
        assert found[0] == ABSENT
        assert entries.count == 399


def test_bytes_between_entries_are_no_entry(tmp_path: Path) -> None:
    """An identity may stand across two records of a bucket by chance."""
    first, second = bytes(8), bytes(7) + b"\x01"
    make(
        tmp_path / "a", OWNER, [[record(first, b"\x02" * 8, 3), record(second, b"\x04" * 8, 5)]], 2
    )
    with read(tmp_path / "a") as entries:
        across = b"\x00\x03" + bytes(6)
        inside = b"\x00" * 6 + b"\x02\x02"
        for each in (across, inside):
            assert entries.find([each], [b"\x00\x01" + b"\x04" * 6]) == [ABSENT]
        entries.remove([across, inside])
        assert entries.find([first, second], [b"\x02" * 8, b"\x04" * 8]) == [3, 5]


@pytest.mark.parametrize("day", [0x0001, 0x0101])
def test_entry_is_found_behind_bytes_that_look_like_it(tmp_path: Path, day: int) -> None:
    """Where an identity begins, and is found earlier and later in the bucket by chance."""
    before, same = record(b"\1" + bytes(7), b"\2" * 8, day), b"\1" * 8
    make(tmp_path / "a", OWNER, [[before, record(same, same, day)]], 2)
    with read(tmp_path / "a") as entries:
        assert entries.find([same], [b"\3" * 8]) == [OTHER]
        entries.remove([same])
        assert entries.find([same, before[:8]], [same, b"\2" * 8]) == [ABSENT, day]


@pytest.mark.parametrize("most", [0, 10_000_000])
def test_records_are_given_by_their_first_byte(tmp_path: Path, most: int) -> None:
    path = file(tmp_path / "a", {number: (number, 7) for number in range(600)}, most)
    with read(path) as entries:
        parts = [entries.records(prefix) for prefix in range(256)]
    assert [{each[0] for each in part} for part in parts] == [
        {prefix} if part else set() for prefix, part in enumerate(parts)
    ]
    assert [each for part in parts for each in part] == sorted(
        record(identity(number), content(number), 7) for number in range(600)
    )


def test_what_is_removed_is_absent_and_what_is_blank_is_other(tmp_path: Path) -> None:
    ids = [identity(number) for number in range(1, 601)]
    with read(file(tmp_path / "a", dict.fromkeys(range(1, 601), (1, 7)))) as entries:
        entries.remove(ids[:300])
        entries.remove(ids[200:400], bytes(10))
        found = entries.find(ids, [content(1)] * 600)
        assert found == [ABSENT] * 300 + [OTHER] * 100 + [7] * 200


def test_file_of_another_is_not_read(tmp_path: Path) -> None:
    path = file(tmp_path / "a", {1: (1, 7)})
    with pytest.raises(ValueError):
        Entries(path, "other")


@pytest.mark.parametrize("form", ["1", "3"])
def test_file_of_another_form_is_not_read(tmp_path: Path, form: str) -> None:
    path = file(tmp_path / "a", {1: (1, 7)})
    with sqlite3.connect(path) as db:
        db.execute("UPDATE about SET value = ? WHERE name = 'form'", (form,))
    db.close()
    with pytest.raises(ValueError):
        Entries(path, OWNER)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.5, 0.999])
def test_file_that_is_cut_is_not_read(tmp_path: Path, part: float) -> None:
    path = file(tmp_path / "a", {number: (number, 7) for number in range(2_000)})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises((ValueError, sqlite3.DatabaseError)):
        Entries(path, OWNER)


@settings(max_examples=60, deadline=None)
@given(
    before=st.dictionaries(st.integers(0, 60), st.tuples(st.integers(1, 3), st.integers(1, 9))),
    since=st.lists(
        st.tuples(st.integers(0, 60), st.none() | st.tuples(st.integers(1, 3), st.integers(1, 9)))
    ),
    removed=st.lists(st.integers(0, 60)),
    oldest=st.integers(0, 9),
)
def test_merged_entries_are_those_of_a_dict(
    tmp_path_factory: pytest.TempPathFactory,
    before: dict[int, tuple[int, int]],
    since: list[tuple[int, tuple[int, int] | None]],
    removed: list[int],
    oldest: int,
) -> None:
    folder = tmp_path_factory.mktemp("merged")
    entries = Entries(file(folder / "a", before), OWNER)
    entries.remove([identity(number) for number in removed])
    (folder / "spool").mkdir()
    spool = Spool(folder / "spool")
    spool.add([no_record(identity(number)) for number in removed])
    wanted = {number: each for number, each in before.items() if number not in removed}
    for number, each in since:
        wanted.pop(number, None)
        if each is None:
            spool.add([no_record(identity(number))])
        else:
            spool.add([record(identity(number), content(each[0]), each[1])])
            wanted[number] = each
    make(folder / "b", OWNER, spool.merged(entries, oldest), entries.count + spool.count)
    entries.merge(spool.parts(), 0)
    kept = {number: each for number, each in wanted.items() if each[1] >= oldest}
    entries.close()
    for path, left in ((folder / "a", wanted), (folder / "b", kept)):
        merged = Entries(path, OWNER)
        numbers = list(range(61))
        for what in (1, 2, 3):
            found = merged.find([identity(each) for each in numbers], [content(what)] * 61)
            assert found == [
                (left[each][1] if left[each][0] == what else OTHER) if each in left else ABSENT
                for each in numbers
            ]
        assert merged.count == len(left)
        merged.close()


def test_old_entries_go_from_buckets_that_change(tmp_path: Path) -> None:
    path = file(tmp_path / "a", dict.fromkeys(range(600), (1, 7)))
    with read(path) as entries:
        entries.merge([[record(identity(1), content(2), 9)]], 8)
    with read(path) as entries:
        found = entries.find([identity(number) for number in range(600)], [content(1)] * 600)
    assert found[1] == OTHER
    assert 0 < found.count(ABSENT) < 10


def test_entries_come_into_buckets_that_are_empty(tmp_path: Path) -> None:
    path = file(tmp_path / "a", {1: (1, 7), 2: (1, 8)}, 10_000_000)
    ids = [identity(number) for number in range(1, 6)]
    with read(path) as entries:
        entries.merge([[record(each, content(2), 9) for each in ids[2:]]], 8)
    with read(path) as entries:
        assert entries.find(ids, [content(1)] * 2 + [content(2)] * 3) == [7, 8, 9, 9, 9]
        assert entries.count == 5


def test_what_was_sent_on_the_oldest_day_stays(tmp_path: Path) -> None:
    path = file(tmp_path / "a", {0: (1, 7), 256: (1, 8), 512: (1, 9)})
    ids = [identity(number) for number in (0, 256, 512)]
    with read(path) as entries:
        entries.merge([[record(each, content(1), 7 + place) for place, each in enumerate(ids)]], 8)
    with read(path) as entries:
        assert entries.find(ids, [content(1)] * 3) == [ABSENT, 8, 9]


def test_more_entries_than_are_changed_together_are_merged(tmp_path: Path) -> None:
    path = file(tmp_path / "a", dict.fromkeys(range(1, 8 * 3 * AT_ONCE), (1, 7)))
    ids = [identity(number) for number in range(1, 3 * AT_ONCE + 1)]
    with read(path) as entries:
        entries.merge([[record(each, content(2), 9) for each in ids]], 0)
    with read(path) as entries:
        assert entries.find(ids, [content(2)] * len(ids)) == [9] * len(ids)
        assert entries.count == 8 * 3 * AT_ONCE - 1


def test_each_merge_makes_another_generation(tmp_path: Path) -> None:
    path = file(tmp_path / "a", {1: (1, 7)})
    generations = set()
    for _ in range(3):
        with read(path) as entries:
            generations.add(entries.generation)
            entries.merge([], 0)
    assert len(generations) == 3
    assert {len(each) for each in generations} == {8}


def test_few_records_are_put_into_what_is_there(tmp_path: Path) -> None:
    with read(file(tmp_path / "a", dict.fromkeys(range(800), (1, 7)))) as entries:
        assert entries.has_room(100)
        assert not entries.has_room(101)
    with read(file(tmp_path / "b", dict.fromkeys(range(20_000), (1, 7)), 1)) as crowded:
        assert not crowded.has_room(1)
    most = 2 * MEAN << LEAST_BITS
    with read(file(tmp_path / "c", dict.fromkeys(range(most - 4), (1, 7)), 1)) as nearly:
        assert nearly.has_room(4)
        assert not nearly.has_room(5)


def test_spool_holds_little_and_loses_nothing(tmp_path: Path) -> None:
    (tmp_path / "spool").mkdir()
    spool = Spool(tmp_path / "spool")
    for start in range(0, 2 * MOST_HELD, 1_000):
        spool.add([record(identity(start + each), content(1), 7) for each in range(1_000)])
        assert len(spool._held) < MOST_HELD
    parts = list(spool.merged(None, 0))
    assert sum(map(len, parts)) == spool.count == len(range(0, 2 * MOST_HELD, 1_000)) * 1_000
    assert parts == [sorted(each) for each in parts]
    spool.clear()
    assert (spool.count, [part for part in spool.merged(None, 0) if part]) == (0, [])
