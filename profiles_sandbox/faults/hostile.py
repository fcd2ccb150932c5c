"""Answers that no honest service gives, as they stand on the wire: pieces, and pauses in seconds
between them.
"""

import gzip
from collections.abc import Callable, Iterator, Mapping
from itertools import repeat

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BLOCK = b"x" * (1 << 16)
HUGE = 500_000_000  # bytes
UNPACKED = 1 << 24  # bytes of one part of a bomb, which is sent many times
PARTS_OF_BOMB = 64
PAUSE = 1.0

Piece = bytes | float


def _endless() -> Iterator[Piece]:
    yield OK + b"\r\n"
    yield from repeat(BLOCK)


def _huge() -> Iterator[Piece]:
    yield b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: %d\r\n\r\n" % HUGE
    yield from repeat(BLOCK, HUGE // len(BLOCK))


def _bomb(head: bytes = OK) -> Iterator[Piece]:
    part = gzip.compress(bytes(UNPACKED))  # gzip allows several parts behind each other
    length = len(part) * PARTS_OF_BOMB
    yield head + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % length
    yield from repeat(part, PARTS_OF_BOMB)


def _moved() -> Iterator[Piece]:
    return _bomb(b"HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\n")


def _lengths() -> Iterator[Piece]:
    yield OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"


def _header() -> Iterator[Piece]:
    yield OK + b"X-Long: "
    yield from repeat(BLOCK)


def _interim() -> Iterator[Piece]:
    yield from repeat(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def _trickle() -> Iterator[Piece]:
    yield OK + b"Content-Length: 1000000\r\n\r\n"
    while True:
        yield b"x"
        yield PAUSE


def _cut() -> Iterator[Piece]:
    yield OK + b"Content-Length: 1000\r\n\r\n{}"


ANSWERS: Mapping[str, Callable[[], Iterator[Piece]]] = {
    "endless": _endless,  # a body without an end
    "huge": _huge,  # 500 MB beside a 503
    "bomb": _bomb,  # a gigabyte in a megabyte
    "moved": _moved,  # the same beside a redirect, which clients read to see where it leads
    "lengths": _lengths,  # two lengths
    "header": _header,  # a line of the head without an end
    "interim": _interim,  # 100 Continue for ever
    "trickle": _trickle,  # a byte a second
    "cut": _cut,  # less than it says
}
