"""Chunks in flight: who may be sent now, what is tried again, and when to give up."""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

from ..errors import ConfigError, ProfilesError
from ..rejection import Rejection
from ..service.outcome import Accepted, Halve, Retry, Stop
from .chunks import Chunk
from .concurrency import Concurrency
from .senders import Answer, Senders

FIRST = 0.0  # the time at which the parts of a refused chunk are due: before all else
MAX_REFUSED = (
    5  # profiles refused each by itself, and none accepted: then it is the request that is wrong
)
ALL_REFUSED = (
    "The service accepts nothing: it refused {} profiles in requests of their own (code "
    "{}: {}). Something that all requests share is "
    "wrong: check the matching, its field and the database."
)


@dataclass(frozen=True, slots=True)
class Resolution:
    """The last word on a chunk: every profile accepted, but those in `outcome.rejected`."""

    chunk: Chunk
    outcome: Accepted


@dataclass(slots=True)
class _Tries:
    """How often a chunk failed, and since when by the clock; whether it is with a sender, and
    whether it may have been executed.
    """

    failures: int = 0
    failing_since: float | None = None
    sending: bool = False
    unknown: bool = False


def new_request_id() -> str:
    """A text that no request of this or any later sync has had."""
    return uuid4().hex


class Dispatcher:
    """Keeps at most `max_in_flight` chunks unresolved, and never two that may hold the same profile
    (promise 6).

    All methods belong to one thread. Once there is a `failure`, nothing new is sent.
    """

    def __init__(
        self,
        senders: Senders,
        *,
        backoff: Callable[[int], float],
        max_in_flight: int,
        retry_seconds: float,
        throttled: Callable[[Chunk, float], None] = lambda _chunk, _seconds: None,
        clock: Callable[[], float] = monotonic,
        draw: Callable[[], float] = random.random,
        new_id: Callable[[], str] = new_request_id,
    ) -> None:
        """`backoff(n)` is the longest wait in seconds after failure n from 0, `draw` takes a part
        of it; `throttled` is told of a chunk that the service did not want now, and of the seconds
        until it is sent again.
        """
        self.retries = 0
        self.concurrency = Concurrency(max_in_flight)
        self._smallest_refused: int | None = None  # bytes of a body that was refused as too large
        self._largest_accepted = 0
        self._failure: ProfilesError | None = None
        self._interruption: ProfilesError | None = None
        self._accepted = False
        self._refused = 0
        self._stopped = False
        self._senders, self._backoff, self._throttled = senders, backoff, throttled
        self._max_in_flight, self._retry_seconds = max_in_flight, retry_seconds
        self._clock, self._draw, self._new_id = clock, draw, new_id
        self._unresolved: dict[Chunk, _Tries] = {}
        self._due: list[tuple[float, int, Chunk]] = []
        self._paused_until = 0.0
        self._sequence = itertools.count()

    @property
    def failure(self) -> ProfilesError | None:
        """Why the sync must end, or None while it need not."""
        return self._interruption or self._failure

    @property
    def interruption(self) -> ProfilesError | None:
        """That somebody asked it to end, or None."""
        return self._interruption

    @property
    def max_bytes(self) -> int | None:
        """How large a body may be, once one was refused as too large: half as large, or as one that
        was accepted. None before that.
        """
        return (
            None
            if self._smallest_refused is None
            else max(self._smallest_refused // 2, self._largest_accepted)
        )

    def __len__(self) -> int:
        """Chunks without a last word: with a sender, or waiting to be sent or sent again."""
        return len(self._unresolved)

    @property
    def sending(self) -> int:
        """Chunks that a sender has now."""
        return self._senders.busy

    def unknown(self) -> int:
        """Records without a last word that the service may have executed: a request left, and no
        answer came that can be read.
        """
        return sum(
            chunk.records()
            for chunk, tries in self._unresolved.items()
            if tries.sending or tries.unknown
        )

    def first(self) -> int | None:
        """Ordinal of the first record whose fate is open here."""
        return min((chunk.first for chunk in self._unresolved), default=None)

    def admits(self, chunk: Chunk) -> bool:
        """Whether a chunk may be dispatched now: there is room, and no unresolved chunk shares a
        profile with it.
        """
        room = min(
            self._max_in_flight, self.concurrency.limit + 1
        )  # one waits, so that no sender does
        return len(self._unresolved) < room and not any(
            chunk.shares_profile(other) for other in self._unresolved
        )

    def dispatch(self, chunk: Chunk) -> None:
        """Send a chunk that was admitted, as soon as the service has room for it."""
        self._unresolved[chunk] = _Tries()
        self._schedule(chunk, 0.0)
        self._send_due()

    def deadline(self) -> float | None:
        """The time, by the clock, at which there is a chunk to be sent if no answer comes
        before.
        """
        return max(self._due[0][0], self._paused_until) if self._due and self._may_send() else None

    def stop(self) -> None:
        """Send nothing from now on, whatever the reason."""
        self._stopped = True

    def wait(self, seconds: float | None) -> list[Resolution]:
        """Wait for answers, at most `seconds` (None: as long as it takes); gives back the chunks
        that are resolved, perhaps none.
        """
        self._send_due()
        if (deadline := self.deadline()) is not None:
            until_due = max(0.0, deadline - self._clock())
            seconds = until_due if seconds is None else min(seconds, until_due)
        resolved = [
            each for answer in self._senders.answers(seconds) for each in self._follow(answer)
        ]
        self._send_due()
        return resolved

    def settled(self, chunk: Chunk) -> None:
        """The caller has entered the resolution of a chunk in its books; only now do states see it
        as done.
        """
        del self._unresolved[chunk]

    def interrupt(self, error: ProfilesError) -> None:
        """End a wait that is under way, or the next one, with `error` as the failure. May be called
        from a signal handler.
        """
        self._interruption = error
        self._senders.poke()

    def _follow(self, answer: Answer) -> list[Resolution]:
        """Do what follows from an answer."""
        chunk, outcome = answer.chunk, answer.outcome
        tries = self._unresolved[chunk]
        tries.sending = False
        match outcome:
            case Accepted():
                self._accepted = True
                self._largest_accepted = max(self._largest_accepted, chunk.size)
                self.concurrency.accepted(answer.answered_at, answer.sent_at)
                return [Resolution(chunk, outcome)]
            case Halve() if tries.unknown and outcome.unknown:
                self._retry(chunk, outcome)
            case Halve() if len(chunk) == 1:
                return self._blame(chunk, outcome.refusal)
            case Halve():
                self._halve(chunk, outcome)
            case Retry():
                self.concurrency.pressed(
                    answer.answered_at, answer.sent_at, refused=outcome.throttled
                )
                self._retry(chunk, outcome)
            case Stop():
                tries.unknown = tries.unknown or outcome.unknown
                self._fail(outcome.error)
        return []

    def _blame(self, chunk: Chunk, refusal: Rejection) -> list[Resolution]:
        """Reject the one profile of a refused chunk; unless the service has refused all there was,
        which no record is to blame for.
        """
        self._refused += 1
        if not self._accepted:
            if self._refused >= MAX_REFUSED:
                self._fail(
                    ConfigError(ALL_REFUSED.format(self._refused, refusal.code, refusal.loggable))
                )
                return []
            self._look_elsewhere()
        return [Resolution(chunk, Accepted({0: refusal}))]

    def _look_elsewhere(self) -> None:
        """Nothing was accepted yet: go on with the largest part that waits, as neighbours are often
        wrong for the same reason.
        """
        parts = [entry for entry in self._due if entry[0] == FIRST]
        if parts:
            largest = max(parts, key=lambda entry: len(entry[2]))
            self._due.remove(largest)
            heapq.heapify(self._due)
            self._send_first(largest[2])

    def _halve(self, chunk: Chunk, outcome: Halve) -> None:
        """Send the parts before all else, one behind the other with all that comes of it, so that a
        culprit is found soon.

        While nothing is accepted, every second search begins at the other end: five profiles that
        lie apart are to be refused.
        """
        if outcome.too_large:
            self._smallest_refused = min(self._smallest_refused or chunk.size, chunk.size)
        del self._unresolved[chunk]
        parts = list(chunk.parts(self._new_id))
        for part in parts if self._refused % 2 and not self._accepted else reversed(parts):
            self._unresolved[part] = _Tries()
            self._send_first(part)

    def _send_first(self, part: Chunk) -> None:
        heapq.heappush(self._due, (FIRST, -next(self._sequence), part))

    def _retry(self, chunk: Chunk, outcome: Retry | Halve) -> None:
        """Schedule the same request once more, unless the budget of time ends before that."""
        tries = self._unresolved[chunk]
        now = self._clock()
        tries.failing_since = now if tries.failing_since is None else tries.failing_since
        left = tries.failing_since + self._retry_seconds - now
        asked = outcome.retry_after or 0.0 if isinstance(outcome, Retry) else 0.0
        wait = max(
            asked, min(left, self._draw() * self._backoff(tries.failures))
        )  # the last try is at the end of the budget
        tries.failures += 1
        tries.unknown = tries.unknown or outcome.unknown
        self._paused_until = max(self._paused_until, now + asked)
        if left <= 0 or asked > left:
            self._fail(outcome.error)
            return
        self.retries += 1
        self._schedule(chunk, wait)
        if isinstance(outcome, Retry) and outcome.throttled:
            self._throttled(chunk, wait)

    def _fail(self, error: ProfilesError) -> None:
        """The chunk stays unresolved, so no state behind it ever leaves."""
        self._failure = self._failure or error

    def _schedule(self, chunk: Chunk, wait: float) -> None:
        heapq.heappush(self._due, (self._clock() + wait, next(self._sequence), chunk))

    def _may_send(self) -> bool:
        return (
            not self._stopped
            and self.failure is None
            and self._senders.busy < self.concurrency.limit
        )

    def _send_due(self) -> None:
        while (
            self._may_send()
            and self._due
            and max(self._due[0][0], self._paused_until) <= self._clock()
        ):
            *_, chunk = heapq.heappop(self._due)
            self._unresolved[chunk].sending = True
            self._senders.send(chunk)
            self.concurrency.sent(self._senders.busy)
