"""Scenarios: a load, what goes wrong, and the ranges in which what happens must lie. Each is a YAML
file in scenarios/.

The connector runs as a process against the sandbox as a process. Whatever the scenario,
`broken_promises` must be empty.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from integration_tests.connector import UPDATE, Connector, Said, record, state, stream, updates
from integration_tests.s3 import MotoServer
from profiles_sandbox.data.datafile import open_to_read
from profiles_sandbox.data.store import ProfileStore
from profiles_sandbox.testing import RunningSandbox

FOLDER = Path(__file__).with_name("scenarios")
SECONDS = 600  # longer than any scenario takes
SEEDED_AT_ONCE = 10_000
FIELDS = ("source", "language", "occupation", "_city")
FIRST_REQUESTS = 20  # in which a limit may still be sought


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records: each profile is updated so often, in random order where it is more than once, with a
    state after every so many.

    `counter`: each record adds 1 to the profile's points. `strangers`: so many records have no
    profile. `bytes`: of a record, about.
    """

    profiles: int
    updates: int = 1
    strangers: int = 0
    state_every: int = 100
    bytes: int = 0
    counter: bool = True
    sync_mode: str = "append"


class Event(msgspec.Struct, forbid_unknown_fields=True):
    """Something from outside, once the service has had so many requests, and some seconds more."""

    do: Literal["SIGTERM", "SIGINT", "SIGKILL", "stop S3"]
    after_requests: int = 0
    after_seconds: float = 0.0


class Scenario(msgspec.Struct, forbid_unknown_fields=True):
    """One file. `expect` names measures, each with a number or text, or with the lowest and the
    highest value.
    """

    why: str
    load: Load
    expect: dict[str, Any]
    connector: dict[str, Any] = {}
    sandbox: list[str] = []
    faults: list[dict[str, Any]] = []
    store: Literal["None", "Local", "S3", "broken"] = "Local"
    events: list[Event] = []
    input_stays_open: bool = False
    output_is_not_read: bool = False
    # so often the process is killed at a random moment, and the next one resumes from the last
    # state
    kills: int = 0
    soak: bool = False


def load(path: Path) -> Scenario:
    """Read a scenario; a key that it does not have is an error."""
    return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Scenario)


@cache
def records(load: Load) -> list[dict[str, Any]]:
    """The data of all records, in their order. The same load gives the same records."""
    rng = random.Random(len(FIELDS))
    numbers = [number for number in range(1, load.profiles + 1) for _ in range(load.updates)]
    numbers += range(load.profiles + 1, load.profiles + load.strangers + 1)
    if load.updates > 1 or load.strangers:
        rng.shuffle(numbers)
    return [_data(load, number, ordinal, rng) for ordinal, number in enumerate(numbers)]


def _data(load: Load, number: int, ordinal: int, rng: random.Random) -> dict[str, Any]:
    data: dict[str, Any] = {"crm_id": number, rng.choice(FIELDS): f"update {ordinal}"}
    if load.counter:
        data["points"] = {"action": "incr", "value": 1}
    if load.bytes:
        data["_region"] = "x" * (load.bytes - len(json.dumps(data)))
    return data


@cache
def messages(load: Load) -> list[bytes]:
    """The lines of the source for each record, with a state where one is due: its cursor is the
    number of records before it.
    """
    data = records(load)
    ends = {*range(load.state_every, len(data), load.state_every), len(data)}
    return [
        record(each) + (state(position) if position in ends else b"")
        for position, each in enumerate(data, 1)
    ]


@dataclass
class Run:
    """The parts of a running scenario that its events and measures need."""

    scenario: Scenario
    sandbox: RunningSandbox
    process: subprocess.Popen[bytes]
    s3: MotoServer | None = None
    stopped: threading.Event = field(default_factory=threading.Event)

    def requests(self) -> list[dict[str, Any]]:
        return updates(self.sandbox)

    def play(self, event: Event) -> None:
        """Wait for the moment of an event and do it, unless the run ends before."""
        while len(self.requests()) < event.after_requests:
            if self.stopped.wait(0.01):
                return
        if self.stopped.wait(event.after_seconds):
            return
        if event.do == "stop S3":
            assert self.s3 is not None
            self.s3.stop()
        else:
            self.process.send_signal(signal.Signals[event.do])


