"""Threads that send chunks, and the way their answers come back."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Protocol

from ..errors import SystemFault
from ..service.outcome import Outcome, Stop
from ..service.request import Request
from .chunks import Chunk


class Sender(Protocol):
    """Sends a request once and tells what became of it. Called on several threads."""

    def send(self, request: Request) -> Outcome:
        """One request, one outcome."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a chunk that was sent; times are seconds of the clock."""

    chunk: Chunk
    outcome: Outcome
    sent_at: float
    answered_at: float


class Senders:
    """As many threads as chunks were ever under way at once. `send` and `answers` belong to one
    thread, `poke` to any.
    """

    def __init__(
        self,
        sender: Sender,
        *,
        wake: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`wake` is called on a sender's thread when an answer came."""
        self.busy = 0
        self._sender, self._wake, self._clock = sender, wake, clock
        self._to_send: SimpleQueue[Chunk] = SimpleQueue()
        self._answered: SimpleQueue[Answer | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def send(self, chunk: Chunk) -> None:
        """Give a chunk to a thread that has nothing to do."""
        self.busy += 1
        if len(self._threads) < self.busy:
            self._threads.append(
                threading.Thread(target=self._work, name=f"sender-{self.busy}", daemon=True)
            )
            self._threads[-1].start()
        self._to_send.put(chunk)

    def answers(self, seconds: float | None) -> list[Answer]:
        """All answers that are there, after a wait for the first of at most `seconds` (None: as
        long as it takes).
        """
        found: list[Answer | None] = []
        try:
            found.append(self._answered.get(block=seconds != 0, timeout=seconds or None))
            while True:
                found.append(self._answered.get_nowait())
        except Empty:
            pass
        answers = [each for each in found if each is not None]
        self.busy -= len(answers)
        return answers

    def poke(self) -> None:
        """End a wait for answers that is under way, or the next one. May be called from a signal
        handler.
        """
        self._answered.put(None)

    def _work(self) -> None:
        """A thread's life. It is a daemon: a request without an answer must not keep the process
        alive.
        """
        while True:
            chunk = self._to_send.get()
            sent_at = self._clock()
            try:
                outcome = self._sender.send(chunk.request())
            except Exception as error:  # a defect of the sender must end the sync, not hang it
                outcome = Stop(
                    SystemFault(f"The sender failed with {type(error).__name__}."), unknown=True
                )
            self._answered.put(Answer(chunk, outcome, sent_at, self._clock()))
            self._wake()
