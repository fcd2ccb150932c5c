"""Loads that take long (`make soak`): memory, descriptors and threads stay flat, and every state
comes back. `RECORDS=20000000 make soak` feeds so many records instead of a million.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from integration_tests.connector import Connector, record, state, stream

RECORDS = int(os.environ.get("RECORDS", "1000000"))
SINK = Path(__file__).parents[1] / "benchmarks" / "sink.py"
SENDERS, DESCRIPTORS, THREADS = 8, 6, 2  # the most that may send, and what else a process has
SAMPLES = 40  # looks at the process, spread over its input
pytestmark = pytest.mark.soak


class Look(NamedTuple):
    """What a process has at a moment."""

    megabytes: int
    descriptors: int
    threads: int


class Soaked(NamedTuple):
    """An ended write: its exit code, the counts of each state, and what it had meanwhile."""

    code: int
    counts: list[float]
    looks: list[Look]

    def is_flat(self, megabytes: int) -> bool:
        """Whether the second half needed no more memory than the first, but for so many megabytes,
        and there was never more than eight senders need, each with a connection.
        """
        half = len(self.looks) // 2
        first, second = self.looks[:half], self.looks[half:]
        grown = max(look.megabytes for look in second) - max(look.megabytes for look in first)
        return (
            grown <= megabytes
            and max(look.descriptors for look in self.looks) <= DESCRIPTORS + 2 * SENDERS
            and max(look.threads for look in self.looks) <= THREADS + SENDERS
        )


@contextmanager
def sink(latency_ms: int = 0) -> Iterator[str]:
    """A service that does no work, a process of its own."""
    command = [sys.executable, SINK, "--latency-ms", str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        process.terminate()


def soak(connector: Connector, parts: Iterable[bytes], count: int) -> Soaked:
    """Feed a write with `count` parts of its input, and look at it from time to time."""
    looks: list[Look] = []
    counts: list[float] = []
    with subprocess.Popen(
        connector.command("write"), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        listener = threading.Thread(target=_hear, args=[process, counts])
        listener.start()
        assert process.stdin is not None
        every = max(1, count // SAMPLES)
        with suppress(BrokenPipeError):
            for number, part in enumerate(parts, 1):
                process.stdin.write(part)
                if number % every == 0:
                    looks.append(_look(process.pid))
            process.stdin.close()
        code = process.wait()
        listener.join()
    print(*looks, sep="\n")
    return Soaked(code, counts, looks)


def _hear(process: subprocess.Popen[bytes], counts: list[float]) -> None:
    for line in process.stdout or ():
        if line.startswith(b'{"type":"STATE"'):
            counts.append(json.loads(line)["state"]["destinationStats"]["recordCount"])


def _look(pid: int) -> Look:
    folder = Path("/proc") / str(pid)
    status = dict(each.split(":\t", 1) for each in (folder / "status").read_text().splitlines())
    descriptors = len(list((folder / "fd").iterdir()))
    return Look(int(status["VmRSS"].split()[0]) // 1024, descriptors, int(status["Threads"]))


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"crm_id": number, "_fname": "Ann", **more}


def test_millions_of_records_with_a_state_each_hundred(connector: Connector) -> None:
    parts = (
        b"".join(record(row(number * 100 + each)) for each in range(100)) + state(number)
        for number in range(RECORDS // 100)
    )
    with sink() as connector.config["api_url"]:
        soaked = soak(connector, parts, RECORDS // 100)
    assert (soaked.code, sum(soaked.counts), len(soaked.counts)) == (0, RECORDS, RECORDS // 100)
    assert soaked.is_flat(megabytes=20)


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
        soaked = soak(connector, parts, rounds)
    assert (soaked.code, soaked.counts) == (0, [1.0] * 500 * rounds)
    assert soaked.is_flat(megabytes=20)


def test_three_hundred_schemas_of_three_hundred_columns(connector: Connector) -> None:
    """As a stream's codec is made at its first record, memory grows with streams, not records."""
    columns = {f"c{number}": {"type": ["null", "string"]} for number in range(300)}
    schema = {"type": "object", "properties": {"crm_id": {"type": "integer"}, **columns}}
    names = [f"table_{number}" for number in range(300)]
    connector.catalog = {"streams": [stream(name, schema=schema) for name in names]}
    parts = (
        b"".join(record(row(number * 300 + place), name) for place, name in enumerate(names))
        for number in range(20)
    )
    with sink() as connector.config["api_url"]:
        soaked = soak(connector, parts, 20)
    assert soaked.code == 0
    assert soaked.is_flat(megabytes=20)
    assert max(look.megabytes for look in soaked.looks) < 400


def test_large_states_wait_for_a_slow_service(connector: Connector) -> None:
    """States of 5 MB each thousand records: the source waits instead of memory."""
    note = "x" * 5_000_000
    parts = (
        b"".join(record(row(number * 1000 + each)) for each in range(1000)) + state(note)
        for number in range(60)
    )
    with sink(latency_ms=1000) as connector.config["api_url"]:
        soaked = soak(connector, parts, 60)
    assert (soaked.code, soaked.counts) == (0, [1000.0] * 60)
    assert max(look.megabytes for look in soaked.looks) < 400


def test_minute_of_latency_with_sixty_four_in_flight(connector: Connector) -> None:
    connector.config |= {
        "batching": {"max_profiles": 10},
        "delivery": {"max_in_flight": 64},
    }
    count = 10 * (4 + 8 + 16 + 32 + 64)  # so many requests leave in five minutes, more each time
    parts = (record(row(number)) + state(number) for number in range(count))
    with sink(latency_ms=60_000) as connector.config["api_url"]:
        soaked = soak(connector, parts, count)
    assert (soaked.code, soaked.counts) == (0, [1.0] * count)
    assert max(look.threads for look in soaked.looks) <= 70
