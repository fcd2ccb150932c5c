"""A service on a raw socket, which says whatever a test likes."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

END = b"\r\n\r\n"
LENGTH = b"content-length:"


class Hostile:
    """Answers each request on a connection of its own with bytes, given piece by piece. `requests`
    counts those that it has read, `answered` is set behind an answer.
    """

    def __init__(self, pieces: Iterable[bytes], *, hang_up: bool = False) -> None:
        self.requests, self._hang_up = 0, hang_up
        self.pieces, self.answered = pieces, Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._connection = self._server
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"

    def serve(self) -> None:
        """Until the listening socket is closed."""
        with suppress(OSError):
            while True:
                self._connection, _ = self._server.accept()
                connection = self._connection
                with connection, suppress(OSError):  # who has had enough closes it
                    while _read_request(connection):
                        self.requests += 1
                        for piece in self.pieces:
                            connection.sendall(piece)
                        self.answered.set()
                        if self._hang_up:
                            break

    def close(self) -> None:
        for each in (self._connection, self._server):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._server.close()


@contextmanager
def hostile(pieces: Iterable[bytes], *, hang_up: bool = False) -> Iterator[Hostile]:
    """Run one until the block ends. It keeps connections open, unless it is to hang up."""
    server = Hostile(pieces, hang_up=hang_up)
    thread = Thread(target=server.serve)
    thread.start()
    yield server
    server.close()
    thread.join()


def _read_request(connection: socket.socket) -> bool:
    """Whether there was one."""
    received = bytearray()
    while END not in received:
        if not (block := connection.recv(1 << 16)):
            return False
        received += block
    head, _, body = bytes(received).partition(END)
    line = next(each for each in head.lower().split(b"\r\n") if each.startswith(LENGTH))
    left = int(line.removeprefix(LENGTH)) - len(body)
    while left > 0:
        left -= len(connection.recv(1 << 16)) or left
    return True
