"""Chunks in flight: who may be sent now, what is tried again, and when to give up."""

import heapq
import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Protocol
from uuid import uuid4

from .answers import Action, Outcome
from .chunks import Chunk
from .errors import ConfigError, ProfilesError, SystemFault
from .rejection import Rejection

MAX_REFUSED = 5  # profiles refused each by itself, and none accepted: then it is the request that is wrong
ALL_REFUSED = (
    "The service accepts nothing: it refused {} profiles in requests of their own (code {}: {}). Something that all requests share is "
    "wrong: check the matching, its field and the database."
)


class Sender(Protocol):
    """Sends a chunk once and tells what became of it. Called on several threads."""

    def send(self, chunk: Chunk) -> Outcome:
        """One request, one outcome."""
        ...


@dataclass(frozen=True, slots=True)
class Resolution:
    """The last word on a chunk: every profile accepted, but those in `outcome.rejected`."""

    chunk: Chunk
    outcome: Outcome


@dataclass(slots=True)
class _Tries:
    """How often a chunk failed, and since when by the clock."""

    failures: int = 0
    failing_since: float | None = None


def new_request_id() -> str:
    """A text that no request of this or any later sync has had."""
    return uuid4().hex


class Dispatcher:
    """Keeps at most `max_in_flight` chunks unresolved, and never two that may hold the same profile (promise 6).

    All methods belong to one thread. Once there is a `failure`, nothing new is sent.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        backoff: Callable[[int], float],
        max_in_flight: int,
        retry_seconds: float,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = monotonic,
        draw: Callable[[], float] = random.random,
        new_id: Callable[[], str] = new_request_id,
    ) -> None:
        """`backoff(n)` is the longest wait in seconds after failure n from 0; `draw` takes a part of it; `wake` is called on a sender's
        thread when an answer came.
        """
        self.retries = 0
        self._failure: ProfilesError | None = None
        self._interruption: ProfilesError | None = None
        self._accepted = False
        self._refused = 0
        self._stopped = False
        self._sender, self._backoff, self._wake = sender, backoff, wake
        self._max_in_flight, self._retry_seconds = max_in_flight, retry_seconds
        self._clock, self._draw, self._new_id = clock, draw, new_id
        self._unresolved: dict[Chunk, _Tries] = {}
        self._due: list[tuple[float, int, Chunk]] = []
        self._sequence = itertools.count()
        self._sending = 0
        self._to_send: SimpleQueue[Chunk] = SimpleQueue()
        self._answered: SimpleQueue[tuple[Chunk, Outcome] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    @property
    def failure(self) -> ProfilesError | None:
        """Why the sync must end, or None while it need not."""
        return self._interruption or self._failure

    def __len__(self) -> int:
        """Chunks without a last word: with a sender, or waiting to be sent again."""
        return len(self._unresolved)

    @property
    def sending(self) -> int:
        """Chunks that a sender has now."""
        return self._sending

    def first(self) -> int | None:
        """Ordinal of the first record whose fate is open here."""
        return min((chunk.first for chunk in self._unresolved), default=None)

    def admits(self, chunk: Chunk) -> bool:
        """Whether a chunk may be dispatched now: there is room, and no unresolved chunk shares a profile with it."""
        return len(self._unresolved) < self._max_in_flight and not any(chunk.shares_profile(other) for other in self._unresolved)

    def dispatch(self, chunk: Chunk) -> None:
        """Send a chunk that was admitted."""
        self._unresolved[chunk] = _Tries()
        self._schedule(chunk, 0.0)
        self._send_due()

    def deadline(self) -> float | None:
        """The time, by the clock, at which a chunk is to be sent again."""
        return self._due[0][0] if self._due and self._may_send() else None

    def stop(self) -> None:
        """Send nothing from now on, whatever the reason."""
        self._stopped = True

    def _may_send(self) -> bool:
        return not self._stopped and self.failure is None and self._sending < self._max_in_flight

    def wait(self, seconds: float | None) -> list[Resolution]:
        """Wait for answers, at most `seconds` (None: as long as it takes); gives back the chunks that are resolved, perhaps none."""
        self._send_due()
        if (deadline := self.deadline()) is not None:
            until_due = max(0.0, deadline - self._clock())
            seconds = until_due if seconds is None else min(seconds, until_due)
        resolved = []
        try:
            answered = self._answered.get(block=seconds != 0, timeout=seconds or None)
            while True:
                resolved += self._follow(*answered) if answered else []
                answered = self._answered.get_nowait()
        except Empty:
            pass
        self._send_due()
        return resolved

    def settled(self, chunk: Chunk) -> None:
        """The caller has entered the resolution of a chunk in its books; only now do states see it as done."""
        del self._unresolved[chunk]

    def interrupt(self, error: ProfilesError) -> None:
        """End a wait that is under way, or the next one, with `error` as the failure. May be called from a signal handler."""
        self._interruption = error
        self._answered.put(None)

    def _follow(self, chunk: Chunk, outcome: Outcome) -> list[Resolution]:
        """Do what follows from an outcome."""
        self._sending -= 1
        match outcome.action:
            case Action.ACCEPT:
                self._accepted = True
                return [Resolution(chunk, outcome)]
            case Action.HALVE if len(chunk) == 1 and outcome.refusal is not None:
                return self._blame(chunk, outcome.refusal)
            case Action.HALVE:
                self._halve(chunk)
            case Action.RETRY:
                self._retry(chunk, outcome)
            case Action.STOP:
                self._fail(outcome)
        return []

    def _blame(self, chunk: Chunk, refusal: Rejection) -> list[Resolution]:
        """Reject the one profile of a refused chunk; unless the service has refused all there was, which no record is to blame for."""
        self._refused += 1
        if not self._accepted and self._refused >= MAX_REFUSED:
            self._fail(Outcome(Action.STOP, error=ConfigError(ALL_REFUSED.format(self._refused, refusal.code, refusal.loggable))))
            return []
        return [Resolution(chunk, Outcome(Action.ACCEPT, rejected={0: refusal}))]

    def _halve(self, chunk: Chunk) -> None:
        """Send the halves before all else, the second behind the first with all that comes of it: a culprit is found soon."""
        del self._unresolved[chunk]
        for half in reversed(list(chunk.halves(self._new_id))):
            self._unresolved[half] = _Tries()
            heapq.heappush(self._due, (0.0, -next(self._sequence), half))

    def _retry(self, chunk: Chunk, outcome: Outcome) -> None:
        tries = self._unresolved[chunk]
        now = self._clock()
        tries.failing_since = now if tries.failing_since is None else tries.failing_since
        wait = max(self._draw() * self._backoff(tries.failures), outcome.retry_after or 0.0)
        tries.failures += 1
        if now + wait > tries.failing_since + self._retry_seconds:
            self._fail(outcome)
        else:
            self.retries += 1
            self._schedule(chunk, wait)

    def _fail(self, outcome: Outcome) -> None:
        """The chunk stays unresolved, so no state behind it ever leaves."""
        self._failure = self._failure or outcome.error or SystemFault("A chunk failed without a reason.")

    def _schedule(self, chunk: Chunk, wait: float) -> None:
        heapq.heappush(self._due, (self._clock() + wait, next(self._sequence), chunk))

    def _send_due(self) -> None:
        while self._due and self._may_send() and self._due[0][0] <= self._clock():
            *_, chunk = heapq.heappop(self._due)
            self._sending += 1
            if len(self._threads) < self._sending:
                self._threads.append(threading.Thread(target=self._work, name=f"sender-{self._sending}", daemon=True))
                self._threads[-1].start()
            self._to_send.put(chunk)

    def _work(self) -> None:
        """A sender's thread. It is a daemon: a request without an answer must not keep the process alive."""
        while True:
            chunk = self._to_send.get()
            try:
                outcome = self._sender.send(chunk)
            except Exception as error:  # a defect of the sender must end the sync, not hang it
                outcome = Outcome(Action.STOP, error=SystemFault(f"The sender failed with {type(error).__name__}."))
            self._answered.put((chunk, outcome))
            self._wake()
