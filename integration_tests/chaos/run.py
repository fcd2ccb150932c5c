"""Plays a plan: attempts, each from the last state of those before, until one ends well."""

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from integration_tests.chaos.load import FIRST_ID, KEY, POISON, Fed, Load, cursors_of, feed
from integration_tests.chaos.plan import TOKEN, Plan
from integration_tests.chaos.proxy import Proxy
from integration_tests.connector import FULL_DISK, UPDATE, Connector, kept
from profiles_sandbox.data.datafile import open_to_read
from profiles_sandbox.data.journal import Journal
from profiles_sandbox.data.store import ProfileStore
from profiles_sandbox.testing import RunningSandbox, ServedSandbox, ThreadedSandbox

SECONDS = 400  # an attempt that takes longer has hung
CLOCK = Path(__file__).with_name("clock")


@dataclass
class Passed:
    """A state that came back, and at that moment: the write calls that the service had executed,
    and the rows (their numbers in the attempt's input) in the store of rejected ones.
    """

    state: dict[str, Any]
    executed: set[int]
    rejected: set[int]


@dataclass
class Attempt:
    """One process of a sync. `played` is what went wrong meanwhile, `before` the last row of the
    journal that was there before it.
    """

    fed: Fed
    before: int
    sync: int = 1
    passed: list[Passed] = field(default_factory=list)
    code: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    raw: bytes = b""
    rejected: set[int] = field(default_factory=set)
    played: set[str] = field(default_factory=set)
    hung: bool = False

    def errors(self) -> list[str]:
        return [each["failure_type"] for each in self._told()]

    def sentence(self) -> str:
        """What a person is told of the end."""
        return "; ".join(each["message"] for each in self._told())

    def _told(self) -> list[dict[str, Any]]:
        traces = [each["trace"] for each in self.messages if each["type"] == "TRACE"]
        return [each["error"] for each in traces if each["type"] == "ERROR"]


@dataclass
class Happened:
    """What a plan left behind."""

    plan: Plan
    attempts: list[Attempt]
    requests: list[dict[str, Any]]  # write calls of the journal
    bodies: dict[int, bytes]
    profiles: dict[tuple[int, int], dict[str, Any]]
    blamed: list[bytes]  # as the proxy has them


