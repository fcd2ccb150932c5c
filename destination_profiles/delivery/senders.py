"""Threads that send requests."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from time import monotonic
from typing import Protocol

from ..errors import ConfigError, ProfilesError, SystemFault, Unavailable
from ..service.outcome import Cleared, Outcome, Retry, Stop, Unasked
from ..service.request import Request
from .chunks import Chunk

Inspect = Callable[[], list[str]]
"""Asks the service about the settings; gives what is wrong, and may raise ProfilesError."""
WRONG_SETTING = (
    "The service refuses what it is sent, and a setting is wrong: {} No record is to blame, and "
    "no state passes them."
)

NO_THREAD = (
    "The system lets the connector start no thread, so nothing can be sent. Raise the limit of "
    "processes and threads (ulimit -u, or that of the container)."
)


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
        taken: Callable[[Answer], None] = lambda _: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`answered` is called with each answer, on a sender's thread; `taken` when its chunk is
        taken back, still whole.
        """
        self.busy = 0
        self._taken = taken
        self._sender, self._answered, self._clock = sender, answered, clock
        self._to_do: SimpleQueue[tuple[Chunk, Callable[[], Outcome]]] = SimpleQueue()
        self._threads: list[threading.Thread] = []

    def send(self, chunk: Chunk) -> None:
        """Give a chunk to a thread that has nothing to do."""
        self._give(chunk, partial(self._sender.send, chunk.request()))

    def ask(self, chunk: Chunk, inspect: Inspect) -> None:
        """Let a thread ask about the settings, on behalf of a chunk that was refused."""
        self._give(chunk, partial(inspected, inspect))

    def _give(self, chunk: Chunk, job: Callable[[], Outcome]) -> None:
        self.busy += 1
        if len(self._threads) < self.busy:
            self._start()
        if self._threads:  # where the system allows no more, one of them comes to it later
            self._to_do.put((chunk, job))
            return
        now = self._clock()
        self._answered(Answer(chunk, Stop(SystemFault(NO_THREAD)), now, now))

    def _start(self) -> None:
        name = f"sender-{len(self._threads) + 1}"
        thread = threading.Thread(target=self._work, name=name, daemon=True)
        with suppress(RuntimeError, MemoryError):  # the system's words for "no more"
            thread.start()
            self._threads.append(thread)

    def take(self, answer: Answer) -> Chunk:
        """The chunk of an answer, back from its sender."""
        self.busy -= 1
        self._taken(answer)
        return answer.chunk

    def _work(self) -> None:
        """A thread's life. It is a daemon: a request without an answer must not keep the process
        alive.
        """
        while True:
            chunk, job = self._to_do.get()
            sent_at = self._clock()
            try:
                outcome = job()
            except Exception as error:  # a defect of the sender must end the sync, not hang it
                fault = SystemFault(f"The sender failed with {type(error).__name__}.")
                outcome = Stop(fault, unknown=True)
            self._answered(Answer(chunk, outcome, sent_at, self._clock()))
            del chunk, job, outcome  # while it waits, the thread keeps nothing of them


def inspected(inspect: Inspect) -> Outcome:
    """What an inspection says of a refusal."""
    try:
        problems = inspect()
    except Unavailable as error:
        return Unasked(Retry(error, error.retry_after, reason=error.reason))
    except ProfilesError as error:
        return Stop(error)
    if problems:
        return Stop(ConfigError(WRONG_SETTING.format(" ".join(problems))))
    return Cleared()
