"""Answers on the wire that no honest service gives."""

import socket
from pathlib import Path

import pytest
import yaml

from profiles_sandbox.faults.hostile import ANSWERS
from profiles_sandbox.faults.rule import Rule, problem
from profiles_sandbox.testing import ThreadedSandbox

CALL = "databases/get"
ENOUGH = 2_000_000  # bytes
REQUEST = (
    b"POST /api/v1.1/databases/get HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    b"Content-Length: 2\r\n\r\n{}"
)
BEGINS = {
    "endless": b"HTTP/1.1 200 OK\r\n",
    "huge": b"HTTP/1.1 503 Service Unavailable\r\n",
    "bomb": b"HTTP/1.1 200 OK\r\n",
    "moved": b"HTTP/1.1 302 Found\r\nLocation: https://example.com/\r\n",
    "lengths": b"HTTP/1.1 200 OK\r\n",
    "header": b"HTTP/1.1 200 OK\r\n",
    "interim": b"HTTP/1.1 100 Continue\r\n",
    "trickle": b"HTTP/1.1 200 OK\r\n",
    "cut": b"HTTP/1.1 200 OK\r\n",
}
FINITE = {"bomb", "moved", "lengths", "cut"}


def read(connection: socket.socket, most: int) -> bytes:
    received = bytearray()
    while len(received) < most and (block := connection.recv(1 << 16)):
        received += block
    return bytes(received)


@pytest.mark.parametrize("raw", ANSWERS)
def test_raw_answer_stands_on_the_wire(tmp_path: Path, raw: str) -> None:
    plan = tmp_path / "faults.yaml"
    plan.write_text(yaml.safe_dump([{"call": CALL, "raw": raw}]))
    with ThreadedSandbox(tmp_path / "data.db", "--faults", str(plan)) as sandbox:
        host, port = sandbox.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(REQUEST)
            most = len(BEGINS[raw]) if raw == "trickle" else ENOUGH
            received = read(connection, most)
        (row,) = sandbox.journal()
    assert received.startswith(BEGINS[raw])
    assert (len(received) < ENOUGH) is (raw in {*FINITE, "trickle"})
    assert (row["fault"], row["http_status"]) == (f"raw {raw}", None)


def test_name_that_is_none_is_told() -> None:
    assert problem(Rule("a", raw="none"), ["a"]) == f"raw is not one of {', '.join(ANSWERS)}"


@pytest.mark.parametrize(
    ("message", "fits"),
    [
        ({"db_id": 2, "data": [1, 2]}, True),
        ({"db_id": 1, "data": [1, 2]}, False),
        ({"db_id": 2, "data": [1]}, False),
        ({"db_id": 2, "data": "12"}, False),
    ],
)
def test_rule_goes_by_database_and_number_of_items(message: dict[str, object], fits: bool) -> None:
    assert Rule("a", status=413, when_items=2, when_database=2).fits(0, message) is fits
