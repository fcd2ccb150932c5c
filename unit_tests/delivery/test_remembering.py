"""What a memory lets out and what it lets in; unit_tests/memory/test_promise.py has the whole of it."""

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from destination_profiles.delivery.blame import Resolution
from destination_profiles.delivery.chunks import Chunk
from destination_profiles.delivery.ledger import Interval
from destination_profiles.delivery.look import StreamMemory
from destination_profiles.delivery.remembering import Remembering
from destination_profiles.memory.entries import ABSENT
from destination_profiles.memory.opening import opened
from destination_profiles.memory.retries import Own, Retries
from destination_profiles.memory.store import Memory
from destination_profiles.records.batch import Batch, Joined
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.line import Kept as Row
from destination_profiles.rejects.line import read
from destination_profiles.rejects.parts import lines, parts_of
from destination_profiles.service.identities import Identities
from destination_profiles.storage.settings import Retried
from unit_tests.delivery.chunks import chunk
from unit_tests.outcomes.memory import MemoryFolder
from unit_tests.pipeline import REFUSAL, USERS, codec

ROUTE = codec().route
TODAY, EVERY = 3_000, 30


def batch(*rows: tuple[str, Identities], first: int = 0) -> Batch:
    """Records with some profiles and identities."""
    parts = [profile.encode() for profile, _ in rows]
    joined = Joined(parts, b",")
    ordinals = range(first, first + len(rows))
    return Batch(joined, joined, [identities for _, identities in rows], ordinals=ordinals)


class Kept:
    """A memory that is used on several days, without chunks."""

    def __init__(self, path: Path) -> None:
        self.folder, self.path = MemoryFolder(), path
        self.renewed: list[bytes] = []
        self.looked_for: list[bytes] = []

    def renew(self, originals: Sequence[bytes]) -> list[bytes | None]:
        self.renewed += originals
        return [None if each == b"held" else each.upper() for each in originals]

    def link(self, memory: Memory, today: int) -> Remembering:
        return Remembering(memory, self.streams(), today=today, resend_after_days=EVERY)

    def streams(self) -> dict[str, StreamMemory]:
        stream = StreamMemory(
            1, 2, self.renew, lambda originals: [("a",)] * len(originals), self.others
        )
        return {ROUTE.label: stream}

    def others(self, originals: Sequence[bytes]) -> Iterator[list[bytes | None]]:
        """The other bytes of a text are those in the other case, but for those with a digit."""
        self.looked_for += originals
        yield [None if b"1" in each else each for each in originals]
        yield [each.swapcase() for each in originals]

    def fill(self, rows: Batch, day: int = TODAY) -> None:
        """Let records be accepted on a day."""
        with opened(self.folder, "crm", lambda _: None) as memory:
            memory.join([])
            link = self.link(memory, day)
            found = [(identity, content) for ids, content in self.hashed(rows) for identity in ids]
            assert link.changed(rows, ROUTE, frozenset())[0] is rows
            memory.remember(found, day)
            memory.close(0)

    def hashed(self, rows: Batch) -> list[tuple[Sequence[bytes], bytes]]:
        from destination_profiles.delivery.look import ids_of  # noqa: PLC0415
        from destination_profiles.memory.hashes import hashes  # noqa: PLC0415

        stream = StreamMemory(1, 2, self.renew, lambda _: [])
        ids = ids_of(rows.identities, stream)
        return list(zip(ids, hashes(rows.profiles(), 2), strict=True))

    def sent(
        self, rows: Batch, day: int = TODAY, unsettled: frozenset[str] = frozenset()
    ) -> list[str]:
        """The profiles that are sent on a day."""
        with opened(self.folder, "crm", lambda _: None, keeps=False) as memory:
            changed, unchanged = self.link(memory, day).changed(rows, ROUTE, unsettled)
            made = [] if changed is None else [each.decode() for each in changed.profiles()]
            assert len(made) + len(unchanged) == len(rows)
            return made


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path)


def test_what_changed_is_sent(kept: Kept) -> None:
    kept.fill(batch(("one", ("1",)), ("two", ("2",))))
    assert kept.sent(batch(("one", ("1",)), ("two", ("2",)))) == []
    assert kept.sent(batch(("one", ("1",)), ("zwei", ("2",)), ("three", ("3",)))) == [
        "zwei",
        "three",
    ]


def test_all_entries_of_a_record_must_agree(kept: Kept) -> None:
    """Its profile may be found by any of its identities."""
    kept.fill(batch(("one", ("a", "1")), ("two", ("b", "2"))))
    assert kept.sent(batch(("one", ("a", "1")))) == []
    assert kept.sent(batch(("one", ("a", "2")))) == ["one"]
    assert kept.sent(batch(("one", ("a", "3")))) == ["one"]


