"""What a pod needs: memory by what is in flight, by large rows and by many streams, and the time
that `forecast` predicts beside the time that a write takes.

Prints tables; docs/profiles.md has what came of them. `--rows 10000000` takes some minutes and 6 GB
of disk.
"""

import argparse
import tempfile
from collections.abc import Iterator
from math import ceil
from pathlib import Path

from data import record, state
from measure import Bench, Job, Run, sink
from report import table
from shapes import BY_NUMBER, FLAT, catalog_of, object_of

from destination_profiles.commands.forecast import round_trips

IN_A_REQUEST, LATENCY, IN_FLIGHT = 10_000, 0.5, 8
LIGHT = (0, IN_FLIGHT, 0.0)
IN_FLIGHTS = [LIGHT, *((400_000, most, LATENCY) for most in (1, 2, IN_FLIGHT)), (800_000, 32, 3.0)]
LARGE, LARGE_ROWS = 60_000_000, 10
STREAMS, ROWS_OF_EACH = 1_000, 400


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--latency", type=float, default=LATENCY, help="seconds a request, of time")
    parser.add_argument("--only", choices=["memory", "time"])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), 1, 1.0)
        if asked.only != "time":
            head = ["records", "at once", "answer after", "peak memory", "CPU"]
            print(table(head, list(memory(bench))))
        if asked.only != "memory":
            head = ["rows", "requests", "predicted", "measured", "CPU", "peak memory"]
            print(table(head, [time(bench, asked.rows, asked.latency)]))


def memory(bench: Bench) -> Iterator[list[str]]:
    """A line for each load."""
    for records, most, latency in IN_FLIGHTS:
        with sink(latency) as to:
            job = bench.job(FLAT, records, to, delivery={"max_in_flight": most})
            yield _line(f"{records:,} of 479 bytes", most, latency, job.full()[0])
        job.source.unlink()
    for what, make in (("of 60 MB", large), (f"of {STREAMS:,} streams", streams)):
        with sink(LATENCY) as to:
            job = make(bench, to.url)
            run, _ = Job(job.command, job.source, job.empty, job.records, to).full()
            yield _line(f"{job.records:,} {what}", IN_FLIGHT, LATENCY, run)
        job.source.unlink()


def large(bench: Bench, url: str) -> Job:
    """Rows that are nearly all an array which nothing is taken from."""
    columns = {"crm_id": {"type": "integer"}, "events": {"type": "array"}}
    fields = [{"to": "crm_id", "from": "crm_id"}, {"to": "_fname", "value": "Ann"}]
    mapping = BY_NUMBER | {"streams": [{"name": "users", "fields": fields}]}
    command = bench.write(catalog_of({"users": object_of(columns)}), url, **mapping)
    return Job(command, bench.lines(_large()), bench.empty, LARGE_ROWS)


def _large() -> Iterator[str]:
    events = ["ab"] * (LARGE // 5)
    for number in range(LARGE_ROWS):
        yield record({"crm_id": number, "events": events})
        yield state(number)


def streams(bench: Bench, url: str) -> Job:
    """Many streams of twenty columns, one after the other."""
    names = [f"table_{number}" for number in range(STREAMS)]
    text = {"type": ["null", "string"]}
    columns = dict.fromkeys(["email", "_fname", *(f"column_{each}" for each in range(18))], text)
    command = bench.write(catalog_of(dict.fromkeys(names, object_of(columns))), url)
    return Job(command, bench.lines(_of_each(names)), bench.empty, STREAMS * ROWS_OF_EACH)


def _of_each(names: list[str]) -> Iterator[str]:
    for place, name in enumerate(names):
        for number in range(ROWS_OF_EACH):
            person = {"email": f"p{place}.{number}@example.com", "_fname": "Ann"}
            yield record(person | {f"column_{each}": "text" for each in range(18)}, name)
        yield state(place, name)


def time(bench: Bench, rows: int, latency: float) -> list[str]:
    """A sync, beside the sum of forecast: round trips, or reading where that takes longer."""
    with sink() as quick:
        job = bench.job(FLAT, rows, quick)
        reading = job.full()[0].less(job.bare())
    with sink(latency) as to:
        late = bench.write(FLAT.catalog(), to.url, **FLAT.config)
        late_job = Job(late, job.source, bench.empty, rows, to)
        run, counts = late_job.full()
        taken = run.less(late_job.bare())
    requests = ceil(rows / IN_A_REQUEST)
    predicted = max(reading.wall, round_trips(requests, IN_FLIGHT) * latency)
    sent = counts.requests if counts else 0
    seconds = [f"{each:.1f} s" for each in (predicted, taken.wall, taken.cpu)]
    return [f"{rows:,}", f"{sent:,}", *seconds, f"{run.memory / 2**20:.0f} MB"]


def _line(what: str, most: int, latency: float, run: Run) -> list[str]:
    return [what, str(most), f"{latency:g} s", f"{run.memory / 2**20:.0f} MB", f"{run.cpu:.1f} s"]


if __name__ == "__main__":
    main()
