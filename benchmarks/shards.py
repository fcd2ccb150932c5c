"""One connector on a table, and two on its halves at once, against the sandbox with a latency: how
much more goes through.

Prints a table. That nothing is lost or reordered is tested in integration_tests/test_shards.py;
here it is counted once more.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import CONNECTOR, table
from data import encode, write

from profiles_sandbox.testing import RunningSandbox

CUSTOMERS, CHUNK, STATE_EVERY = 40_000, 500, 1_000
UPDATE = "profiles/update_batch"


def rows(part: int, parts: int, number: int) -> Iterator[str]:
    """Messages of every customer whose number is `part` modulo `parts`; `number` tells one sync
    from another.
    """
    for place, customer in enumerate(range(1 + part, CUSTOMERS + 1, parts), 1):
        data = {"crm_id": customer, "_fname": f"name {number}", "_city": "Bowling Green"}
        yield (
            encode({"type": "RECORD", "record": {"stream": "users", "data": data, "emitted_at": 1}})
            + "\n"
        )
        if place % STATE_EVERY == 0:
            state = {"stream_descriptor": {"name": "users"}, "stream_state": {"id": customer}}
            yield encode({"type": "STATE", "state": {"type": "STREAM", "stream": state}}) + "\n"


def seconds(command: Sequence[str], sources: Sequence[Path]) -> float:
    """Wall time of one process for each source, all at once."""
    began = time.perf_counter()
    running = []
    for source in sources:
        with source.open("rb") as file:
            running.append(subprocess.Popen(command, stdin=file, stdout=subprocess.DEVNULL))
    codes = [each.wait() for each in running]
    assert codes == [0] * len(running), codes
    return time.perf_counter() - began


def main() -> None:
    """Measure in turns and print medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency-ms", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--max-in-flight", type=int, default=4)
    options = parser.parse_args()
    columns = {
        "crm_id": {"type": "integer"},
        "_fname": {"type": "string"},
        "_city": {"type": "string"},
    }
    stream = {
        "name": "users",
        "json_schema": {"type": "object", "properties": columns},
        "supported_sync_modes": ["full_refresh"],
    }
    catalog = {
        "streams": [
            {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
        ]
    }
    with (
        tempfile.TemporaryDirectory() as name,
        RunningSandbox(Path(name, "data.db"), "--latency-ms", str(options.latency_ms)) as sandbox,
    ):
        folder = Path(name)
        for first in range(1, CUSTOMERS + 1, 10_000):
            sandbox.create(
                *({"crm_id": each} for each in range(first, first + 10_000)),
                matching="custom",
                field_name="crm_id",
            )
        config = {
            "api_url": sandbox.url,
            "token": "sandbox-token",
            "db_id": 1,
            "matching": {"mode": "custom", "field_name": "crm_id"},
        }
        config |= {
            "batching": {"max_profiles": CHUNK},
            "delivery": {"max_in_flight": options.max_in_flight},
        }
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "catalog.json").write_text(json.dumps(catalog))
        command = [
            CONNECTOR,
            "write",
            "--config",
            str(folder / "config.json"),
            "--catalog",
            str(folder / "catalog.json"),
        ]
        empty = write(folder / "empty.jsonl", iter(()))
        measured = []
        for number in range(options.rounds):
            whole = [write(folder / "whole.jsonl", rows(0, 1, 2 * number))]
            halves = [
                write(folder / f"half{part}.jsonl", rows(part, 2, 2 * number + 1))
                for part in range(2)
            ]
            measured.append(
                [seconds(command, each) for each in (whole, halves, [empty], [empty, empty])]
            )
        accepted = sum(row["accepted"] or 0 for row in sandbox.journal() if row["call"] == UPDATE)
    assert accepted == 2 * options.rounds * CUSTOMERS, accepted
    one, two, start, starts = (statistics.median(column) for column in zip(*measured, strict=True))
    nets = (one - start, two - starts)
    shown = [
        [name, f"{net:.1f} s", f"{CUSTOMERS / net:,.0f}", f"{nets[0] / net:.2f}"]
        for name, net in zip(
            ("one connector", "two connectors, half of the table each"), nets, strict=True
        )
    ]
    print(
        f"{CUSTOMERS:,} customers, {CHUNK} to a request, {options.latency_ms} ms an "
        f"answer, max_in_flight {options.max_in_flight} each"
    )
    print(table(["", "after start-up", "records/s", "x"], shown))


if __name__ == "__main__":
    sys.exit(main())
