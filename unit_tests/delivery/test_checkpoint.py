import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.delivery.checkpoint import STATE_BYTES, Checkpointer, SafeState
from destination_profiles.delivery.ledger import Interval
from destination_profiles.errors import BooksDoNotBalance


def interval(read: int, rejected: int = 0, *, missing: int = 0) -> Interval:
    made = Interval("users")
    made.read, made.rejected, made.accepted = read, rejected, read - rejected - missing
    return made


def held(*positions: int) -> Checkpointer:
    made = Checkpointer()
    for position in positions:
        made.hold(position, position, [])
    return made


def released(made: Checkpointer) -> list[int]:
    return [each.state for each in made.release()]


@pytest.mark.parametrize(
    ("first", "leaves"),
    [(0, []), (1, []), (2, [2]), (4, [2]), (5, [2, 5, 5]), (9, [2, 5, 5, 9])],
)
def test_states_leave_up_to_the_first_unresolved(first: int, leaves: list[int]) -> None:
    made = held(2, 5, 5, 9)
    made.track(first)
    assert released(made) == leaves


def test_states_leave_when_nothing_is_tracked() -> None:
    assert released(held(2, 5)) == [2, 5]


def test_later_records_may_be_resolved_first() -> None:
    made = held(3, 6)
    first, second, third = (made.track(each) for each in (0, 3, 6))
    made.resolve(second)
    assert released(made) == []
    made.resolve(first)
    assert released(made) == [3, 6]
    made.resolve(third)


def test_released_state_leaves_once() -> None:
    made = held(1)
    assert (released(made), released(made), len(made)) == ([1], [], 0)


def test_state_carries_the_sums_of_its_intervals() -> None:
    made = Checkpointer()
    made.hold("state", 5, [interval(3, 1), interval(2)])
    assert list(made.release()) == [SafeState("state", 4, 1)]


def test_unbalanced_state_does_not_leave() -> None:
    made = Checkpointer()
    made.hold("state", 2, [interval(2, missing=1)])
    with pytest.raises(BooksDoNotBalance, match="out by 1"):
        list(made.release())
    assert len(made) == 1


def test_bytes_are_those_of_waiting_states() -> None:
    made = Checkpointer()
    made.track(3)
    made.hold("a", 2, [], 100)
    made.hold("b", 4, [], 10)
    assert made.held == 110 + 2 * STATE_BYTES
    assert (released(made), made.held) == (["a"], 10 + STATE_BYTES)


@settings(max_examples=100)
@given(
    st.lists(st.integers(0, 20)).map(sorted), st.lists(st.integers(0, 20)).map(sorted), st.data()
)
def test_nothing_overtakes_and_nothing_is_lost(
    positions: list[int], firsts: list[int], data: st.DataObject
) -> None:
    made = held(*positions)
    tokens = [made.track(first) for first in firsts]
    leaving: list[int] = []
    while tokens:
        now = released(made)
        assert all(position <= min(each.first for each in tokens) for position in now)
        leaving += now
        made.resolve(tokens.pop(data.draw(st.integers(0, len(tokens) - 1))))
    assert leaving + released(made) == positions
