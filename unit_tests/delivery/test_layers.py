from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.delivery.ledger import Interval
from destination_profiles.records.batch import Row
from unit_tests.delivery.chunks import (
    ALWAYS,
    ENVELOPE,
    INTERVAL,
    batch,
    layers,
    open_chunks,
    put,
    route,
    row,
)
from unit_tests.pipeline import Clock, ids
from unit_tests.settings import target


def standing(made, db_id: int = 1) -> list[list[int]]:
    """What the open layers hold, the lowest first."""
    return [ids(each) for each in layers(made, db_id).open]


def test_repeated_profile_goes_one_higher() -> None:
    made = open_chunks()
    assert put(made, row(1), row(2), row(1), row(1), row(3), row(2)) == []
    assert standing(made) == [[1, 2, 3], [1, 2], [1]]


def test_record_stands_above_all_its_identities() -> None:
    made = open_chunks()
    put(made, row(1), row(1), row(2, "", "1"), row(3, "", "2"))
    assert standing(made) == [[1], [1], [2], [3]]


def test_full_lowest_layer_is_sealed() -> None:
    made = open_chunks(max_profiles=2)
    assert [ids(each) for each in put(made, row(1), row(1), row(2))] == [[1, 2]]
    assert standing(made) == [[1]]


def test_lowest_layer_without_room_is_sealed_and_the_next_is_tried() -> None:
    made = open_chunks(max_bytes=ENVELOPE.size() + 3 * len(row(1).profile))
    assert [ids(each) for each in put(made, row(1), row(2), row(1), row(3))] == [[1, 2]]
    assert standing(made) == [[1, 3]]


def test_higher_layer_without_room_is_passed() -> None:
    made = open_chunks(max_bytes=ENVELOPE.size() + 2 * len(row(1, "x" * 9).profile) + 1)
    put(made, row(1), row(2), row(1, "x" * 20), row(2, "x" * 9))
    assert standing(made) == [[1, 2], [1], [2]]


def test_full_higher_layer_seals_those_below() -> None:
    made = open_chunks(max_profiles=2)
    one = batch(row(1), row(1), row(2, "", "1"))
    made.put(one, route(), INTERVAL)
    assert standing(made) == [[1], [1], [2]]
    layers(made).open[1].extend(batch(row(9)), INTERVAL, ["9"])  # it is full, and the lowest is not
    assert [ids(each) for each in put(made, row(2, "", "1"))] == [[1], [1, 9]]


def test_other_matching_seals_every_layer() -> None:
    made = open_chunks()
    put(made, row(1), row(1), row(2))
    sealed = put(made, row(1), to=target(field_name="other"))
    assert [ids(each) for each in sealed] == [[1, 2], [1]]
    assert layers(made).open[0].after == set(sealed)


def test_matching_that_comes_back_waits_for_the_other() -> None:
    made = open_chunks()
    put(made, row(1))
    (first,) = put(made, row(2), to=target(field_name="other"))
    (second,) = put(made, row(3))
    assert (second.after, layers(made).open[0].after) == ({first}, {first, second})


def test_databases_have_layers_of_their_own() -> None:
    made = open_chunks()
    assert put(made, row(1)) + put(made, row(1), to=target(2)) == []
    assert (standing(made), standing(made, 2)) == ([[1]], [[1]])


def test_layer_waits_for_those_that_hold_its_profiles() -> None:
    made = open_chunks()
    put(made, row(1), row(2), row(1), row(1), row(2))
    lowest, middle, highest = layers(made).open
    assert (lowest.after, middle.after, highest.after) == (set(), {lowest}, {middle})


def test_sealed_chunk_is_waited_for_until_it_is_settled() -> None:
    made = open_chunks(max_profiles=1)
    (sealed,) = put(made, row(1))
    (later,) = put(made, row(1))
    assert later.after == {sealed}
    made.settle(sealed)
    made.settle(later)
    (last,) = put(made, row(1))
    assert last.after == set()


def test_settled_chunk_leaves_newer_ones_known() -> None:
    made = open_chunks()
    put(made, row(1), row(2), row(1))
    (lowest,) = made.seal_oldest(())
    made.settle(lowest)
    put(made, row(1), row(2))
    assert standing(made) == [[1, 2], [1]]


def test_old_layers_are_due() -> None:
    clock = Clock()
    made = open_chunks(clock)
    put(made, row(1))
    clock.now = 10.0
    put(made, row(1))
    clock.now = 59.9
    assert (made.due(), made.deadline()) == ([], 60.0)
    clock.now = 60.0
    assert ([ids(each) for each in made.due()], made.deadline()) == ([[1]], 70.0)
    clock.now = 70.0
    assert ([ids(each) for each in made.due()], made.deadline()) == ([[1]], None)


