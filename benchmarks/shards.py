"""One connector on a table, and two on its halves at once, against the sandbox with a latency: how
much more goes through.

Prints a table. That nothing is lost or reordered is tested in integration_tests/test_shards.py;
here it is counted once more.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from data import record, state, write
from measure import CONNECTOR
from report import table
from rows import encode
from shapes import BY_NUMBER, STREAM, catalog_of, object_of

from profiles_sandbox.testing import RunningSandbox

CUSTOMERS, CHUNK, STATE_EVERY = 40_000, 500, 1_000
LIMIT = 10_000  # profiles that the service takes at once
UPDATE = "profiles/update_batch"
COLUMNS = {"crm_id": "integer", "_fname": "string", "_city": "string"}


def rows(part: int, parts: int, number: int) -> Iterator[str]:
    """Messages of every customer whose number is `part` modulo `parts`; `number` tells one sync
    from another.
    """
    for place, customer in enumerate(range(1 + part, CUSTOMERS + 1, parts), 1):
        data = {"crm_id": customer, "_fname": f"name {number}", "_city": "Bowling Green"}
        yield record(data)
        if place % STATE_EVERY == 0:
            yield state(customer)


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


def options() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency-ms", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--max-in-flight", type=int, default=4)
    return parser.parse_args()


def prepare(folder: Path, sandbox: RunningSandbox, max_in_flight: int) -> list[str]:
    """The command of a connector, once the service has every customer."""
    for first in range(1, CUSTOMERS + 1, LIMIT):
        customers = ({"crm_id": each} for each in range(first, first + LIMIT))
        sandbox.create(*customers, matching="custom", field_name="crm_id")
    columns = {name: {"type": kind} for name, kind in COLUMNS.items()}
    config = {
        "api_url": sandbox.url,
        "token": "sandbox-token",
        "db_id": 1,
        **BY_NUMBER,
        "batching": {"max_profiles": CHUNK},
        "delivery": {"max_in_flight": max_in_flight},
    }
    files = {"config": config, "catalog": catalog_of({STREAM: object_of(columns)})}
    command = [CONNECTOR, "write"]
    for name, content in files.items():
        path = folder / f"{name}.json"
        path.write_text(encode(content))
        command += [f"--{name}", str(path)]
    return command


def measure(folder: Path, command: Sequence[str], number: int) -> list[float]:
    """Seconds of a round: one connector, two on halves, and each on empty input."""
    empty = write(folder / "empty.jsonl", iter(()))
    whole = [write(folder / "whole.jsonl", rows(0, 1, 2 * number))]
    halves = [
        write(folder / f"half{part}.jsonl", rows(part, 2, 2 * number + 1)) for part in range(2)
    ]
    return [seconds(command, each) for each in (whole, halves, [empty], [empty, empty])]


def main() -> None:
    """Measure in turns and print medians."""
    asked = options()
    latency = ("--latency-ms", str(asked.latency_ms))
    with (
        tempfile.TemporaryDirectory() as name,
        RunningSandbox(Path(name, "data.db"), *latency) as sandbox,
    ):
        folder = Path(name)
        command = prepare(folder, sandbox, asked.max_in_flight)
        measured = [measure(folder, command, number) for number in range(asked.rounds)]
        accepted = sum(row["accepted"] or 0 for row in sandbox.journal() if row["call"] == UPDATE)
    assert accepted == 2 * asked.rounds * CUSTOMERS, accepted
    one, two, start, starts = (statistics.median(column) for column in zip(*measured, strict=True))
    nets = {"one connector": one - start, "two connectors, half of the table each": two - starts}
    shown = [
        [name, f"{net:.1f} s", f"{CUSTOMERS / net:,.0f}", f"{(one - start) / net:.2f}"]
        for name, net in nets.items()
    ]
    print(
        f"{CUSTOMERS:,} customers, {CHUNK} to a request, {asked.latency_ms} ms an "
        f"answer, max_in_flight {asked.max_in_flight} each"
    )
    print(table(["", "after start-up", "records/s", "x"], shown))


if __name__ == "__main__":
    main()
