"""A service that means harm: every command ends, says what it was, and stays small."""

import json
import subprocess

import pytest

from integration_tests.connector import Connector, Said, record, rejected, state, within
from profiles_sandbox.testing import ServedSandbox

SECONDS = 300
LIMITED = within("-v 1500000")  # kilobytes of addresses
RAW = ["endless", "huge", "bomb", "moved", "header", "interim"]
LINES = [record({"crm_id": 1, "_fname": "Ann"}), state(1)]
LONGER = "the answer was longer than "


def limited(connector: Connector, name: str, *lines: bytes) -> Said:
    """A command within so little memory that no such answer fits into it."""
    return connector.run(name, lines, prefix=LIMITED)


def plan(call: str, raw: str, requests: str = "{from: 1}") -> str:
    return f"- {{call: {call}, requests: {requests}, raw: {raw}}}"


def reason(message: str) -> str:
    """Why no answer came, of a sentence."""
    return message.partition(": ")[2].partition(". ")[0]


REASONS = {
    "endless": f"{LONGER}1.001 MB",
    "huge": f"{LONGER}1.001 MB",
    "bomb": f"{LONGER}1.001 MB",
    "moved": f"{LONGER}1.001 MB",
    "interim": f"{LONGER}1.001 MB",
    "lengths": "the connection failed (InvalidHeader)",
    "header": "the connection failed (LineTooLong)",  # the library's own bound
    "cut": "the connection was cut",
}


@pytest.mark.parametrize(
    ("faults", "raw"), [(plan("profiles/update_batch", raw), raw) for raw in REASONS]
)
def test_answer_that_does_not_end_ends_the_sync(connector: Connector, raw: str) -> None:
    connector.config["delivery"] = {"retry_seconds": 0.3}
    said = limited(connector, "write", *LINES)
    assert (said.code, said.error["failure_type"], said.states) == (1, "transient_error", [])
    assert reason(said.error["message"]) == REASONS[raw]
    assert "The fate of 1 records is unknown" in said.log


@pytest.mark.parametrize("faults", [plan("profiles/update_batch", raw, "[1]") for raw in REASONS])
def test_sync_goes_on_behind_such_an_answer(connector: Connector, sandbox: ServedSandbox) -> None:
    said = limited(connector, "write", *LINES)
    assert (said.code, said.stats) == (0, [(1.0, 0.0)])


@pytest.mark.parametrize("command", ["check", "discover"])
@pytest.mark.parametrize(
    "faults", [f"{plan('databases/get', raw)}\n{plan('databases/fields_get', raw)}" for raw in RAW]
)
def test_reads_are_bounded_too(connector: Connector, command: str) -> None:
    said = limited(connector, command)
    text = said.raw.decode()
    assert f"{LONGER}20 MB" in text or "LineTooLong" in text


# What the bytes say


@pytest.mark.parametrize("options", [["--result-order", "reverse"]])
def test_results_are_matched_by_id(storing: Connector, sandbox: ServedSandbox) -> None:
    storing.config["matching"] = {"mode": "profile_id"}
    found = sandbox.create(*({"email": f"{number}@x.example"} for number in range(4)))
    bad = record({"profile_id": found[1], "_status": 1, "no_such_field": 1})
    good = [record({"profile_id": each, "_fname": "Ann"}) for each in (found[0], *found[2:])]
    said = storing.write(good[0], bad, *good[1:], state(4))
    assert said.stats == [(3.0, 1.0)]
    assert [each["profile_id"] for each in rejected(storing)] == [found[1]]


TWICE = [
    '{"error":0,"result":[{"error":5,"error":0}]}',
    '{"error":0,"result":[{"error":5,"\\u0065rror":0}]}',
    '{"error":0,"result":[{"error":5}],"result":[{"error":0}]}',
    '{"error":"0","result":[{"error":"0"}]}',
    '{"error":NaN,"result":[{"error":NaN}]}',
    "<xml><error>0</error><result><error>0<!-- -->5</error></result></xml>",
    "<xml><error>0</error><result><error>5</error><error>0</error></result></xml>",
    '<!DOCTYPE xml [<!ENTITY f "5">]><xml><error>0</error><result><error>0&f;</error></result></xml>',
    '<!DOCTYPE xml [<!ENTITY f SYSTEM "file:///etc/passwd">]><xml><error>&f;</error></xml>',
]


@pytest.mark.parametrize(
    "faults", [json.dumps([{"call": "profiles/update_batch", "body": body}]) for body in TWICE]
)
def test_answer_that_says_two_things_cannot_be_read(connector: Connector) -> None:
    connector.config["delivery"] = {"retry_seconds": 0.3}
    said = connector.write(*LINES)
    assert (said.code, said.states) == (1, [])
    assert "what became of them is unknown" in said.error["message"]


# What the source says


def test_row_that_is_nested_deeply_is_one_rejection(storing: Connector) -> None:
    depths = [*range(975, 1010), 5_000, 100_000]
    deep = [
        record({"crm_id": 2, "address": "DEEP"}).replace(b'"DEEP"', b"[" * each + b"]" * each)
        for each in depths
    ]
    storing.config["max_rejected_percent"] = 100
    said = storing.write(*deep, *LINES)
    assert (said.code, said.stats) == (0, [(1.0, float(len(depths)))])
    parts = (storing.folder / "rejected").rglob("*.jsonl")
    assert sum(part.read_bytes().count(b"\n") for part in parts) == len(depths)


def test_line_without_an_end_is_told(connector: Connector) -> None:
    process = subprocess.Popen(
        connector.command("write"), bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(LINES[0])
    with process.stdin, pytest.raises(BrokenPipeError):
        while True:
            process.stdin.write(b"x" * 1_000_000)
    with process.stdout:
        assert b"longer than 100 MB" in process.stdout.read()
    assert process.wait(SECONDS) == 1
