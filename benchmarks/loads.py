"""Loads of which something else than the time a record counts: requests, answers that come late,
memory, start-up.
"""

import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from data import STATE_EVERY, record, state
from measure import CONNECTOR, Bench, Command, Counts, Job, Run, measured, median, sink
from rows import Orders
from shapes import BY_NUMBER, FLAT, Shape, catalog_of, object_of
from targets import FIGURES, shown

LATE_SECONDS, IN_FLIGHT = 0.5, 8
ORDER_SECONDS, CUSTOMERS = 0.2, 3_000
IN_A_CHUNK = 500  # profiles, where answers come late


@dataclass(frozen=True)
class Figure:
    """A line of the table of other measures; `key` is its name among the targets, for `value`."""

    what: str
    measured: str
    value: float
    key: str = ""

    def cells(self) -> list[str]:
        """The line in words."""
        return [self.what, self.measured, shown(self.value, FIGURES.get(self.key))]


def times(what: str, seconds: float, ratio: float, of: str, key: str = "") -> Figure:
    """A figure of seconds that is judged as a ratio."""
    return Figure(what, f"{seconds:.2f} s = {ratio:.2f} x {of}".rstrip(), ratio, key)


def megabytes(what: str, size: float, key: str = "") -> Figure:
    """A figure of memory."""
    return Figure(what, f"{size / 2**20:.0f} MB", size / 2**20, key)


def orders(bench: Bench, updates: int = 60_000, name: str = "orders") -> list[Figure]:
    """Few profiles with many updates each, beside as many flat records; answers come late."""
    updates = bench.count(updates)
    rows = Orders(updates, bench.count(CUSTOMERS))
    with sink(ORDER_SECONDS) as to:
        late = bench.job(Shape(name, name, updates, rows, BY_NUMBER), updates, to)
        flat = bench.job(FLAT, updates, to)
        runs = [(late.full(), late.bare(), flat.full(), flat.bare()) for _ in range(bench.rounds)]
    nets = median([full[0].less(start) for full, start, _, _ in runs])
    flats = median([full[0].less(start) for _, _, full, start in runs])
    requests = statistics.median(_counts(full).requests for full, _, _, _ in runs)
    least, deepest = rows.deepest * ORDER_SECONDS, f"{rows.deepest} layers"
    what = f"{updates:,} updates of {bench.count(CUSTOMERS):,} profiles"
    return [
        Figure(
            f"{what}: requests",
            f"{requests:.0f} = {requests / rows.deepest:.2f} x the {deepest}",
            requests / rows.deepest,
            "orders: requests",
        ),
        times(
            f"{what}, answers after {ORDER_SECONDS} s",
            nets.wall,
            nets.wall / least,
            f"the {deepest} one behind the other",
            "orders: wall",
        ),
        megabytes(f"{what}: peak memory", nets.memory, "orders: memory"),
        times(
            f"{what}: CPU",
            nets.cpu,
            nets.cpu / flats.cpu,
            "that of as many records of 479 bytes",
            "orders: CPU",
        ),
    ]


def deep(bench: Bench) -> list[Figure]:
    """The same with some 94 updates of the deepest profile."""
    return orders(bench, 200_000, "deep")


def ramp(bench: Bench) -> list[Figure]:
    """Answers after half a second, eight requests at once: the fewer chunks, the more it matters
    how soon the eight are found.
    """
    return [_late(bench, 100, "ramp"), _late(bench, 400)]


def _late(bench: Bench, chunks: int, key: str = "") -> Figure:
    """Net seconds of so many chunks, beside the least that they can take."""
    records = chunks * IN_A_CHUNK
    batching = {"max_profiles": IN_A_CHUNK}
    with sink() as to, sink(LATE_SECONDS) as slow:
        quick = bench.job(FLAT, records, to, batching=batching)
        delivery = {"max_in_flight": IN_FLIGHT}
        late = bench.job(FLAT, records, slow, batching=batching, delivery=delivery)
        runs = [(late.full()[0], quick.full()[0], quick.bare()) for _ in range(bench.rounds)]
    taken = median([run.less(start) for run, _, start in runs]).wall
    none = median([run.less(start) for _, run, start in runs]).wall
    least = max(none, chunks / IN_FLIGHT * LATE_SECONDS)
    what = f"answers after {LATE_SECONDS} s, {IN_FLIGHT} at once, {chunks} chunks"
    return times(what, taken, taken / least, "the least", key)


def states(bench: Bench) -> list[Figure]:
    """How much longer a sync takes with a state every 100 records."""
    records = bench.count(1_000_000)
    with sink() as to:
        few = bench.job(FLAT, records, to)
        many = Job(few.command, bench.inputs(FLAT, records, 100), bench.empty, records, to)
        runs = [(few.full()[0], many.full()[0], few.bare()) for _ in range(bench.rounds)]
    ratio = statistics.median(
        many.less(start).wall / few.less(start).wall for few, many, start in runs
    )
    what = f"a state every 100 records instead of every {STATE_EVERY:,}"
    return [Figure(what, f"{ratio:.2f} x", ratio)]