@pytest.mark.parametrize("unsettled", [{"1"}, {"a"}, {"1", "x"}])
def test_record_behind_one_without_a_last_word_is_sent(kept: Kept, unsettled: set[str]) -> None:
    rows = batch(("one", ("a", "1")), ("two", ("2",)))
    kept.fill(rows)
    assert kept.sent(rows, unsettled=frozenset(unsettled)) == ["one"]


def test_record_behind_a_changed_one_is_sent(kept: Kept) -> None:
    kept.fill(batch(("one", ("1",)), ("two", ("2",))))
    rows = batch(("one", ("1",)), ("other", ("1",)), ("one", ("1",)), ("two", ("2",)))
    assert kept.sent(rows) == ["other", "one"]


def many(count: int = 600) -> Batch:
    return batch(*((f"row {number}", (str(number),)) for number in range(count)))


def test_each_profile_is_sent_again_once_in_its_time(kept: Kept) -> None:
    kept.fill(many())
    assert kept.sent(many()) == []
    counts = [len(kept.sent(many(), TODAY + day)) for day in range(EVERY + 1)]
    assert counts == sorted(counts)
    assert counts[EVERY] == 600  # whoever was sent on the first day
    news = Counter(later - before for before, later in itertools.pairwise(counts))
    assert max(news) < 3 * 600 / EVERY  # spread over the days


def test_what_is_sent_again_is_what_may_be(kept: Kept) -> None:
    rows = batch(("one", ("1",)), ("held", ("2",)))
    kept.fill(rows)
    assert kept.sent(rows, TODAY + EVERY) == ["ONE"]
    assert kept.sent(batch(("two", ("1",))), TODAY + EVERY) == ["two"]


def test_what_is_sent_again_is_not_sent_twice(kept: Kept) -> None:
    rows = batch(("one", ("1",)), ("one", ("1",)))
    kept.fill(batch(("one", ("1",))))
    assert kept.sent(rows, TODAY + EVERY) == ["ONE"]


def test_records_behind_one_that_is_sent_again_are_not_left_out(kept: Kept) -> None:
    rows = batch(("one", ("1",)), ("two", ("2",)))
    kept.fill(rows)
    twice = batch(("one", ("1",)), ("one", ("1",)), ("other", ("1",)), ("two", ("2",)))
    assert kept.sent(twice, TODAY + EVERY) == ["ONE", "other", "TWO"]


def test_record_behind_another_of_its_profile_goes_as_it_is(kept: Kept) -> None:
    """What is sent again misses something, which the one before it may have changed."""
    kept.fill(batch(("one", ("1",))))
    rows = batch(("other", ("1",)), ("one", ("1",)))
    assert kept.sent(rows, TODAY + EVERY) == ["other", "one"]


# Other bytes


def test_same_row_in_other_bytes_is_not_sent(kept: Kept) -> None:
    kept.fill(batch(("one", ("a", "1")), ("two", ("2",)), ("three", ("3",))))
    rows = batch(("ONE", ("a", "1")), ("Two", ("2",)), ("three", ("3",)), ("four", ("4",)))
    assert kept.sent(rows) == ["Two", "four"]
    assert kept.looked_for == [b"ONE", b"Two"]  # of the others it is clear


def test_what_was_sent_in_other_bytes_is_sent_again_in_its_time(kept: Kept) -> None:
    """What is remembered of it stays what it was, so that a refusal changes nothing."""
    rows = batch(("one", ("1",)))
    kept.fill(rows)
    again = batch(("oNE", ("1",))), batch(("ONE", ("1",)))
    with opened(kept.folder, "crm", lambda _: None) as memory:
        link = kept.link(memory, TODAY + EVERY)
        changed, _ = link.changed(again[1], ROUTE, frozenset())
        assert changed is not None
        link.leaving(sealed(changed))
        link.answered(Resolution(sealed(changed), {0: REFUSAL}))
        memory.close(0)
    assert days(kept, rows) == [TODAY]
    assert kept.sent(again[0], TODAY + EVERY) == ["oNE"]  # it is another row


def test_end_of_a_deleted_row_is_not_compared_with_its_other_bytes(kept: Kept) -> None:
    kept.fill(batch(("one", ("1",))))
    rows = batch(("ONE", ("1",)))
    rows.is_end = True
    assert kept.sent(rows) == ["ONE"]
    assert kept.looked_for == []


# What was sent once more


