"""A load: a write that is fed for long, what its process has meanwhile, and what it is held to."""

import json
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any, NamedTuple

from integration_tests.connector import Connector

KEPT = Path(__file__).parents[2] / "build" / "soak"  # the measured loads
SECONDS = 0.25  # between two looks at a process
SENDERS, DESCRIPTORS, THREADS = 8, 6, 2  # the most that may send, and what else a process has


class Look(NamedTuple):
    """What a process has, so many milliseconds after its start."""

    at: int
    megabytes: int
    descriptors: int
    threads: int


class Limits(NamedTuple):
    """What a process may have at most: `grown` are the megabytes that it may need more of in the
    second half of its input than in the first, None where it may grow. Without other figures, eight
    may send, each with a connection.
    """

    grown: int | None = None
    megabytes: int | None = None
    descriptors: int = DESCRIPTORS + 2 * SENDERS
    threads: int = THREADS + SENDERS


class Measured(NamedTuple):
    """A load that was measured, as its page tells it: `began` in seconds since the epoch, `half` in
    milliseconds, when half of the input was taken.
    """

    title: str
    limits: Limits
    began: float
    half: int
    looks: list[Look]

    @classmethod
    def read(cls, path: Path) -> "Measured":
        """One that was kept."""
        title, limits, began, half, looks = json.loads(path.read_bytes())
        return cls(title, Limits(*limits), began, half, [Look(*each) for each in looks])

    def keep(self, name: str) -> None:
        """Put it where the page is made of."""
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / f"{name}.json").write_text(json.dumps(self))

    def most(self, what: str, since: int = 0, until: float = float("inf")) -> int:
        """The most that it had of something, within a time."""
        found = (getattr(each, what) for each in self.looks if since <= each.at <= until)
        return max(found, default=0)

    def most_allowed(self) -> int | None:
        """Megabytes that it may have in the second half of its input."""
        grown = self.limits.grown
        if grown is None:
            return self.limits.megabytes
        return min(self.most("megabytes", until=self.half) + grown, self.limits.megabytes or 10**6)

    def excesses(self) -> list[str]:
        """What it had more of than it may."""
        whole, allowed = self.limits.megabytes, self.most_allowed()
        held = [
            ("megabytes", self.most("megabytes"), whole),
            ("megabytes", self.most("megabytes", since=self.half), allowed),
            ("descriptors", self.most("descriptors"), self.limits.descriptors),
            ("threads", self.most("threads"), self.limits.threads),
        ]
        return [
            f"{most} {what}, {limit} allowed"
            for what, most, limit in held
            if limit is not None and most > limit
        ]


class Soaked(NamedTuple):
    """An ended write: its exit code, the count of each state, when that came (by the monotonic
    clock), and what the process had more of than it may.
    """

    code: int
    counts: list[float]
    heard: list[float]
    excesses: list[str]


def soak(
    connector: Connector, parts: Iterable[bytes], count: int, *, name: str, title: str,
    limits: Limits,
) -> Soaked:  # fmt: skip
    """Feed a write with `count` parts of its input; what is measured is kept under a name."""
    heard: list[tuple[float, float]] = []
    looks: list[Look] = []
    began, start, half = time.time(), time.monotonic(), 0
    with (
        subprocess.Popen(
            connector.command("write"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process,
        _beside(_hear, process, heard),
        _watched(process.pid, start, looks),
    ):
        assert process.stdin is not None
        with suppress(BrokenPipeError):
            for number, part in enumerate(parts, 1):
                process.stdin.write(part)
                process.stdin.flush()
                if number == count // 2:
                    half = _milliseconds(start)
            process.stdin.close()
        process.wait()
    measured = Measured(title, limits, began, half, looks)
    measured.keep(name)
    print(looks[0], looks[-1], *measured.excesses(), sep="\n")
    return Soaked(
        process.returncode,
        [each for _, each in heard],
        [at for at, _ in heard],
        measured.excesses(),
    )


@contextmanager
def _beside(work: Any, *arguments: Any) -> Iterator[None]:
    """Something that ends by itself, on a thread."""
    thread = Thread(target=work, args=arguments)
    thread.start()
    yield
    thread.join()


def _hear(process: subprocess.Popen[bytes], heard: list[tuple[float, float]]) -> None:
    for line in process.stdout or ():
        if line.startswith(b'{"type":"STATE"'):
            count = json.loads(line)["state"]["destinationStats"]["recordCount"]
            heard.append((time.monotonic(), count))


@contextmanager
def _watched(pid: int, start: float, looks: list[Look]) -> Iterator[None]:
    ended = Event()

    def watch() -> None:
        with suppress(OSError, KeyError):  # it ends meanwhile
            while not ended.wait(SECONDS):
                looks.append(_look(pid, start))

    with _beside(watch):
        yield
        ended.set()


def _look(pid: int, start: float) -> Look:
    folder = Path("/proc") / str(pid)
    status = dict(each.split(":\t", 1) for each in (folder / "status").read_text().splitlines())
    descriptors = len(list((folder / "fd").iterdir()))
    megabytes = int(status["VmRSS"].split()[0]) // 1024
    return Look(_milliseconds(start), megabytes, descriptors, int(status["Threads"]))


def _milliseconds(start: float) -> int:
    return round((time.monotonic() - start) * 1000)
