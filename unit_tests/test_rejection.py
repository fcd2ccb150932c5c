"""How often each reason occurred, in few lines."""

import dataclasses
from collections.abc import Iterable

import pytest

from destination_profiles.delivery.tally import KEPT_SHAPES, MAX_KINDS, TOP_KINDS, Tally
from destination_profiles.rejection import Rejection

CANARY = "canary-7f3a"


def kind(number: int = 0) -> Rejection:
    return Rejection("schema", f"rule{number}", CANARY, f"$.{CANARY}", f"sentence {number}")


def tally(*rejections: tuple[str, Rejection, int]) -> Tally:
    made = Tally()
    for stream, rejection, count in rejections:
        for _ in range(count):
            made.add(stream, rejection)
    return made


def rows(*rejections: tuple[str, Rejection, int]) -> list[tuple[str, ...]]:
    """The table without its head: stream, code, records."""
    return [(line.split()[0], *line.split()[2:4]) for line in tally(*rejections).table()[1:]]


def kinds(numbers: Iterable[int]) -> list[tuple[str, Rejection, int]]:
    return [("users", kind(number), 100 - number) for number in numbers]


def test_nothing_counted_is_no_table() -> None:
    assert (tally().table(), tally().top(), tally().total) == ([], [], 0)


def test_table_has_columns() -> None:
    assert tally(
        ("users", kind(), 1234), ("orders", dataclasses.replace(kind(12), reason="service"), 5)
    ).table() == [
        "stream  step     code    records  reason",
        "users   schema   rule0     1,234  sentence 0",
        "orders  service  rule12        5  sentence 12",
    ]


def test_most_frequent_reason_comes_first() -> None:
    assert rows(("users", kind(1), 1), ("users", kind(2), 3), ("users", kind(3), 2)) == [
        ("users", "rule2", "3"),
        ("users", "rule3", "2"),
        ("users", "rule1", "1"),
    ]


def test_streams_are_counted_apart() -> None:
    assert rows(("users", kind(), 1), ("orders", kind(), 2)) == [
        ("users", "rule0", "1"),
        ("orders", "rule0", "2"),
    ]


@pytest.mark.parametrize("part", ["reason", "code", "loggable"])
def test_kind_is_reason_code_and_sentence(part: str) -> None:
    assert (
        len(
            rows(("users", kind(), 1), ("users", dataclasses.replace(kind(), **{part: "other"}), 1))
        )
        == 2
    )


@pytest.mark.parametrize("part", ["message", "path"])
def test_what_may_hold_values_is_no_kind(part: str) -> None:
    assert (
        len(
            rows(("users", kind(), 1), ("users", dataclasses.replace(kind(), **{part: "other"}), 1))
        )
        == 1
    )


def test_nothing_told_holds_message_or_path() -> None:
    made = tally(*kinds(range(20)))
    assert CANARY not in "".join(made.table() + made.top())


def test_ten_kinds_are_ten_lines() -> None:
    told = tally(*kinds(range(MAX_KINDS))).table()
    assert len(told) == MAX_KINDS + 1
    assert not any("further" in line for line in told)


def test_kinds_beyond_are_added_up() -> None:
    told = tally(*kinds(range(13))).table()
    assert len(told) == MAX_KINDS + 2
    assert told[-1].split() == ["users", str(90 + 89 + 88), "3", "further", "kinds", "of", "reason"]


def test_every_rejection_is_in_some_line() -> None:
    made = tally(
        *(
            (stream, kind(number), number + 1)
            for stream in ("users", "orders")
            for number in range(25)
        )
    )
    told = [line.removeprefix("users").removeprefix("orders").split() for line in made.table()[1:]]
    counts = [int((line[0] if "further" in line else line[2]).replace(",", "")) for line in told]
    assert sum(counts) == made.total == 2 * sum(range(1, 26))


def test_top_is_over_all_streams() -> None:
    made = tally(
        ("users", kind(1), 1),
        ("orders", kind(2), 3000),
        ("users", kind(3), 2),
        ("users", kind(4), 1),
    )
    assert made.top()[:2] == [
        "3,000 of orders (schema rule2: sentence 2)",
        "2 of users (schema rule3: sentence 3)",
    ]
    assert len(made.top()) == TOP_KINDS


def shaped(*shapes: str | None) -> tuple[dict[str, int], int]:
    made = Tally()
    for shape in shapes:
        made.add("users", dataclasses.replace(kind(), shape=shape))
    (found,) = made.kinds()
    assert (found.stream, found.code, found.records) == ("users", "rule0", len(shapes))
    return dict(found.shapes), found.other_shapes


def test_shapes_are_counted_the_most_frequent_first() -> None:
    found, others = shaped("a", "9", "a", None)
    assert (list(found.items()), others) == ([("a", 2), ("9", 1)], 0)


def test_kind_without_shapes_has_none() -> None:
    assert shaped(None, None) == ({}, 0)


def test_seldom_shapes_are_added_up() -> None:
    shapes = [f"a{'-9' * number}" for number in range(7) for _ in range(10 - number)]
    found, others = shaped(*shapes)
    assert (list(found.values()), others) == ([10, 9, 8, 7, 6], 5 + 4)


def test_memory_of_shapes_is_bounded() -> None:
    found, others = shaped(*(f"shape {number}" for number in range(10_000)), "shape 1", "late")
    assert (found["shape 1"], sum(found.values()) + others) == (2, 10_002)
    made = Tally()
    for number in range(10_000):
        made.add("users", dataclasses.replace(kind(), shape=f"shape {number}"))
    (shapes,) = made._shapes.values()
    assert len(shapes._counts) == KEPT_SHAPES


def test_shapes_are_of_their_stream_and_kind() -> None:
    made = tally(
        ("users", dataclasses.replace(kind(1), shape="a"), 1),
        ("users", dataclasses.replace(kind(2), shape="9"), 1),
        ("orders", dataclasses.replace(kind(1), shape="A"), 1),
    )
    assert [dict(each.shapes) for each in made.kinds()] == [{"a": 1}, {"9": 1}, {"A": 1}]


def test_rejection_cannot_be_changed_later() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind().code = "other"  # type: ignore[misc]
