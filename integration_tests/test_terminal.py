"""With a terminal on stderr, progress is a live line there, and stdout holds messages only, where
that is a pipe or --json is given.
"""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import SECONDS, Connector, line, record, state
from integration_tests.screen import terminal

LINES = [*(record({"crm_id": number}) for number in range(1, 10)), state(9)]
DELAY = "- {call: profiles/update_batch, delay_ms: 600}"  # two pictures
LONGER = "- {call: profiles/update_batch, delay_ms: 1500}"
ESTIMATE = {"name": "users", "type": "STREAM", "row_estimate": 12}
LIVE = "Read 9 records in "


def write(
    connector: Connector, *, stdout: int, stderr: int, term: str = "xterm", before: bytes = b""
) -> bytes:
    environment = {**os.environ, "TERM": term}
    done = subprocess.run(
        [*connector.command("write"), "--json"],
        input=b"".join([before, *LINES]),
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
    messages = [json.loads(each) for each in output.splitlines()]
    assert [each["type"] for each in messages] == ["STATE", "LOG"]  # the log tells the end only
    assert messages[1]["log"]["message"].startswith(LIVE)


@pytest.mark.parametrize("faults", [DELAY])
def test_live_line_never_cuts_a_message(connector: Connector) -> None:
    with terminal() as (end, shown):
        write(connector, stdout=end, stderr=end)
    lines = [
        part.rpartition("\x1b[2K")[2].strip()
        for part in b"".join(shown).decode().split("\n")
        if '"type"' in part
    ]
    messages = [json.loads(each[each.index("{") :]) for each in lines]
    assert [each["type"] for each in messages] == ["STATE", "LOG"]
    assert all(LIVE not in each[: each.index("{")] for each in lines)


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


@pytest.mark.parametrize("faults", [DELAY])
def test_bar_shows_how_much_of_a_file_is_read(connector: Connector, tmp_path: Path) -> None:
    (tmp_path / "messages.jsonl").write_bytes(b"".join(LINES))
    with terminal() as (end, shown), (tmp_path / "messages.jsonl").open("rb") as file:
        command = [*connector.command("write"), "--json"]
        environment = {**os.environ, "TERM": "xterm"}
        subprocess.run(
            command,
            stdin=file,
            stdout=subprocess.PIPE,
            stderr=end,
            timeout=SECONDS,
            env=environment,
            check=True,
        )
    assert f"{'█' * 20} 100%  {LIVE}" in b"".join(shown).decode()


@pytest.mark.parametrize("faults", [DELAY])
@pytest.mark.parametrize(
    ("estimate", "bar"),
    [
        (ESTIMATE, f"{'█' * 15}{'░' * 5} 75%  {LIVE}"),
        ({**ESTIMATE, "type": "SYNC", "row_estimate": 18}, f"{'█' * 10}{'░' * 10} 50%  {LIVE}"),
        ({**ESTIMATE, "row_estimate": 8}, f"\x1b[2K{LIVE}"),  # there are more: it was wrong
        ({**ESTIMATE, "row_estimate": 0}, f"\x1b[2K{LIVE}"),
        ({**ESTIMATE, "row_estimate": "12"}, f"\x1b[2K{LIVE}"),
    ],
)
def test_bar_follows_the_estimate_of_the_source(
    connector: Connector, estimate: dict[str, Any], bar: str
) -> None:
    message = {"type": "TRACE", "trace": {"type": "ESTIMATE", "estimate": estimate}}
    with terminal() as (end, shown):
        write(connector, stdout=subprocess.PIPE, stderr=end, before=line(message))
    assert bar in b"".join(shown).decode()
