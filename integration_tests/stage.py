"""A stage: the connector as a process against the sandbox as a process, and a scenario played with
them. Whatever the scenario, `broken_promises` must be empty.

`python -m integration_tests.stage NAME` shows what was measured.
"""

import fcntl
import json
import random
import signal
import subprocess
import sys
import tempfile
import termios
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from integration_tests.connector import FULL_DISK, UPDATE, Connector, Said, kept, stream, updates
from integration_tests.happened import Happened
from integration_tests.s3 import MotoServer
from integration_tests.scenario import FOLDER, Event, Scenario, load, messages
from profiles_sandbox.data.datafile import open_to_read
from profiles_sandbox.data.store import ProfileStore
from profiles_sandbox.testing import RunningSandbox

SECONDS = 600  # longer than any scenario takes
HUNG = (
    200  # longer than those of `make test` take, and shorter than any wait that nothing may await
)
SEEDED_AT_ONCE = 10_000


@dataclass
class Run:
    """The parts of a running scenario that its events and measures need."""

    scenario: Scenario
    sandbox: RunningSandbox
    process: subprocess.Popen[bytes]
    s3: MotoServer | None = None
    stopped: threading.Event = field(default_factory=threading.Event)
    fed: threading.Event = field(default_factory=threading.Event)
    ending: threading.Event = field(default_factory=threading.Event)  # it was said how

    def requests(self) -> list[dict[str, Any]]:
        return updates(self.sandbox)

    def received(self) -> int:
        """How many requests there are: asked often, and a late answer would be a late event."""
        with closing(open_to_read(self.sandbox.data)) as data:
            counted = "SELECT count(*) FROM journal WHERE call = ?"
            return int(data.connection.execute(counted, [UPDATE]).fetchone()[0])

    def play(self, event: Event) -> None:
        """Wait for the moment of an event and do it, unless the run ends before."""
        while self.received() < event.after_requests or not self._is_so_far(event):
            if self.stopped.wait(0.01):
                return
        if self.stopped.wait(event.after_seconds):
            return
        if event.do == "stop S3":
            assert self.s3 is not None
            self.s3.stop()
        else:
            self.process.send_signal(signal.Signals[event.do])

    def _is_so_far(self, event: Event) -> bool:
        match event.process:
            case "answers signals":
                return answers(self.process.pid, signal.Signals[event.do])
            case "has read":
                assert self.process.stdin is not None
                return self.fed.is_set() and unread(self.process.stdin.fileno()) == 0
            case "ends":
                return self.ending.is_set()
        return True


