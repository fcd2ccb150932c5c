"""An answer as it comes over a connection: it ends, whatever the service does. It is whole after so
many seconds, each line of its head included, and not longer than so many bytes.

The libraries below bound the time of each read and not of all, and the length of nothing. So each
read of the socket is counted here, the heads of `100 Continue` and of a proxy's answer too.
"""

import socket
from collections.abc import Iterable
from contextvars import ContextVar
from http import HTTPStatus
from http.client import HTTPResponse
from io import BufferedReader, RawIOBase
from time import monotonic
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

MEGABYTE = 1_000_000
UNBOUNDED = 1 << 62  # bytes; every request of the transport sets its own
most_bytes: ContextVar[int] = ContextVar("most_bytes", default=UNBOUNDED)
"""Of the answer to the request that is under way on this thread."""


class AnswerError(OSError):
    """An answer that does not end: `reason` says how, in a part of a sentence."""

    def __init__(self, reason: str) -> None:
        """Keep it."""
        super().__init__(reason)
        self.told = reason


def too_long(most: int) -> AnswerError:
    """Of an answer with more than so many bytes."""
    return AnswerError(f"the answer was longer than {most / MEGABYTE:,.4g} MB")


def joined(parts: Iterable[bytes], most: int) -> bytes:
    """The parts of a body, once they are decoded. Raises AnswerError before they are more than may
    be.
    """
    kept, length = [], 0
    for part in parts:
        length += len(part)
        if length > most:
            raise too_long(most)
        kept.append(part)
    return b"".join(kept)


class _Counted(RawIOBase):
    """What is read of a socket, within the time that the socket had for one read when this began,
    and within the bytes that are allowed.
    """

    def __init__(self, sock: socket.socket, raw: RawIOBase) -> None:
        """`raw` reads the socket, and keeps it open until it is closed."""
        self._socket, self._raw, self._seconds = sock, raw, sock.gettimeout()
        self._until = None if self._seconds is None else monotonic() + self._seconds
        self._most, self._length = most_bytes.get(), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        try:
            if self._until is not None:
                self._socket.settimeout(_positive(self._until - monotonic()))
            count = self._raw.readinto(buffer)
        except TimeoutError:
            if not self._length:
                raise  # nothing came at all
            raise AnswerError(f"the answer did not end within {self._seconds:g} s") from None
        self._length += count or 0
        if self._length > self._most:
            raise too_long(self._most)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def _positive(seconds: float) -> float:
    """What is left of a time; nothing would mean not to wait at all. Raises TimeoutError."""
    if seconds <= 0:
        raise TimeoutError
    return seconds


class _Answer(HTTPResponse):
    """Read by counted reads. Whatever interim answers come before it are passed over."""

    def __init__(self, sock: socket.socket, *args: Any, **more: Any) -> None:
        super().__init__(sock, *args, **more)
        self.fp = BufferedReader(_Counted(sock, self.fp.detach()))

    def _read_status(self) -> tuple[str, int, str]:
        """The library knows one interim answer, and takes 102 and 103 for the final one."""
        version, status, reason = super()._read_status()  # type: ignore[misc]
        is_interim = status // 100 == 1 and status != HTTPStatus.SWITCHING_PROTOCOLS
        return version, HTTPStatus.CONTINUE if is_interim else status, reason


class _Plain(HTTPConnection):
    response_class = _Answer


class _Secure(HTTPSConnection):
    response_class = _Answer


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


POOLS = {"http": _PlainPool, "https": _SecurePool}
"""What a PoolManager makes its connections of."""
