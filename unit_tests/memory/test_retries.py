"""Rows that were rejected wait for later syncs, until a newer one of their profile comes."""

import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from destination_profiles.memory.retries import Own, Retries, is_waiting
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.line import Kept, Origin, read, timestamp
from destination_profiles.rejects.parts import lines, parts_of
from destination_profiles.storage.settings import Retried
from destination_profiles.stream_key import StreamKey
from unit_tests.outcomes.memory import MemoryFolder

USERS, PLACES = (None, "users"), ("crm", "places")
LANE, OTHER = 0xA1, 0xB2
ALL = {USERS: Own("users", ("7", "", "users"), LANE)}
OF_PLACES = {PLACES: Own("crm.places", ("8", "crm", "places"), LANE)}
NOW = datetime(2026, 1, 2, tzinfo=UTC)
UNKNOWN = Rejection("service", "404", "not found", "$", "not found")


class Syncs:
    """Syncs with the same rows, a day after each other. A row is a letter, which is its profile."""

    def __init__(self) -> None:
        self.folder, self.now = MemoryFolder(), NOW

    def clock(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now

    def sync(
        self,
        *,
        streams: Mapping[StreamKey, Own] = ALL,
        lanes: Collection[int] = (LANE, OTHER),
        begun: str | None = None,
        **more: int,
    ) -> Retries:
        self.now += timedelta(days=1)
        return Retries(
            self.folder,
            "crm",
            Retried(("404",), **more),
            streams=streams,
            lanes=lanes,
            now=self.clock,
            sync=begun,
        )

    def kept(self, retries: Retries) -> list[Kept]:
        parts, _ = parts_of(retries.folder, [USERS, PLACES])
        return [read(text) for part in parts for text in lines(retries.folder, part)]

    def due(self, retries: Retries) -> list[str]:
        """The rows that are sent again."""
        rows = self.kept(retries)
        found = [each for each in rows if not retries.is_given_up(each) and retries.is_due(each)]
        return [each.original.decode()[5] for each in found]


@pytest.fixture
def syncs() -> Syncs:
    return Syncs()


def refuse(retries: Retries, *rows: str, first: int = 0, stream: str = "users") -> None:
    for ordinal, row in enumerate(rows, first):
        ids = [row.encode()]
        retries.leaving([(ids, ordinal)])
        if retries.settle(ids, ordinal):
            retries.keep(stream, f'{{"a":{row}}}'.encode(), UNKNOWN, ordinal, ids=ids)
    retries.flush()


def test_rejected_row_is_due_in_the_next_sync(syncs: Syncs) -> None:
    first = syncs.sync()
    refuse(first, "1", "2")
    assert syncs.due(first) == []
    second = syncs.sync()
    assert (second.count, syncs.due(second)) == (2, ["1", "2"])


def test_rows_of_all_parts_wait(syncs: Syncs) -> None:
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
    last = syncs.sync()
    assert (syncs.due(last), list(last._waiting)) == (["2"], [b"2"])


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


def test_notes_of_other_streams_stay_while_their_rows_do(syncs: Syncs) -> None:
    """A sync without the stream tries others again, and may give them up earlier."""
    refuse(syncs.sync(), "1", "2")
    syncs.sync().leaving([([b"1"], 0)])
    syncs.now += timedelta(days=15)
    syncs.sync(streams={}).end()
    assert syncs.due(syncs.sync(max_age_days=30)) == ["2"]
    (part,) = syncs.folder.names("memory/crm/retry/")
    syncs.folder.remove(part)
    syncs.sync(streams={}).end()
    assert not syncs.folder.names("memory/crm/replaced/")


# Rows of other streams and lanes


def test_row_waits_by_the_profile_that_it_says(syncs: Syncs) -> None:
    refuse(syncs.sync(), "1", "2")
    (row, _) = syncs.kept(syncs.sync())
    assert row.origin.profile == "a1:31"
    retries = syncs.sync()
    retries.leaving([([b"1"], 0)])
    assert syncs.due(syncs.sync()) == ["2"]


def test_newer_row_of_another_stream_takes_its_place(syncs: Syncs) -> None:
    """Whether it is sent or not; the stream of the row is in no catalog of that sync."""
    refuse(syncs.sync(), "1", "2", "3")
    other = syncs.sync(streams=OF_PLACES)
    assert other.count == 0
    other.leaving([([b"1"], 0)])
    other.unsent([b"2"])
    other.end()
    assert syncs.due(syncs.sync()) == ["3"]


def test_rows_of_several_streams_are_sent_again_each_by_its_own(syncs: Syncs) -> None:
    refuse(syncs.sync(), "1")
    refuse(syncs.sync(streams=OF_PLACES), "2", stream="crm.places")
    assert [syncs.sync(streams=each).count for each in (ALL, OF_PLACES, ALL | OF_PLACES, {})] == [
        1,
        1,
        2,
        0,
    ]
    assert syncs.due(syncs.sync()) == ["1", "2"]  # neither is given up


IN_OTHER = {USERS: Own("users", ("9", "", "users"), OTHER)}


@pytest.mark.parametrize(
    ("streams", "lanes", "stay"),
    [
        (ALL, (LANE, OTHER), ["1", "2"]),
        (IN_OTHER, (LANE, OTHER), ["3"]),  # the stream is in another lane by now
        (OF_PLACES, (LANE, OTHER), ["1", "2", "3"]),
        (OF_PLACES, (LANE,), ["1", "2"]),
        ({}, (OTHER,), ["3"]),
        ({}, (), []),
    ],
)
def test_row_whose_lane_is_gone_is_given_up(
    syncs: Syncs, streams: dict[StreamKey, Own], lanes: tuple[int, ...], stay: list[str]
) -> None:
    """Nobody knows whether newer ones were sent."""
    refuse(syncs.sync(), "1", "2")
    refuse(syncs.sync(streams=IN_OTHER, lanes=()), "3")
    syncs.folder.things = {
        name: text for name, text in syncs.folder.things.items() if "/retry/" in name
    }
    syncs.sync(streams=streams, lanes=lanes)  # the process is killed here
    assert syncs.due(syncs.sync(streams={})) == stay
    notes = syncs.folder.names("memory/crm/replaced/")
    assert len(notes) == (len(stay) < 3)
    syncs.sync(streams=streams, lanes=lanes)
    assert syncs.folder.names("memory/crm/replaced/") == notes


@pytest.mark.parametrize("streams", [ALL, OF_PLACES, {}])
def test_row_that_does_not_say_its_profile_is_given_up(
    syncs: Syncs, streams: dict[StreamKey, Own]
) -> None:
    refuse(syncs.sync(), "1", "2")
    (part,) = syncs.folder.things
    text = syncs.folder.things[part]
    syncs.folder.things[part] = re.sub(rb',"rejected_profile":"a1:31"', b"", text)
    syncs.sync(streams=streams)
    assert syncs.due(syncs.sync()) == ["2"]


@pytest.mark.parametrize("profile", [b"", b"a1", b"a1:", b"x:31", b"a1:3", b":31", b"a1:31,zz"])
def test_row_whose_profile_cannot_be_read_is_given_up(syncs: Syncs, profile: bytes) -> None:
    refuse(syncs.sync(), "1", "2")
    (part,) = syncs.folder.things
    syncs.folder.things[part] = syncs.folder.things[part].replace(b'"a1:31"', b'"%b"' % profile)
    assert syncs.due(syncs.sync()) == ["2"]


def test_row_of_several_identities_is_replaced_by_any(syncs: Syncs) -> None:
    first = syncs.sync()
    for row, ids in enumerate(([b"x", b"y"], [b"z"])):
        first.leaving([(ids, row)])
        first.keep("users", b'{"a":%d}' % row, UNKNOWN, row, ids=ids)
    first.flush()
    assert [each.origin.profile for each in syncs.kept(first)] == ["a1:78,79", "a1:7a"]
    second = syncs.sync(streams={})
    second.leaving([([b"y"], 0)])
    second.leaving([([b"x"], 1)])
    assert len(syncs.folder.names("memory/crm/replaced/")) == 1
    assert syncs.due(syncs.sync()) == ["1"]


def test_rows_of_all_streams_are_given_up_where_a_note_cannot_be_read(syncs: Syncs) -> None:
    """The note goes at the end of a sync that has rows of one of them alone."""
    refuse(syncs.sync(), "1", "2")
    refuse(syncs.sync(streams=OF_PLACES), "3", stream="crm.places")
    syncs.folder.things["memory/crm/replaced/1.json"] = b"["
    syncs.sync(streams=OF_PLACES).end()
    assert "memory/crm/replaced/1.json" not in syncs.folder.things
    assert syncs.due(syncs.sync()) == ["3"]  # a part of it would be gone by now


def test_rows_wait_where_a_name_is_that_of_a_part(syncs: Syncs) -> None:
    syncs.folder.things["memory/crm/retry/resend/1_sent.json"] = b""
    assert not is_waiting(syncs.folder, "crm")
    refuse(syncs.sync(), "1")
    assert is_waiting(syncs.folder, "crm")
    assert not is_waiting(syncs.folder, "other")


# Rows that a resend sends


def resent(syncs: Syncs, *places: tuple[str, int]) -> Retries:
    retries = syncs.sync()
    retries.resending(lambda ordinal: places[ordinal])
    return retries


def test_resend_of_an_older_row_replaces_none(syncs: Syncs) -> None:
    first = syncs.sync(begun="2026-01-03T00:00:00.000Z")  # not when the memory was taken
    refuse(first, "1", "2", "3")
    older = [("2026-01-02T23:00:00.000Z", 9), ("2026-01-03T00:00:00.000Z", 1)]
    retries = resent(syncs, *older, ("2026-01-03T00:00:00.000Z", 3))
    retries.leaving([([b"1"], 0), ([b"2"], 1)])
    assert not syncs.folder.names("memory/crm/replaced/")
    retries.leaving([([b"1"], 1)])  # the row itself
    retries.leaving([([b"2"], 2)])  # a newer one
    assert syncs.due(syncs.sync()) == ["3"]


def test_resend_replaces_the_older_ones_of_a_profile_alone(syncs: Syncs) -> None:
    """Where one process was killed, several may wait."""
    for day in (1, 3):
        begun = syncs.sync(begun=f"2026-01-0{day}T00:00:00.000Z")
        begun.keep("users", b'{"a":%d}' % day, UNKNOWN, 0, ids=[b"1"])
        begun.flush()
    retries = resent(syncs, ("2026-01-02T00:00:00.000Z", 1), ("2026-01-04T00:00:00.000Z", 1))
    retries.leaving([([b"1"], 0)])
    assert syncs.due(syncs.sync()) == ["3"]
    retries.leaving([([b"1"], 1)])
    assert syncs.due(syncs.sync()) == []


def test_row_that_a_resend_does_not_send_replaces_none(syncs: Syncs) -> None:
    refuse(syncs.sync(), "1")
    resent(syncs).unsent([b"1"])
    assert syncs.due(syncs.sync()) == ["1"]


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
