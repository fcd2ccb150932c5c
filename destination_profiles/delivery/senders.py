"""Threads that send requests."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
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
    """As many threads as chunks were ever under way at once. All methods belong to one thread.

    `busy` counts the chunks whose answer was not taken yet.
    """

    def __init__(
        self,
        sender: Sender,
        answered: Callable[[Answer], None],
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`answered` is called with each answer, on a sender's thread."""
        self.busy = 0
        self._sender, self._answered, self._clock = sender, answered, clock
        self._to_send: SimpleQueue[tuple[Chunk, Request]] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def send(self, chunk: Chunk) -> None:
        """Give a chunk to a thread that has nothing to do."""
        self.busy += 1
        if len(self._threads) < self.busy:
            name = f"sender-{self.busy}"
            self._threads.append(threading.Thread(target=self._work, name=name, daemon=True))
            self._threads[-1].start()
        self._to_send.put((chunk, chunk.request()))

    def take(self, answer: Answer) -> Chunk:
        """The chunk of an answer, back from its sender."""
        self.busy -= 1
        return answer.chunk

    def _work(self) -> None:
        """A thread's life. It is a daemon: a request without an answer must not keep the process
        alive.
        """
        while True:
            chunk, request = self._to_send.get()
            sent_at = self._clock()
            try:
                outcome = self._sender.send(request)
            except Exception as error:  # a defect of the sender must end the sync, not hang it
                fault = SystemFault(f"The sender failed with {type(error).__name__}.")
                outcome = Stop(fault, unknown=True)
            self._answered(Answer(chunk, outcome, sent_at, self._clock()))
            del chunk, request, outcome  # while it waits, the thread keeps nothing of them