def days(kept: Kept, rows: Batch) -> list[int]:
    """When the memory has records as sent."""
    with opened(kept.folder, "crm", lambda _: None, keeps=False) as memory:
        hashed = kept.hashed(rows)
        return memory.find([ids[0] for ids, _ in hashed], [content for _, content in hashed])


def sealed(*batches: Batch) -> Chunk:
    made = chunk()
    for rows in batches:
        made.extend(rows, Interval(ROUTE.label), list(itertools.chain(*rows.identities)))
    return made


@pytest.mark.parametrize("happens", ["rejected", "unknown"])
def test_what_was_sent_once_more_in_vain_stays_what_it_was(kept: Kept, happens: str) -> None:
    """Forgotten, it would be sent as it is by the next sync, and subscribe who left meanwhile."""
    rows = batch(("one", ("1",)), ("two", ("2",)))
    kept.fill(rows)
    again = batch(("one", ("1",)), ("other", ("2",)))
    with opened(kept.folder, "crm", lambda _: None) as memory:
        link = kept.link(memory, TODAY + EVERY)
        changed, _ = link.changed(again, ROUTE, frozenset())
        assert changed is not None
        assert changed.profiles() == [b"ONE", b"other"]
        under_way = sealed(changed)
        link.leaving(under_way)
        if happens == "rejected":
            link.answered(Resolution(under_way, {0: REFUSAL, 1: REFUSAL}))
        else:
            link.end([under_way])
        memory.close(0)
    assert days(kept, rows) == [TODAY, ABSENT]
    assert kept.sent(rows, TODAY + EVERY) == ["ONE", "two"]


def test_what_cannot_be_sent_once_more_does_not_grow_old(kept: Kept) -> None:
    """An entry that is too old goes, and what has none is sent as it is, and subscribes."""
    rows = batch(("held", ("1",)))
    kept.fill(rows)
    with opened(kept.folder, "crm", lambda _: None) as memory:
        assert kept.link(memory, TODAY + EVERY).changed(rows, ROUTE, frozenset())[0] is None
        memory.close(TODAY + 1)
    assert days(kept, rows) == [TODAY + EVERY]


@pytest.mark.parametrize(("ahead", "sent"), [(1, []), (2, ["ONE"])])
def test_entry_of_a_clock_that_was_wrong_is_due(kept: Kept, ahead: int, sent: list[str]) -> None:
    """A day that it is ahead may be of another machine."""
    rows = batch(("one", ("1",)))
    kept.fill(rows, TODAY + ahead)
    assert kept.sent(rows) == sent


def test_what_has_no_last_word_at_the_end_is_forgotten(kept: Kept) -> None:
    """One was accepted; the next may have been; the sync ends well enough to keep its memory."""
    first, second = batch(("one", ("1",))), batch(("two", ("1",)), first=1)
    with opened(kept.folder, "crm", lambda _: None) as memory:
        memory.join([])
        link = kept.link(memory, TODAY)
        for rows in (first, second):
            assert link.changed(rows, ROUTE, frozenset())[0] is rows
            link.leaving(sealed(rows))
            if rows is first:
                link.answered(Resolution(sealed(rows), {}))
        link.end([sealed(second)])
        memory.close(0)
    assert kept.sent(first) == ["one"]


def test_what_is_not_remembered_takes_no_memory(kept: Kept) -> None:
    """A resend, or a sync that remembers rejected rows alone, may have many with functions."""
    rows = batch(('{"n":{"action":"incr"}}', ("1",)))
    with opened(kept.folder, "crm", lambda _: None) as memory:
        link = Remembering(memory, kept.streams(), today=1, resend_after_days=1, remembers=False)
        assert link.changed(rows, ROUTE, frozenset()) == (rows, [])
        assert link._instead == {}


def test_what_is_sent_without_remembering_is_forgotten(kept: Kept) -> None:
    rows = batch(("one", ("1",)), ("two", ("2",)))
    kept.fill(rows)
    with opened(kept.folder, "crm", lambda _: None) as memory:
        link = Remembering(memory, kept.streams(), today=1, resend_after_days=1, remembers=False)
        link.changed(rows, ROUTE, frozenset())
        link.answered(Resolution(sealed(rows), {1: REFUSAL}))
        memory.close(0)
    assert days(kept, rows) == [ABSENT, ABSENT]


