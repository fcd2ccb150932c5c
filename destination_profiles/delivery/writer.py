"""The pipeline: records go in, chunks go out, and each state leaves when the records before it are
safe.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

from ..errors import InvalidRecord, ProfilesError, TooManyRejected
from ..records.codec import StreamPlan
from ..rejection import Rejection
from ..rejects.store import RejectStore
from .checkpoint import Checkpoint, Checkpointer, SafeState
from .chunks import Chunk, Chunker
from .dispatcher import Dispatcher, Resolution
from .ledger import Interval, Ledger
from .tally import Tally

StreamKey = tuple[str | None, str]  # namespace, name
REPLACED_IN_VAIN = "a later record of its profile took its place, and that one was rejected"
NOT_REPLACED = Rejection("superseded", "rejected", REPLACED_IN_VAIN, "$", REPLACED_IN_VAIN)
TOO_DEEP = Rejection("json", "depth", "is nested too deeply", "$", "is nested too deeply")
BATCH = 256  # records that are tried at once
LONG_SECONDS = 3600.0  # the longest wait for anything
INTERRUPTED_SECONDS = 30.0  # the longest wait for what is in flight once somebody asked to stop
ABANDON_SECONDS = (
    330.0  # the same when the sync ends badly of itself: longer than a request may take
)


class Writer:
    """Follows every record from its arrival to its answer. All methods belong to one thread.

    A record is in exactly one place: rejected, in an open chunk (`chunker`), in a sealed one that
    may not be sent yet (`_sealed`), in flight (`dispatcher`), or settled in the ledger.
    """

    def __init__(
        self,
        plans: Mapping[StreamKey, StreamPlan],
        *,
        chunker: Chunker,
        dispatcher: Dispatcher,
        store: RejectStore,
        release: Callable[[SafeState], None],
        max_rejected: int | None = None,
        heartbeat: Callable[["Writer"], float] = lambda _: LONG_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`release` gives a state back; with more than `max_rejected` records rejected the sync
        ends; `heartbeat` is called often and answers how many seconds it can wait for its next
        call.
        """
        self.ledger = Ledger()
        self.tally = Tally()
        self.unknown: Counter[str] = Counter()  # records of streams that are not in the catalog
        self.read = 0
        self.chunks = 0
        self._plans, self._chunker, self._dispatcher, self._store = (
            plans,
            chunker,
            dispatcher,
            store,
        )
        self._release_state, self._heartbeat, self._clock = release, heartbeat, clock
        self._max_rejected = max_rejected
        self._checkpointer = Checkpointer()
        self._sealed: deque[Chunk] = deque()

    def records(self, key: StreamKey, originals: Sequence[bytes]) -> None:
        """Take the `data` of records that follow each other. Blocks while the service is behind;
        raises ProfilesError when the sync must end.
        """
        plan = self._plans.get(key)
        if plan is None:
            self.unknown[key[1]] += len(originals)
            return
        interval = self.ledger.interval(plan.label)
        for start in range(0, len(originals), BATCH):
            self._take(plan, interval, originals[start : start + BATCH])

    def _take(self, plan: StreamPlan, interval: Interval, originals: Sequence[bytes]) -> None:
        """Take records at once; if one of them needs a look of its own, their halves."""
        if (batch := plan.batch(originals, interval)) is not None:
            ordinal = self.read
            interval.read += len(batch)
            self.read += len(batch)
            for sealed in self._chunker.extend(
                batch,
                ordinal,
                target=plan.target,
                envelope=plan.envelope,
                supersedes=plan.supersedes,
            ):
                self._send([sealed])
        elif len(originals) == 1:
            self._record(
                plan, interval, bytes(originals[0])
            )  # a copy: it may be kept long, and is a part of a large block
        else:
            middle = len(originals) // 2
            self._take(plan, interval, originals[:middle])
            self._take(plan, interval, originals[middle:])

    def _record(self, plan: StreamPlan, interval: Interval, data: bytes) -> None:
        interval.read += 1
        ordinal = self.read
        self.read += 1
        try:
            row = plan.row(data, interval)
        except InvalidRecord as invalid:
            self._reject(interval, invalid.kept or data, invalid.rejection)
            self._stop_at_too_many()
            return
        except RecursionError:
            self._reject(interval, data, TOO_DEEP)
            self._stop_at_too_many()
            return
        sealed = self._chunker.add(
            row, ordinal, target=plan.target, envelope=plan.envelope, supersedes=plan.supersedes
        )
        if sealed:
            self._send(sealed)

    def faulty(self, key: StreamKey, data: bytes, rejection: Rejection) -> None:
        """Take a record that is known to be beyond sending."""
        if key not in self._plans:
            self.unknown[key[1]] += 1
            return
        interval = self.ledger.interval(self._plans[key].label)
        interval.read += 1
        self.read += 1
        self._reject(interval, data, rejection)
        self._stop_at_too_many()

    def checkpoint(self, state: Any, key: StreamKey | None) -> None:
        """Take a state: of a stream, or of all streams where `key` is None. It may leave at
        once.
        """
        keys = self._plans.keys() if key is None else {key} & self._plans.keys()
        intervals = self.ledger.close(self._plans[each].label for each in keys)
        self._checkpointer.hold(Checkpoint(state, self.read, intervals))
        if len(self._checkpointer) == 1:  # else those before it wait for an answer, and so does it
            self._release()

    def tick(self) -> None:
        """Do what time and answers ask for; never blocks for long. Raises ProfilesError when the
        sync must end.
        """
        self._settle(0)
        if due := self._chunker.due():
            self._send(due)

    def patience(self) -> float:
        """Seconds until `tick` has something to do, if nothing comes in."""
        now = self._clock()
        deadlines = (
            self._chunker.deadline(),
            self._dispatcher.deadline(),
            now + self._heartbeat(self),
        )
        return max(0.0, min(each for each in deadlines if each is not None) - now)

    def flush(self) -> None:
        """Send all that is open and wait for the last answer."""
        self._send(self._chunker.close())
        while len(self._dispatcher):
            self._settle(None)

    def close(self) -> None:
        """End well: everything sent and answered, every state out, the books balanced."""
        self.flush()
        self._release()
        self._store.close()
        self.ledger.balance()

    @property
    def dispatcher(self) -> Dispatcher:
        """What is in flight; to be read only."""
        return self._dispatcher

    def interrupt(self, error: ProfilesError) -> None:
        """Let the next wait or tick raise `error`. May be called from a signal handler."""
        self._dispatcher.interrupt(error)

    def abandon(self) -> None:
        """End badly: send nothing more, wait for what is with a sender, let the states leave that
        became safe by it.

        Raises the store's error, if it fails, at the end.
        """
        self._dispatcher.stop()
        began = self._clock()
        while self._dispatcher.sending:
            until = began + (
                INTERRUPTED_SECONDS if self._dispatcher.interruption else ABANDON_SECONDS
            )
            if (left := until - self._clock()) <= 0:
                break
            answered = self._dispatcher.wait(min(left, self._heartbeat(self)))
            with suppress(ProfilesError):  # of the store, which says it again when it is closed
                self._enter(answered)
        self._store.close()

    def _send(self, chunks: Iterable[Chunk]) -> None:
        """Send chunks in their order, each as soon as it is admitted. Blocking here is what keeps
        the memory bounded (promise 7).
        """
        self._sealed.extend(chunks)
        while self._sealed:
            while not self._dispatcher.admits(self._sealed[0]):
                self._settle(None)
            self._dispatcher.dispatch(self._sealed.popleft())
            self.chunks += 1

    def _settle(self, seconds: float | None) -> None:
        """Wait for answers and enter them. Raises the dispatcher's failure once they are
        entered.
        """
        beat = self._heartbeat(self)
        self._enter(self._dispatcher.wait(beat if seconds is None else min(seconds, beat)))
        if self._dispatcher.failure is not None:
            raise self._dispatcher.failure
        self._stop_at_too_many()
        if self._dispatcher.max_bytes is not None:
            self._chunker.limit(self._dispatcher.max_bytes)

    def _enter(self, resolutions: Iterable[Resolution]) -> None:
        for resolution in resolutions:
            chunk, rejected = resolution.chunk, resolution.outcome.rejected
            accepted = chunk.intervals()
            accepted.subtract(chunk.rows[position].interval for position in rejected)
            for interval, count in accepted.items():
                self.ledger.settle(interval, accepted=count)
            for position, rejection in rejected.items():
                row = chunk.rows[position]
                self._reject(row.interval, row.original, rejection)
            for position, row in chunk.superseded:
                if position in rejected:
                    self._reject(row.interval, row.original, NOT_REPLACED)
                else:
                    self.ledger.settle(row.interval, superseded=1)
            self._dispatcher.settled(chunk)
            self._release()

    def _reject(self, interval: Interval, original: bytes, rejection: Rejection) -> None:
        """Set one record aside (promise 3)."""
        self._store.put(interval.stream, original, rejection)
        self.ledger.settle(interval, rejected=1)
        self.tally.add(interval.stream, rejection)

    def _stop_at_too_many(self) -> None:
        """Whole chunks are entered before this is asked, so that no rejected record of them is
        missing in the store.
        """
        if self._max_rejected is not None and self.tally.total > self._max_rejected:
            raise TooManyRejected(self._max_rejected, "; ".join(self.tally.top()))

    def _release(self) -> None:
        """Let the states leave that are safe: the rejected records before them are stored first."""
        first = self._first_unresolved()
        if not self._checkpointer.is_safe(first):
            return
        self._store.flush()
        for state in self._checkpointer.release(first):
            self._release_state(state)

    def _first_unresolved(self) -> int | None:
        sealed = min((chunk.first for chunk in self._sealed), default=None)
        firsts = (self._chunker.first(), sealed, self._dispatcher.first())
        return min((each for each in firsts if each is not None), default=None)
