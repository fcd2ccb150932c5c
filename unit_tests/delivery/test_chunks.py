import gc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.delivery.checkpoint import Token
from destination_profiles.delivery.chunks import HELD_BODIES, Chunk, ChunkPolicy, memory
from destination_profiles.records.batch import Row
from unit_tests.delivery.chunks import ALWAYS, ENVELOPE, INTERVAL, NEVER, batch, chunk, row
from unit_tests.pipeline import ids
from unit_tests.settings import target

ANY = ChunkPolicy(1000, 1_000_000, 60).allows
TEXTS = st.lists(st.text("aБ", max_size=9), min_size=1, max_size=20)


@settings(max_examples=200)
@given(st.lists(st.text("aБ", max_size=9), max_size=3), TEXTS, st.data())
def test_room_is_for_those_that_fit_one_by_one(
    before: list[str], texts: list[str], data: st.DataObject
) -> None:
    rows = [
        row(number, text, original=text.encode() * data.draw(st.sampled_from([1, 40])))
        for number, text in enumerate([*before, *texts])
    ]
    lengths = [len(each.profile) + 1 for each in rows]
    few = data.draw(st.integers(1, len(lengths)))
    just = ENVELOPE.size() + sum(lengths[:few]) - 1  # as many profiles fill it to its last byte
    policy = ChunkPolicy(data.draw(st.integers(1, 20)), just - data.draw(st.integers(0, 1)), 60)
    made, expected = chunk(), 0
    for each in rows[: len(before)]:
        made.extend(batch(each), INTERVAL, [])
    found = policy.room(made, batch(*rows[len(before) :]))
    for each in rows[len(before) :]:
        gap = 1 if len(made) else 0
        size, originals = made.size + gap + len(each.profile), made.originals + len(each.original)
        if not policy.allows(made.records() + 1, size, originals) and len(made):
            break
        made.extend(batch(each), INTERVAL, [])
        expected += 1
        if not policy.allows(made.records(), made.size, made.originals):
            break
    assert found == expected


def test_chunk_is_filled_to_its_last_byte() -> None:
    made = chunk(1)
    whole = made.size + 1 + len(row(2).profile)
    assert ChunkPolicy(10, whole, 60).room(made, batch(row(2))) == 1
    assert ChunkPolicy(10, whole - 1, 60).room(made, batch(row(2))) == 0


def test_records_as_they_came_are_bounded() -> None:
    made, policy = chunk(1), ChunkPolicy(10, 100, 60)
    longest = b"x" * (HELD_BODIES * 100 - made.originals)
    assert policy.room(made, batch(row(2, original=longest))) == 1
    assert policy.room(made, batch(row(2, original=longest + b"x"))) == 0


def test_empty_chunk_takes_any_profile() -> None:
    assert ChunkPolicy(1, 1, 60).room(chunk(), batch(row(1), row(2))) == 1


def test_size_is_that_of_the_body() -> None:
    made = chunk(1, 2, 3)
    assert b"".join(made.body()) == (
        b'{"data":[{"id":1,"text":""},{"id":2,"text":""},{"id":3,"text":""}]}'
    )
    assert made.size == len(b"".join(made.body()))


def test_request_may_be_read_again() -> None:
    made = chunk(1, 2)
    request = made.request()
    assert [len(b"".join(request.body)) for _ in range(2)] == [made.size] * 2
    assert (request.size, request.profiles, request.request_id) == (made.size, 2, "request (1, 2)")


def test_batches_are_not_copied() -> None:
    whole = batch(row(1), row(2))
    made = chunk()
    made.extend(whole, INTERVAL, ["1", "2"])
    assert [piece is whole.body() for piece in made.body()] == [
        False,
        True,
        False,
    ]


def test_later_record_takes_the_place_of_the_earlier() -> None:
    made = chunk(1, 2)
    assert made.supersede(row(1, "later"), INTERVAL, ALWAYS, ANY)
    assert b"".join(made.body()) == b'{"data":[{"id":1,"text":"later"},{"id":2,"text":""}]}'
    assert (made.size, made.superseded) == (len(b"".join(made.body())), [(0, INTERVAL, row(1))])
    assert made.held == sum(map(memory, [row(1), *made.rows]))
    assert (len(made), made.records(), made.originals) == (2, 3, 6)


@pytest.mark.parametrize(
    ("later", "may", "most"),
    [
        (row(1, "later"), NEVER, 100),  # the stream does not allow it
        (row(1, "later", "a@b"), ALWAYS, 100),  # it may be another profile as well
        (row(3), ALWAYS, 100),  # it is another profile
        (row(1, "later"), ALWAYS, 2),  # there is no room for a record more
    ],
)
def test_record_stays_where_it_is(later, may, most: int) -> None:
    made = chunk(1, 2)
    assert not made.supersede(later, INTERVAL, may, ChunkPolicy(most, 1000, 60).allows)
    assert (ids(made), made.superseded) == ([1, 2], [])


