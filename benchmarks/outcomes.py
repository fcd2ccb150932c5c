"""`python benchmarks/outcomes.py`: what it costs to keep outcomes, shape by shape: the record path
as `make guard` has it, with answers that are read, without outcomes and with them.

Both are measured in turns, and the least of each is taken.
"""

import argparse
import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable
from functools import cache, partial
from itertools import product
from pathlib import Path
from typing import Any

from data import messages, write
from guard import ROUNDS, SETTINGS
from shapes import SHAPES, Shape

from destination_profiles.api.body import Blocks
from destination_profiles.catalog import streams_of
from destination_profiles.config import parse_config
from destination_profiles.protocol.pipes import LineReader
from destination_profiles.service.answers import Answers
from destination_profiles.service.manifest import service
from destination_profiles.service.outcome import Outcome
from destination_profiles.service.request import Request
from destination_profiles.sync.sync import assemble, keeping

RECORDS, STATE_EVERY = 100_000, 5_000
FIRST_ID = 0x65F0C0FFEE00000000000000


class Answering:
    """Accepts all, in an answer that is read as that of the service."""

    def __init__(self, *, ids: bool) -> None:
        """`ids`: those of profiles are read too."""
        self._answers = Answers(service(), ids=ids)

    def send(self, request: Request) -> Outcome:
        """Make the body and send it nowhere; read an answer."""
        for _ in Blocks(request.body, request.size):
            pass
        return self._answers.interpret(200, answer(request.profiles), request.profiles)


@cache
def answer(profiles: int) -> bytes:
    """What the service says to a request of so many."""
    item = '{"error": 0, "error_text": "Successful operation", "profile_id": "%024x"}'
    items = ", ".join([item % (FIRST_ID + each) for each in range(profiles)])
    text = f'{{"error": 0, "error_text": "Successful operation", "result": [{items}]}}'
    return text.encode()


def deliver(shape: Shape, path: Path, folder: str, outcomes: dict[str, Any] | None) -> None:
    """All that a sync does, but for the network."""
    storage = {"storage_type": "Local", "path": folder}
    more = {"object_storage_config": storage, "outcomes": outcomes}
    config, streams = (
        parse_config({**SETTINGS, **shape.config, **more}),
        streams_of(shape.catalog()),
    )
    source = os.open(path, os.O_RDONLY)
    with keeping(config, streams) as (store, recorder):
        sender = Answering(ids=recorder is not None)
        states: list[object] = []
        pump = assemble(
            config, streams, store=store, recorder=recorder, release=states.append, sender=sender
        )
        pump.run(LineReader(source))
    os.close(source)


def taken(work: Callable[[], None]) -> tuple[float, float]:
    """Processor time, and time by the wall."""
    began, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - began, time.perf_counter() - wall


def cost(shape: Shape, rounds: int) -> None:
    """Print what outcomes cost of a shape, without start-up: with digests of keys, and with the
    keys themselves.
    """
    kinds = {"without": None, "digests": {}, "keys": {"values": True}}
    least: dict[tuple[str, int], tuple[float, ...]] = {}
    with tempfile.TemporaryDirectory() as folder:
        full = write(Path(folder, "in.jsonl"), messages(shape, RECORDS, STATE_EVERY))
        empty = write(Path(folder, "empty.jsonl"), iter(()))
        for _ in range(rounds):
            for (name, outcomes), (count, path) in product(kinds.items(), enumerate((empty, full))):
                found = taken(partial(deliver, shape, path, folder, outcomes))
                least[name, count] = tuple(map(min, found, least.get((name, count), found)))
    nets = {
        name: [
            (ours - start) / RECORDS * 1e6
            for ours, start in zip(least[name, 1], least[name, 0], strict=True)
        ]
        for name in kinds
    }
    cpu, wall = nets.pop("without")
    told = [
        f"{name} {more / cpu - 1:+.0%} processor, {long / wall - 1:+.0%} wall, {more - cpu:.2f} us"
        for name, (more, long) in nets.items()
    ]
    print(f"{shape.key:10} {cpu:.2f} us a record; {'; '.join(told)}", flush=True)


def main() -> int:
    """Measure each shape, or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shapes", nargs="*", metavar="SHAPE", help=f"some of {', '.join(SHAPES)}")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    asked = parser.parse_args()
    gc.freeze()
    for key in asked.shapes or ["flat", "small", "nested", "mapped", "people"]:
        cost(SHAPES[key], asked.rounds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
