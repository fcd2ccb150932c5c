"""`make guard`: the record path's processor time beside the floor's, for each shape, in one process
and without a network; 1 where a shape takes more than its limit.

Both are measured in turns and the least of each is taken, so that other work on the machine matters
little. A shape above its limit is measured on: more rounds bring the least nearer to what the code
itself takes.
"""

import argparse
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import floor
from data import messages, write
from shapes import SHAPES, Shape

from destination_profiles.api.body import Blocks
from destination_profiles.catalog import streams_of
from destination_profiles.config import parse_config
from destination_profiles.protocol.pipes import LineReader
from destination_profiles.service.outcome import ACCEPTED, Outcome
from destination_profiles.service.request import Request
from destination_profiles.sync.sync import assemble

RECORDS, STATE_EVERY = 20_000, 1_000
ROUNDS, MEASURED = 7, 40  # rounds at once, and how often so many at most
LIMITS = {
    "flat": 1.25,
    "small": 1.95,
    "large": 1.5,
    "wide": 1.25,
    "nested": 1.35,
    "database": 1.45,
    "mapped": 2.0,
    "people": 2.9,
    "dirty": 28.0,
}
"""By shape: processor time, as times the floor's in the same run."""

SETTINGS = {"api_url": "https://example.com", "token": "token", "db_id": 1}


class Lost(Exception):
    """Records of a shape do not arrive; the text says how many."""


class NoService:
    """Accepts all."""

    def send(self, request: Request) -> Outcome:
        """Make the body, and send it nowhere."""
        for _ in Blocks(request.body, request.size):
            pass
        return ACCEPTED


def deliver(config: dict[str, Any], catalog: dict[str, Any], source: int) -> tuple[int, int]:
    """All that the guard uses of the connector: messages of a file descriptor on their way to the
    bodies of requests. Gives how many records were read and rejected.
    """
    states: list[object] = []
    pump = assemble(
        parse_config(config), streams_of(catalog), release=states.append, sender=NoService()
    )
    pump.run(LineReader(source))
    return pump.writer.read, pump.writer.tally.total


def take_connector(shape: Shape, path: Path, records: int) -> None:
    """Deliver the records of a file. Raises Lost where one does not arrive."""
    source = os.open(path, os.O_RDONLY)
    read, rejected = deliver({**SETTINGS, **shape.config}, shape.catalog(), source)
    os.close(source)
    if (read, rejected) != (records, 0):
        raise Lost(f"{read:,} of {records:,} records read, {rejected:,} rejected")


def take_floor(shape: Shape, path: Path, _: int) -> None:
    """Take the same messages as the floor does."""
    with path.open("rb") as lines:
        floor.run(shape.floor_schema(), lines)


def seconds(
    work: Callable[[Shape, Path, int], None], shape: Shape, path: Path, records: int
) -> float:
    """Processor time of some work."""
    began = time.process_time()
    work(shape, path, records)
    return time.process_time() - began


def ratios(shape: Shape) -> Iterator[float]:
    """Times the floor, without what each takes on empty input; after some rounds, and some more."""
    with tempfile.TemporaryDirectory() as folder:
        full = write(Path(folder, "in.jsonl"), messages(shape, RECORDS, STATE_EVERY))
        empty = write(Path(folder, "empty.jsonl"), iter(()))
        inputs = ((full, RECORDS), (empty, 0))
        jobs = [(work, *each) for work in (take_connector, take_floor) for each in inputs]
        rounds: list[list[float]] = []
        for _ in range(MEASURED):
            gc.collect()  # threads and pipes of the rounds before
            rounds += [[seconds(work, shape, *each) for work, *each in jobs] for _ in range(ROUNDS)]
            ours, start, least, start_of_floor = map(min, zip(*rounds, strict=True))
            yield (ours - start) / (least - start_of_floor)


def holds(shape: Shape) -> bool:
    """Print the ratio of a shape beside its limit, and tell whether it is kept."""
    limit = LIMITS[shape.key]
    try:
        for found in ratios(shape):
            if found <= limit:
                break
    except Lost as lost:
        print(f"{shape.key:10} FAILED: {lost}", flush=True)
        return False
    word = "of at most" if found <= limit else "ABOVE"
    print(f"{shape.key:10} {found:5.2f} x the floor, {word} {limit:.2f}", flush=True)
    return found <= limit


def main() -> int:
    """Hold each shape, or those that are named; give 1 where one is above its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=f"some of {', '.join(LIMITS)}")
    chosen = parser.parse_args().shapes or list(LIMITS)
    gc.freeze()
    kept = [holds(SHAPES[key]) for key in chosen]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