def test_each_record_of_a_chunk_has_its_own_last_word(kept: Kept) -> None:
    first = batch(("one", ("1",)), ("two", ("2",)), ("three", ("3",)))
    second = batch(("four", ("4",)), ("five", ("5",)), first=3)
    third = batch(("six", ("6",)), first=5)
    with opened(kept.folder, "crm", lambda _: None) as memory:
        memory.join([])
        link = kept.link(memory, TODAY)
        made = sealed(first, second, third)
        link.leaving(made)
        link.answered(Resolution(made, {1: REFUSAL, 4: REFUSAL}))
        memory.close(0)
    assert days(kept, first) == [TODAY, ABSENT, TODAY]
    assert days(kept, second) == [TODAY, ABSENT]
    assert days(kept, third) == [TODAY]


def test_no_row_with_a_function_is_remembered(kept: Kept) -> None:
    profiles = ["one", '{"n":{"action":"incr"}}', "three"] * 100
    rows = batch(*((each, (str(number),)) for number, each in enumerate(profiles)))
    kept.fill(rows)  # as if they had been
    with opened(kept.folder, "crm", lambda _: None) as memory:
        link = kept.link(memory, TODAY + 1)
        changed, _ = link.changed(rows, ROUTE, frozenset(map(str, range(300))))
        assert changed is not None
        link.leaving(sealed(changed))
        link.answered(Resolution(sealed(changed), {}))
        memory.close(0)
    assert days(kept, rows) == [TODAY + 1, ABSENT, TODAY + 1] * 100


def test_end_of_a_deleted_row_is_not_remembered(kept: Kept) -> None:
    rows = batch(("one", ("1",)))
    rows.is_end = True
    with opened(kept.folder, "crm", lambda _: None) as memory:
        memory.join([])
        link = kept.link(memory, TODAY)
        changed, _ = link.changed(rows, ROUTE, frozenset())
        assert changed is not None
        link.leaving(sealed(changed))
        link.answered(Resolution(sealed(changed), {}))
        memory.close(0)
    assert days(kept, rows) == [ABSENT]


