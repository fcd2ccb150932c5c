"""Loads that take long (`make soak`): memory, descriptors and threads stay flat, and every state
comes back. `RECORDS=20000000 make soak` feeds so many records instead of a million.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import Connector, record, state, stream
from integration_tests.servers import serving
from integration_tests.soak.impatient import Impatient
from integration_tests.soak.load import Limits, soak

RECORDS = int(os.environ.get("RECORDS", "1000000"))
SINK = Path(__file__).parents[1] / "benchmarks" / "sink.py"
MINUTES = 13  # how long one record a minute is sent
AGE, LITTLE = 60, 5  # seconds: of a chunk at most, by default, and until its answer is there
pytestmark = pytest.mark.soak


@contextmanager
def sink(latency_ms: int = 0) -> Iterator[str]:
    """A service that does no work, a process of its own."""
    command = [sys.executable, SINK, "--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"crm_id": number, "_fname": "Ann", **more}


def test_millions_of_records_with_a_state_each_hundred(connector: Connector) -> None:
    parts = (
        b"".join(record(row(number * 100 + each)) for each in range(100)) + state(number)
        for number in range(RECORDS // 100)
    )
    with sink() as connector.config["api_url"]:
        soaked = soak(
            connector, parts, RECORDS // 100, name="records", limits=Limits(grown=20),
            title=f"{RECORDS:,} records, a state each hundred",
        )  # fmt: skip
    assert (soaked.code, sum(soaked.counts), len(soaked.counts)) == (0, RECORDS, RECORDS // 100)
    assert soaked.excesses == []


def test_five_hundred_streams_interleaved(connector: Connector) -> None:
    names = [f"table_{number}" for number in range(500)]
    connector.catalog = {"streams": [stream(name) for name in names]}
    rounds = max(150, RECORDS // 5_000)  # until chunks of 10,000 have left some times
    parts = (
        b"".join(record(row(number * 500 + place), name) for place, name in enumerate(names))
        + b"".join(state(number, name) for name in names)
        for number in range(rounds)
    )
    with sink() as connector.config["api_url"]:
        soaked = soak(
            connector, parts, rounds, name="streams", limits=Limits(grown=20),
            title=f"{rounds * 500:,} records of 500 streams in turn, a state with each",
        )  # fmt: skip
    assert (soaked.code, soaked.counts) == (0, [1.0] * 500 * rounds)
    assert soaked.excesses == []


def test_three_hundred_schemas_of_three_hundred_columns(connector: Connector) -> None:
    """As a stream's codec is made at its first record, memory grows with streams, not records."""
    columns = {f"c{number}": {"type": ["null", "string"]} for number in range(300)}
    schema = {"type": "object", "properties": {"crm_id": {"type": "integer"}, **columns}}
    names = [f"table_{number}" for number in range(300)]
    connector.catalog = {"streams": [stream(name, schema=schema) for name in names]}
    parts = (
        b"".join(record(row(number * 300 + place), name) for place, name in enumerate(names))
        for number in range(200)
    )
    with sink() as connector.config["api_url"]:
        soaked = soak(
            connector, parts, 200, name="schemas", limits=Limits(grown=20, megabytes=400),
            title="300 schemas of 300 columns, a record of each in turn",
        )  # fmt: skip
    assert (soaked.code, soaked.excesses) == (0, [])


def test_large_states_wait_for_a_slow_service(connector: Connector) -> None:
    """States of 5 MB each thousand records: the source waits instead of memory."""
    note = "x" * 5_000_000
    parts = (
        b"".join(record(row(number * 1000 + each)) for each in range(1000)) + state(note)
        for number in range(60)
    )
    with sink(latency_ms=1000) as connector.config["api_url"]:
        soaked = soak(
            connector, parts, 60, name="states", limits=Limits(megabytes=300),
            title="A state of 5 MB each 1,000 records, a service of a second",
        )  # fmt: skip
    assert (soaked.code, soaked.counts) == (0, [1000.0] * 60)
    assert soaked.excesses == []


def test_minute_of_latency_with_sixty_four_in_flight(connector: Connector) -> None:
    connector.config |= {
        "batching": {"max_profiles": 10},
        "delivery": {"max_in_flight": 64},
    }
    count = 10 * (4 + 8 + 16 + 32 + 64)  # so many requests leave in five minutes, more each time
    parts = (record(row(number)) + state(number) for number in range(count))
    with sink(latency_ms=60_000) as connector.config["api_url"]:
        soaked = soak(
            connector, parts, count, name="latency",
            limits=Limits(megabytes=100, descriptors=75, threads=70),
            title="A minute of latency, 64 requests at once",
        )  # fmt: skip
    assert (soaked.code, soaked.counts) == (0, [1.0] * count)
    assert soaked.excesses == []


def test_one_record_a_minute(connector: Connector) -> None:
    """A record leaves by the age of its chunk alone, over a connection that the service has closed
    since the last one.
    """
    fed: list[float] = []

    def parts() -> Iterator[bytes]:
        for number in range(MINUTES):
            fed.append(time.monotonic())
            yield record(row(number)) + state(number)
            time.sleep(AGE)
        time.sleep(LITTLE)  # so that the last one leaves by its age too

    service = Impatient()
    with serving(service) as connector.config["api_url"]:
        soaked = soak(
            connector, parts(), MINUTES, name="minute",
            limits=Limits(grown=5, megabytes=100, descriptors=8, threads=4),
            title=f"One record a minute for {MINUTES} minutes, idle connections closed",
        )  # fmt: skip
    waits = [after - before for before, after in zip(fed, soaked.heard, strict=True)]
    print(*(f"{each:.2f} s" for each in waits), *service.requests, sep="\n")
    assert (soaked.code, soaked.counts) == (0, [1.0] * MINUTES)
    assert max(waits) <= AGE + LITTLE
    assert [each for _, profiles in service.requests for each in profiles] == [
        row(number) for number in range(MINUTES)
    ]
    ids = [request_id for request_id, _ in service.requests]
    assert len(set(ids)) == len(ids) == service.connections
    assert service.closed >= len(ids) - 1
    assert soaked.excesses == []
