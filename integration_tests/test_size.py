"""Inputs of unusual size: the process's own memory is measured. metadata.yaml asks for 512Mi."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from integration_tests.connector import Connector, record, rejected, sent, state, stream

MEASURING = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)
sys.exit(code)
"""  # of a small process, as a child's peak is at least what its parent had
MEGABYTES = 1 << 20
MOST_MEGABYTES = 300  # of memory; 512 is where a pod is killed


class Cost(NamedTuple):
    code: int
    stats: list[tuple[float, float]]
    megabytes: int


def cost(connector: Connector, *lines: bytes) -> Cost:
    """Of a write, with its input from a file."""
    path = connector.folder / "input.jsonl"
    path.write_bytes(b"".join(lines))
    with path.open("rb") as source:
        done = subprocess.run(
            [sys.executable, "-c", MEASURING, *connector.command("write")],
            stdin=source,
            capture_output=True,
            check=False,
        )
    states = [json.loads(line) for line in done.stdout.splitlines() if b'"STATE"' in line]
    counts = [each["state"]["destinationStats"] for each in states]
    return Cost(
        done.returncode,
        [(each["recordCount"], each["rejectedRecordCount"]) for each in counts],
        int(done.stderr),
    )


COLUMNS = {"crm_id": {"type": "integer"}, **{f"c{n}": {"type": "string"} for n in range(20)}}
MAPPED = [{"to": "crm_id", "from": "crm_id"}, {"to": "source", "from": "c0"}]


@pytest.mark.parametrize("fields", [None, MAPPED])
def test_thousand_streams_begin_at_once(connector: Connector, bodies: Path, fields: Any) -> None:
    names = [f"table_{number}" for number in range(1000)]
    schema = {"type": "object", "properties": COLUMNS}
    connector.catalog = {"streams": [stream(name, schema=schema) for name in names]}
    if fields:
        connector.config["streams"] = [{"name": name, "fields": fields} for name in names]
    row = {"crm_id": 1, "c0": "x"} if fields else {"crm_id": 1}
    found = cost(connector, record(row, names[-1]), state(1, names[-1]))
    assert (found.code, found.stats, len(sent(bodies))) == (0, [(1.0, 0.0)], 1)
    assert found.megabytes < 150


LARGE = {
    "array": {"events": ["ab"] * 7_000_000},
    "text": {"events": "x" * 60 * MEGABYTES},
}


@pytest.mark.parametrize("what", LARGE)
@pytest.mark.parametrize("wire_format", ["json", "xml"])
def test_large_column_that_nobody_maps_costs_little(
    connector: Connector, bodies: Path, what: str, wire_format: str
) -> None:
    connector.config["delivery"] = {"wire_format": wire_format}
    connector.config["streams"] = [{"name": "users", "fields": MAPPED[:1]}]
    row = record({"crm_id": 1, **LARGE[what]})
    found = cost(connector, row, record({"crm_id": 2}), state(2))
    assert len(row) > 30 * MEGABYTES
    assert (found.code, found.stats) == (0, [(2.0, 0.0)])
    assert sum(map(len, sent(bodies))) < 1000 and found.megabytes < MOST_MEGABYTES


def test_row_larger_than_a_request_is_rejected(storing: Connector) -> None:
    row = record({"crm_id": 1, "source": "x" * 30 * MEGABYTES})
    found = cost(storing, row, record({"crm_id": 2}), state(2))
    assert (found.code, found.stats) == (0, [(1.0, 1.0)])
    (each,) = rejected(storing)
    assert (each["rejected_reason"], each["rejected_code"]) == ("size", "max_bytes")
    assert found.megabytes < MOST_MEGABYTES
