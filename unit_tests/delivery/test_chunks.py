import tracemalloc
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.delivery.chunks import Chunk, Chunker, ChunkPolicy
from destination_profiles.delivery.ledger import Interval
from destination_profiles.records.batch import Batch, Joined, Row
from destination_profiles.service.formats import Envelope
from unit_tests.pipeline import Clock, ids, target

ENVELOPE = Envelope(b'{"data":[', b",", b"]}")
INTERVAL = Interval("users")
ALWAYS, NEVER = (lambda *_: True), (lambda *_: False)


def row(number: int, text: str = "", *more: str, original: bytes = b"{}") -> Row:
    return Row(
        f'{{"id":{number},"text":"{text}"}}'.encode(), original, INTERVAL, (str(number), *more)
    )


def chunker(clock: Clock | None = None, **limits: float) -> Chunker:
    policy = ChunkPolicy(
        **{"max_profiles": 1000, "max_bytes": 1_000_000, "max_age_seconds": 60, **limits}
    )
    return Chunker(policy, new_id=iter(map(str, range(10**6))).__next__, clock=clock or Clock())


def put(made: Chunker, *rows: Row, supersedes=NEVER, to=None) -> list[Chunk]:
    """The chunks that are sealed by rows with ordinals from 0."""
    where = to or target()
    return [
        each
        for ordinal, one in enumerate(rows)
        for each in made.add(one, ordinal, target=where, envelope=ENVELOPE, supersedes=supersedes)
    ]


@settings(max_examples=60)
@given(
    st.lists(st.text(alphabet="aБ", max_size=60), min_size=1, max_size=60),
    st.integers(1, 7),
    st.integers(160, 400),
)
def test_no_body_exceeds_a_limit(texts: list[str], max_profiles: int, max_bytes: int) -> None:
    made = chunker(max_profiles=max_profiles, max_bytes=max_bytes)
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


def test_chunk_is_filled_to_its_last_byte() -> None:
    whole = len(b'{"data":[{"id":1,"text":""},{"id":2,"text":""}]}')
    assert put(chunker(max_bytes=whole), row(1), row(2)) == []
    assert [ids(each) for each in put(chunker(max_bytes=whole - 1), row(1), row(2))] == [[1]]


def test_full_chunk_leaves_with_its_last_record() -> None:
    assert [ids(each) for each in put(chunker(max_profiles=2), row(1), row(2), row(3))] == [[1, 2]]


def test_repeated_profile_seals_the_chunk() -> None:
    made = chunker()
    sealed = put(made, row(1), row(2), row(1, "later"))
    assert [ids(each) for each in sealed + made.close()] == [[1, 2], [1]]


def test_later_record_takes_the_place_of_the_earlier() -> None:
    made = chunker()
    put(made, row(1), row(2), row(1, "later"), supersedes=ALWAYS)
    (chunk,) = made.close()
    assert b"".join(chunk.body()) == b'{"data":[{"id":1,"text":"later"},{"id":2,"text":""}]}'
    assert (chunk.size, chunk.superseded) == (len(b"".join(chunk.body())), [(0, row(1))])


def test_superseding_record_that_overflows_seals() -> None:
    made = chunker(max_bytes=len(b'{"data":[{"id":1,"text":""},{"id":2,"text":""}]}'))
    sealed = put(made, row(1), row(2), row(1, "x"), supersedes=ALWAYS)
    assert [ids(each) for each in sealed + made.close()] == [[1, 2], [1]]


def test_partly_shared_identities_seal() -> None:
    made = chunker()
    sealed = put(made, row(1, "", "a@b"), row(2, "", "a@b"), supersedes=ALWAYS)
    assert [ids(each) for each in sealed + made.close()] == [[1], [2]]


def test_other_matching_of_a_database_seals() -> None:
    made = chunker()
    put(made, row(1))
    assert [ids(each) for each in put(made, row(2), to=target(field_name="other"))] == [[1]]


