"""When a chunk is sent again: backoff, Retry-After, and the budget of time."""

import heapq
import itertools
import random
from collections.abc import Callable

from ..service.outcome import Halve, Retry
from .chunks import Chunk
from .in_flight import Tries


class Schedule:
    """Chunks by the time at which they are due. Times are seconds of the caller's clock."""

    def __init__(
        self,
        backoff: Callable[[int], float],
        retry_seconds: float,
        draw: Callable[[], float] = random.random,
        *,
        max_per_second: float | None = None,
    ) -> None:
        """`backoff(n)` is the longest wait in seconds after failure n from 0, `draw` takes a part
        of it; a chunk is tried for `retry_seconds` from its first failure on. Chunks leave
        `max_per_second` at most, none before its time.
        """
        self._backoff, self._retry_seconds, self._draw = backoff, retry_seconds, draw
        self._apart = 1 / max_per_second if max_per_second else 0.0
        self._due: list[tuple[float, int, Chunk]] = []
        self._sequence = itertools.count()
        self.paused_until = 0.0

    def deadline(self) -> float | None:
        """The time at which the first is due."""
        return max(self._due[0][0], self.paused_until) if self._due else None

    def add(self, chunk: Chunk, at: float) -> None:
        """Let a chunk be due."""
        heapq.heappush(self._due, (at, next(self._sequence), chunk))

    def take(self, now: float) -> Chunk | None:
        """The chunk that is due first, if one is."""
        if not self._due or max(self._due[0][0], self.paused_until) > now:
            return None
        *_, chunk = heapq.heappop(self._due)
        return chunk

    def sent(self, now: float) -> None:
        """A chunk leaves: hold the next one up for as long as the rate asks."""
        self.paused_until = max(self.paused_until, now + self._apart)

    def again(self, chunk: Chunk, tries: Tries, outcome: Retry | Halve, now: float) -> float | None:
        """Let a chunk that failed be due once more; gives the seconds until then, or None where the
        budget ends before that.
        """
        wait = self.wait(tries, outcome, now)
        if wait is not None:
            self.add(chunk, now + wait)
        return wait

    def wait(self, tries: Tries, outcome: Retry | Halve, now: float) -> float | None:
        """The seconds until something that failed is tried once more, or None where the budget ends
        before that. A wait that the service asks for holds all chunks up.
        """
        tries.failing_since = now if tries.failing_since is None else tries.failing_since
        left = tries.failing_since + self._retry_seconds - now
        asked = (outcome.retry_after or 0.0) if isinstance(outcome, Retry) else 0.0
        drawn = self._draw() * self._backoff(tries.failures)
        wait = max(asked, min(left, drawn))  # the last try is at the end of the budget
        tries.failures += 1
        if left <= 0 or asked > left:
            return None
        self.paused_until = max(self.paused_until, now + asked)
        return wait