def answers(pid: int, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal, as the system tells."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    (caught,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(caught, 16) >> (number - 1) & 1)


def unread(pipe: int) -> int:
    """The bytes that wait in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


class Stage:
    """A sandbox with the profiles of a load, a store, and a connector that is configured for
    both.
    """

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        self.scenario = scenario
        self.folder = folder
        self.s3: MotoServer | None = None
        self._stack = ExitStack()

    def __enter__(self) -> "Stage":
        with ExitStack() as started:
            self._stack = started
            self._start()
            self._stack = started.pop_all()  # it ends later, and at once where something failed
        return self

    def _start(self) -> None:
        plan = self.folder / "faults.yaml"
        plan.write_text(yaml.safe_dump([{"call": UPDATE, **rule} for rule in self.scenario.faults]))
        options = ("--faults", str(plan), *self.scenario.sandbox)
        self.sandbox = self._stack.enter_context(
            RunningSandbox(self.folder / "sandbox.db", *options)
        )
        profiles = [
            {"crm_id": number, "points": 0} for number in range(1, self.scenario.load.profiles + 1)
        ]
        for start in range(0, len(profiles), SEEDED_AT_ONCE):
            self.sandbox.create(
                *profiles[start : start + SEEDED_AT_ONCE], matching="custom", field_name="crm_id"
            )
        self.connector = Connector(self.folder, self.sandbox.url)
        self.connector.catalog = {"streams": [stream(sync_mode=self.scenario.load.sync_mode)]}
        self.connector.config |= {**self.scenario.connector, "object_storage_config": self._store()}

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _store(self) -> dict[str, Any]:
        rejected = self.folder / "rejected"
        if self.scenario.store == "S3":
            self.s3 = self._stack.enter_context(MotoServer())
            return self.s3.setting()
        return (
            {"storage_type": "None"}
            if self.scenario.store == "None"
            else {"storage_type": "Local", "path": str(rejected)}
        )

    def run(self, start: int = 0, events: list[Event] | None = None) -> Happened:
        """Send the records from a position on, while the events happen."""
        scenario = self.scenario
        lines = self.folder / "input.jsonl"
        lines.write_bytes(b"".join(messages(scenario.load)[start:]))
        began = time.perf_counter()
        source = subprocess.PIPE if scenario.input_stays_open else lines.open("rb")
        with subprocess.Popen(
            [*(FULL_DISK if scenario.store == "full" else ()), *self.connector.command("write")],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            run = Run(scenario, self.sandbox, process, self.s3)
            jobs: list[Callable[[], None]] = [
                partial(run.play, each) for each in events or scenario.events
            ]
            if scenario.input_stays_open:
                jobs.append(lambda: _feed(run, lines.read_bytes()))
            threads = [threading.Thread(target=job) for job in jobs]
            for thread in threads:
                thread.start()
            watch = threading.Timer(SECONDS if scenario.soak else HUNG, process.kill)
            watch.start()
            output, errors = _outputs(run, read=not scenario.output_is_not_read)
            seconds = time.perf_counter() - began
            watch.cancel()
            run.stopped.set()
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()
            for thread in threads:
                thread.join()
        if source != subprocess.PIPE:
            source.close()  # type: ignore[union-attr]
        whole = (
            output[: output.rfind(b"\n") + 1] if process.returncode < 0 else output
        )  # a killed process may leave half a line
        said = Said(
            process.returncode, [json.loads(each) for each in whole.splitlines()], output + errors
        )
        return Happened(scenario, said, seconds, run.requests(), self._profiles(), self._rejected())

    def run_with_kills(self) -> list[Happened]:
        """Kill the process again and again, each time at a random moment, and let the last one come
        to its end.
        """
        rng = random.Random(self.scenario.kills)
        runs: list[Happened] = []
        position = 0
        for _ in range(self.scenario.kills):
            had = len(runs[-1].requests) if runs else 0
            moment = Event("SIGKILL", had + rng.randrange(24), rng.random() / 20)
            runs.append(self.run(position, [moment]))
            position = max([position, *runs[-1].cursors])
        return [*runs, self.run(position)]

    def _profiles(self) -> dict[int, dict[str, Any]]:
        data = open_to_read(self.sandbox.data)
        try:
            return {
                profile["crm_id"]: {**profile}
                for _, profile in ProfileStore(data.connection).listed(1)
            }
        finally:
            data.close()

    def _rejected(self) -> list[dict[str, Any]]:
        if self.scenario.store == "S3" and self.s3 is not None:
            return self.s3.lines()
        return kept(self.folder / "rejected")


def _feed(run: Run, lines: bytes) -> None:
    assert run.process.stdin is not None
    with suppress(BrokenPipeError):
        run.process.stdin.write(lines)
        run.process.stdin.flush()
        run.fed.set()


def _outputs(run: Run, *, read: bool) -> tuple[bytes, bytes]:
    """What the process wrote on stdout, if it is read before its end, and on stderr."""
    process = run.process
    assert process.stdout is not None
    assert process.stderr is not None
    if not read:
        process.wait(SECONDS)
        return b"", process.stderr.read()
    output: list[bytes] = []

    def listen() -> None:
        for line in process.stdout or ():
            output.append(line)
            if b'"type":"ERROR"' in line:
                run.ending.set()

    reader = threading.Thread(target=listen)
    reader.start()
    errors = process.stderr.read()
    process.wait(SECONDS)
    reader.join()
    return b"".join(output), errors


SHOWN = {  # measures of the table, in people's words
    "seconds": "process, s",
    "sending_seconds": "sending, s",
    "requests": "requests",
    "executed": "executed",
    "repeats": "repeats",
    "refused": "refused",
    "most_at_once": "most at once",
    "mean_at_once": "mean at once",
    "delivered": "delivered",
    "rejected": "rejected",
    "states": "states",
    "exit_code": "exit",
}


def main() -> None:
    """Run the scenarios that are named, or all, and print a Markdown table of what was measured."""
    print(f"| scenario | {' | '.join(SHOWN.values())} |\n|---|{'---:|' * len(SHOWN)}", flush=True)
    for path in [FOLDER / f"{name}.yaml" for name in sys.argv[1:]] or sorted(FOLDER.glob("*.yaml")):
        with tempfile.TemporaryDirectory() as folder, Stage(load(path), Path(folder)) as stage:
            happened = stage.run_with_kills()[-1] if stage.scenario.kills else stage.run()
        measures = happened.measures()
        cells = [f"{measures[name]:,}" for name in SHOWN]
        print(
            f"| {path.stem.replace('_', ' ')} | {' | '.join(cells)} |",
            *happened.unexpected(),
            flush=True,
        )


if __name__ == "__main__":
    main()
