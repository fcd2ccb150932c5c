"""States wait here until every record before them is safe, and leave in the order they came
(promise 1).
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .ledger import Interval, total


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state as it came, with the number of records read before it and the intervals that it
    ends.
    """

    state: Any
    position: int
    intervals: list[Interval]


@dataclass(frozen=True, slots=True)
class SafeState:
    """A state that may leave, with the records since the state before it: delivered, and
    rejected.
    """

    state: Any
    delivered: int
    rejected: int


class Checkpointer:
    """A queue of states. Nothing overtakes, nothing is skipped or merged."""

    def __init__(self) -> None:
        """Start with no state."""
        self._waiting: deque[Checkpoint] = deque()

    def __len__(self) -> int:
        """States that wait."""
        return len(self._waiting)

    def hold(self, checkpoint: Checkpoint) -> None:
        """Take a state that came."""
        self._waiting.append(checkpoint)

    def is_safe(self, first_unresolved: int | None) -> bool:
        """Whether the oldest state may leave. `first_unresolved`: ordinal (from 0) of the first
        record whose fate is open.
        """
        return bool(self._waiting) and (
            first_unresolved is None or first_unresolved >= self._waiting[0].position
        )

    def release(self, first_unresolved: int | None) -> Iterator[SafeState]:
        """Give back the states that became safe. Raises BooksDoNotBalance instead of letting one
        leave unbalanced.
        """
        while self.is_safe(first_unresolved):
            intervals = self._waiting[0].intervals
            for interval in intervals:
                interval.check()
            sums = total(intervals)
            yield SafeState(self._waiting.popleft().state, sums.delivered(), sums.rejected)
