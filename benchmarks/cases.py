"""The connector, and other ways to do the same, beside the floor: a line of the table each."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data import singer
from measure import Bench, Job, Run, median, sink
from peers.commands import peers
from rows import encode
from shapes import FLAT, Shape

PEER_RECORDS = 50_000


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
    memory: float
    ratio: float
    cpu_ratio: float

    def cells(self) -> list[str]:
        """The line in words."""
        return [
            self.what,
            f"{self.records:,}",
            f"{self.start:.2f} s",
            f"{self.net:.2f} s",
            f"{self.cpu:.2f} s",
            f"{self.records / self.net:,.0f}",
            f"{self.megabytes / self.net:.0f}",
            f"{self.memory / 2**20:.0f} MB",
            f"{self.ratio:.2f}",
            f"{self.cpu_ratio:.2f}",
        ]


def beside_floor(bench: Bench, shape: Shape) -> list[Line]:
    """The connector beside the floor."""
    records = bench.count(shape.records)
    with sink() as to:
        job = bench.job(shape, records, to)
        floor = Job(bench.floor(shape), job.source, bench.empty, records)
        found = _lines(bench, {"floor": floor, "connector": job}, shape)
    job.source.unlink()
    return found


def beside_peers(bench: Bench, connector: Line) -> list[Line]:
    """Other ways to do the same, with fewer records: they take long. `connector` is the line of
    the connector on records of the same shape.
    """
    few, many = bench.count(PEER_RECORDS), bench.count(4 * PEER_RECORDS)
    longer = (bench.inputs(FLAT, many), bench.empty, many)
    inputs = {
        "airbyte": (bench.inputs(FLAT, few), bench.empty, few),
        "singer": (bench.inputs(FLAT, few, of=singer), bench.inputs(FLAT, 0, of=singer), few),
        "syslog": longer,
    }
    with sink() as to:
        config, catalog = bench.config(to.url), bench.file(encode(FLAT.catalog()))
        jobs = {"floor": Job(bench.floor(FLAT), *longer)} | {
            peer.name: Job(peer.command, *inputs[peer.reads], to)
            for peer in peers(bench.folder, config, catalog, to.url)
        }
        found = _lines(bench, jobs, FLAT)
    return [found[0], connector, *found[1:]]


def _lines(bench: Bench, jobs: Mapping[str, Job], shape: Shape) -> list[Line]:
    """Measure commands in turns, the floor first."""
    full: dict[str, list[Run]] = {name: [] for name in jobs}
    bare: dict[str, list[Run]] = {name: [] for name in jobs}
    for _ in range(bench.rounds):
        for name, job in jobs.items():
            full[name].append(job.full()[0])
            bare[name].append(job.bare())
    nets = {
        name: [run.less(start) for run, start in zip(full[name], bare[name], strict=True)]
        for name in jobs
    }
    floor = jobs["floor"]
    return [
        _line(
            name,
            job,
            shape,
            start=median(bare[name]).wall,
            nets=nets[name],
            floors=nets["floor"],
            share=job.records / floor.records,
        )
        for name, job in jobs.items()
    ]


def _line(
    name: str,
    job: Job,
    shape: Shape,
    *,
    start: float,
    nets: Sequence[Run],
    floors: Sequence[Run],
    share: float,
) -> Line:
    """The medians of what a command took, and of the ratios to the floor in the same round, which
    had so many times fewer records.
    """
    pairs = list(zip(nets, floors, strict=True))
    net = median(nets)
    megabytes = job.records * shape.size() / 1e6
    ratio = statistics.median(ours.wall / floor.wall / share for ours, floor in pairs)
    cpu_ratio = statistics.median(ours.cpu / floor.cpu / share for ours, floor in pairs)
    line = Line(
        name, job.records, megabytes, start, net.wall, net.cpu, net.memory, ratio, cpu_ratio
    )
    print("  ", *line.cells(), sep="  ", flush=True)
    return line
