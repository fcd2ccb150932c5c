"""`make bench`: the connector beside the floor and beside other ways to do the same, in one run, in
turns; a table and a picture.

Each figure is the median of the rounds, a ratio that of the ratios within each round: a machine may
be slower in one than in the next. "Net" is without start-up, which is what the same command takes
on empty input.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from data import CASES, USUAL, Case, encode, messages, singer, write

HERE = Path(__file__).parent
ROOT = HERE.parent
CONNECTOR = str(Path(sys.executable).with_name("destination-profiles"))
RESULTS = HERE / "results"
STATE_EVERY = 5_000
PEER_RECORDS = 50_000
LATENCY_SECONDS, IN_FLIGHT = 0.5, 8
CHUNKS = (10_000, 2_500)  # profiles in a chunk, with which latency is measured
# The connector runs from its source: without its compiled modules each run would begin by compiling
# them.
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}
Command = Sequence[str | Path]


@dataclass(frozen=True)
class Run:
    """What one command took: seconds of the clock and of the processor, bytes of memory at its
    peak.
    """

    wall: float
    cpu: float
    memory: int

    def less(self, start: "Run") -> "Run":
        """Without start-up."""
        return Run(self.wall - start.wall, self.cpu - start.cpu, self.memory)


@dataclass(frozen=True)
class Line:
    """A line of the table; `net` and `cpu` are seconds without start-up, `ratio` is to the floor on
    the same records.
    """

    what: str
    records: int
    megabytes: float
    start: float
    net: float
    cpu: float
    memory: int
    ratio: float
    cpu_ratio: float

    def cells(self) -> list[str]:
        """The line in words."""
        rate = f"{self.records / self.net:,.0f}"
        shown = [
            f"{self.records:,}",
            f"{self.start:.2f} s",
            f"{self.net:.2f} s",
            f"{self.cpu:.2f} s",
            rate,
            f"{self.megabytes / self.net:.0f}",
        ]
        return [
            self.what,
            *shown,
            f"{self.memory / 2**20:.0f} MB" if self.memory else "",
            f"{self.ratio:.2f}",
            f"{self.cpu_ratio:.2f}",
        ]


HEAD = [
    "",
    "records",
    "start-up",
    "net",
    "CPU, net",
    "records/s",
    "MB/s",
    "peak memory",
    "x floor",
    "CPU x floor",
]


def measured(command: Command, source: Path) -> Run:
    """Run a command that reads `source`. Raises where it fails."""
    with source.open("rb") as file:
        began = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdin=file,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=ENVIRONMENT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def median(runs: Sequence[Run]) -> Run:
    """The median of each figure."""
    return Run(
        *(
            statistics.median(getattr(each, name) for each in runs)
            for name in ("wall", "cpu", "memory")
        )
    )  # type: ignore[arg-type]


@contextmanager
def sink(latency: float = 0.0) -> Iterator[str]:
    """The address of a service that does no work."""
    command = [sys.executable, HERE / "sink.py", "--latency-ms", str(latency * 1000)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"  # ignore-https-check
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


class Bench:
    """Commands to measure, and the files that they read."""

    def __init__(self, folder: Path, rounds: int, scale: float) -> None:
        """`scale` is multiplied with how many records there are."""
        self.folder, self.rounds, self.scale = folder, rounds, scale
        self.empty = folder / "empty"
        self.empty.touch()
        self._numbers = iter(range(1000))

    def file(self, text: str) -> Path:
        """A new file with a text."""
        path = self.folder / f"{next(self._numbers)}.json"
        path.write_text(text)
        return path

    def write(self, case: Case, url: str, **more: object) -> Command:
        """The connector's command for a case."""
        config = self.file(
            encode({"api_url": url, "token": "benchmark-token", "db_id": 1, **case.config, **more})
        )
        return [
            CONNECTOR,
            "write",
            "--config",
            config,
            "--catalog",
            self.file(encode(case.catalog())),
        ]

    def floor(self, case: Case) -> Command:
        """The floor's command for a case."""
        return [sys.executable, HERE / "floor.py", self.file(encode(case.catalog()))]

    def inputs(
        self,
        case: Case,
        records: int,
        state_every: int = STATE_EVERY,
        lines: Callable[..., Iterator[str]] = messages,
    ) -> Path:
        """A file of input."""
        return write(
            self.folder / f"{next(self._numbers)}.jsonl", lines(case, records, state_every)
        )

    def lines(self, jobs: dict[str, tuple[Command, Path, Path, int]], case: Case) -> list[Line]:
        """Measure commands in turns, the floor first; each on its input of so many records and on
        its empty input.
        """
        full: dict[str, list[Run]] = {name: [] for name in jobs}
        bare: dict[str, list[Run]] = {name: [] for name in jobs}
        for _ in range(self.rounds):
            for name, (command, source, empty, _) in jobs.items():
                full[name].append(measured(command, source))
                bare[name].append(measured(command, empty))
        made: list[Line] = []
        nets = {
            name: [whole.less(start) for whole, start in zip(full[name], bare[name], strict=True)]
            for name in jobs
        }
        floors, least = next(iter(nets.values())), next(iter(jobs.values()))[3]
        for name, (_, _, _, count) in jobs.items():
            net, share = median(nets[name]), count / least
            ratios = [
                statistics.median(
                    getattr(ours, part) / getattr(floor, part) / share
                    for ours, floor in zip(nets[name], floors, strict=True)
                )
                for part in ("wall", "cpu")
            ]
            start, memory = median(bare[name]).wall, median(full[name]).memory
            made.append(
                Line(
                    name,
                    count,
                    count * case.size() / 1e6,
                    start,
                    net.wall,
                    net.cpu,
                    memory,
                    *ratios,
                )
            )
            print("  ", *made[-1].cells(), sep="  ", flush=True)
        return made

    def case(self, case: Case) -> list[Line]:
        """The connector beside the floor."""
        records = int(case.records * self.scale)
        print(case.name, flush=True)
        with sink() as url:
            source = self.inputs(case, records)
            jobs: dict[str, tuple[Command, Path, Path, int]] = {
                "floor": (self.floor(case), source, self.empty, records),
                "connector": (self.write(case, url), source, self.empty, records),
            }
            found = self.lines(jobs, case)
        source.unlink()
        return found

    def peers(self, connector: Line) -> list[Line]:
        """Other ways to do the same, with fewer records: they take long. `connector` is the line of
        the connector with all of them.
        """
        print("peers", flush=True)
        records, many = int(PEER_RECORDS * self.scale), int(4 * PEER_RECORDS * self.scale)
        source, tapped, longer = (
            self.inputs(USUAL, records),
            self.inputs(USUAL, records, lines=singer),
            self.inputs(USUAL, many),
        )
        empty_tap = self.inputs(USUAL, 0, lines=singer)
        with sink() as url:
            config = self.file(encode({"api_url": url, "token": "benchmark-token", "db_id": 1}))
            catalog = self.file(encode(USUAL.catalog()))
            peers = HERE / "peers"
            cdk: Command = [
                sys.executable,
                peers / "airbyte.py",
                "write",
                "--config",
                config,
                "--catalog",
                catalog,
            ]
            target: Command = [
                ROOT / ".venv-singer/bin/python",
                peers / "singer.py",
                "--config",
                config,
            ]
            load: Command = [ROOT / ".venv-dlt/bin/python", peers / "load.py", config]
            jobs: dict[str, tuple[Command, Path, Path, int]] = {
                "floor": (self.floor(USUAL), longer, self.empty, many),
                "CDK": (cdk, source, self.empty, records),
                "Singer SDK": (target, tapped, empty_tap, records),
                "dlt": (load, source, self.empty, records),
            }
            if program := shutil.which("syslog-ng", path=f"{os.environ['PATH']}:/usr/sbin"):
                jobs["syslog-ng"] = (self.syslog(program, url), longer, self.empty, many)
            found = self.lines(jobs, USUAL)
        return [found[0], connector, *found[1:]]

    def syslog(self, program: str, url: str) -> Command:
        """The command of a peer that is not of Python, and is measured where it is installed."""
        own = [
            f"{option}={self.folder / name}"
            for option, name in (
                ("--persist-file", "kept"),
                ("--pidfile", "pid"),
                ("--control", "ctl"),
            )
        ]
        # Only with poll does it read a file as it would a pipe.
        variables = [f"url={url}", "IV_EXCLUDE_POLL_METHOD=epoll-timerfd epoll"]
        return [
            "env",
            *variables,
            program,
            "--foreground",
            "--no-caps",
            f"--cfgfile={HERE / 'peers/syslog-ng.conf'}",
            *own,
        ]

    def states(self) -> float:
        """How much longer a sync takes with a state every 100 records than with one every 5,000."""
        records = int(1_000_000 * self.scale)
        with sink() as url:
            command = self.write(USUAL, url)
            sources = [self.inputs(USUAL, records, every) for every in (STATE_EVERY, 100)]
            runs = [
                [measured(command, each) for each in (*sources, self.empty)]
                for _ in range(self.rounds)
            ]
        return statistics.median(
            (many.wall - start.wall) / (few.wall - start.wall) for few, many, start in runs
        )

    def latency(self, chunk: int) -> tuple[float, float]:
        """Net seconds with chunks of so many profiles, answers after half a second and eight
        requests at once; and the least that it can be.
        """
        records = int(1_000_000 * self.scale)
        source, batching = self.inputs(USUAL, records), {"max_profiles": chunk}
        with sink() as url, sink(LATENCY_SECONDS) as slow:
            quick = self.write(USUAL, url, batching=batching)
            late = self.write(USUAL, slow, batching=batching, delivery={"max_in_flight": IN_FLIGHT})
            runs = [
                [measured(quick, source), measured(late, source), measured(quick, self.empty)]
                for _ in range(self.rounds)
            ]
        source.unlink()
        none, some, start = (median(column).wall for column in zip(*runs, strict=True))
        return some - start, max(none - start, records / chunk / IN_FLIGHT * LATENCY_SECONDS)

    def memory(self) -> dict[str, int]:
        """Bytes at the peak: one and five million records, and eight bodies of 10 MB in flight."""
        found = {}
        for millions in (1, 5):
            records = int(millions * 1_000_000 * self.scale)
            source = self.inputs(USUAL, records)
            with sink() as url:
                found[f"{records:,} records"] = measured(self.write(USUAL, url), source).memory
            source.unlink()
        large = Case(
            "",
            0,
            lambda number: {
                "email": f"p{number:08}@example.com",
                "_fname": "Ann",
                "text": "x" * 930,
            },
        )
        source = self.inputs(large, int(400_000 * self.scale))
        with sink(LATENCY_SECONDS) as slow:
            found["8 bodies of 10 MB in flight"] = measured(
                self.write(large, slow, delivery={"max_in_flight": IN_FLIGHT}), source
            ).memory
        source.unlink()
        return found

    def start(self) -> dict[str, float]:
        """Seconds of commands that do next to nothing."""
        with sink() as url:
            config = self.file(encode({"api_url": url, "token": "benchmark-token", "db_id": 1}))
            commands: dict[str, Command] = {
                "import airbyte_cdk": [sys.executable, "-c", "import airbyte_cdk"],
                "spec": [CONNECTOR, "spec"],
                "check": [CONNECTOR, "check", "--config", config],
            }
            runs = [
                [measured(each, self.empty).wall for each in commands.values()]
                for _ in range(2 * self.rounds + 1)
            ]
        return dict(zip(commands, map(statistics.median, zip(*runs, strict=True)), strict=True))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [
        "| " + " | ".join(row) + " |" for row in [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    ]
    return "\n".join(lines) + "\n"


def picture(found: dict[str, list[Line]], peers: list[Line]) -> None:
    """Times the floor, as bars."""
    import matplotlib as mpl  # noqa: PLC0415 - a picture is made last

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), width_ratios=[1, 1])
    for axis, lines, title in (
        (
            left,
            [(name, each[-1].ratio) for name, each in found.items()],
            "The connector, by kind of records",
        ),
        (
            right,
            [(each.what, each.ratio) for each in peers],
            "479 bytes: the connector and its peers",
        ),
    ):
        bars = axis.barh(
            [name for name, _ in lines], [ratio for _, ratio in lines], color="#3f3df5"
        )
        axis.bar_label(bars, fmt="%.1f", padding=3)
        axis.invert_yaxis()
        axis.axvline(1, color="#d1242f", linewidth=1)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("wall time after start-up, x floor")
        axis.margins(x=0.12)
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(RESULTS / "speed.png", dpi=120)


