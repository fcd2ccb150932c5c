"""The one wait of a sync: for input, for answers, for a signal, for a time."""

import os
import select
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Protocol
from weakref import finalize

from ..errors import ProfilesError
from .senders import Answer

WOKEN_BYTES = 1 << 16  # read from the waking pipe at once


@dataclass(frozen=True, slots=True)
class Mail:
    """What a wait ended with: answers in the order they came, and whether the input can be read.
    Nothing of either where the time passed, or somebody asked to stop.
    """

    answers: list[Answer] = field(default_factory=list)
    readable: bool = False


class Inbox(Protocol):
    """Where the main thread waits; `interruption` is set once somebody asked to stop."""

    interruption: ProfilesError | None

    def interrupt(self, error: ProfilesError) -> None:
        """Let `error` end the wait that is under way, or the next one."""
        ...

    def wait(self, seconds: float, source: int | None = None) -> Mail:
        """Wait at most so long, and take what is there."""
        ...


class Mailbox:
    """The real one. `put` and `interrupt` may be called from any thread, and from a signal handler;
    `wait` from one thread.
    """

    def __init__(self) -> None:
        """Open the pipe that ends a wait; it is closed once nobody has the mailbox any more."""
        self.interruption: ProfilesError | None = None
        self._answers: SimpleQueue[Answer] = SimpleQueue()
        self._woken, self._wake = os.pipe()
        for end in (self._woken, self._wake):
            os.set_blocking(end, False)
        # not sooner: a thread that has the mailbox may write to it
        finalize(self, _close, self._woken, self._wake).atexit = False

    def put(self, answer: Answer) -> None:
        """Let an answer end the wait."""
        self._answers.put(answer)
        self.wake()

    def interrupt(self, error: ProfilesError) -> None:
        """Let `error` end the wait that is under way, or the next one."""
        self.interruption = error
        self.wake()

    def wake(self) -> None:
        """End the wait that is under way, or the next one. Any thread may call it."""
        with suppress(BlockingIOError):  # full, so that the wait ends anyhow
            os.write(self._wake, b"\0")

    def wait(self, seconds: float, source: int | None = None) -> Mail:
        """Wait for an answer, for an interruption or until the descriptor `source` can be read, at
        most so long.
        """
        descriptors = [self._woken] if source is None else [self._woken, source]
        ready, _, _ = select.select(descriptors, [], [], seconds)
        if self._woken in ready:
            with suppress(BlockingIOError):
                os.read(self._woken, WOKEN_BYTES)  # before the answers: none is overlooked
        answers: list[Answer] = []
        with suppress(Empty):
            while True:
                answers.append(self._answers.get_nowait())
        return Mail(answers, source in ready)


def _close(*descriptors: int) -> None:
    for each in descriptors:
        os.close(each)