def test_record_of_another_stream_stays() -> None:
    other = type(INTERVAL)("people")
    assert not chunk(1).supersede(row(1, "later"), other, ALWAYS, ANY)


def test_runs_are_the_same_of_rows_and_of_batches() -> None:
    people, made = type(INTERVAL)("people"), chunk()
    made.extend(batch(row(1), row(2)), INTERVAL, ["1", "2"])
    made.extend(batch(row(3), row(4), first=2), people, ["3", "4"])
    made.extend(batch(row(5), first=4), INTERVAL, ["5"])

    def told() -> list[tuple[str, list, list, list]]:
        return [
            (each.stream, list(each.identities), list(each.ordinals), list(each.profiles))
            for each in made.runs()
        ]

    expected = [
        ("users", [("1",), ("2",)], [0, 1], [row(1).profile, row(2).profile]),
        ("people", [("3",), ("4",)], [2, 3], [row(3).profile, row(4).profile]),
        ("users", [("5",)], [4], [row(5).profile]),
    ]
    assert told() == expected
    assert len(made.rows) == 5  # each by itself from now on
    assert told() == expected


def test_halves_share_out_everything() -> None:
    made = chunk(1, 2, 3)
    made.supersede(row(3, "later"), INTERVAL, ALWAYS, ANY)
    made.extend(batch(row(4)), INTERVAL, ["4"])
    earlier = made.superseded[0][-1]
    left, right = made.parts()
    assert (ids(left), ids(right)) == ([1, 2], [3, 4])
    assert (left.superseded, right.superseded) == ([], [(0, INTERVAL, earlier)])
    assert [each.request_id for each in (left, right)] == [
        f"{made.request_id}-0",
        f"{made.request_id}-1",
    ]
    assert [each.size for each in (left, right)] == [
        len(b"".join(each.body())) for each in (left, right)
    ]
    assert (left.records(), right.records(), left.whole, made.parts_left) == (2, 3, made, 2)
    assert [each.originals for each in (left, right)] == [2 * len(b"{}")] * 2
    assert left.held == sum(len(each.profile) + len(b"{}") for each in (row(1), row(2)))
    assert right.held == sum(map(memory, right.rows))


def test_record_that_is_its_own_profile_counts_once() -> None:
    whole = b'{"id":1}'
    assert memory(Row(whole, whole, ("1",))) == 8
    assert memory(Row(whole, b'{"id": 1}', ("1",))) == 17


@pytest.mark.parametrize(
    ("profiles", "sizes"),
    [(1, [1]), (2, [1, 1]), (3, [1, 1, 1]), (4, [2, 2]), (5, [3, 2]), (10_000, [5000, 5000])],
)
def test_parts_are_halves_or_single_profiles(profiles: int, sizes: list[int]) -> None:
    assert [len(part) for part in chunk(*range(profiles)).parts()] == sizes


def test_refused_chunk_keeps_nothing_of_its_parts() -> None:
    made = chunk(*range(8))
    made.parts()
    assert list(made.entries()) == []


def test_chunk_is_freed_without_a_search_for_circles() -> None:
    made = chunk(1, 2, 3, 4)
    later = chunk(1, first=4)
    later.wait_for(made)
    parts = made.parts()
    later.after.discard(made)
    gc.collect()
    before = chunks_in_memory()
    del made, parts, later
    assert before - chunks_in_memory() == 4


def chunks_in_memory() -> int:
    return sum(type(each) is Chunk for each in gc.get_objects())


def test_parts_are_tracked_with_their_chunk() -> None:
    whole = chunk(1, 2, 3, 4)
    assert [each.token for each in whole.parts()] == [whole.token] * 2


def test_chunk_is_the_sum_of_its_batches() -> None:
    made, one, two = chunk(), batch(row(1), row(2)), batch(row(3, "long"), first=2)
    for each in (one, two):
        made.extend(each, INTERVAL, [name for names in each.identities for name in names])
    assert made.identities == ["1", "2", "3"]
    assert (made.held, made.originals) == (
        one.held() + two.held(),
        one.original_size() + two.original_size(),
    )


def test_request_tells_the_ids_where_profiles_are_found_by_them() -> None:
    to = target(mode="profile_id", field_name=None)
    made = Chunk(to, ENVELOPE, request_id="a", token=Token(0))
    made.extend(batch(row(1), row(2)), INTERVAL, ["1", "2"])
    assert (made.request().ids, chunk(1, 2).request().ids) == (["1", "2"], [])