def main() -> None:
    """Measure all, or the parts that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--scale", type=float, default=1.0, help="of the numbers of records; default: %(default)s"
    )
    options = parser.parse_args()
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.rounds, options.scale)
        found = {case.name: bench.case(case) for case in CASES}
        peers = bench.peers(found[USUAL.name][1])
        states, memory, start = bench.states(), bench.memory(), bench.start()
        late = {f"{1_000_000 // chunk} chunks": bench.latency(chunk) for chunk in CHUNKS}
    rows = [
        [f"{name}: {line.what}", *line.cells()[1:]]
        for name, lines in found.items()
        for line in lines
    ]
    others = [
        ["a state every 100 records instead of every 5,000", f"{states:.2f} x"],
        *(
            [
                f"answers after {LATENCY_SECONDS} s, {IN_FLIGHT} at once, {name}",
                f"{taken:.2f} s = {taken / least:.2f} x the least",
            ]
            for name, (taken, least) in late.items()
        ),
        *([f"peak memory, {name}", f"{value / 2**20:.0f} MB"] for name, value in memory.items()),
        *(
            [f"`{name}`", f"{seconds:.2f} s = {seconds / start['import airbyte_cdk']:.2f} x"]
            for name, seconds in start.items()
        ),
    ]
    text = "\n".join(
        [
            table(HEAD, rows),
            table(HEAD, [line.cells() for line in peers]),
            table(["", "measured"], others),
        ]
    )
    (RESULTS / "results.md").write_text(text)
    (RESULTS / "results.json").write_text(
        json.dumps(
            {"cases": rows, "peers": [line.cells() for line in peers], "others": others}, indent=1
        )
    )
    picture(found, peers)
    print(text)


if __name__ == "__main__":
    main()
