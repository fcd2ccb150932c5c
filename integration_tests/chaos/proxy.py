"""Between the connector and the service: plays what goes wrong with each request, by its number."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from integration_tests.chaos.faults import EVENTS, FAULTS, Answer, Fault
from integration_tests.connector import UPDATE

RESET = struct.pack("ii", 1, 0)  # closes a socket at once, with a reset
HONEST = Fault(lambda answer: answer, executes=True)
HOP = {"connection", "content-length", "transfer-encoding", "date", "server", "content-type"}


class Proxy(ThreadingHTTPServer):
    """Counts the write calls from 1. `trouble(number)` names what happens to one, `play(event)`
    makes what comes from outside happen.
    """

    daemon_threads = False
    block_on_close = True

    def __init__(self, trouble: Callable[[int], str | None], play: Callable[[str], None]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.upstream = ""
        self.played: list[str] = []
        self.blamed: list[bytes] = []  # bodies of write calls that a fault `blames`
        self._trouble, self._play = trouble, play
        self._number, self._busy = 0, 0
        self._changed = threading.Condition()

    def restart(self) -> None:
        """Count from 1 again."""
        self._number = 0

    def next(self) -> str | None:
        """Count a write call; what happens to it."""
        with self._changed:
            self._number += 1
            found = self._trouble(self._number)
            self.played += [found] if found else []
            return found

    def happen(self, event: str | None, *, executed: bool) -> None:
        if event is not None and EVENTS[event] is executed:
            self._play(event)

    def count(self, change: int) -> None:
        with self._changed:
            self._busy += change
            self._changed.notify_all()

    def rest(self) -> None:
        """Wait until nothing is under way."""
        with self._changed:
            assert self._changed.wait_for(lambda: not self._busy, timeout=60)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has gone is nothing to tell of."""


class Handler(BaseHTTPRequestHandler):
    """One connection of the connector."""

    server: Proxy
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_POST(self) -> None:
        self.server.count(1)
        try:
            kind = self.server.next() if self.path.endswith(f"/{UPDATE}") else None
            event = kind if kind in EVENTS else None
            fault = HONEST if kind is None or event else FAULTS[kind]
            length = int(self.headers["Content-Length"])
            wanted = int(length * fault.read)
            body = self.rfile.read(wanted)
            if len(body) < wanted:  # the connector died
                self._reset()
                return
            if fault.blames:
                self.server.blamed.append(body)
            self.server.happen(event, executed=False)
            answer = self._forward(body) if fault.executes else Answer(0)
            self.server.happen(event, executed=True)
            self._give(fault.answer(answer) if answer else None)
        finally:
            self.server.count(-1)

    def _forward(self, body: bytes) -> Answer | None:
        """What the service says; None where it has gone."""
        parts = urlsplit(self.server.upstream)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            connection.request("POST", self.path, body, dict(self.headers))
            said = connection.getresponse()
            headers = tuple((k, v) for k, v in said.getheaders() if k.lower() not in HOP)
            kind = said.headers["Content-Type"]
            return Answer(said.status, said.read(), kind, headers)
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def _give(self, answer: Answer | None) -> None:
        if answer is None:
            self._reset()
            return
        with suppress(OSError):
            self.send_response(answer.status)
            for name, value in (*answer.headers, ("Content-Type", answer.kind)):
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            sent = answer.body[: int(len(answer.body) * answer.sent)]
            size = len(sent) // answer.parts + 1
            for start in range(0, len(sent), size):
                time.sleep(answer.pause)
                self.wfile.write(sent[start : start + size])
        if answer.sent < 1:
            self._reset()

    def _reset(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self.wfile.flush()
            self.connection.shutdown(socket.SHUT_RD)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