def memory(bench: Bench) -> list[Figure]:
    """Memory at the peak: one and five million records, and eight bodies of 10 MB in flight."""
    found = []
    for millions in (1, 5):
        records = bench.count(millions * 1_000_000)
        with sink() as to:
            job = bench.job(FLAT, records, to)
            run, _ = job.full()
        job.source.unlink()
        found.append(megabytes(f"peak memory, {records:,} records", run.memory))
    large = Shape("bodies", "bodies of 10 MB", 0, _large)
    with sink(LATE_SECONDS) as slow:
        job = bench.job(large, bench.count(400_000), slow, delivery={"max_in_flight": IN_FLIGHT})
        run, _ = job.full()
    return [*found, megabytes(f"peak memory, {IN_FLIGHT} bodies of 10 MB in flight", run.memory)]


def _large(number: int) -> dict[str, str]:
    return {"email": f"p{number:08}@example.com", "_fname": "Ann", "text": "x" * 930}


def start(bench: Bench) -> list[Figure]:
    """Commands that do next to nothing, beside what importing the CDK takes; the memory of one that
    does little.
    """
    with sink() as to:
        job = bench.job(FLAT, bench.count(100_000), to)
        commands: dict[str, Command] = {
            "import airbyte_cdk": [sys.executable, "-c", "import airbyte_cdk"],
            "spec": [CONNECTOR, "spec"],
            "check": [CONNECTOR, "check", "--config", bench.config(to.url)],
            "write": job.command,
        }
        runs = [
            [measured(each, bench.empty).wall for each in commands.values()]
            for _ in range(2 * bench.rounds + 1)
        ]
        peak = median([job.full()[0] for _ in range(bench.rounds)]).memory
    figures = [
        times(
            f"`{name}`" + (" on empty input" if name == "write" else ""),
            statistics.median(run[place] for run in runs),
            statistics.median(run[place] / run[0] for run in runs),
            "",
            name,
        )
        for place, name in enumerate(commands)
    ]
    return [*figures, megabytes(f"peak memory, {job.records:,} records", peak, "start: memory")]


def streams(bench: Bench) -> list[Figure]:
    """Many streams of many columns: until the first request leaves, and memory at the peak."""
    names, each = [f"table_{number}" for number in range(bench.count(1_000))], 10
    columns = {"email": _nullable("string"), "_fname": _nullable("string")}
    columns |= {f"column_{place}": _nullable("string") for place in range(19)}
    with sink() as to:
        command = bench.write(catalog_of(dict.fromkeys(names, object_of(columns))), to.url)
        source = bench.lines(_few(names, each))
        job = Job(command, source, bench.empty, each * len(names), to)
        runs = [job.full() for _ in range(bench.rounds)]
    first = statistics.median(_counts(pair).first - pair[0].began for pair in runs)
    what = f"{len(names):,} streams of {len(columns)} columns"
    return [
        Figure(
            f"{what}: the first request leaves", f"{first:.2f} s", first, "streams: first request"
        ),
        megabytes(
            f"{what}: peak memory", median([run for run, _ in runs]).memory, "streams: memory"
        ),
    ]


def _few(names: list[str], each: int) -> Iterator[str]:
    """So many records of each stream, and a state."""
    for place, name in enumerate(names):
        for number in range(each):
            person = {"email": f"p{place}.{number}@example.com", "_fname": "Ann"}
            yield record(person | {"column_3": "text"}, name)
        yield state(place, name)


def row(bench: Bench) -> list[Figure]:
    """One row of 60 MB, nearly all of it an array that nothing is taken from."""
    events = _nullable("array") | {"items": {"type": "string"}}
    columns = {"crm_id": {"type": "integer"}, "events": events}
    fields = [{"to": "crm_id", "from": "crm_id"}, {"to": "_fname", "value": "Ann"}]
    mapping = BY_NUMBER | {"streams": [{"name": "users", "fields": fields}]}
    line = record({"crm_id": 1, "events": ["ab"] * bench.count(12_000_000)})
    with sink() as to:
        command = bench.write(catalog_of({"users": object_of(columns)}), to.url, **mapping)
        job = Job(command, bench.lines(iter([line])), bench.empty, 1, to)
        peak = median([job.full()[0] for _ in range(bench.rounds)]).memory
    what = f"one row of {len(line) / 1e6:.0f} MB, one column of it mapped: peak memory"
    return [megabytes(what, peak, "row: memory")]


def _nullable(kind: str) -> dict[str, object]:
    return {"type": ["null", kind]}


def _counts(pair: tuple[Run, Counts | None]) -> Counts:
    assert pair[1] is not None
    return pair[1]


LOADS: dict[str, Callable[[Bench], list[Figure]]] = {
    each.__name__: each for each in (orders, ramp, states, memory, start, streams, row, deep)
}
