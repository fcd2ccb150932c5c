"""What follows from an answer, and who is sent next."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import monotonic
from uuid import uuid4

from ..errors import ProfilesError
from ..rejection import Rejection
from ..service.outcome import Accepted, Halve, Retry, Stop
from .body_limit import BodyLimit
from .bound import Load
from .chunks import Chunk
from .concurrency import Concurrency
from .in_flight import InFlight
from .isolation import Isolation
from .schedule import Schedule
from .senders import Answer, Senders


@dataclass(frozen=True, slots=True)
class Resolution:
    """The last word on a chunk: every profile accepted, but those in `rejected`, by position."""

    chunk: Chunk
    rejected: dict[int, Rejection]


def new_request_id() -> str:
    """A text that no request of this or any later sync has had."""
    return uuid4().hex


class Dispatcher:
    """Sends sealed chunks, at most `max_in_flight` at once. All methods belong to one thread.

    `trouble` is the reason of the last retry, until a request is accepted.
    Once there is a `failure`, nothing new is sent. `sealed` are the chunks without a last word.
    """

    def __init__(
        self,
        senders: Senders,
        schedule: Schedule,
        *,
        max_in_flight: int,
        throttled: Callable[[Chunk, float], None] = lambda _chunk, _seconds: None,
        leaving: Callable[[Chunk], None] = lambda _chunk: None,
        clock: Callable[[], float] = monotonic,
        new_id: Callable[[], str] = new_request_id,
    ) -> None:
        """`throttled` is told of a chunk that the service did not want now, and of the seconds
        until it is sent again; `leaving` sees each sealed chunk before it is sent.
        """
        self.retries = 0
        self.trouble = ""
        self.concurrency = Concurrency(max_in_flight)
        self.failure: ProfilesError | None = None
        self.body_limit = BodyLimit()
        self.sealed = InFlight()
        self._isolation: Isolation[Chunk] = Isolation()
        self._senders, self._schedule, self._throttled = senders, schedule, throttled
        self._leaving = leaving
        self._max_in_flight, self._clock, self._new_id = max_in_flight, clock, new_id
        self._stopped = False

    def __len__(self) -> int:
        """Chunks without a last word."""
        return len(self.sealed)

    def unknown(self) -> int:
        """Records without a last word that the service may have executed."""
        return self.sealed.unknown()

    @property
    def sending(self) -> int:
        """Chunks that a sender has now."""
        return self._senders.busy

    def load(self) -> Load:
        """What waits to leave."""
        return self.sealed.load()

    def is_behind(self) -> bool:
        """Whether a chunk could leave, if only there were room: more of them would be no use."""
        return self.sealed.next is not None

    def dispatch(self, chunks: Iterable[Chunk]) -> None:
        """Take sealed chunks, in the order of their layers; each leaves when it may."""
        for chunk in chunks:
            self._leaving(chunk)
            self.sealed.add(chunk)
        self.send_due()

    def deadline(self) -> float | None:
        """The time, by the clock, at which there is a chunk to be sent if no answer comes
        before.
        """
        if not self._may_send():
            return None
        return self._schedule.paused_until if self._isolation else self._schedule.deadline()

    def stop(self) -> None:
        """Send nothing from now on, whatever the reason."""
        self._stopped = True

    def follow(self, answers: Iterable[Answer]) -> Iterator[Resolution]:
        """Do what follows from answers; gives the last word on chunks. The caller enters each in
        its books and calls `settle` before it takes the next.
        """
        # all of them first: if entering one fails, the others are with no sender any more
        for chunk, answer in [(self._senders.take(each), each) for each in answers]:
            yield from self._follow(chunk, answer)

    def settle(self, chunk: Chunk) -> Chunk | None:
        """The last word on a chunk is entered; gives back the whole chunk once all of it is."""
        return self.sealed.settle(chunk)

    def _follow(self, chunk: Chunk, answer: Answer) -> Iterator[Resolution]:
        outcome = answer.outcome
        tries = self.sealed.tries[chunk]
        tries.sending = False
        match outcome:
            case Accepted():
                self._isolation.accepted()
                self.trouble = ""
                self.body_limit.accepted(chunk.size)
                self.concurrency.accepted(answer.answered_at, answer.sent_at)
                yield Resolution(chunk, dict(outcome.rejected))
            case Halve() if tries.unknown and outcome.unknown:
                self._retry(chunk, outcome)
            case Halve() if len(chunk) == 1:
                if (error := self._isolation.blame(outcome.refusal)) is None:
                    yield Resolution(chunk, {0: outcome.refusal})
                else:
                    self._fail(error)
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

    def _halve(self, chunk: Chunk, outcome: Halve) -> None:
        """Let its parts be sent before all else."""
        if outcome.too_large:
            self.body_limit.refused(chunk.size)
        parts = chunk.parts(self._new_id)
        self.sealed.part(chunk, parts)
        self._isolation.split(parts)

    def _retry(self, chunk: Chunk, outcome: Retry | Halve) -> None:
        """Let the same request be sent once more, unless the budget of time ends before that."""
        tries = self.sealed.tries[chunk]
        tries.unknown = tries.unknown or outcome.unknown
        wait = self._schedule.again(chunk, tries, outcome, self._clock())
        if wait is None:
            self._fail(outcome.error)
            return
        self.retries += 1
        self.trouble = outcome.reason if isinstance(outcome, Retry) else ""
        if isinstance(outcome, Retry) and outcome.throttled:
            self._throttled(chunk, wait)

    def _fail(self, error: ProfilesError) -> None:
        """The chunk stays unresolved, so no state behind it ever leaves."""
        self.failure = self.failure or error

    def _may_send(self) -> bool:
        return (
            not self._stopped
            and self.failure is None
            and self._senders.busy < self.concurrency.limit
        )

    def _admit(self) -> None:
        """Let chunks leave while there is room; one waits, so that no sender does."""
        room = min(self._max_in_flight, self.concurrency.limit + 1)
        while self.sealed.next is not None and len(self.sealed.tries) < room:
            self._schedule.add(self.sealed.leave(), self._clock())

    def send_due(self) -> None:
        """Send what may be sent now."""
        self._admit()
        while self._may_send():
            now = self._clock()
            if self._isolation and self._schedule.paused_until <= now:
                chunk: Chunk | None = self._isolation.take()
            else:
                chunk = self._schedule.take(now)
            if chunk is None:
                return
            self.sealed.tries[chunk].sending = True
            self._senders.send(chunk)
            self.concurrency.sent(self._senders.busy)
