import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.delivery.checkpoint import Checkpoint, Checkpointer, SafeState
from destination_profiles.delivery.ledger import Interval
from destination_profiles.errors import BooksDoNotBalance


def interval(read: int, rejected: int = 0, *, missing: int = 0) -> Interval:
    made = Interval("users")
    made.read, made.rejected, made.accepted = read, rejected, read - rejected - missing
    return made


def held(*positions: int) -> Checkpointer:
    made = Checkpointer()
    for position in positions:
        made.hold(Checkpoint(position, position, []))
    return made


@pytest.mark.parametrize(
    ("first", "leaves"),
    [(0, []), (1, []), (2, [2]), (4, [2]), (5, [2, 5, 5]), (None, [2, 5, 5, 9])],
)
def test_states_leave_up_to_the_first_unresolved(first: int | None, leaves: list[int]) -> None:
    assert [each.state for each in held(2, 5, 5, 9).release(first)] == leaves


def test_released_state_leaves_once() -> None:
    made = held(1)
    assert (len(list(made.release(None))), len(list(made.release(None))), len(made)) == (1, 0, 0)


def test_state_carries_the_sums_of_its_intervals() -> None:
    made = Checkpointer()
    made.hold(Checkpoint("state", 5, [interval(3, 1), interval(2)]))
    assert list(made.release(None)) == [SafeState("state", 4, 1)]


def test_unbalanced_state_does_not_leave() -> None:
    made = Checkpointer()
    made.hold(Checkpoint("state", 2, [interval(2, missing=1)]))
    with pytest.raises(BooksDoNotBalance, match="out by 1"):
        list(made.release(None))
    assert len(made) == 1


@settings(max_examples=100)
@given(st.lists(st.integers(0, 20)).map(sorted), st.lists(st.integers(0, 20)).map(sorted))
def test_nothing_overtakes_and_nothing_is_lost(positions: list[int], firsts: list[int]) -> None:
    made = held(*positions)
    released = []
    for first in firsts:
        now = [each.state for each in made.release(first)]
        assert all(position <= first for position in now)
        released += now
    assert released + [each.state for each in made.release(None)] == positions
