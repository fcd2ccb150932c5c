"""Two connectors, each with the half of one table, at once into one service: as two connections of
Airbyte would; with one store, too.
"""

import gzip
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import SECONDS, Connector, Running, record, state, updates
from integration_tests.s3 import MotoServer
from profiles_sandbox.testing import ServedSandbox

PROFILES, UPDATES, STATES = 400, 5, 100
SEEDED = 9  # what the service knows in every test
CUSTOMERS = range(SEEDED + 1, SEEDED + PROFILES + 1)
LATENCY = ["--latency-ms", "100"]
CLOCK = Path(__file__).with_name("frozen_clock")  # imported by who has it in PYTHONPATH


def table() -> list[tuple[int, int]]:
    """Rows of customer and version in random order; those of one customer in the order of their
    versions.
    """
    owners = [customer for customer in CUSTOMERS for _ in range(UPDATES)]
    random.Random(5).shuffle(owners)
    versions = {customer: iter(range(1, UPDATES + 1)) for customer in owners}
    return [(customer, next(versions[customer])) for customer in owners]


def lines(rows: Iterable[tuple[int, int]]) -> list[bytes]:
    """Each row as a record that sets its version and counts itself, a state after every so many."""
    messages = []
    for number, (customer, version) in enumerate(rows, 1):
        messages.append(
            record(
                {
                    "crm_id": customer,
                    "_fname": f"version {version}",
                    "points": {"action": "incr", "value": 1},
                }
            )
        )
        if number % STATES == 0:
            messages.append(state(number))
    return messages


def ended(running: Running) -> tuple[int, list[dict[str, float]]]:
    """The exit code, and what each state counts."""
    assert running.process.stdin is not None
    running.process.stdin.close()
    counts = []
    while (message := running.next("STATE")) is not None:
        counts.append(message["state"]["destinationStats"])
    return running.end(), counts


def kept(data: Path) -> list[dict[str, Any]]:
    """The profiles of the service, read past its latency."""
    command = [
        sys.executable,
        "-m",
        "profiles_sandbox",
        "profiles",
        "--data",
        data,
        "--db-id",
        "1",
        "--json",
    ]
    return [json.loads(line) for line in subprocess.check_output(command, text=True).splitlines()]


@pytest.mark.parametrize("options", [LATENCY])
def test_halves_at_once_lose_and_reorder_nothing(
    connector: Connector, sandbox: ServedSandbox
) -> None:
    sandbox.create(
        *({"crm_id": number} for number in CUSTOMERS), matching="custom", field_name="crm_id"
    )
    connector.config |= {"batching": {"max_profiles": 50}, "delivery": {"max_in_flight": 4}}
    rows = table()
    halves = [connector.start() for _ in range(2)]
    for number, half in enumerate(halves):
        half.feed(*lines(row for row in rows if row[0] % 2 == number))
    assert [ended(half) for half in halves] == [
        (0, [{"recordCount": STATES, "rejectedRecordCount": 0.0}] * 10)
    ] * 2

    assert [
        (each["_fname"], each["points"]) for each in kept(sandbox.data) if each["crm_id"] > SEEDED
    ] == [(f"version {UPDATES}", UPDATES)] * PROFILES
    requests = updates(sandbox)
    assert sum(row["accepted"] for row in requests) == PROFILES * UPDATES
    assert len({row["request_id"] for row in requests}) == len(requests)


@pytest.mark.parametrize("place", ["Local", "S3"])
def test_halves_that_begin_at_one_moment_keep_all_in_one_store(
    connector: Connector, s3: MotoServer, place: str
) -> None:
    """Both clocks stand still at the same millisecond."""
    folder = connector.folder / "kept"
    local = {"storage_type": "Local", "path": str(folder)}
    connector.config |= {
        "object_storage_config": s3.setting() if place == "S3" else local,
        "outcomes": {"values": True},
        "max_rejected_percent": 100,
    }
    halves = [(1, 77, 79), (2, 78, 80)]  # the service knows the first of each
    with ThreadPoolExecutor() as both:
        assert list(both.map(frozen(connector.command("write")), halves)) == [0, 0]
    stored = s3.objects() if place == "S3" else files(folder)
    refused = [row for name in stored if name.endswith(".jsonl") for row in rows(stored[name])]
    parts = [gzip.decompress(stored[name]) for name in stored if name.endswith(".gz")]
    told = [row for part in parts for row in rows(part)]
    assert sorted(each["crm_id"] for each in refused) == [77, 78, 79, 80]
    assert sorted((int(each["key"]), each["outcome"]) for each in told) == [
        *((known, "accepted") for known in (1, 2)),
        *((strange, "rejected") for strange in (77, 78, 79, 80)),
    ]
    assert len({(each["sync"], each["row"]) for each in told}) == 6
    assert {(each["rejected_sync"], each["rejected_row"]) for each in refused} == {
        (each["sync"], each["row"]) for each in told if each["outcome"] == "rejected"
    }


def frozen(command: list[str]) -> Callable[[tuple[int, ...]], int]:
    """Writes customers with a clock that stands still; gives the exit code."""
    paths = [str(CLOCK), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}

    def write(customers: tuple[int, ...]) -> int:
        messages = [*(record({"crm_id": each}) for each in customers), state(1)]
        return subprocess.run(
            command,
            input=b"".join(messages),
            stdout=subprocess.DEVNULL,
            env=environment,
            timeout=SECONDS,
            check=False,
        ).returncode

    return write


def files(folder: Path) -> dict[str, bytes]:
    return {str(each): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def rows(text: bytes) -> list[dict[str, Any]]:
    return [json.loads(each) for each in text.splitlines()]
