"""The connector as a process, and what it said."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from profiles_sandbox.testing import Sandbox

COMMAND = str(Path(sys.executable).with_name("destination-profiles"))
SECONDS = 300  # longer than any command here takes, on a machine that does much else
SEE = " See docs/errors.md#"
ANCHORS = {  # of the page of all messages
    head.lower().replace(" ", "-")
    for head in re.findall(
        r"^#+ (.+)$", (Path(__file__).parents[1] / "docs" / "errors.md").read_text("utf-8"), re.M
    )
}
UPDATE = "profiles/update_batch"


def within(limit: str) -> list[str]:
    """What a command begins with that is to run within a limit of the shell's `ulimit`."""
    return ["sh", "-c", f'ulimit {limit}; exec "$@"', "sh"]


FULL_DISK = within("-f 0")  # no file may grow beyond nothing


@dataclass(frozen=True)
class Said:
    """An ended command: exit code, messages of stdout, and every byte of both outputs."""

    code: int
    messages: list[dict[str, Any]]
    raw: bytes

    @property
    def states(self) -> list[dict[str, Any]]:
        return [message["state"] for message in self.messages if message["type"] == "STATE"]

    @property
    def stats(self) -> list[tuple[float, float]]:
        counts = [state["destinationStats"] for state in self.states]
        return [(each["recordCount"], each["rejectedRecordCount"]) for each in counts]

    @property
    def log(self) -> str:
        return "\n".join(
            message["log"]["message"] for message in self.messages if message["type"] == "LOG"
        )

    @property
    def error(self) -> dict[str, Any]:
        """Its message without the place where it is explained, which ends it."""
        (error,) = [trace["error"] for trace in self.traces if trace["type"] == "ERROR"]
        message, see, anchor = error["message"].rpartition(SEE)
        assert see and anchor in ANCHORS, error["message"]
        return {**error, "message": message}

    @property
    def traces(self) -> list[dict[str, Any]]:
        return [message["trace"] for message in self.messages if message["type"] == "TRACE"]

    @property
    def status(self) -> dict[str, Any]:
        (status,) = [
            message["connectionStatus"]
            for message in self.messages
            if message["type"] == "CONNECTION_STATUS"
        ]
        if status["status"] == "FAILED":
            message, see, anchor = status["message"].rpartition(SEE)
            assert see and anchor in ANCHORS, status["message"]
            return {**status, "message": message}
        return status


class Connector:
    """Runs commands with a configuration and a catalog in a folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.config: dict[str, Any] = {
            "api_url": url,
            "token": "sandbox-token",
            "db_id": 1,
            "matching": by("crm_id"),
        }
        self.catalog: dict[str, Any] = {"streams": [stream()]}

    def command(self, name: str) -> list[str]:
        config, catalog = self.folder / "config.json", self.folder / "catalog.json"
        config.write_text(json.dumps(self.config))
        catalog.write_text(json.dumps(self.catalog))
        asked = {"spec": [], "write": ["--config", str(config), "--catalog", str(catalog)]}
        asked["forecast"] = asked["resend"] = asked["write"]
        return [COMMAND, name, *asked.get(name, ["--config", str(config)])]

    def run(
        self,
        name: str,
        lines: Iterable[bytes] = (),
        environment: Mapping[str, str] | None = None,
        *,
        plain: bool = False,
        prefix: Sequence[str] = (),
    ) -> Said:
        """Run a command to its end, behind a `prefix`. `plain`: its output is no messages."""
        done = subprocess.run(
            [*prefix, *self.command(name)],
            input=b"".join(lines),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env=environment,
        )
        messages = [] if plain else [json.loads(line) for line in done.stdout.splitlines()]
        return Said(done.returncode, messages, done.stdout + done.stderr)

    def write(self, *messages: bytes) -> Said:
        return self.run("write", messages)

    def start(self) -> "Running":
        return Running(self.command("write"))


class Running:
    """A `write` that is fed line by line. `next()` gives the next message of a kind, or fails after
    some seconds.
    """

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._messages: SimpleQueue[dict[str, Any] | None] = SimpleQueue()
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._messages.put(json.loads(line))
        self._messages.put(None)

    def feed(self, *lines: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"".join(lines))
        self.process.stdin.flush()

    def next(self, kind: str, seconds: float = SECONDS) -> dict[str, Any] | None:
        """The next message of a kind; None when the output ended, or after `seconds`."""
        while (message := self.take(seconds)) is not None and message["type"] != kind:
            pass
        return message

    def take(self, seconds: float = SECONDS) -> dict[str, Any] | None:
        """The next message of any kind, as `next` gives it."""
        try:
            return self._messages.get(timeout=seconds)
        except Empty:
            return None

    def end(self) -> int:
        """Close the input and give the exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        code = self.process.wait(SECONDS)
        self._reader.join()
        self.process.stdout.close()
        return code


def updates(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The journal's rows of the write call."""
    return [row for row in sandbox.journal() if row["call"] == UPDATE]


def sent(bodies: Path) -> list[bytes]:
    """Every body of a write call, oldest first; the first request seeded the sandbox."""
    every = [path.read_bytes() for path in sorted(bodies.iterdir())][1:]
    return [body for body in every if b'"data":' in body or b"<data" in body]  # no read has it


def sent_profiles(bodies: Path) -> list[dict[str, Any]]:
    return [profile for body in sent(bodies) for profile in json.loads(body)["data"]]


def rejected(connector: Connector, name: str = "users") -> list[dict[str, Any]]:
    """The rows of a stream that were set aside, in the order of that."""
    return kept(connector.folder / "rejected", name)


def kept(folder: Path, name: str = "**") -> list[dict[str, Any]]:
    """The rows of a stream, or of all, in a local store."""
    parts = sorted(folder.glob(f"*/{name}/*.jsonl"), key=_written)
    return [json.loads(row) for part in parts for row in part.read_bytes().splitlines()]


def _written(part: Path) -> tuple[int, int]:
    """When a part was written, and which one it was."""
    *_, epoch, number = part.stem.split("_")
    return int(epoch), int(number.split(".")[0])


def wait_for_request(sandbox: Sandbox) -> None:
    """Until the service has received a write call."""
    deadline = time.monotonic() + SECONDS
    while not updates(sandbox):
        assert time.monotonic() < deadline, "no request came"
        time.sleep(0.02)


def by(field: str) -> dict[str, Any]:
    return {"mode": "custom", "field_name": field}


def stream(
    name: str = "users",
    sync_mode: str = "append",
    schema: Mapping[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    described = {
        "name": name,
        "json_schema": schema or {"type": "object"},
        "supported_sync_modes": ["full_refresh", "incremental"],
        **more,
    }
    return {
        "stream": described,
        "sync_mode": "incremental",
        "destination_sync_mode": sync_mode,
        "generation_id": 1,
        "sync_id": 7,
    }


def line(message: Mapping[str, Any]) -> bytes:
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def record(data: Any, name: str = "users", **more: Any) -> bytes:
    return line(
        {
            "type": "RECORD",
            "record": {"stream": name, "data": data, "emitted_at": 1795487209611, **more},
        }
    )


def state(cursor: Any, name: str = "users", **more: Any) -> bytes:
    descriptor = {"stream_descriptor": {"name": name}, "stream_state": {"cursor": cursor}}
    return line({"type": "STATE", "state": {"type": "STREAM", "stream": descriptor, **more}})