@dataclass
class Happened:
    """What a run left behind."""

    scenario: Scenario
    said: Said
    seconds: float  # of the process
    requests: list[dict[str, Any]]
    profiles: dict[int, dict[str, Any]]  # by crm_id
    rejected: list[dict[str, Any]]  # of the store

    @property
    def cursors(self) -> list[int]:
        return [each["stream"]["stream_state"]["cursor"] for each in self.said.states]

    def measures(self) -> dict[str, Any]:
        """Every figure that a scenario may expect something of."""
        answered = [row for row in self.requests if row["accepted"] is not None]
        refused = [row for row in self.requests if row["http_status"] in (429, 503)]
        late = [row for row in refused if self.requests.index(row) >= FIRST_REQUESTS]
        spans = [
            (_time(row["received_at"]), _time(row["ended_at"]))
            for row in answered
            if row["ended_at"]
        ]
        span = max((end for _, end in spans), default=0.0) - min(
            (start for start, _ in spans), default=0.0
        )
        errors = [trace["error"] for trace in self.said.traces if trace["type"] == "ERROR"]
        return {
            "exit_code": self.said.code,
            "failure_type": errors[0]["failure_type"] if errors else None,
            "message": errors[0]["message"] if errors else None,
            "log": self.said.log,
            "seconds": round(self.seconds, 2),
            "sending_seconds": round(span, 2),
            "states": len(self.said.states),
            "delivered": int(sum(delivered for delivered, _ in self.said.stats)),
            "rejected": int(sum(rejected for _, rejected in self.said.stats)),
            "stored": len(self.rejected),
            "requests": len(self.requests),
            "executed": len(answered),
            "repeats": len(self.requests) - len({row["request_id"] for row in self.requests}),
            "answered_again": sum(row["duplicate"] for row in self.requests),
            "refused": len(refused),
            "too_large": sum(row["http_status"] == 413 for row in self.requests),
            "refused_late": round(len(late) / max(1, len(self.requests) - FIRST_REQUESTS), 3),
            "mean_at_once": round(sum(end - start for start, end in spans) / span, 2)
            if span
            else 0.0,
            "most_at_once": _most_at_once(spans),
            "most_profiles": max((row["profiles"] or 0 for row in self.requests), default=0),
            "longest_body": max((row["body_bytes"] for row in self.requests), default=0),
            "longest_accepted_body": max((row["body_bytes"] for row in answered), default=0),
            "rate_limited": sum(trace["type"] == "STREAM_STATUS" for trace in self.said.traces),
        }

    def unexpected(self) -> list[str]:
        """What lies outside of its range."""
        measures = self.measures()
        found = []
        for name, wanted in self.scenario.expect.items():
            met = measures[name]
            if name in ("message", "log"):
                fits = wanted in (met or "")
            else:
                fits = wanted[0] <= met <= wanted[1] if isinstance(wanted, list) else met == wanted
            if not fits:
                found.append(f"{name}: {met!r} instead of {wanted!r}")
        return found

    def broken_promises(self, *, resumed: bool = False) -> list[str]:
        """What must hold whatever happens. `resumed`: some records were sent by an earlier run that
        did not end well.
        """
        load = self.scenario.load
        data = records(load)
        wrong = [*self._states_out_of_place(data)]
        set_aside = {each["crm_id"] for each in self.rejected} | set(
            range(load.profiles + 1, load.profiles + load.strangers + 1)
        )
        passed = Counter(each["crm_id"] for each in data[: max(self.cursors, default=0)])
        reached = {number: self.profiles.get(number, {}).get("points", 0) for number in passed}
        if load.counter:
            wrong += [
                f"profile {number} is short"
                for number, count in passed.items()
                if reached[number] < count and number not in set_aside
            ]
            wrong += [
                f"profile {number} moved twice"
                for number, count in reached.items()
                if count > load.updates and not resumed
            ]
        wrong += [
            f"{row['id']}: too large"
            for row in self.requests
            if row["body_bytes"] > 10_000_000 or (row["profiles"] or 0) > 10_000
        ]
        bodies = {
            (row["request_id"], row["body_sha256"])
            for row in self.requests
            if row["profiles"] is not None
        }
        wrong += [
            f"{request_id}: two bodies"
            for request_id, count in Counter(each for each, _ in bodies).items()
            if count > 1
        ]
        if self.said.code == 0 and max(self.cursors, default=0) == len(data):
            overlooked = (
                {"points"} if resumed else set()
            )  # what was sent by a killed process is sent again, and counts again
            for number, wanted in applied(load, set_aside).items():
                found = self.profiles[number]
                if any(
                    found.get(name) != wanted.get(name) for name in {*found, *wanted} - overlooked
                ):
                    wrong.append(f"profile {number} differs")
        return wrong

    def _states_out_of_place(self, data: list[dict[str, Any]]) -> Iterator[str]:
        every = self.scenario.load.state_every
        first = self.cursors[0] - (self.cursors[0] - 1) % every - 1 if self.cursors else 0
        before = first
        for cursor, (delivered, rejected) in zip(self.cursors, self.said.stats, strict=True):
            if cursor != min(before + every, len(data)):
                yield f"state {cursor} follows {before}"
            if delivered + rejected != cursor - before:
                yield f"state {cursor} counts {delivered} and {rejected}, not {cursor - before}"
            before = cursor


