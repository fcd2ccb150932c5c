"""Threads that send requests."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from time import monotonic
from typing import Protocol
from weakref import finalize

from ..errors import ConfigError, ProfilesError, SystemFault, Unavailable
from ..service.outcome import Cleared, Outcome, Retry, Stop, Unasked
from ..service.request import Request
from ..slips import numbered
from .chunks import Chunk

Job = tuple[Chunk, Callable[[], Outcome], bool]  # whether it asks about the settings
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
    """What became of a chunk that was sent, or what the service said of the settings when it was
    `asked` on behalf of one; times are seconds of the clock.
    """

    chunk: Chunk
    outcome: Outcome
    sent_at: float
    answered_at: float
    asked: bool = False


class Senders:
    """As many threads as chunks were ever under way at once. All methods belong to one thread.

    `busy` counts the chunks and questions whose answer was not taken yet. The threads end once
    nobody has this object any more.
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
        self._to_do: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        finalize(self, _end, self._to_do, self._threads).atexit = False

    def send(self, chunk: Chunk) -> None:
        """Give a chunk to a thread that has nothing to do."""
        self._give(chunk, partial(self._sender.send, chunk.request()))

    def ask(self, chunk: Chunk, inspect: Inspect) -> None:
        """Let a thread ask about the settings, on behalf of a chunk that was refused."""
        self._give(chunk, partial(inspected, inspect), asked=True)

    def _give(self, chunk: Chunk, job: Callable[[], Outcome], *, asked: bool = False) -> None:
        self.busy += 1
        if len(self._threads) < self.busy:
            self._start()
        if self._threads:  # where the system allows no more, one of them comes to it later
            self._to_do.put((chunk, job, asked))
            return
        now = self._clock()
        self._answered(Answer(chunk, Stop(SystemFault(NO_THREAD)), now, now, asked))

    def _start(self) -> None:
        name = f"sender-{len(self._threads) + 1}"
        works_with = self._to_do, self._answered, self._clock  # not this object, which may go
        thread = threading.Thread(target=_work, args=works_with, name=name, daemon=True)
        with suppress(RuntimeError, MemoryError):  # the system's words for "no more"
            thread.start()
            self._threads.append(thread)

    def take(self, answer: Answer) -> Chunk:
        """The chunk of an answer, back from its sender."""
        self.busy -= 1
        self._taken(answer)
        return answer.chunk


def _work(
    to_do: SimpleQueue[Job | None],
    answered: Callable[[Answer], None],
    clock: Callable[[], float],
) -> None:
    """A thread's life, which ends with nothing to do for ever. It is a daemon: a request without an
    answer must not keep the process alive.
    """
    while (given := to_do.get()) is not None:
        chunk, job, asked = given
        sent_at = clock()
        try:
            outcome = job()
        except Exception as error:  # a defect of the sender must end the sync, not hang it
            fault = SystemFault(f"The sender failed with {type(error).__name__}.")
            outcome = Stop(fault, unknown=True)
        answered(Answer(chunk, outcome, sent_at, clock(), asked))
        del given, chunk, job, outcome  # while it waits, the thread keeps nothing of them


def _end(to_do: SimpleQueue[Job | None], threads: list[threading.Thread]) -> None:
    for _ in threads:
        to_do.put(None)


def inspected(inspect: Inspect) -> Outcome:
    """What an inspection says of a refusal."""
    try:
        problems = inspect()
    except Unavailable as error:
        return Unasked(Retry(error, error.retry_after, reason=error.reason))
    except ProfilesError as error:
        return Stop(error)
    if problems:
        return Stop(ConfigError(WRONG_SETTING.format(numbered(problems))))
    return Cleared()
