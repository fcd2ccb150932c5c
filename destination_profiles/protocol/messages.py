"""Airbyte's messages to the platform: lines of stdout."""

import logging
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

import msgspec

from ..delivery.checkpoint import SafeState
from ..errors import NobodyReads, ProfilesError, SystemFault
from .decoder import State
from .figures import Figures, Started

encode = msgspec.json.Encoder().encode
UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def with_stats(safe: SafeState) -> dict[str, Any]:
    """The message of a state that may leave: as it came, with the counts since the state before
    it.
    """
    state: State = safe.state
    stats = {"recordCount": float(safe.delivered), "rejectedRecordCount": float(safe.rejected)}
    return {**state.message, "state": {**state.state, "destinationStats": stats}}


class MessageWriter:
    """Stdout: one line a message, from whatever thread. A line may take several writes, which a
    lock keeps together; none is buffered.
    """

    def __init__(
        self,
        write: Callable[[memoryview], int],
        *,
        hurry: Callable[[float], None] = lambda _: None,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        """`write` takes as much as it can and tells how much, like `os.write`; what is left is
        given to it again. `hurry(seconds)` lets it wait no longer than that from now on; `before`
        is called before each line.
        """
        self.hurry = hurry
        self.returned = 0  # states
        self._write = write
        self._before = before
        self._lost = False
        self._lock = Lock()

    def message(self, message: Mapping[str, Any]) -> None:
        """Write one message. Raises NobodyReads once, where it cannot be written; what comes after
        it is dropped.
        """
        self._write_line(encode(message) + b"\n")

    def _write_line(self, data: bytes) -> None:
        line = memoryview(data)
        with self._lock:
            self._before()
            while line and not self._lost:
                try:
                    line = line[self._write(line) :]
                except NobodyReads:
                    self._lost = True
                    raise

    def state(self, safe: SafeState) -> None:
        """Give a state back."""
        self.returned += 1
        self.message(with_stats(safe))

    def rate_limited(self, name: str, namespace: str | None, until: float) -> None:
        """Tell that the service lets a stream wait, until so many seconds since the epoch."""
        status = {
            "stream_descriptor": _descriptor(name, namespace),
            "status": "RUNNING",
            "reasons": [
                {"type": "RATE_LIMITED", "rate_limited": {"quota_reset": round(until * 1000)}}
            ],
        }
        self.message(
            {
                "type": "TRACE",
                "trace": {
                    "type": "STREAM_STATUS",
                    "emitted_at": time.time() * 1000,
                    "stream_status": status,
                },
            }
        )

    def analytics(self, kind: str, value: Started | Figures) -> None:
        """Write figures of the sync."""
        told = {"type": kind, "value": encode(value).decode()}
        trace = {"type": "ANALYTICS", "emitted_at": time.time() * 1000, "analytics": told}
        self.message({"type": "TRACE", "trace": trace})

    def log(self, level: str, text: str) -> None:
        """Write a log line."""
        self.message({"type": "LOG", "log": {"level": level, "message": text}})

    def error(self, error: ProfilesError, internal: str) -> None:
        """Write the TRACE that ends a failed command."""
        details: dict[str, Any] = {
            "message": error.told(),
            "internal_message": internal,
            "failure_type": error.failure_type,
        }
        if error.stream is not None:
            details["stream_descriptor"] = _descriptor(error.stream, error.namespace)
        self.message(
            {
                "type": "TRACE",
                "trace": {"type": "ERROR", "emitted_at": time.time() * 1000, "error": details},
            }
        )


def printable(text: str | None) -> str:
    """A text of others, without what a terminal might take for a command."""
    return "".join(each if each.isprintable() else UNPRINTABLE for each in text or "")


class PlainWriter(MessageWriter):
    """For people: the log and errors as plain lines. States are counted, and given to `states`
    where somebody keeps them; `help` is the command that explains the one that runs.
    """

    def __init__(
        self,
        write: Callable[[memoryview], int],
        *,
        hurry: Callable[[float], None] = lambda _: None,
        before: Callable[[], None] = lambda: None,
        states: MessageWriter | None = None,
        help: str = "",
    ) -> None:
        """As MessageWriter has it."""
        super().__init__(write, hurry=hurry, before=before)
        self._states = states
        self._help = help

    def state(self, safe: SafeState) -> None:
        """Count a state, and give it back where it is kept."""
        self.returned += 1
        if self._states is not None:
            self._states.state(safe)

    def rate_limited(self, name: str, namespace: str | None, until: float) -> None:
        """Say nothing: a person sees that it waits, and why."""

    def analytics(self, kind: str, value: Started | Figures) -> None:
        """Write them beside the states, where these are kept."""
        if self._states is not None:
            self._states.analytics(kind, value)

    def log(self, level: str, text: str) -> None:
        """Write a line of the log."""
        self._line(f"{level} {text}")

    def error(self, error: ProfilesError, internal: str) -> None:
        """Write the sentence that ends a failed command; where it is a defect, with its place;
        where a file is at fault, with what explains the command.
        """
        place = f" ({internal})" if type(error) is SystemFault else ""
        advice = f". Help: {self._help}" if error.path is not None and self._help else ""
        self._line(f"ERROR {error.told()}{place}{advice}")

    def _line(self, text: str) -> None:
        lines = map(printable, text.split("\n"))
        self._write_line("".join(f"{each}\n" for each in lines).encode())


def _descriptor(name: str, namespace: str | None) -> dict[str, str]:
    return {"name": name, **({"namespace": namespace} if namespace else {})}


class LogHandler(logging.Handler):
    """Python's log as Airbyte LOG messages. Texts only: an exception's traceback may quote what it
    worked on.
    """

    LEVELS: Mapping[int, str] = {
        logging.CRITICAL: "FATAL",
        logging.ERROR: "ERROR",
        logging.WARNING: "WARN",
        logging.DEBUG: "DEBUG",
    }

    def __init__(self, output: MessageWriter, mask: Callable[[str], str]) -> None:
        """Send to `output`; `mask` takes secrets out of a text."""
        super().__init__()
        self._output = output
        self._mask = mask

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record of the log."""
        self._output.log(self.LEVELS.get(record.levelno, "INFO"), self._mask(record.getMessage()))
