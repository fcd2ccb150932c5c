"""Measuring commands: what one takes, beside what it takes on empty input, and what the sink
received of it.
"""

import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data import STATE_EVERY, Lines, messages, write
from rows import encode
from shapes import Shape

HERE = Path(__file__).parent
CONNECTOR = str(Path(sys.executable).with_name("destination-profiles"))
# The connector runs from its source: without its compiled modules each run would begin by compiling
# them.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}
Command = Sequence[str | Path]


class Failed(Exception):
    """A part of the benchmarks cannot be measured; the text says why."""


@dataclass(frozen=True)
class Run:
    """What one command took: seconds of the clock and of the processor, bytes of memory at its
    peak; and when it began, on the system's monotonic clock.
    """

    wall: float
    cpu: float
    memory: float
    began: float = 0.0

    def less(self, start: "Run") -> "Run":
        """Without start-up."""
        return Run(self.wall - start.wall, self.cpu - start.cpu, self.memory, self.began)


def measured(command: Command, source: Path) -> Run:
    """Run a command that reads `source`. Raises Failed where it fails."""
    with source.open("rb") as file:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            stdin=file,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise Failed(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024, began)


def median(runs: Sequence[Run]) -> Run:
    """The median of each figure."""
    columns = zip(*((each.wall, each.cpu, each.memory) for each in runs), strict=True)
    return Run(*map(statistics.median, columns))


@dataclass(frozen=True)
class Counts:
    """What a sink received: requests, profiles, and when the first request was there, on the
    system's monotonic clock.
    """

    requests: int
    profiles: int
    first: float


@dataclass(frozen=True)
class Sink:
    """A service that does no work, at `url`."""

    url: str

    def counts(self) -> Counts:
        """What it received since the last call."""
        with urllib.request.urlopen(self.url) as answer:
            return Counts(**json.loads(answer.read()))


@contextmanager
def sink(latency: float = 0.0) -> Iterator[Sink]:
    """A running sink that answers after so many seconds."""
    command = [sys.executable, HERE / "sink.py", "--latency-ms", str(latency * 1000)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Sink(f"http://127.0.0.1:{process.stdout.readline().strip()}")  # ignore-https-check
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@dataclass(frozen=True)
class Job:
    """A command, its input of so many records and its empty input; `sink` is where its profiles
    must arrive, all of them, if anywhere.
    """

    command: Command
    source: Path
    empty: Path
    records: int
    sink: Sink | None = None

    def full(self) -> tuple[Run, Counts | None]:
        """Run it. Raises Failed where a profile does not arrive."""
        if self.sink is None:
            return measured(self.command, self.source), None
        self.sink.counts()
        run, counts = measured(self.command, self.source), self.sink.counts()
        if counts.profiles != self.records:
            raise Failed(f"{counts.profiles:,} of {self.records:,} profiles arrived")
        return run, counts

    def bare(self) -> Run:
        """Run it on empty input."""
        return measured(self.command, self.empty)


class Bench:
    """What is measured how often, and the files that are read."""

    def __init__(self, folder: Path, rounds: int, scale: float) -> None:
        """`scale` is multiplied with how many records there are."""
        self.folder, self.rounds, self.scale = folder, rounds, scale
        self.empty = folder / "empty"
        self.empty.touch()
        self._numbers = iter(range(10_000))

    def count(self, records: int) -> int:
        """So many records, scaled."""
        return max(1, int(records * self.scale))

    def file(self, text: str) -> Path:
        """A new file with a text."""
        path = self.folder / f"{next(self._numbers)}.json"
        path.write_text(text)
        return path

    def config(self, url: str, **more: Any) -> Path:
        """A file with the connector's configuration."""
        return self.file(encode({"api_url": url, "token": "benchmark-token", "db_id": 1, **more}))

    def write(self, catalog: Mapping[str, Any], url: str, **more: Any) -> Command:
        """The connector's command for a catalog and what its configuration has more."""
        config, streams = self.config(url, **more), self.file(encode(catalog))
        return [CONNECTOR, "write", "--config", config, "--catalog", streams]

    def floor(self, shape: Shape) -> Command:
        """The floor's command for a shape."""
        return [sys.executable, HERE / "floor.py", self.file(encode(shape.floor_schema()))]

    def lines(self, lines: Iterator[str]) -> Path:
        """A new file of input."""
        return write(self.folder / f"{next(self._numbers)}.jsonl", lines)

    def inputs(
        self, shape: Shape, records: int, every: int = STATE_EVERY, of: Lines = messages
    ) -> Path:
        """A file of input of a shape, with a state after `every` so many records."""
        return self.lines(of(shape, records, every))

    def job(self, shape: Shape, records: int, to: Sink, **more: Any) -> Job:
        """The connector with so many records of a shape, as they are configured and `more`."""
        command = self.write(shape.catalog(), to.url, **shape.config, **more)
        return Job(command, self.inputs(shape, records), self.empty, records, to)