class Arena:
    """A service, a proxy before it and a connector, in a folder."""

    def __init__(self, plan: Plan, folder: Path, package: Path | None = None) -> None:
        """`package`: where another connector than this one is imported from."""
        self.plan, self.folder, self.package = plan, folder, package
        self.data, self.bodies = folder / "sandbox.db", folder / "bodies"
        self.proxy = Proxy(self._trouble, self._play)
        self._sync = 0
        self._stack = ExitStack()
        self._process: subprocess.Popen[bytes] | None = None
        self._sandbox: RunningSandbox | None = None

    def __enter__(self) -> "Arena":
        rules = {
            "call": UPDATE,
            "error": {"code": 400, "text": "kanarie"},
            "when_holds": {
                "field": KEY,
                "values": [each + POISON for each in self.plan.load.profiles],
            },
        }
        (self.folder / "faults.yaml").write_text(yaml.safe_dump([rules]))
        self._options = ["--token", TOKEN, "--faults", str(self.folder / "faults.yaml")]
        self._options += ["--keep-bodies", str(self.bodies)]
        thread = threading.Thread(target=self.proxy.serve_forever, args=[0.05])
        self._stack.callback(thread.join)
        self._stack.callback(self.proxy.server_close)
        self._stack.callback(self.proxy.shutdown)
        thread.start()
        seeding = self._serve()
        for db_id in (1, 2):
            seeding.create(
                *({KEY: number} for number in self.plan.load.profiles),
                *({KEY: number + POISON} for number in self.plan.load.profiles),
                db_id=db_id, matching="custom", field_name=KEY, token=TOKEN,
            )  # fmt: skip
        self.connector = Connector(self.folder, self.proxy.url)
        store = {"storage_type": "Local", "path": str(self.folder / "rejected")}
        self.connector.config |= {**self.plan.settings, "object_storage_config": store}
        self.connector.catalog = self.plan.catalog()
        return self

    def __exit__(self, *error: object) -> None:
        if self._sandbox is not None:
            self._sandbox.__exit__(None, None, None)
        self._stack.close()

    def _serve(self) -> ServedSandbox:
        """A process only where it is to be killed: a thread starts at once."""
        if self.plan.kills_service():
            self._sandbox = sandbox = RunningSandbox(self.data, *self._options)
        else:
            sandbox = self._stack.enter_context(ThreadedSandbox(self.data, *self._options))
        self.proxy.upstream = sandbox.url
        return sandbox

    def _trouble(self, number: int) -> str | None:
        return self.plan.at_request(self._sync, number)

    def _play(self, event: str) -> None:
        """In a thread of the proxy, while a request of the connector waits."""
        if event.startswith("service"):
            assert self._sandbox is not None
            self._sandbox.stop(signal.SIGKILL)
            self._serve()
            return
        assert self._process is not None
        self._process.send_signal(signal.Signals[event.split(maxsplit=1)[0]])
        if event.startswith("SIGKILL"):
            self._process.wait(SECONDS)

    def play(self) -> Happened:
        """All syncs, until one does not end well."""
        attempts: list[Attempt] = []
        for load in self.plan.loads:
            self._sync += 1
            self.proxy.restart()
            attempts += self._attempts(load)
            if attempts[-1].code != 0:
                break
        requests = self._requests()
        bodies = {row["id"]: next(self.bodies.glob(f"{row['id']:06d}.*")) for row in requests}
        read = {number: path.read_bytes() for number, path in bodies.items()}
        profiles, blamed = self._profiles(), self.proxy.blamed
        return Happened(self.plan, attempts, requests, read, profiles, blamed)

    def _attempts(self, load: Load) -> Iterator[Attempt]:
        """Of one sync. One more than there are troubles is enough, as each is met once."""
        cursors: dict[int, int] = {}
        for number in range(1, len(self.plan.troubles) + 2):
            attempt = self._attempt(number, feed(load, cursors))
            yield attempt
            for each in attempt.passed:
                cursors |= cursors_of(each.state)
            if attempt.code == 0 or attempt.hung:
                break

    def _attempt(self, number: int, fed: Fed) -> Attempt:
        rows = self._requests()
        attempt = Attempt(fed, rows[-1]["id"] if rows else 0, self._sync)
        happens = self.plan.at_attempt(self._sync, number)
        attempt.played |= happens
        had, old = len(self.proxy.played), {each["rejected_sync"] for each in self._kept()}
        lines = self.folder / "input.jsonl"
        lines.write_bytes(b"".join(fed.lines))
        command = self.connector.command("write")
        with self._started(command, lines, happens) as process:
            self._process = process
            errors: list[bytes] = []
            listener = threading.Thread(target=lambda: errors.append(process.stderr.read()))  # type: ignore[union-attr]
            listener.start()
            watch = threading.Timer(SECONDS, process.kill)
            watch.start()
            for line in process.stdout or ():
                self._hear(attempt, line, old)
            attempt.code = process.wait()
            attempt.hung = not watch.is_alive()
            watch.cancel()
            listener.join()
        self.proxy.rest()
        attempt.raw += errors[0]
        attempt.rejected = self._rejected(old)
        attempt.played |= set(self.proxy.played[had:])
        return attempt

    @contextmanager
    def _started(
        self, command: list[str], lines: Path, happens: set[str]
    ) -> Iterator[subprocess.Popen[bytes]]:
        imported = [self.package, CLOCK if "clock jumps" in happens else None]
        paths = [str(each) for each in imported if each] + [os.environ.get("PYTHONPATH", "")]
        environment = {
            **os.environ,
            "LOG_LEVEL": "debug" if self.plan.debug else "info",
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        }
        full = FULL_DISK if "disk full" in happens else []
        with (
            lines.open("rb") as source,
            subprocess.Popen(
                [*full, *command],
                stdin=source, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
            ) as process,
        ):  # fmt: skip
            yield process

    def _hear(self, attempt: Attempt, line: bytes, old: set[str]) -> None:
        """Take a line of stdout; a process that is killed may leave half of one."""
        if not line.endswith(b"\n"):
            return
        message = json.loads(line)
        attempt.messages.append(message)
        if message["type"] != "STATE":
            attempt.raw += line
            return
        executed = {row["id"] for row in self._requests() if row["accepted"] is not None}
        attempt.passed.append(Passed(message["state"], executed, self._rejected(old)))

    def _rejected(self, old: set[str]) -> set[int]:
        """Rows of this attempt, which is none of the old ones, by their numbers in its input."""
        return {each["rejected_row"] for each in self._kept() if each["rejected_sync"] not in old}

    def _kept(self) -> list[dict[str, Any]]:
        return kept(self.folder / "rejected")

    def _requests(self) -> list[dict[str, Any]]:
        with closing(open_to_read(self.data)) as data:
            return [row for row in Journal(data.connection).rows() if row["call"] == UPDATE]

    def _profiles(self) -> dict[tuple[int, int], dict[str, Any]]:
        with closing(open_to_read(self.data)) as data:
            store = ProfileStore(data.connection)
            return {
                (db_id, profile[KEY]): profile
                for db_id in (1, 2)
                for _, profile in store.listed(db_id)
                if profile[KEY] < FIRST_ID + POISON
            }
