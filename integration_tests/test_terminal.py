"""With a terminal on stderr, progress is a live line there, and stdout holds messages only, where
that is a pipe or --json is given.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import SECONDS, Connector, line, record, state
from integration_tests.screen import terminal

LINES = [*(record({"crm_id": number}) for number in range(1, 10)), state(9)]
DELAY = "- {call: profiles/update_batch, delay_ms: 600}"  # two pictures
NEVER = "- {call: profiles/update_batch, delay_ms: 60000}"
ESTIMATE = {"name": "users", "type": "STREAM", "row_estimate": 12}
LIVE = "Read 9 records in "


def start(connector: Connector, **streams: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "TERM": streams.pop("term", "xterm")}
    return subprocess.Popen([*connector.command("write"), "--json"], env=environment, **streams)


def text(shown: list[bytes]) -> str:
    return b"".join(shown).decode()


def write(
    connector: Connector,
    shown: list[bytes],
    until: Callable[[str], bool],
    before: bytes = b"",
    **streams: Any,
) -> bytes:
    """The output of a sync whose input stays open until that is shown on the terminal."""
    with start(connector, stdin=subprocess.PIPE, **streams) as process:
        assert process.stdin is not None
        process.stdin.write(b"".join([before, *LINES]))
        process.stdin.flush()
        wait_until(shown, until)
        output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    return output or b""


def wait_until(shown: list[bytes], there: Callable[[str], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not there(text(shown)):
        assert time.monotonic() < deadline, text(shown)
        time.sleep(0.02)


def test_live_line_is_on_stderr_alone(connector: Connector) -> None:
    with terminal() as (end, shown):
        output = write(
            connector, shown, lambda it: it.count(LIVE) >= 3, stdout=subprocess.PIPE, stderr=end
        )
    assert "0 accepted, 0 rejected, 0 superseded, 0 deleted, 9 on their way" in text(shown)
    assert text(shown).rpartition(LIVE)[2].count("\x1b[2K") >= 1  # the last one is taken away
    messages = [json.loads(each) for each in output.splitlines()]
    assert [each["type"] for each in messages] == [
        "TRACE",
        "STATE",
        "LOG",
        "TRACE",
    ]  # the log tells the end only
    assert messages[2]["log"]["message"].startswith(LIVE)


def test_live_line_never_cuts_a_message(connector: Connector) -> None:
    with terminal() as (end, shown):
        write(connector, shown, lambda it: LIVE in it, stdout=end, stderr=end)
    lines = [
        part.rpartition("\x1b[2K")[2].strip()
        for part in text(shown).split("\n")
        if '"type"' in part
    ]
    messages = [json.loads(each[each.index("{") :]) for each in lines]
    assert [each["type"] for each in messages] == ["TRACE", "STATE", "LOG", "TRACE"]
    assert all(LIVE not in each[: each.index("{")] for each in lines)


@pytest.mark.parametrize("faults", [DELAY])
def test_dumb_terminal_shows_nothing(connector: Connector) -> None:
    with terminal() as (end, shown):
        write(connector, shown, lambda _: True, stdout=subprocess.PIPE, stderr=end, term="dumb")
    assert text(shown) == ""


def test_line_is_no_longer_than_the_terminal(connector: Connector) -> None:
    with terminal(columns=40) as (end, shown):
        write(connector, shown, lambda it: "…" in it, stdout=subprocess.PIPE, stderr=end)
    parts = text(shown).split("\x1b[2K")
    assert max(len(part.partition("\x1b")[0].strip()) for part in parts) <= 40


@pytest.mark.parametrize("faults", [NEVER])
def test_bar_shows_how_much_of_a_file_is_read(connector: Connector, tmp_path: Path) -> None:
    (tmp_path / "messages.jsonl").write_bytes(b"".join(LINES))
    with (
        terminal() as (end, shown),
        (tmp_path / "messages.jsonl").open("rb") as file,
        start(connector, stdin=file, stdout=subprocess.DEVNULL, stderr=end) as process,
    ):
        wait_until(shown, lambda it: f"{'█' * 20} 100%  {LIVE}" in it)
        process.kill()


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
        write(
            connector,
            shown,
            lambda it: bar in it,
            line(message),
            stdout=subprocess.PIPE,
            stderr=end,
        )