def test_oldest_database_is_sealed_first() -> None:
    made = open_chunks()
    put(made, row(1), row(1))
    made.put(batch(row(1), first=2), route(target(2)), INTERVAL)
    assert [each.target.db_id for each in made.seal_oldest(())] == [1]
    assert [each.target.db_id for each in made.seal_oldest({1})] == [2]
    assert made.seal_oldest({1}) == []


def test_record_supersedes_in_the_highest_layer_only() -> None:
    made = open_chunks()
    put(made, row(1, "a"), row(1, "b"))
    put(made, row(1, "c"), supersedes=ALWAYS)
    assert [each.rows[0].profile for each in layers(made).open] == [
        row(1, "a").profile,
        row(1, "c").profile,
    ]


def test_superseding_record_without_room_goes_higher() -> None:
    made = open_chunks(max_bytes=len(b'{"data":[{"id":1,"text":""},{"id":2,"text":""}]}'))
    put(made, row(1), row(2), row(1, "x"), supersedes=ALWAYS)
    assert standing(made) == [[1, 2], [1]]


def test_superseded_records_are_bounded() -> None:
    made = open_chunks(max_profiles=3)
    sealed = put(made, *(row(1, str(number)) for number in range(7)), supersedes=ALWAYS)
    assert [len(each.superseded) for each in sealed + made.close()] == [2, 2, 0]


def test_partly_shared_identities_do_not_supersede() -> None:
    made = open_chunks()
    put(made, row(1, "", "a@b"), row(2, "", "a@b"), supersedes=ALWAYS)
    assert standing(made) == [[1], [2]]


def test_lowered_limit_holds_for_later_records() -> None:
    made = open_chunks(max_bytes=1000)
    made.limit(ENVELOPE.size() + 2 * len(row(1).profile) + 1)
    sealed = put(made, *(row(number) for number in range(5)))
    assert [ids(each) for each in sealed + made.close()] == [[0, 1], [2, 3], [4]]


def test_limit_never_exceeds_the_policy() -> None:
    made = open_chunks(max_bytes=100)
    made.limit(10_000)
    assert [len(each) for each in put(made, *(row(number, "x" * 20) for number in range(3)))] == [2]


def test_profile_above_a_lowered_limit_goes_alone() -> None:
    made = open_chunks(max_bytes=1000)
    made.limit(20)
    sealed = put(made, row(1), row(2, "x" * 50), row(3))
    assert [ids(each) for each in sealed + made.close()] == [[1], [2], [3]]


def test_batch_goes_in_as_far_as_it_fits() -> None:
    made = open_chunks(max_profiles=300)
    rows = [row(number) for number in range(512)]
    first, second = batch(*rows[:256]), batch(*rows[256:])
    (sealed,) = [
        *made.put(first, route(), INTERVAL),
        *made.put(second, route(), INTERVAL),
    ]
    pieces = list(sealed.body())
    assert [len(piece) for piece in pieces] == [
        9,
        first.size(),
        1,
        second.part(0, 44).size(),
        2,
    ]
    assert pieces[1] is first.body()  # nothing is copied
    assert standing(made) == [list(range(300, 512))]


def test_load_is_that_of_open_layers() -> None:
    made = open_chunks()
    put(made, row(1), row(1), row(2), row(2, "later"), supersedes=ALWAYS)
    load, chunks = made.load(), made.close()
    assert (load.held, load.records, load.chunks) == (
        sum(each.held for each in chunks),
        4,
        len(chunks),
    )
    assert (made.load().held, made.load().records, made.load().chunks) == (0, 0, 0)


@settings(max_examples=60)
@given(
    st.lists(st.text(alphabet="aБ", max_size=60), min_size=1, max_size=60),
    st.integers(1, 7),
    st.integers(160, 400),
)
def test_no_body_exceeds_a_limit(texts: list[str], max_profiles: int, max_bytes: int) -> None:
    made = open_chunks(max_profiles=max_profiles, max_bytes=max_bytes)
    chunks = put(made, *(row(number, text) for number, text in enumerate(texts))) + made.close()
    assert all(
        len(each) <= max_profiles and len(b"".join(each.body())) == each.size <= max_bytes
        for each in chunks
    )
    assert [number for each in chunks for number in ids(each)] == list(range(len(texts)))
    for earlier, later in pairwise(chunks):  # no chunk was sealed too early
        assert (
            len(earlier) == max_profiles
            or earlier.size + 1 + len(later.rows[0].profile) > max_bytes
        )


ROWS = st.lists(
    st.lists(
        st.tuples(st.integers(1, 12), st.text("aБ", max_size=9), st.booleans()),
        min_size=1,
        max_size=20,
    ),
    max_size=5,
)


