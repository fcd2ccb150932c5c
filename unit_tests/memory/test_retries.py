"""Rows that were rejected wait for later syncs, until a newer one of their profile comes."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from destination_profiles.memory.retries import Retries
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.line import Kept, Origin, read, timestamp
from destination_profiles.rejects.parts import lines, parts_of
from destination_profiles.storage.settings import Retried
from destination_profiles.stream_key import StreamKey
from unit_tests.outcomes.memory import MemoryFolder

USERS = (None, "users")
ALL = {USERS: ("7", "", "users")}
NOW = datetime(2026, 1, 2, tzinfo=UTC)
UNKNOWN = Rejection("service", "404", "not found", "$", "not found")


class Syncs:
    """Syncs with the same rows, a day after each other. A row is a letter, which is its profile."""

    def __init__(self) -> None:
        self.folder, self.now = MemoryFolder(), NOW

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def sync(self, *, streams: dict[StreamKey, tuple[str, ...]] = ALL, **more: int) -> Retries:
        self.now += timedelta(days=1)
        return Retries(
            self.folder,
            "crm",
            Retried(("404",), **more),
            streams=streams,
            labels={USERS: "users"},
            hashed=self.hashed,
            now=self.clock,
        )

    def hashed(self, stream: StreamKey, originals: Sequence[bytes]) -> Iterator[list[bytes]]:
        assert stream == USERS
        yield from ([each[5:6]] for each in originals)

    def kept(self, retries: Retries) -> list[Kept]:
        parts, _ = parts_of(retries.folder, [USERS])
        return [read(text) for part in parts for text in lines(retries.folder, part)]

    def due(self, retries: Retries) -> list[str]:
        """The rows that are sent again."""
        rows = self.kept(retries)
        found = [each for each in rows if not retries.is_given_up(each) and retries.is_due(each)]
        return [each.original.decode()[5] for each in found]


@pytest.fixture
def syncs() -> Syncs:
    return Syncs()


def refuse(retries: Retries, *rows: str, first: int = 0) -> None:
    for ordinal, row in enumerate(rows, first):
        ids = [row.encode()]
        retries.leaving([(ids, ordinal)])
        if retries.settle(ids, ordinal):
            retries.keep("users", f'{{"a":{row}}}'.encode(), UNKNOWN, ordinal, ids=ids)
    retries.flush()


def test_rejected_row_is_due_in_the_next_sync(syncs: Syncs) -> None:
    first = syncs.sync()
    refuse(first, "1", "2")
    assert syncs.due(first) == []
    second = syncs.sync()
    assert (second.count, syncs.due(second)) == (2, ["1", "2"])


def test_rows_of_all_parts_wait_however_many_they_are(
    syncs: Syncs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("destination_profiles.memory.retries.AT_ONCE", 2)
    first = syncs.sync()
    refuse(first, "1", "2", "3", "4", "5")
    refuse(first, "6", "7", first=5)
    assert {name[:22] for name in syncs.folder.things} == {"memory/crm/retry/7/use"}
    assert len(syncs.folder.things) == 2
    retries = syncs.sync()
    assert retries.count == 7
    retries.leaving([([each.encode()], 0) for each in "123567"])
    assert syncs.due(syncs.sync()) == ["4"]


def test_broken_line_says_nothing(syncs: Syncs) -> None:
    refuse(syncs.sync(), "1", "2")
    (part,) = syncs.folder.things
    syncs.folder.things[part] = b"{\n" + syncs.folder.things[part]
    assert syncs.sync().count == 2


def test_only_codes_of_the_setting_count(syncs: Syncs) -> None:
    retries = syncs.sync()
    assert retries.takes(UNKNOWN)
    assert not retries.takes(Rejection("service", "400", "", "$", ""))
    assert not retries.takes(Rejection("profile", "404", "", "$", ""))


def test_newer_row_takes_its_place_at_once(syncs: Syncs) -> None:
    refuse(syncs.sync(), "1", "2")
    syncs.sync().leaving([([b"1"], 0)])  # the process is killed here
    assert syncs.due(syncs.sync()) == ["2"]


def test_newer_row_that_is_not_sent_does_too(syncs: Syncs) -> None:
    refuse(syncs.sync(), "1", "2")
    syncs.sync().unsent([b"2", b"3"])
    assert syncs.due(syncs.sync()) == ["1"]


def test_newer_row_of_the_same_sync_does_too(syncs: Syncs) -> None:
    first = syncs.sync()
    refuse(first, "1", "2")
    first.leaving([([b"1"], 7)])
    assert [first.is_given_up(each) for each in syncs.kept(first)] == [True, False]
    first.leaving([([b"2"], 8)])
    assert [first.is_given_up(each) for each in syncs.kept(first)] == [True, True]
    notes = syncs.folder.names("memory/crm/replaced/")
    assert (len(notes), ":" in "".join(notes)) == (2, False)
    first.end()
    assert not syncs.folder.names("memory/crm/replaced/")


def test_row_is_not_kept_where_a_newer_one_is_under_way(syncs: Syncs) -> None:
    retries = syncs.sync()
    retries.leaving([([b"1"], 0), ([b"2"], 1)])
    retries.leaving([([b"1"], 2)])
    assert [retries.settle([b"1"], 0), retries.settle([b"2"], 1)] == [False, True]
    assert retries.settle([b"1"], 2)
    assert retries._under_way == {}


def test_row_is_not_kept_where_a_newer_one_was_not_sent(syncs: Syncs) -> None:
    """Such as one that says that its source has deleted it."""
    retries = syncs.sync()
    retries.leaving([([b"1"], 0)])
    retries.unsent([b"1"])
    assert not retries.settle([b"1"], 0)


def test_rows_are_given_up_where_a_note_cannot_be_read(syncs: Syncs) -> None:
    """Newer ones may have been sent; what is rejected from now on is not among them."""
    refuse(syncs.sync(), "1", "2")
    syncs.sync().leaving([([b"1"], 0)])
    (note,) = syncs.folder.names("memory/crm/replaced/")
    syncs.folder.things[note] = syncs.folder.things[note][:-3]
    last = syncs.sync()
    assert syncs.due(last) == []
    refuse(last, "3")
    assert [last.is_given_up(each) for each in syncs.kept(last)] == [True, True, False]
    last.end()
    assert syncs.due(syncs.sync())[-1] == "3"


def test_notes_of_other_streams_stay_until_their_rows_are_too_old(syncs: Syncs) -> None:
    """A sync without the stream tries others again."""
    refuse(syncs.sync(), "1", "2")
    syncs.sync().leaving([([b"1"], 0)])
    syncs.sync(streams={}).end()
    assert syncs.due(syncs.sync()) == ["2"]
    syncs.now += timedelta(days=15)
    syncs.sync(streams={}).end()
    assert not syncs.folder.names("memory/crm/replaced/")


def test_nothing_is_written_where_nothing_waits(syncs: Syncs) -> None:
    retries = syncs.sync()
    retries.leaving([([b"1"], 0)])
    retries.unsent([b"2"])
    retries.flush()
    assert syncs.folder.things == {}


def test_notes_go_at_the_end(syncs: Syncs) -> None:
    refuse(syncs.sync(), "1", "2")
    syncs.sync().leaving([([b"1"], 0)])
    last = syncs.sync()
    last.end()
    assert not [name for name in syncs.folder.things if "/replaced/" in name]


def kept(attempts: int, days: int) -> Kept:
    return Kept(b"{}", Origin(timestamp(NOW - timedelta(days=days)), 1, attempts))


@pytest.mark.parametrize(
    ("attempts", "days", "given_up"),
    [(1, 0, False), (3, 0, False), (4, 0, True), (1, 7, False), (1, 8, True)],
)
def test_row_is_given_up_after_attempts_and_days(
    syncs: Syncs, attempts: int, days: int, given_up: bool
) -> None:
    retries = syncs.sync(max_attempts=3, max_age_days=7)
    syncs.now = NOW - timedelta(seconds=1)  # it goes on once it is looked at
    assert retries.is_given_up(kept(attempts, days)) == given_up
