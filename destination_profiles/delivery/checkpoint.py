"""States wait here until every record before them is safe, and leave in the order they came
(promise 1).

The model is Jeffail/checkpoint: who takes records tracks them and gets a token, and resolving it
moves what is safe. Nobody else computes that.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .ledger import Interval, total

STATE_BYTES = 1_500  # that a waiting state takes beside its own: its objects, and its intervals


@dataclass(slots=True, eq=False)
class Token:
    """Some records whose fate is open; `first` is the ordinal, from 0, of the first of them."""

    first: int
    resolved: bool = False


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state as it came, with the number of records read before it, the intervals that it ends,
    and the bytes of memory that it takes.
    """

    state: Any
    position: int
    intervals: list[Interval]
    size: int


@dataclass(frozen=True, slots=True)
class SafeState:
    """A state that may leave, with the records since the state before it: delivered, and
    rejected.
    """

    state: Any
    delivered: int
    rejected: int


class Checkpointer:
    """A queue of states, and what they wait for. Nothing overtakes, nothing is skipped or merged.

    `held` are the bytes of the states that wait.
    """

    def __init__(self) -> None:
        """Start with no state and nothing to wait for."""
        self.held = 0
        self._waiting: deque[Checkpoint] = deque()
        self._tracked: deque[Token] = deque()

    def __len__(self) -> int:
        """States that wait."""
        return len(self._waiting)

    def track(self, first: int) -> Token:
        """Take note of records from ordinal `first` on; ordinals never fall."""
        token = Token(first)
        self._tracked.append(token)
        return token

    def resolve(self, token: Token) -> None:
        """The last word on these records was said and entered."""
        token.resolved = True
        while self._tracked and self._tracked[0].resolved:
            self._tracked.popleft()

    def hold(self, state: Any, position: int, intervals: list[Interval], size: int = 0) -> None:
        """Take a state that came after so many records, of `size` bytes."""
        self._waiting.append(Checkpoint(state, position, intervals, size + STATE_BYTES))
        self.held += self._waiting[-1].size

    def is_safe(self) -> bool:
        """Whether the oldest state may leave."""
        return bool(self._waiting) and (
            not self._tracked or self._tracked[0].first >= self._waiting[0].position
        )

    def release(self) -> Iterator[SafeState]:
        """Give back the states that became safe. Raises BooksDoNotBalance instead of letting one
        leave unbalanced.
        """
        while self.is_safe():
            intervals = self._waiting[0].intervals
            for interval in intervals:
                interval.check()
            sums = total(intervals)
            checkpoint = self._waiting.popleft()
            self.held -= checkpoint.size
            yield SafeState(checkpoint.state, sums.delivered(), sums.rejected)
