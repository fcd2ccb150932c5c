"""With a terminal on stderr, progress is a live line there, and stdout holds messages only, where
that is a pipe or --json is given.
"""

import json
import os
import subprocess

import pytest

from integration_tests.connector import SECONDS, Connector, record, state
from integration_tests.screen import terminal

LINES = [*(record({"crm_id": number}) for number in range(1, 10)), state(9)]
DELAY = "- {call: profiles/update_batch, delay_ms: 600}"  # two pictures
LONGER = "- {call: profiles/update_batch, delay_ms: 1500}"
LIVE = "Read 9 records in "


def write(connector: Connector, *, stdout: int, stderr: int, term: str = "xterm") -> bytes:
    environment = {**os.environ, "TERM": term}
    done = subprocess.run(
        [*connector.command("write"), "--json"],
        input=b"".join(LINES),
        stdout=stdout,
        stderr=stderr,
        timeout=SECONDS,
        env=environment,
        check=True,
    )
    return done.stdout or b""


@pytest.mark.parametrize("faults", [LONGER])
def test_live_line_is_on_stderr_alone(connector: Connector) -> None:
    with terminal() as (end, shown):
        output = write(connector, stdout=subprocess.PIPE, stderr=end)
    text = b"".join(shown).decode()
    assert text.count(LIVE) >= 3  # a picture each quarter of a second
    assert "0 accepted, 0 rejected, 0 superseded, 0 deleted, 9 on their way" in text
    assert text.rpartition(LIVE)[2].count("\x1b[2K") >= 1  # the last one is taken away
    messages = [json.loads(line) for line in output.splitlines()]
    assert [each["type"] for each in messages] == ["STATE", "LOG"]  # the log tells the end only
    assert messages[1]["log"]["message"].startswith(LIVE)


@pytest.mark.parametrize("faults", [DELAY])
def test_live_line_never_cuts_a_message(connector: Connector) -> None:
    with terminal() as (end, shown):
        write(connector, stdout=end, stderr=end)
    lines = [
        line.rpartition("\x1b[2K")[2].strip()
        for line in b"".join(shown).decode().split("\n")
        if '"type"' in line
    ]
    messages = [json.loads(line[line.index("{") :]) for line in lines]
    assert [each["type"] for each in messages] == ["STATE", "LOG"]
    assert all(LIVE not in line[: line.index("{")] for line in lines)


@pytest.mark.parametrize("faults", [DELAY])
def test_dumb_terminal_shows_nothing(connector: Connector) -> None:
    with terminal() as (end, shown):
        write(connector, stdout=subprocess.PIPE, stderr=end, term="dumb")
    assert b"".join(shown) == b""


@pytest.mark.parametrize("faults", [DELAY])
def test_line_is_no_longer_than_the_terminal(connector: Connector) -> None:
    with terminal(columns=40) as (end, shown):
        write(connector, stdout=subprocess.PIPE, stderr=end)
    text = b"".join(shown).decode()
    assert "…" in text
    assert max(len(part.partition("\x1b")[0].strip()) for part in text.split("\x1b[2K")) <= 40
