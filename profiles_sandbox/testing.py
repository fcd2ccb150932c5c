"""A sandbox for tests: in the test's own process, or in one of its own behind a socket."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from time import time
from types import TracebackType
from typing import IO, Any, cast
from urllib.parse import urlsplit

import msgspec

from profiles_sandbox.calls.service import DEFAULT_TOKEN, Service
from profiles_sandbox.command_line import parser, prepared
from profiles_sandbox.data.datafile import open_to_read, open_to_write
from profiles_sandbox.data.journal import Journal
from profiles_sandbox.profiles.setup import Setup, load_setup
from profiles_sandbox.switches import Switches
from profiles_sandbox.wire.exchange import Arrived
from profiles_sandbox.wire.formats import find_codec

TOKEN = DEFAULT_TOKEN

JSON_HEADERS = {"Content-Type": "application/json"}
XML_HEADERS = {"Content-Type": "application/xml"}

STOP_SECONDS = 10
"""How long a sandbox may take to stop before a test fails."""

HUNG_SECONDS = 60
"""How long it may take to start or to answer; 10,000 profiles on a busy machine take a while."""


@dataclass(frozen=True)
class Reply:
    """What a test gets back. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def message(self) -> Any:
        """The body as JSON; or of XML, with a text for each value and a list where an element
        repeats.
        """
        codec = find_codec(self.headers.get("content-type"))
        return (
            codec.decode(self.body)
            if codec and not codec.has_types
            else msgspec.json.decode(self.body)
        )


class Sandbox:
    """Posts requests; how they get there is up to the subclass."""

    data: Path

    def send(self, call: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a body as it is."""
        raise NotImplementedError

    def post(self, call: str, headers: Mapping[str, str] | None = None, **message: Any) -> Reply:
        """Send parameters, with the right token unless another is given."""
        body = msgspec.json.encode({"token": TOKEN, **message})
        return self.send(call, body, {**JSON_HEADERS, **(headers or {})})

    def post_xml(self, call: str, body: bytes, headers: Mapping[str, str] | None = None) -> Reply:
        """Send XML as it is."""
        return self.send(call, body, {**XML_HEADERS, **(headers or {})})

    def update(self, *items: Any, **parameters: Any) -> list[dict[str, Any]]:
        """Update profiles of database 1 and give the results."""
        results: list[dict[str, Any]] = self._batch("profiles/update_batch", items, parameters)[
            "result"
        ]
        return results

    def create(self, *items: Any, **parameters: Any) -> list[str]:
        """Import profiles into database 1 and give their ids."""
        message = self._batch("profiles/import_batch", items, parameters)
        return [result["profile_id"] for result in message["result"]]

    def profile(self, profile_id: str) -> dict[str, Any]:
        """A profile of database 1."""
        reply = self.post("profiles/get", db_id=1, matching="profile_id", profile_id=profile_id)
        profile: dict[str, Any] = reply.message["data"]
        return profile

    def journal(self) -> list[dict[str, Any]]:
        """The rows of the journal."""
        data = open_to_read(self.data)
        try:
            return list(Journal(data.connection).rows())
        finally:
            data.close()

    def _batch(self, call: str, items: Sequence[Any], parameters: Mapping[str, Any]) -> Any:
        return self.post(call, **{"db_id": 1, "data": items, **parameters}).message


@cache
def _setup(setup: Path | None) -> Setup:
    return load_setup(setup)


class LocalSandbox(Sandbox):
    """The service without a socket, a thread or a clock of its own."""

    def __init__(
        self,
        data: Path,
        *,
        setup: Path | None = None,
        now: Callable[[], float] = time,
        **switches: Any,
    ) -> None:
        """Open a data file, new or of an earlier sandbox."""
        self.data = data
        self._file = open_to_write(data)
        self._service = Service(self._file, _setup(setup), Switches(**switches), TOKEN, now=now)

    def send(self, call: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a body as it is."""
        arrived = Arrived(
            call, tuple((name.lower(), value) for name, value in headers.items()), body
        )
        answer = self._service.finish(self._service.receive(arrived))
        if answer is None:
            raise ConnectionError("no answer")
        fields = {"Content-Type": answer.content_type, **answer.headers}
        return Reply(
            answer.http_status, {name.lower(): value for name, value in fields.items()}, answer.body
        )

    def close(self) -> None:
        """Close the data file."""
        self._file.close()


class ServedSandbox(Sandbox):
    """A sandbox behind a socket, at `url`."""

    url: str

    def connect(self) -> HTTPConnection:
        """A new connection."""
        parts = urlsplit(self.url)
        return HTTPConnection(parts.hostname or "", parts.port, timeout=HUNG_SECONDS)

    def send(self, call: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a body as it is, over a connection of its own."""
        connection = self.connect()
        try:
            connection.request("POST", f"/api/v1.1/{call}", body, dict(headers))
            response = connection.getresponse()
            fields = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, fields, response.read())
        finally:
            connection.close()


class ThreadedSandbox(ServedSandbox):
    """A sandbox on a free port that a thread of the test's own process serves: it starts and stops
    in a few hundredths of a second. A context manager.
    """

    def __init__(self, data: Path, *options: str) -> None:
        """Take the options of `serve`; it runs within the context only."""
        self.data = data
        self._options = parser().parse_args(["serve", "--port", "0", "--data", str(data), *options])
        self._running = ExitStack()

    def __enter__(self) -> "ThreadedSandbox":
        """Start it and wait until it listens."""
        lines: SimpleQueue[str] = SimpleQueue()
        server, listener = self._running.enter_context(prepared(self._options, lines.put))
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        self._running.callback(thread.join)
        self._running.callback(lambda: setattr(server, "should_exit", True))
        self.url = lines.get(timeout=HUNG_SECONDS).rpartition(" ")[2]
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._running.close()


class RunningSandbox(ServedSandbox):
    """A sandbox process on a free port, as a context manager that stops it."""

    def __init__(self, data: Path, *options: str) -> None:
        """Start it and wait until it listens."""
        self.data = data
        command = [
            sys.executable,
            "-m",
            "profiles_sandbox",
            "serve",
            "--port",
            "0",
            "--data",
            str(data),
            *options,
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - its own module
        self.output = cast("IO[str]", self.process.stdout)
        self.line = self.output.readline()
        self.url = self.line.rpartition(" ")[2].strip()

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Stop it and give the exit code."""
        self.process.send_signal(signal_number)
        self.output.close()
        return self.process.wait(STOP_SECONDS)

    def __enter__(self) -> "RunningSandbox":
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop it unless it has ended."""
        self.output.close()
        if self.process.poll() is None:
            self.stop()
