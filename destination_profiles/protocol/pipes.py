"""File descriptors that messages come from and go to, line by line."""

import fcntl
import os
import select
import stat
import time
from contextlib import suppress

from ..errors import BrokenInput, NobodyReads

PATIENCE_SECONDS = 0.5  # between two looks at whether to give up a reader that does not read
BLOCK_BYTES = (
    1 << 20
)  # read from stdin at once; a pipe is made as large, so that the source can run ahead
MAX_LINE = 100_000_000  # bytes; a row takes some times as much of memory
TOO_LONG = (
    "A line of the input is longer than {} MB, the most that is taken: a row as large as that "
    "cannot be held. What came before it is delivered. Leave the large column out of the stream, "
    "or the row."
)


class LineReader:
    """Stdin in large blocks. `ended`: there is nothing more to read. `taken` counts the bytes that
    were read of `size`, which is that of a file, and None where stdin is none.
    """

    def __init__(self, descriptor: int, most: int = MAX_LINE) -> None:
        """Read from an open file descriptor, lines of at most so many bytes."""
        self.descriptor, self._most, self._unended = descriptor, most, 0
        self.ended = False
        self.taken, self.size = 0, _size(descriptor)
        self._parts: list[bytes] = []  # of a line whose end was not read yet
        with suppress(OSError, AttributeError):  # no pipe, more than is allowed, or no Linux
            fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, BLOCK_BYTES)

    def read(self) -> bytes:
        """Whole lines, as many as one read gives; at the end, what is left. Blocks where nothing is
        there yet. Raises BrokenInput for a line that is too long, and where nothing can be read.
        """
        try:
            block = os.read(self.descriptor, BLOCK_BYTES)
        except BlockingIOError:  # it is set not to block, and another process was quicker
            return b""
        except OSError as error:
            raise BrokenInput(
                f"The input cannot be read: {error.strerror}. What came before it is delivered. "
                "Look at the source, and at what leads its output here, and run the sync again."
            ) from None
        end = block.rfind(b"\n") + 1
        self.ended = not block
        self.taken += len(block)
        if not end and block:
            self._parts.append(block)
            self._unended += len(block)
            if self._unended > self._most:
                raise BrokenInput(TOO_LONG.format(f"{self._most // 1_000_000:,}"))
            return b""
        lines = b"".join([*self._parts, memoryview(block)[:end]])
        self._parts = [block[end:]] if end < len(block) else []
        self._unended = len(block) - end
        return lines


def _size(descriptor: int) -> int | None:
    """Bytes of a file that are left to read."""
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return None
        return max(found.st_size - os.lseek(descriptor, 0, os.SEEK_CUR), 0) or None
    except OSError:
        return None


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
