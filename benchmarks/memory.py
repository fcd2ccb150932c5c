"""`python benchmarks/memory.py`: what a memory costs and saves, as times the floor: the first sync,
which fills it; the same rows again; and again with one in a hundred changed.

Each is a process that writes to a sink, measured once and without start-up; of the times on a
machine that others use, that of the processor says more.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from measure import Bench, Job, Run, measured, sink
from shapes import SHAPES, Shape

CHANGED = 100  # one record of so many
MARK = b'"_fname":"'
NAME = "bench"


def changed(source: Path, target: Path) -> Path:
    """The same rows, some with another first name."""
    with source.open("rb") as lines, target.open("wb") as file:
        for number, line in enumerate(lines):
            other = MARK in line and number % CHANGED == 0
            file.write(line.replace(MARK, MARK + b"Z", 1) if other else line)
    return target


def runs(bench: Bench, shape: Shape, records: int, url: str) -> Iterator[tuple[str, Run, Run]]:
    """Each case: its name, what it took, and what it takes on empty input."""
    kept = bench.folder / "kept"
    storage = {"storage_type": "Local", "path": str(kept)}
    memory = {"object_storage_config": storage, "memory": {"name": NAME}}
    source = bench.inputs(shape, records)
    floor = Job(bench.floor(shape), source, bench.empty, records)
    yield "floor", measured(floor.command, source), floor.bare()
    plain = bench.write(shape.catalog(), url, **shape.config)
    without = bench.write(shape.catalog(), url, **shape.config, **memory)
    yield "no memory", measured(plain, source), measured(plain, bench.empty)
    start = measured(plain, bench.empty)  # with a memory it is part of what is measured
    yield "first fill", measured(without, source), start
    yield "nothing changed", measured(without, source), start
    other = changed(source, bench.folder / "changed.jsonl")
    yield "1 % changed", measured(without, other), start


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--shape", choices=SHAPES, default="flat")
    asked = parser.parse_args()
    shape, floor = SHAPES[asked.shape], None
    print(f"{asked.records:,} records, {shape.name}")
    print("| | wall | processor | x floor, wall | x floor, processor | peak memory |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder, sink() as to:
        bench = Bench(Path(folder), 1, 1.0)
        for name, run, start in runs(bench, shape, asked.records, to.url):
            net = run.less(start)
            floor = floor or net
            print(
                f"| {name} | {net.wall:.1f} s | {net.cpu:.1f} s | {net.wall / floor.wall:.2f} | "
                f"{net.cpu / floor.cpu:.2f} | {run.memory / 1e6:.0f} MB |",
                flush=True,
            )
        size = Path(folder, "kept", "memory", NAME, "entries.sqlite").stat().st_size
        print(f"File: {size / 1e6:.1f} MB, {size / asked.records:.1f} bytes a record.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
