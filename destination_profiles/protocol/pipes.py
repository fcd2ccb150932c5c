"""File descriptors that messages come from and go to, line by line."""

import fcntl
import os
import select
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from ..errors import NobodyReads

PATIENCE_SECONDS = 0.5  # between two looks at whether to give up a reader that does not read
BLOCK_BYTES = (
    1 << 20
)  # read from stdin at once; a pipe is made as large, so that the source can run ahead


class LineReader:
    """Stdin in large blocks, with a way out of the wait: a deadline, or `wake` from another
    thread.
    """

    def __init__(self, descriptor: int) -> None:
        """Read from an open file descriptor."""
        self._descriptor = descriptor
        self._wake_read, self._wake_write = os.pipe()
        for end in (self._wake_read, self._wake_write):
            os.set_blocking(end, False)
        with suppress(OSError):  # not a pipe, or more than the system allows
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, BLOCK_BYTES)

    def wake(self) -> None:
        """End a wait that is under way, or the next one. May be called from any thread and from a
        signal handler, until `close`.
        """
        with suppress(BlockingIOError):
            os.write(self._wake_write, b"\0")

    def blocks(self, timeout: Callable[[], float | None]) -> Iterator[bytes]:
        """Whole lines, as many as one read gave; nothing when `timeout()` seconds passed or `wake`
        was called.
        """
        parts: list[bytes] = []
        while True:
            if not self._wait(timeout()):
                yield b""
                continue
            block = os.read(self._descriptor, BLOCK_BYTES)
            if not block:
                yield b"".join(parts)
                return
            end = block.rfind(b"\n") + 1
            if end:
                yield b"".join([*parts, memoryview(block)[:end]])
                parts.clear()
            parts.append(block[end:])

    def _wait(self, seconds: float | None) -> bool:
        """Whether there is something to read; False after the time, or when woken."""
        ready, _, _ = select.select([self._descriptor, self._wake_read], [], [], seconds)
        if self._wake_read in ready:
            with suppress(BlockingIOError):
                os.read(self._wake_read, BLOCK_BYTES)
        return self._descriptor in ready

    def close(self) -> None:
        """Close the waking pipe."""
        os.close(self._wake_read)
        os.close(self._wake_write)


class Outlet:
    """A file descriptor that is written to. A reader that stops reading is waited for, but no
    longer than `hurry` allows.

    `sys.stdout` cuts lines when it is unbuffered.
    """

    def __init__(self, descriptor: int) -> None:
        """Write to an open file descriptor."""
        self._descriptor = descriptor
        self._until: float | None = None

    def hurry(self, seconds: float) -> None:
        """From now on, wait no longer than this. May be called from a signal handler."""
        self._until = time.monotonic() + seconds

    def write(self, data: memoryview) -> int:
        """Write so much that a pipe which has room takes it without blocking, and tell how much
        that was. Raises NobodyReads.
        """
        try:
            while not select.select([], [self._descriptor], [], PATIENCE_SECONDS)[1]:
                if self._until is not None and time.monotonic() >= self._until:
                    raise NobodyReads
            return os.write(self._descriptor, data[: select.PIPE_BUF])
        except BlockingIOError:  # it is set not to block, and another process has filled it
            return 0
        except OSError:  # it is closed, or a file on a full disk
            raise NobodyReads from None
