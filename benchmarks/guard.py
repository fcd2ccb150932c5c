"""Processor time of the record path beside the floor, in one process and without a network:
`guard.py` prints the ratio of each case.

Both are measured in turns and the least of each is taken, so that other work on the machine matters
little.
"""

import gc
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
from data import CASES, Case, messages, write

from destination_profiles.api.body import Blocks
from destination_profiles.catalog import streams_of
from destination_profiles.config import parse_config
from destination_profiles.protocol.pipes import LineReader
from destination_profiles.service.outcome import ACCEPTED, Outcome
from destination_profiles.service.request import Request
from destination_profiles.sync.sync import assemble

RECORDS, ROUNDS = 20_000, 7
GUARDED = (CASES[0], CASES[3])


class NoService:
    """Accepts all."""

    def send(self, request: Request) -> Outcome:
        """Make the body, and send it nowhere."""
        for _ in Blocks(request.body, request.size):
            pass
        return ACCEPTED


def floor(case: Case, path: Path) -> None:
    """Decode, validate, encode."""
    is_valid = jsonschema_rs.Draft7Validator(
        case.catalog()["streams"][0]["stream"]["json_schema"], validate_formats=False
    ).is_valid
    with path.open("rb") as lines:
        for line in lines:
            message = orjson.loads(line)
            if message["type"] == "RECORD" and is_valid(message["record"]["data"]):
                orjson.dumps(message["record"]["data"])


def connector(case: Case, path: Path) -> None:
    """The record path from the bytes of stdin to the body of a request."""
    config: dict[str, Any] = {
        "api_url": "https://example.com",
        "token": "token",
        "db_id": 1,
        **case.config,
    }
    states: list[object] = []
    pump = assemble(
        parse_config(config), streams_of(case.catalog()), release=states.append, sender=NoService()
    )
    source = os.open(path, os.O_RDONLY)
    pump.run(LineReader(source))
    os.close(source)
    writer = pump.writer
    assert (writer.tally.total, writer.read) == (0, RECORDS if path.stat().st_size else 0)


def seconds(work: Callable[[Case, Path], None], case: Case, path: Path) -> float:
    """Processor time of some work."""
    began = time.process_time()
    work(case, path)
    return time.process_time() - began


def ratio(case: Case) -> float:
    """Times the floor."""
    with tempfile.TemporaryDirectory() as folder:
        path, empty = (
            write(Path(folder, "in.jsonl"), messages(case, RECORDS, 1_000)),
            write(Path(folder, "empty.jsonl"), iter(())),
        )
        jobs = [(work, each) for work in (connector, floor) for each in (path, empty)]
        rounds = [[seconds(work, case, each) for work, each in jobs] for _ in range(ROUNDS)]
    ours, start, least, start_of_floor = map(min, zip(*rounds, strict=True))
    return (ours - start) / (least - start_of_floor)


if __name__ == "__main__":
    gc.freeze()
    print(json.dumps({case.name: round(ratio(case), 2) for case in GUARDED}))