def test_databases_have_chunks_of_their_own() -> None:
    made = chunker()
    assert put(made, row(1)) + put(made, row(2), to=target(2)) == []
    assert [each.target.db_id for each in made.close()] == [1, 2]


def test_old_chunk_is_due() -> None:
    clock = Clock()
    made = chunker(clock)
    put(made, row(1))
    clock.now = 59.9
    assert (made.due(), made.deadline()) == ([], 60.0)
    clock.now = 60.0
    assert ([ids(each) for each in made.due()], made.deadline(), made.first()) == (
        [[1]],
        None,
        None,
    )


def test_halves_share_out_everything() -> None:
    made = chunker()
    put(made, row(1), row(2), row(3), row(3, "later"), row(4), supersedes=ALWAYS)
    (chunk,) = made.close()
    left, right = chunk.parts(iter(("a", "b")).__next__)
    assert (ids(left), ids(right), left.superseded, right.superseded) == (
        [1, 2],
        [3, 4],
        [],
        [(0, row(3))],
    )
    assert (left.request_id, right.request_id, left.size) == ("a", "b", len(b"".join(left.body())))
    assert [
        (left.position_of(row(number)), right.position_of(row(number))) for number in (1, 2, 3, 4)
    ] == [
        (0, None),
        (1, None),
        (None, 0),
        (None, 1),
    ]
    assert (chunk.records(), left.records(), right.records()) == (5, 2, 3)


@pytest.mark.parametrize(
    ("profiles", "sizes"),
    [(1, [1]), (2, [1, 1]), (3, [1, 1, 1]), (4, [2, 2]), (5, [3, 2]), (10_000, [5000, 5000])],
)
def test_parts_are_halves_or_single_profiles(profiles: int, sizes: list[int]) -> None:
    made = chunker(max_profiles=10_000, max_bytes=10**7)
    (chunk,) = put(made, *(row(number) for number in range(profiles))) or made.close()
    assert [len(part) for part in chunk.parts(str)] == sizes


def test_lowered_limit_holds_for_later_chunks() -> None:
    made = chunker(max_profiles=10, max_bytes=1000)
    room = ENVELOPE.size() + 2 * len(row(1).profile) + 1
    made.limit(room)
    sealed = put(made, *(row(number) for number in range(5)))
    assert [ids(each) for each in sealed + made.close()] == [[0, 1], [2, 3], [4]]


def test_limit_never_exceeds_the_policy() -> None:
    made = chunker(max_bytes=100)
    made.limit(10_000)
    assert [len(each) for each in put(made, *(row(number, "x" * 20) for number in range(3)))] == [2]


def test_profile_above_a_lowered_limit_goes_alone() -> None:
    made = chunker(max_bytes=1000)
    made.limit(20)
    sealed = put(made, row(1), row(2, "x" * 50), row(3))
    assert [ids(each) for each in sealed + made.close()] == [[1], [2], [3]]


def test_long_originals_seal_the_chunk() -> None:
    made = chunker(max_bytes=100)
    sealed = put(made, *(row(number, original=b"x" * 120) for number in range(3)))
    assert [ids(each) for each in sealed + made.close()] == [[0, 1], [2]]


def test_superseded_records_are_bounded() -> None:
    made = chunker(max_profiles=3)
    sealed = put(made, *(row(1, str(number)) for number in range(7)), supersedes=ALWAYS)
    assert [len(each.superseded) for each in sealed + made.close()] == [2, 2, 0]


def batch(rows: list[Row]) -> Batch:
    profiles, originals = (
        Joined([each.profile for each in rows], b","),
        Joined([each.original for each in rows], b","),
    )
    return Batch(profiles, originals, INTERVAL, [each.identities for each in rows])


