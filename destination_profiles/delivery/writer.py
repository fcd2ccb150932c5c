"""The books of a sync: each record until its last word, and each state until it is safe."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..errors import MostRejected, TooManyRejected
from ..records.batch import Batch, Data, Rejected
from ..records.changes import Change
from ..records.codec import StreamCodec, Taken
from ..records.deletions import Deleted
from ..records.route import Route
from ..records.status_column import Sent
from ..rejection import Rejection
from ..rejects.store import NoStore, RejectStore
from ..stream_key import StreamKey
from .blame import Resolution
from .bound import BOUND, Bound, Load
from .checkpoint import Checkpointer, SafeState
from .chunks import Chunk, ChunkPolicy
from .dispatcher import Dispatcher
from .keeping import Keeping
from .ledger import Interval, Ledger
from .open_chunks import OpenChunks, new_request_id
from .recorder import Recorder
from .senders import Answer
from .strangers import Strangers
from .tally import Tally

if TYPE_CHECKING:
    from .remembering import Remembering

Take = Callable[[StreamCodec], Iterable[Taken]]
REPLACED_IN_VAIN = "a later record of its profile took its place, and that one was rejected"
PERCENT_FROM = 20  # resolved records: of fewer, most may be wrong by chance
PERCENT_STOPS_FROM = 1_000  # at which a sync ends before its input does
NOT_REPLACED = Rejection("superseded", "rejected", REPLACED_IN_VAIN, "$", REPLACED_IN_VAIN)


class Writer:
    """Follows every record and never waits. All methods belong to one thread; those that may end
    the sync raise ProfilesError.

    A record is in exactly one place: rejected, in an open chunk (`_open`), in a sealed one without
    a last word (`dispatcher`), or settled in the ledger.
    """

    def __init__(
        self,
        codecs: Mapping[StreamKey, StreamCodec],
        *,
        policy: ChunkPolicy,
        dispatcher: Dispatcher,
        store: RejectStore,
        recorder: Recorder | None = None,
        remembering: "Remembering | None" = None,
        release: Callable[[SafeState], None],
        max_rejected: int | None = None,
        max_rejected_percent: int = 100,
        bound: Bound = BOUND,
        new_id: Callable[[], str] = new_request_id,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`recorder` hears of each record's last word, `remembering` knows which the service has,
        `release` gives a state back. With more than `max_rejected` records rejected the sync ends,
        and with more than `max_rejected_percent` of those that have their last word.
        """
        self.ledger = Ledger()
        self.tally = Tally()
        self.omitted = Tally("left out")  # values of records that were sent without them
        self.strangers = Strangers(codecs.keys())
        self.read = self.chunks = 0
        self.look: Callable[[], None] = lambda: None  # called often, may end the sync
        self.dispatcher = dispatcher
        self.keeps_rejected = not isinstance(store, NoStore)
        self._codecs, self._store, self._release_state = codecs, store, release
        self._max_rejected, self._bound = max_rejected, bound
        self._max_percent, self._is_ending = max_rejected_percent, False
        self._checkpointer = Checkpointer()
        self._keeping = Keeping(self._checkpointer, recorder, remembering)
        self._open = OpenChunks(policy, track=self._checkpointer.track, new_id=new_id, clock=clock)

    def codec(self, key: StreamKey) -> StreamCodec:
        """That of a stream of the catalog."""
        return self._codecs[key]

    def records(self, key: StreamKey, originals: Sequence[Data]) -> None:
        """Take the `data` of records that follow each other."""
        self._take(key, len(originals), lambda codec: codec.take(originals))

    def changed(self, key: StreamKey, data: Data, changes: Sequence[Change]) -> None:
        """Take a record of which its source says that some values are not those it has."""
        self._take(key, 1, lambda codec: codec.take_changed(data, changes))

    def _take(self, key: StreamKey, count: int, take: Take) -> None:
        if not self.strangers.know(key, count):
            return
        codec = self._codecs[key]
        interval = self.ledger.interval(codec.route.label)
        for taken in take(codec):
            if isinstance(taken, Rejected):
                self._reject_unsent(interval, taken.original, taken.rejection)
            elif isinstance(taken, Deleted):
                self._leave_out(interval, taken)
            else:
                self._put(taken, codec.route, interval)
        self._count_omitted(codec)
        self._make_room()

    def faulty(self, key: StreamKey, data: bytes, rejection: Rejection) -> None:
        """Take a record that is known to be beyond sending."""
        self._take(key, 1, lambda _: [Rejected(data, rejection)])

    def checkpoint(self, state: Any, key: StreamKey | None, size: int = 0) -> None:
        """Take a state of `size` bytes: of a stream, or of all streams where `key` is None. It may
        leave at once.
        """
        if not self.strangers.let_pass(key):
            return
        keys = self._codecs.keys() if key is None else {key} & self._codecs.keys()
        intervals = self.ledger.close(self._codecs[each].route.label for each in keys)
        self._keeping.begin()
        self._checkpointer.hold(state, self.read, intervals, size)
        if len(self._checkpointer) == 1:  # else those before it wait for an answer, and so does it
            self._release()
        self._make_room()

    def subscriptions(self) -> Counter[Sent]:
        """Those that mappings made of the records taken."""
        return sum((codec.subscriptions for codec in self._codecs.values()), Counter())

    def load(self) -> Load:
        """What waits in memory, without what is in flight."""
        return self._open.load() + self.dispatcher.load() + Load(self._checkpointer.held)

    def has_room(self) -> bool:
        """Whether it is of use to take more: the bound is not reached, and no chunk waits for
        nothing but a sender.
        """
        return not self.dispatcher.is_behind() and not self._bound.is_full(self.load())

    def answered(self, answers: Iterable[Answer]) -> None:
        """Enter what became of chunks; raises the dispatcher's failure once all is entered."""
        for resolution in self.dispatcher.follow(answers):
            self._enter(resolution)
        self._release()  # before anything is sent: a memory may be another's by now
        self.dispatcher.send_due()
        if self.dispatcher.failure is not None:
            raise self.dispatcher.failure
        self._stop_at_too_many()
        if (max_bytes := self.dispatcher.body_limit.max_bytes) is not None:
            self._open.limit(max_bytes)

    def tick(self) -> None:
        """Seal what is due by its age, and what the bound asks for."""
        if due := self._open.due():
            self._dispatch(due)
        self._make_room()

    def deadline(self) -> float | None:
        """The time, by the clock, at which `answered` or `tick` has something to do, if nothing
        comes in.
        """
        deadlines = (self._open.deadline(), self.dispatcher.deadline())
        return min((each for each in deadlines if each is not None), default=None)

    def seal(self) -> None:
        """Let all that is open be sent."""
        self._dispatch(self._open.close())

    def ending(self) -> None:
        """The input has ended: what is still on its way decides whether most are lost."""
        self._is_ending = True

    def close(self) -> None:
        """End well, once everything is answered: every state out, the books balanced."""
        self.strangers.check_end()
        self._keeping.close()
        self._release()
        self._stop_at_most()
        self._store.close()
        self.ledger.balance()

    def abandon(self) -> None:
        """End badly: what is rejected is stored, if the store can; else it raises its error."""
        try:
            self._keeping.close()
            if self._keeping:
                self._release()
        finally:
            self._store.close()

    def _count_omitted(self, codec: StreamCodec) -> None:
        if codec.notes.counted:
            for (step, code, sentence, shape), times in codec.notes.take().items():
                kind = step, code, sentence
                self.omitted.count(codec.route.label, kind, times, shape)

    def _dispatch(self, sealed: list[Chunk]) -> None:
        self.chunks += len(sealed)
        self.dispatcher.dispatch(sealed)

    def _make_room(self) -> None:
        """Where the bound is reached, seal the lowest layer of the database whose first record is
        the oldest; but not while sealed chunks wait, which is as good: of a database, they are
        those below.
        """
        while not self.dispatcher.is_behind() and self._bound.is_full(self.load()):
            sealed = self._open.seal_oldest(but=self.dispatcher.sealed.waiting())
            if not sealed:
                return
            self._dispatch(sealed)

    def _enter(self, resolution: Resolution) -> None:
        self._keeping.answered(resolution)
        chunk, rejected = resolution.chunk, resolution.rejected
        accepted = chunk.intervals()
        for position, rejection in rejected.items():
            interval, row = chunk.entry(position)
            accepted[interval] -= 1
            self._reject(interval, row.original, rejection, row.ordinal)
        for interval, count in accepted.items():
            self.ledger.settle(interval, accepted=count)
        for position, interval, row in chunk.superseded:
            if position in rejected:
                self._reject(interval, row.original, NOT_REPLACED, row.ordinal)
            else:
                self.ledger.settle(interval, superseded=1)
        if (whole := self.dispatcher.settle(chunk)) is not None:
            self._open.settle(whole)
            self._keeping.resolve(whole.token)
        self._release()

    def _put(self, batch: Batch, route: Route, interval: Interval) -> None:
        """Let records be sent, but for those that the service has as they are."""
        batch.ordinals = range(self.read, self.read + len(batch))
        interval.read += len(batch)
        self.read += len(batch)
        unsettled = self._open.holding(route.target.db_id)
        changed, unchanged = self._keeping.changed(batch, route, unsettled)
        if unchanged:
            self.ledger.settle(interval, unchanged=unchanged)
        if changed is not None and (sealed := self._open.put(changed, route, interval)):
            self._dispatch(sealed)

    def _leave_out(self, interval: Interval, taken: Deleted) -> None:
        self._keeping.deleted(interval.stream, taken.originals, self.read)
        count = len(taken.originals)
        interval.read += count
        self.read += count
        self.ledger.settle(interval, deleted=count)

    def _reject_unsent(self, interval: Interval, original: bytes, rejection: Rejection) -> None:
        self._keeping.unsent(interval.stream, original, rejection, self.read)
        interval.read += 1
        self.read += 1
        self._reject(interval, original, rejection, self.read - 1)
        self.look()
        self._stop_at_too_many()

    def _reject(
        self, interval: Interval, original: bytes, rejection: Rejection, ordinal: int
    ) -> None:
        """Set one record aside (promise 3)."""
        self._store.put(interval.stream, original, rejection, ordinal)
        self.ledger.settle(interval, rejected=1)
        self.tally.add(interval.stream, rejection)

    def _stop_at_too_many(self) -> None:
        """Whole chunks are entered before this is asked, so that no rejected record of them is
        missing in the store.
        """
        if self._max_rejected is not None and self.tally.total > self._max_rejected:
            raise TooManyRejected(self._max_rejected, "; ".join(self.tally.top()))
        if not self._is_ending and self.ledger.resolved >= PERCENT_STOPS_FROM:
            self._stop_at_most()

    def are_lost(self, percent: int) -> bool:
        """Whether more than that part of the records with a last word was rejected, of so many that
        it is no chance.
        """
        resolved = self.ledger.resolved
        return resolved >= PERCENT_FROM and self.tally.total * 100 > percent * resolved

    def _stop_at_most(self) -> None:
        if self.are_lost(self._max_percent):
            top = "; ".join(self.tally.top())
            raise MostRejected(self.tally.total, self.ledger.resolved, self._max_percent, top)

    def _release(self) -> None:
        """Let the states leave that are safe: the rejected records before them are stored first.
        While most are lost none does, as the next sync would begin behind what this one failed on.
        """
        self._keeping.settle()
        if not self._checkpointer.is_safe() or self.are_lost(self._max_percent):
            return
        self._store.flush()
        for state in self._checkpointer.release():
            self._release_state(state)