@settings(max_examples=300)
@given(ROWS, st.integers(1, 15), st.integers(60, 600), st.booleans())
def test_batches_make_the_layers_that_their_rows_make(
    groups: list[list[tuple[int, str, bool]]], max_profiles: int, max_bytes: int, superseding: bool
) -> None:
    rows: list[list[Row]] = [
        [
            row(
                number,
                text,
                *(["shared"] if number == 12 and more else []),
                original=text.encode() * 9,
            )
            for number, text, more in each
        ]
        for each in groups
    ]
    supersedes = ALWAYS if superseding else None
    one_by_one, at_once = (
        open_chunks(max_profiles=max_profiles, max_bytes=max_bytes) for _ in range(2)
    )
    flat = [one for each in rows for one in each]
    expected = put(one_by_one, *flat, supersedes=supersedes) + one_by_one.close()
    found, ordinal = [], 0
    for each in rows:
        found += at_once.put(batch(*each, first=ordinal), route(supersedes=supersedes), INTERVAL)
        ordinal += len(each)
    found += at_once.close()
    for ours, theirs in zip(found, expected, strict=True):
        assert (len(ours), ours.size, ours.originals, ours.level, ours.token.first) == (
            len(theirs),
            theirs.size,
            theirs.originals,
            theirs.level,
            theirs.token.first,
        )
        assert {each.level for each in ours.after} == {each.level for each in theirs.after}
        assert b"".join(ours.body()) == b"".join(theirs.body())
        assert len(b"".join(ours.body())) == ours.size
        assert ours.intervals() == theirs.intervals()
        assert (ours.rows, ours.superseded) == (theirs.rows, theirs.superseded)


@settings(max_examples=200)
@given(ROWS, st.integers(1, 15), st.integers(60, 600))
def test_each_profile_stands_once_in_a_layer_and_in_order(
    groups: list[list[tuple[int, str, bool]]], max_profiles: int, max_bytes: int
) -> None:
    made = open_chunks(max_profiles=max_profiles, max_bytes=max_bytes)
    chunks, ordinal = [], 0
    for each in groups:
        rows = [
            row(number, f"{ordinal + place:05}", *(["12"] if more else []))
            for place, (number, _, more) in enumerate(each)
        ]
        chunks += made.put(batch(*rows, first=ordinal), route(), INTERVAL)
        ordinal += len(rows)
    met: dict[str, list[bytes]] = {}
    for each in chunks + made.close():
        identities = [one for made_row in each.rows for one in set(made_row.identities)]
        assert len(set(identities)) == len(identities)
        for made_row in each.rows:
            for one in set(made_row.identities):
                met.setdefault(one, []).append(made_row.profile[-7:])
    assert all(texts == sorted(texts) for texts in met.values())


@pytest.mark.parametrize("mixed", [True, False])
def test_intervals_are_those_of_the_records(mixed: bool) -> None:
    made, other = open_chunks(), Interval("people")
    made.put(batch(row(1), row(2)), route(), INTERVAL)
    made.put(batch(row(3), *([row(1)] if mixed else []), first=2), route(label="people"), other)
    (lowest, *_) = made.close()
    assert lowest.intervals() == {INTERVAL: 2, other: 1}


def test_other_matching_does_not_wait_for_what_is_settled() -> None:
    made = open_chunks(max_profiles=1)
    (first,) = put(made, row(1))
    made.settle(first)
    (second,) = put(made, row(2), to=target(field_name="other"))
    assert second.after == set()


def test_batch_waits_for_every_chunk_that_holds_a_profile_of_it() -> None:
    made = open_chunks()
    sealed = []
    for number in (1, 2, 3):
        put(made, row(number))
        sealed += made.close()
    put(made, row(4))
    made.put(batch(row(4), row(1), row(2), row(3), first=4), route(), INTERVAL)
    lowest, higher = layers(made).open
    assert (ids(lowest), lowest.after) == ([4, 1, 2, 3], set(sealed))
    assert (ids(higher), higher.after) == ([4], {lowest})


def test_settled_chunk_is_forgotten_but_for_what_a_newer_one_holds() -> None:
    made = open_chunks(max_profiles=2)
    (first,) = made.put(batch(row(1), row(2)), route(), INTERVAL)
    made.put(batch(row(2), first=2), route(), INTERVAL)
    made.settle(first)
    assert set(made.holding(1)) == {"2"}
    (second,) = made.put(batch(row(1), first=3), route(), INTERVAL)
    assert second.after == {first}  # for the other one


def test_settled_chunk_of_another_matching_is_not_waited_for() -> None:
    made = open_chunks()
    put(made, row(1))
    (first,) = put(made, row(2), to=target(field_name="other"))
    made.settle(first)
    (second,) = made.close()
    assert second.after == {first}
    put(made, row(3), to=target(field_name="other"))
    assert [each.after for each in made.close()] == [set()]


def test_load_is_that_of_all_databases() -> None:
    made = open_chunks()
    put(made, row(1), row(1))
    alone = made.load()
    put(made, row(1), row(2), to=target(2))
    both = made.load()
    assert (alone.records, alone.chunks, both.records, both.chunks) == (2, 2, 4, 3)
    assert both.held == 2 * alone.held