@settings(max_examples=200)
@given(
    st.lists(st.text("aБ", max_size=9), min_size=1, max_size=3),
    st.lists(st.text("aБ", max_size=9), min_size=1),
    st.data(),
)
def test_room_is_for_those_that_fit_one_by_one(
    before: list[str], texts: list[str], data: st.DataObject
) -> None:
    lengths = [len(row(number, text).profile) + 1 for number, text in enumerate([*before, *texts])]
    few = data.draw(st.integers(1, len(lengths)))
    just = len(b'{"data":[]}') + sum(lengths[:few]) - 1  # as many profiles fill it to its last byte
    policy = ChunkPolicy(data.draw(st.integers(1, 20)), just - data.draw(st.integers(0, 1)), 60)
    long = data.draw(st.sampled_from([1, 40]))
    rows = [
        row(number, text, original=text.encode() * long)
        for number, text in enumerate([*before, *texts])
    ]
    chunk = Chunk(target(), ENVELOPE, first=0, opened_at=0.0, request_id="")
    for each in rows[: len(before)]:
        chunk.add(each)
    found, expected = chunk.room(batch(rows[len(before) :]), policy), 0
    for each in rows[len(before) :]:
        if not chunk.fits(each, policy) or not chunk.has_room(each, policy):
            break
        chunk.add(each)
        expected += 1
    assert found == expected


def test_full_chunk_stays_in_batches() -> None:
    made = chunker(max_profiles=300)
    rows = [row(number) for number in range(512)]
    place = {"target": target(), "envelope": ENVELOPE, "supersedes": NEVER}
    (sealed,) = [
        each
        for start in (0, 256)
        for each in made.extend(batch(rows[start : start + 256]), start, **place)
    ]
    assert [len(each) for each in sealed.body()] == [
        9,
        len(batch(rows[:256]).profiles.data),
        1,
        len(batch(rows[256:300]).profiles.data),
        2,
    ]


@pytest.mark.parametrize("max_profiles", [1, 7, 10, 200])
def test_batch_of_many_chunks_is_not_copied_for_each(max_profiles: int) -> None:
    made = chunker(max_profiles=max_profiles)
    whole = batch([row(number, "x" * 1000) for number in range(256)])
    tracemalloc.start()
    for _ in made.extend(whole, 0, target=target(), envelope=ENVELOPE, supersedes=NEVER):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * len(whole.profiles.data)


@settings(max_examples=200)
@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(1, 12), st.text("aБ", max_size=9), st.booleans()),
            min_size=1,
            max_size=20,
        ),
        max_size=5,
    ),
    st.integers(1, 15),
    st.integers(60, 600),
    st.booleans(),
)
def test_batches_make_the_chunks_that_their_rows_make(
    groups: list[list[tuple[int, str, bool]]], max_profiles: int, max_bytes: int, superseding: bool
) -> None:
    rows = [
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
    supersedes = ALWAYS if superseding else NEVER
    one_by_one, at_once = (
        chunker(max_profiles=max_profiles, max_bytes=max_bytes) for _ in range(2)
    )
    expected = (
        put(one_by_one, *(one for each in rows for one in each), supersedes=supersedes)
        + one_by_one.close()
    )
    found, ordinal = [], 0
    for each in rows:
        found += at_once.extend(
            batch(each), ordinal, target=target(), envelope=ENVELOPE, supersedes=supersedes
        )
        ordinal += len(each)
    found += at_once.close()
    for ours, theirs in zip(found, expected, strict=True):
        assert (len(ours), ours.size, ours.held, ours.first, ours.identities) == (
            len(theirs),
            theirs.size,
            theirs.held,
            theirs.first,
            theirs.identities,
        )
        assert b"".join(ours.body()) == b"".join(theirs.body())
        assert len(b"".join(ours.body())) == ours.size
        assert ours.intervals() == theirs.intervals()
        assert (ours.rows, ours.superseded) == (theirs.rows, theirs.superseded)
        assert b"".join(ours.body()) == b"".join(theirs.body())
        assert [ours.position_of(each) for each in ours.rows] == list(range(len(ours)))
