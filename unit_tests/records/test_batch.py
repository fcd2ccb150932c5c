"""Parts of batches, each against plain lists of the same records."""

from itertools import combinations_with_replacement

import pytest

from destination_profiles.records.batch import Batch, Joined, Lines, Originals, Row

PROFILES = [b'{"a":1}', b'{"a":22}', b"{}", b'{"a":"3,3"}']
CAME = [b'{"a": 1 }', b'{"b": 2, "a": 22}', b"{ }", b'{"a":"3,3", "c":0}']
IDENTITIES = [(b"1",), (b"22", b"x"), (), (b"3",)]
CUTS = list(combinations_with_replacement(range(len(PROFILES) + 1), 2))


def joined() -> Joined:
    return Joined(PROFILES, b",")


def lines() -> Joined:
    return Lines(b"".join(each + b"\n" for each in PROFILES), len(PROFILES))


def nothing_between() -> Joined:
    return Joined(PROFILES, b"")


@pytest.fixture(params=[joined, lines, nothing_between])
def profiles(request: pytest.FixtureRequest) -> Joined:
    made: Joined = request.param()
    return made


@pytest.fixture
def between(profiles: Joined) -> bytes:
    return b"," if profiles.gap else b""


@pytest.fixture
def batch(profiles: Joined) -> Batch:
    return Batch(profiles, Joined(CAME, b","), IDENTITIES, ordinals=[10, 11, 15, 16])


@pytest.mark.parametrize(("start", "stop"), CUTS)
def test_part_is_what_its_records_are(batch: Batch, between: bytes, start: int, stop: int) -> None:
    part = batch.part(start, stop)
    held, came = PROFILES[start:stop], CAME[start:stop]
    assert len(part) == stop - start
    assert part.profiles() == held
    assert list(part.identities) == IDENTITIES[start:stop]
    assert part.original_size() == sum(map(len, came))
    assert part.held() == sum(map(len, [*held, *came]))
    assert list(part.rows()) == [
        Row(*each)
        for each in zip(
            held, came, IDENTITIES[start:stop], [10, 11, 15, 16][start:stop], strict=True
        )
    ]
    if held:
        assert bytes(part.body()) == between.join(held)
        assert part.size() == len(between.join(held))


@pytest.mark.parametrize(("start", "stop"), CUTS)
def test_part_of_a_part_counts_from_its_own_first(batch: Batch, start: int, stop: int) -> None:
    outer = batch.part(start, stop)
    for first, last in combinations_with_replacement(range(stop - start + 1), 2):
        part = outer.part(first, last)
        assert part.profiles() == PROFILES[start + first : start + last]
        assert list(part.ordinals) == [10, 11, 15, 16][start + first : start + last]


@pytest.mark.parametrize(("start", "stop"), CUTS)
def test_as_many_fit_as_have_room(batch: Batch, between: bytes, start: int, stop: int) -> None:
    part = batch.part(start, stop)
    for room in range(90):
        count = part.fit(room)
        taken = [len(each) + len(between) for each in PROFILES[start:stop]]
        assert count == most(taken, room)
        assert part.fit_held(room) == most([len(each) for each in CAME[start:stop]], room)


def most(sizes: list[int], room: int) -> int:
    return max(count for count in range(len(sizes) + 1) if sum(sizes[:count]) <= room)


def test_each_fits_where_the_longest_does(batch: Batch) -> None:
    longest = max(map(len, PROFILES))
    assert [batch.fits_each(size) for size in (longest - 1, longest, longest + 1)] == [
        False,
        True,
        True,
    ]


def test_each_fits_where_all_together_do(batch: Batch) -> None:
    whole = sum(map(len, PROFILES))
    assert batch.fits_each(whole)
    alone = Batch(Joined([b"{}"], b","), Joined([b"{}"], b","), [()])
    assert (alone.fits_each(2), alone.fits_each(1)) == (True, False)


def test_records_have_numbers_from_0_while_none_are_known() -> None:
    batch = Batch(joined(), Joined(CAME, b","), IDENTITIES, 1, 3)
    assert list(batch.ordinals) == [0, 1]
    assert [row.ordinal for row in batch.rows()] == [0, 1]


def test_batch_ends_where_it_was_told_to() -> None:
    batch = Batch(joined(), Joined(CAME, b","), IDENTITIES, 0, 2)
    assert (len(batch), batch.profiles()) == (2, PROFILES[:2])


@pytest.mark.parametrize("sent_as_they_came", [False, True])
def test_some_are_picked(sent_as_they_came: bool) -> None:
    own = joined()
    came = PROFILES if sent_as_they_came else CAME
    batch = Batch(own, own if sent_as_they_came else Joined(CAME, b","), IDENTITIES)
    part = batch.part(1, 4).pick([2, 0], b",")
    assert [(row.profile, row.original, row.identities, row.ordinal) for row in part.rows()] == [
        (PROFILES[3], came[3], IDENTITIES[3], 3),
        (PROFILES[1], came[1], IDENTITIES[1], 1),
    ]
    assert bytes(part.body()) == PROFILES[3] + b"," + PROFILES[1]
    held = len(PROFILES[3]) + len(PROFILES[1])
    if not sent_as_they_came:
        held += len(CAME[3]) + len(CAME[1])
    assert part.held() == held
    assert part.original_size() == len(came[3]) + len(came[1])
    assert part.part(1, 2).original_size() == len(came[1])


def test_some_have_another_profile(batch: Batch) -> None:
    part = batch.part(1, 4).with_profiles({1: b"other"}, b",")
    assert part.profiles() == [PROFILES[1], b"other", PROFILES[3]]
    assert [row.original for row in part.rows()] == CAME[1:]
    assert list(part.ordinals) == [11, 15, 16]
    assert bytes(part.body()) == b",".join([PROFILES[1], b"other", PROFILES[3]])


def test_text_is_looked_for_in_profiles(batch: Batch) -> None:
    assert batch.may_hold(b'"3,3"')
    assert not batch.may_hold(b'"c"')


def test_originals_are_joined_once() -> None:
    originals = Originals(CAME)
    assert originals.joined() is originals.joined()
    assert originals.joined().array() == b"[" + b",".join(CAME) + b"]"
    assert originals.part(0, 4) is originals
    assert (originals.part(1, 3).parts, len(originals.part(1, 3))) == (CAME[1:3], 2)
