"""The one pump: messages of the source in, chunks out, answers back, states out."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic

from ..delivery.mailbox import Inbox
from ..delivery.writer import Writer
from ..errors import BrokenInput, ProfilesError
from ..protocol.decoder import ChangedRecord, Decoder, FaultyRecord, Records, State
from ..protocol.pipes import LineReader
from ..records.batch import Data
from ..stream_key import StreamKey

RECORDS = 256  # taken between two looks at the bound
LONG_SECONDS = 3600.0  # the longest wait for anything
INTERRUPTED_SECONDS = 30.0  # the longest wait for what is in flight once somebody asked to stop
# the same when the sync ends badly of itself: longer than a request may take
ABANDON_SECONDS = 330.0

Heartbeat = Callable[[Writer], float]


class Pump:
    """Moves a sync on. It waits in one place, `turn`; all methods raise ProfilesError when the sync
    must end.
    """

    def __init__(
        self,
        writer: Writer,
        inbox: Inbox,
        *,
        heartbeat: Heartbeat = lambda _: LONG_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`heartbeat` is called often and answers how many seconds it can wait for its next
        call.
        """
        self.writer, self.inbox, self.decoder = writer, inbox, Decoder()
        self._heartbeat, self._clock = heartbeat, clock
        writer.look = self._look
        self._reader: LineReader | None = None

    def share(self) -> float | None:
        """How much of the input was taken, from 0 to 1: of a file by its size, else by what the
        source estimates. None where nobody knows how much there is.
        """
        if self._reader is not None and self._reader.size:
            return min(self._reader.taken / self._reader.size, 1.0)
        estimated = self.decoder.estimates.records()
        return self.writer.read / estimated if estimated and self.writer.read <= estimated else None

    def run(self, reader: LineReader) -> None:
        """All of the input, each part as soon as it comes; then everything is sent, answered and
        balanced.
        """
        self._reader = reader
        try:
            while not reader.ended:
                source = reader.descriptor if self.writer.has_room() else None
                if self.turn(source):
                    self.feed(reader.read())
        except BrokenInput:
            self.drain()  # what came before the broken line is whole
            raise
        self.decoder.check()
        self.finish()

    def turn(self, source: int | None = None, *, seconds: float = LONG_SECONDS) -> bool:
        """Wait until something happens, at most so long, and do what follows from it; tells whether
        the descriptor `source` can be read.
        """
        mail = self.inbox.wait(self._patience(seconds), source)
        if self.inbox.interruption is not None:
            self.writer.dispatcher.stop()
            with suppress(ProfilesError):  # the interruption is what ends the sync
                self.writer.answered(mail.answers)  # they come but once
            raise self.inbox.interruption
        self.writer.answered(mail.answers)
        self.writer.tick()
        return mail.readable

    def feed(self, block: bytes) -> None:
        """Whole lines of input into the pipeline; waits for answers while the bound is reached."""
        for message in self.decoder.messages(block):
            match message:
                case Records():
                    self.records((message.namespace or None, message.stream), message.data)
                case State():
                    self._wait_for_room()
                    self.writer.checkpoint(message, message.stream, _size(message))
                case ChangedRecord():
                    self._wait_for_room()
                    key = (message.namespace or None, message.stream)
                    self.writer.changed(key, message.data, message.changes)
                case FaultyRecord():
                    key = (message.namespace or None, message.stream)
                    self.writer.faulty(key, message.data, message.rejection)

    def drain(self) -> None:
        """Send all that is open and wait for the last answer."""
        self.writer.seal()
        while len(self.writer.dispatcher):
            self.turn()

    def finish(self) -> None:
        """End well: everything sent and answered, every state out, the books balanced."""
        self.writer.ending()
        self.drain()
        self.writer.close()

    def abandon(self) -> None:
        """End badly: send nothing more, wait for what is with a sender, let the states leave that
        became safe by it.

        Raises the store's error, if it fails, at the end.
        """
        writer, began = self.writer, self._clock()
        writer.dispatcher.stop()
        while writer.dispatcher.sending:
            patience = INTERRUPTED_SECONDS if self.inbox.interruption else ABANDON_SECONDS
            if (left := began + patience - self._clock()) <= 0:
                break
            mail = self.inbox.wait(min(left, self._heartbeat(writer)))
            with suppress(ProfilesError):  # of the store, which says it again when it is closed
                writer.answered(mail.answers)
        writer.abandon()

    def records(self, key: StreamKey, originals: Sequence[Data]) -> None:
        """The `data` of records of one stream into the pipeline; waits likewise."""
        for start in range(0, len(originals), RECORDS):
            self._look()
            self._wait_for_room()
            self.writer.records(key, originals[start : start + RECORDS])

    def _look(self) -> None:
        """Let an interruption end the sync at once: to explain records may take a while each."""
        if self.inbox.interruption is not None:
            self.turn()

    def _wait_for_room(self) -> None:
        while not self.writer.has_room():
            self.turn()

    def _patience(self, seconds: float) -> float:
        """Seconds to wait if nothing comes in."""
        beat = min(seconds, self._heartbeat(self.writer))
        deadline = self.writer.deadline()
        return beat if deadline is None else max(0.0, min(beat, deadline - self._clock()))


def _size(state: State) -> int:
    """Bytes of a state's parts."""
    return sum(memoryview(part).nbytes for part in state.state.values())
