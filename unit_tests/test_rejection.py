"""How often each reason occurred, in few lines."""

import dataclasses
from collections.abc import Iterable

import pytest

from destination_profiles.rejection import MAX_KINDS, Rejection, Tally

CANARY = "canary-7f3a"


def kind(number: int = 0) -> Rejection:
    return Rejection("schema", f"rule{number}", CANARY, f"$.{CANARY}", f"sentence {number}")


def tally(rejections: Iterable[tuple[str, Rejection, int]]) -> Tally:
    made = Tally()
    for stream, rejection, count in rejections:
        for _ in range(count):
            made.add(stream, rejection)
    return made


def lines(*rejections: tuple[str, Rejection, int]) -> list[str]:
    return list(tally(rejections).lines())


def test_nothing_counted_is_no_line() -> None:
    assert lines() == []
    assert tally([]).total() == 0


def test_equal_reasons_are_one_line() -> None:
    assert lines(("users", kind(), 1234)) == ["Rejected 1,234 of users: schema rule0: sentence 0"]


def test_most_frequent_reason_comes_first() -> None:
    assert lines(("users", kind(1), 1), ("users", kind(2), 3), ("users", kind(3), 2)) == [
        "Rejected 3 of users: schema rule2: sentence 2",
        "Rejected 2 of users: schema rule3: sentence 3",
        "Rejected 1 of users: schema rule1: sentence 1",
    ]


def test_streams_are_counted_apart() -> None:
    assert lines(("users", kind(), 1), ("orders", kind(), 2)) == [
        "Rejected 1 of users: schema rule0: sentence 0",
        "Rejected 2 of orders: schema rule0: sentence 0",
    ]


@pytest.mark.parametrize("part", ["reason", "code", "loggable"])
def test_kind_is_reason_code_and_sentence(part: str) -> None:
    assert len(lines(("users", kind(), 1), ("users", dataclasses.replace(kind(), **{part: "other"}), 1))) == 2


@pytest.mark.parametrize("part", ["message", "path"])
def test_what_may_hold_values_is_no_kind(part: str) -> None:
    assert len(lines(("users", kind(), 1), ("users", dataclasses.replace(kind(), **{part: "other"}), 1))) == 1


def test_no_line_holds_message_or_path() -> None:
    assert CANARY not in "".join(lines(*(("users", kind(number), 1) for number in range(20))))


def test_ten_kinds_are_ten_lines() -> None:
    told = lines(*(("users", kind(number), 1) for number in range(MAX_KINDS)))
    assert len(told) == MAX_KINDS
    assert not any("further" in line for line in told)


def test_kinds_beyond_are_added_up() -> None:
    told = lines(*(("users", kind(number), 100 - number) for number in range(13)))
    assert len(told) == MAX_KINDS + 1
    assert told[-1] == f"Rejected {90 + 89 + 88} of users for 3 further kinds of reason"


def test_every_rejection_is_in_some_line() -> None:
    made = [(stream, kind(number), number + 1) for stream in ("users", "orders") for number in range(25)]
    told = sum(int(line.split()[1].replace(",", "")) for line in lines(*made))
    assert told == tally(made).total() == 2 * sum(range(1, 26))


def test_rejection_cannot_be_changed_later() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        kind().code = "other"  # type: ignore[misc]