def applied(load: Load, set_aside: set[int]) -> dict[int, dict[str, Any]]:
    """Every known profile after all records were applied one by one, in their order, but for those
    that were set aside.
    """
    profiles: dict[int, dict[str, Any]] = {
        number: {"crm_id": number, "points": 0} for number in range(1, load.profiles + 1)
    }
    for each in records(load):
        profile = {} if each["crm_id"] in set_aside else profiles[each["crm_id"]]
        plain = {name: value for name, value in each.items() if name != "points"}
        profile |= {**plain, "points": profile.get("points", 0) + ("points" in each)}
    return profiles


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _most_at_once(spans: list[tuple[float, float]]) -> int:
    edges = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


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
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def _store(self) -> dict[str, Any]:
        rejected = self.folder / "rejected"
        if self.scenario.store == "S3":
            self.s3 = self._stack.enter_context(MotoServer())
            return self.s3.setting()
        if self.scenario.store == "broken":
            rejected.mkdir()
            (rejected / "users.jsonl").symlink_to("/dev/full")
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
            self.connector.command("write"),
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            run = Run(scenario, self.sandbox, process, self.s3)
            jobs: list[Callable[[], None]] = [
                partial(run.play, each) for each in events or scenario.events
            ]
            if scenario.input_stays_open:
                jobs.append(lambda: _feed(process, lines.read_bytes()))
            threads = [threading.Thread(target=job) for job in jobs]
            for thread in threads:
                thread.start()
            output, errors = _outputs(process, read=not scenario.output_is_not_read)
            seconds = time.perf_counter() - began
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
        folder = self.folder / "rejected"
        files = folder.glob("*.jsonl") if self.scenario.store == "Local" and folder.exists() else ()
        return [json.loads(each) for file in files for each in file.read_bytes().splitlines()]


def _feed(process: subprocess.Popen[bytes], lines: bytes) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError):
        process.stdin.write(lines)
        process.stdin.flush()


def _outputs(process: subprocess.Popen[bytes], *, read: bool) -> tuple[bytes, bytes]:
    """What the process wrote on stdout, if it is read before its end, and on stderr."""
    assert process.stdout is not None
    assert process.stderr is not None
    if not read:
        process.wait(SECONDS)
        return b"", process.stderr.read()
    output: list[bytes] = []
    reader = threading.Thread(target=lambda: output.append(process.stdout.read()))  # type: ignore[union-attr]
    reader.start()
    errors = process.stderr.read()
    process.wait(SECONDS)
    reader.join()
    return output[0], errors


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
