"""What follows from an answer, and who is sent next."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from time import monotonic

from ..errors import ProfilesError
from ..service.outcome import Accepted, Cleared, Halve, Outcome, Retry, Stop, Unasked
from .blame import Blame, Resolution
from .body_limit import BodyLimit
from .bound import Load
from .chunks import Chunk
from .concurrency import Concurrency
from .in_flight import InFlight
from .inquiry import Inquiry
from .repeats import Repeats
from .schedule import Schedule
from .senders import Answer, Inspect, Senders


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
        put_off: Callable[[Chunk, str], None] = lambda _chunk, _code: None,
        leaving: Callable[[Chunk], None] = lambda _chunk: None,
        inspect: Inspect = list,
        expects_refusals: bool = False,
        repeats: Repeats | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`throttled` is told of a chunk that the service did not want now, and of the seconds
        until it is sent again; `put_off` of profiles that it asks for once more, and of its code;
        `leaving` sees each chunk before it is sent, once the last word was said on all that it may
        not pass. `inspect` asks the service about the settings; `repeats` tells what may be
        executed twice.
        """
        self.retries = 0
        self.trouble = ""
        self.concurrency = Concurrency(max_in_flight)
        self.failure: ProfilesError | None = None
        self.body_limit = BodyLimit()
        self.sealed = InFlight()
        self._blame = Blame(expects_refusals=expects_refusals)
        self._inquiry = Inquiry(senders, schedule, inspect, clock)
        self._repeats = repeats or Repeats()
        self._senders, self._schedule, self._throttled = senders, schedule, throttled
        self._leaving, self._put_off = leaving, put_off
        self._max_in_flight, self._clock = max_in_flight, clock
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
            self.sealed.add(chunk)
        self.send_due()

    def deadline(self) -> float | None:
        """The time, by the clock, at which there is a chunk to be sent, or a question to be asked,
        if no answer comes before.
        """
        if self._inquiry.is_open() and self._is_active():
            return self._inquiry.due()
        if not self._may_send():
            return None
        parts_wait = any(self._blame.searches())
        return self._schedule.paused_until if parts_wait else self._schedule.deadline()

    def stop(self) -> None:
        """Send nothing from now on, whatever the reason."""
        self._stopped = True

    def follow(self, answers: Iterable[Answer]) -> Iterator[Resolution]:
        """Do what follows from answers; gives the last word on chunks. The caller enters each in
        its books and calls `settle` before it takes the next.
        """
        # all of them first: if entering one fails, the others are with no sender any more
        for chunk, answer in [(self._senders.take(each), each) for each in answers]:
            if answer.asked:
                self._told(answer.outcome)
            else:
                yield from self._follow(chunk, answer)
            yield from self._judge()

    def settle(self, chunk: Chunk) -> Chunk | None:
        """The last word on a chunk is entered; gives back the whole chunk once all of it is."""
        self._inquiry.settle(chunk)
        if (whole := self.sealed.settle(chunk)) is not None:
            self._blame.close(whole)
        return whole

    def _follow(self, chunk: Chunk, answer: Answer) -> Iterator[Resolution]:
        outcome = answer.outcome
        tries = self.sealed.tries[chunk]
        tries.sending = False
        match outcome:
            case Accepted():
                self.trouble = ""
                self.body_limit.accepted(chunk.size)
                self.concurrency.accepted(answer.answered_at, answer.sent_at)
                yield from self._answered(chunk, outcome)
            case Halve() if (tries.unknown and outcome.unknown) and (
                against := self._repeats.against_parts(chunk, outcome)
            ):
                self._retry(chunk, replace(outcome, error=against))
            case Halve() if len(chunk) == 1:
                self._blame.suspect_alone(chunk, outcome)
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

    def _told(self, outcome: Outcome) -> None:
        """What the service said of the settings. The chunk that it was asked for may have its last
        word by now.
        """
        self._inquiry.answered()
        match outcome:
            case Cleared():
                self._inquiry.close()
                if (error := self._blame.clear()) is not None:
                    self._fail(error)
            case Unasked(retry):
                is_put_off = self._inquiry.put_off(retry)
                if not (self._inquiry.is_open() and self._is_active()):
                    return
                if is_put_off:
                    self._note_retry(retry)
                else:
                    self._fail(retry.error)
            case Stop():
                self._fail(outcome.error)

    def _answered(self, chunk: Chunk, outcome: Accepted) -> Iterator[Resolution]:
        """The last word on what the service said of each profile; the others stay."""
        rejected, ids = dict(outcome.rejected), outcome.ids
        if outcome.later:
            said = [place for place in range(len(chunk)) if place not in outcome.later]
            groups = [each for each in (said, sorted(outcome.later)) if each]
            parts = chunk.divided(groups)
            unknown = self.sealed.tries[chunk].unknown
            later = self.sealed.put_off(chunk, parts)
            self._send_later(later, outcome.later.values(), unknown=unknown)
            if not said:
                return
            chunk = parts[0]
            places = {place: number for number, place in enumerate(said)}
            rejected = {places[place]: each for place, each in rejected.items()}
            ids = [ids[place] for place in said] if ids else ids
        resolution = Resolution(chunk, rejected, ids)
        if len(rejected) < len(chunk):
            self._blame.accept(chunk)
            yield resolution
        else:
            self._blame.suspect(resolution)

    def _send_later(self, chunk: Chunk, whys: Collection[Retry | Stop], *, unknown: bool) -> None:
        """Send profiles once more, in a request of their own, unless that might add twice, or the
        service refuses the caller. `unknown`: an earlier try may have been executed.
        """
        retries = [each for each in whys if isinstance(each, Retry)]
        perhaps = any(each.unknown for each in retries)
        against = next((each.error for each in whys if isinstance(each, Stop)), None)
        if perhaps and against is None:
            against = self._repeats.against_later(chunk)
        if against is not None:
            self.sealed.tries[chunk].unknown = unknown or perhaps
            self._fail(against)
            return
        throttled, first = all(each.throttled for each in retries), retries[0]
        self._retry(chunk, Retry(first.error, first.retry_after, perhaps, throttled))
        if self.failure is None:
            self._put_off(chunk, first.code)

    def _judge(self) -> Iterator[Resolution]:
        """Blame the profiles that are to blame, or ask before that."""
        yield from self._blame.blamed()
        if self._inquiry.is_open() or not self._is_active():
            return
        self._admit()  # what leaves now may be accepted
        under_way = Counter(each.target.db_id for each in self.sealed.tries)
        if (chunk := self._blame.to_ask(under_way)) is None:
            return
        if (error := self._blame.error(chunk)) is not None:
            self._fail(error)
            return
        self._inquiry.begin(chunk)

    def _halve(self, chunk: Chunk, outcome: Halve) -> None:
        """Let its parts be sent before all else."""
        if outcome.too_large:
            self.body_limit.refused(chunk.size)
        unknown = self.sealed.tries[chunk].unknown and outcome.unknown
        parts = chunk.parts()
        self.sealed.part(chunk, parts, unknown=unknown)
        self._blame.case(chunk).search.split(parts)

    def _retry(self, chunk: Chunk, outcome: Retry | Halve) -> None:
        """Let the same request be sent once more, unless the budget of time ends before that."""
        tries = self.sealed.tries[chunk]
        tries.unknown = tries.unknown or outcome.unknown
        wait = self._schedule.again(chunk, tries, outcome, self._clock())
        if wait is None:
            self._fail(outcome.error)
            return
        self._note_retry(outcome)
        if isinstance(outcome, Retry) and outcome.throttled:
            self._throttled(chunk, wait)

    def _note_retry(self, outcome: Retry | Halve) -> None:
        self.retries += 1
        self.trouble = outcome.reason if isinstance(outcome, Retry) else ""

    def _fail(self, error: ProfilesError) -> None:
        """The chunk stays unresolved, so no state behind it ever leaves."""
        self.failure = self.failure or error

    def _is_active(self) -> bool:
        """Whether anything is to be sent yet."""
        return not self._stopped and self.failure is None

    def _may_send(self) -> bool:
        return (
            self._is_active()
            and not self._inquiry.is_open()
            and self._senders.busy < self.concurrency.limit
        )

    def _admit(self) -> None:
        """Let chunks leave while there is room; one waits, so that no sender does."""
        room = min(self._max_in_flight, self.concurrency.limit + 1)
        while self.sealed.next is not None and len(self.sealed.tries) < room:
            chunk = self.sealed.leave()
            self._leaving(chunk)
            self._schedule.add(chunk, self._clock())

    def send_due(self) -> None:
        """Send what may be sent now. Once nothing is sent any more, nothing leaves either."""
        if not self._is_active():
            return
        self._inquiry.ask()
        self._admit()
        while self._may_send():
            now = self._clock()
            search = next(self._blame.searches(), None)
            if search is not None and self._schedule.paused_until <= now:
                chunk: Chunk | None = search.take()
            else:
                chunk = self._schedule.take(now)
            if chunk is None:
                return
            self.sealed.tries[chunk].sending = True
            self._schedule.sent(now)
            self._senders.send(chunk)
            self.concurrency.sent(self._senders.busy)