def test_entries_go_once_before_their_profiles_are_sent(
    kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are known by name, and of the others whatever another process may have put."""
    rows = batch(("one", ("1",)), ("two", ("2",)))
    kept.fill(rows)
    one, two, three = (
        ids[0] for ids, _ in kept.hashed(batch(("", ("1",)), ("", ("2",)), ("", ("3",))))
    )
    went: list[tuple[set[bytes], set[bytes]]] = []
    with opened(kept.folder, "crm", lambda _: None) as memory:
        monkeypatch.setattr(
            memory, "leaving", lambda known, others: went.append((set(known), set(others)))
        )
        link = kept.link(memory, TODAY)
        new = batch(("uno", ("1",)), ("due", ("2",)), ("tre", ("3",)))
        assert link.changed(new, ROUTE, frozenset())[0] is new
        link.leaving(sealed(new.pick([0, 2], b",")))
        link.leaving(sealed(new))
    assert went == [({one}, {three}), ({two}, {one, three})]


def test_row_behind_one_that_is_sent_once_more_is_no_more_what_it_was(kept: Kept) -> None:
    rows = batch(("one", ("1",)))
    kept.fill(rows)
    with opened(kept.folder, "crm", lambda _: None) as memory:
        link = kept.link(memory, TODAY + EVERY)
        again, _ = link.changed(rows, ROUTE, frozenset())
        other, _ = link.changed(batch(("other", ("1",)), first=1), ROUTE, frozenset({"1"}))
        assert again is not None and other is not None
        under_way = [sealed(again), sealed(other)]
        for each in under_way:
            link.leaving(each)
        link.end(under_way)
        memory.close(0)
    assert days(kept, rows) == [ABSENT]


# Rows that are tried again

LATER = Rejection("service", "400", "not now", "$", "not now")


@contextmanager
def trying(kept: Kept) -> Iterator[tuple[Remembering, Retries]]:
    """A memory that keeps rows whose code is 404."""
    with opened(kept.folder, "crm", lambda _: None) as memory:
        retries = Retries(
            kept.folder,
            "crm",
            Retried(("404",)),
            streams={USERS: Own(ROUTE.label, ("7", "", "users"), 1)},
            lanes=[1],
            now=lambda: datetime(2026, 1, 2, tzinfo=UTC),
        )
        yield (
            Remembering(
                memory, kept.streams(), today=TODAY, resend_after_days=EVERY, retries=retries
            ),
            retries,
        )


def waiting(kept: Kept, retries: Retries) -> list[bytes]:
    rows = kept_rows(retries)
    return [each.original for each in rows if not retries.is_given_up(each)]


def kept_rows(retries: Retries) -> list[Row]:
    parts, _ = parts_of(retries.folder, [USERS])
    return [read(text) for part in parts for text in lines(retries.folder, part)]


def test_newest_rejected_rows_without_functions_are_kept(kept: Kept) -> None:
    first = batch(('{"a":1}', ("1",)), ('{"a":2}', ("2",)), ('{"a":3}', ("3",)))
    second = batch(('{"a":4}', ("4",)), ('{"action":"incr"}', ("5",)), ('{"a":6}', ("6",)), first=3)
    newer = batch(('{"a":7}', ("1",)), first=6)
    with trying(kept) as (link, retries):
        under_way = [sealed(first, second), sealed(newer)]
        for each in under_way:
            link.leaving(each)
        rejected = {0: REFUSAL, 2: REFUSAL, 3: LATER, 4: REFUSAL, 5: REFUSAL}
        link.answered(Resolution(under_way[0], rejected))
        assert waiting(kept, retries) == []
        link.settle()
        assert waiting(kept, retries) == [b'{"a":3}', b'{"a":6}']
        assert (kept.folder.names("memory/crm/replaced/"), retries._under_way.keys()) == (
            [],
            {kept.hashed(newer)[0][0][0]},
        )
        link.unsent("another", [b"{}"])
        link.leaving(sealed(batch(('{"a":8}', ("3",)), first=7)))
        assert waiting(kept, retries) == [b'{"a":6}']


def test_newer_row_that_is_not_sent_is_the_last_word(kept: Kept) -> None:
    """The stream says that the key of each record that is not sent is `a`."""
    rows = batch(('{"a":1}', ("a",)), ('{"a":2}', ("b",)))
    kept.fill(rows)
    with trying(kept) as (link, retries):
        made = sealed(rows)
        link.leaving(made)
        link.answered(Resolution(made, {0: REFUSAL, 1: REFUSAL}))
        link.settle()
        link.unsent(ROUTE.label, [b"{}"])
        assert waiting(kept, retries) == [b'{"a":2}']
    kept.fill(rows)
    with opened(kept.folder, "crm", lambda _: None) as memory:
        kept.link(memory, TODAY).unsent(ROUTE.label, [b"{}"])
        memory.close(0)
    assert days(kept, rows) == [ABSENT, TODAY]


def test_kept_row_says_by_what_its_profile_is_known(kept: Kept) -> None:
    rows = batch(('{"a":1}', ("1", "a")))
    with trying(kept) as (link, retries):
        link.leaving(sealed(rows))
        link.answered(Resolution(sealed(rows), {0: REFUSAL}))
        link.settle()
        (row,) = kept_rows(retries)
    ((ids, _),) = kept.hashed(rows)
    assert row.origin.profile == f"1:{ids[0].hex()},{ids[1].hex()}"
    with trying(kept) as (link, retries):
        link.leaving(sealed(batch(('{"a":2}', ("a",)))))
        assert waiting(kept, retries) == []


def test_resend_replaces_older_rows_that_it_sends_alone(kept: Kept) -> None:
    """The stream says that the key of each record that is not sent is `a`."""
    rows = batch(('{"a":1}', ("1",)), ('{"a":2}', ("2",)), ('{"a":3}', ("a",)))
    with trying(kept) as (link, retries):
        link.leaving(sealed(rows))
        link.answered(Resolution(sealed(rows), dict.fromkeys(range(3), REFUSAL)))
        link.settle()
        (first, *_) = kept_rows(retries)
    with trying(kept) as (link, retries):
        link.resending(lambda ordinal: (first.origin.sync, (1, 1, 4)[ordinal]))
        link.leaving(sealed(batch(('{"a":4}', ("1",)), ('{"a":5}', ("2",)))))
        link.unsent(ROUTE.label, [b"{}"])
        assert waiting(kept, retries) == [b'{"a":2}', b'{"a":3}']
        link.leaving(sealed(batch(('{"a":6}', ("2",)), first=2)))
        assert waiting(kept, retries) == [b'{"a":3}']
    with opened(kept.folder, "crm", lambda _: None) as memory:
        kept.link(memory, TODAY).resending(lambda _: ("", 0))  # without rows that are tried again


def test_renewed_record_that_is_refused_takes_no_memory(kept: Kept) -> None:
    """Its entry stays, and is as old as before."""
    rows = batch(("one", ("1",)))
    kept.fill(rows)
    with opened(kept.folder, "crm", lambda _: None) as memory:
        link = kept.link(memory, TODAY + EVERY)
        changed, _ = link.changed(rows, ROUTE, frozenset())
        assert changed is not None
        link.leaving(sealed(changed))
        link.answered(Resolution(sealed(changed), {0: REFUSAL}))
        assert (link._renewed, link._instead) == ({}, {})
        memory.close(0)
    assert kept.sent(rows, TODAY + EVERY) == ["ONE"]
