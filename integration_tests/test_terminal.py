"""With a terminal on stderr, progress is a live line there, and stdout holds messages only, where
that is a pipe or --json is given.
"""

import json
import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import Connector, line, record, state
from integration_tests.screen import fed, terminal, wait_until

LINES = [*(record({"crm_id": number}) for number in range(1, 10)), state(9)]
DELAY = "- {call: profiles/update_batch, delay_ms: 600}"  # two pictures
NEVER = "- {call: profiles/update_batch, delay_ms: 60000}"
ESTIMATE = {"name": "users", "type": "STREAM", "row_estimate": 12}
LIVE = "Read 9 records in "


def text(shown: list[bytes]) -> str:
    return b"".join(shown).decode()


def write(
    connector: Connector,
    shown: list[bytes],
    until: str,
    count: int = 1,
    before: bytes = b"",
    **started: Any,
) -> bytes:
    lines = b"".join([before, *LINES])
    return fed([*connector.command("write"), "--json"], lines, shown, until, count, **started)


def told(lines: Sequence[str | bytes]) -> list[dict[str, Any]]:
    """All messages, but for figures on the way: a sync of two seconds has some."""
    messages = [json.loads(each) for each in lines]
    return [each for each in messages if '"ended":false' not in json.dumps(each).replace("\\", "")]


def test_live_line_is_on_stderr_alone(connector: Connector) -> None:
    with terminal() as (end, shown):
        output = write(connector, shown, LIVE, 3, stdout=subprocess.PIPE, stderr=end)
    assert "0 accepted, 0 rejected, 0 superseded, 0 deleted, 9 on their way" in text(shown)
    assert text(shown).rpartition(LIVE)[2].count("\x1b[2K") >= 1  # the last one is taken away
    messages = told(output.splitlines())
    assert [each["type"] for each in messages] == [
        "TRACE",
        "STATE",
        "LOG",
        "TRACE",
    ]  # the log tells the end only
    assert messages[2]["log"]["message"].startswith(LIVE)


def test_live_line_never_cuts_a_message(connector: Connector) -> None:
    with terminal() as (end, shown):
        write(connector, shown, LIVE, stdout=end, stderr=end)
    lines = [
        part.rpartition("\x1b[2K")[2].strip()
        for part in text(shown).split("\n")
        if '"type"' in part
    ]
    messages = told([each[each.index("{") :] for each in lines])
    assert [each["type"] for each in messages] == ["TRACE", "STATE", "LOG", "TRACE"]
    assert all(LIVE not in each[: each.index("{")] for each in lines)


@pytest.mark.parametrize("faults", [DELAY])
def test_dumb_terminal_shows_nothing(connector: Connector) -> None:
    with terminal() as (end, shown):
        write(connector, shown, "", stdout=subprocess.PIPE, stderr=end, env={"TERM": "dumb"})
    assert text(shown) == ""


def test_line_is_no_longer_than_the_terminal(connector: Connector) -> None:
    with terminal(columns=40) as (end, shown):
        write(connector, shown, "…", stdout=subprocess.PIPE, stderr=end)
    parts = text(shown).split("\x1b[2K")
    assert max(len(part.partition("\x1b")[0].strip()) for part in parts) <= 40


@pytest.mark.parametrize("faults", [NEVER])
def test_bar_shows_how_much_of_a_file_is_read(connector: Connector, tmp_path: Path) -> None:
    (tmp_path / "messages.jsonl").write_bytes(b"".join(LINES))
    with (
        terminal() as (end, shown),
        (tmp_path / "messages.jsonl").open("rb") as file,
        subprocess.Popen(
            [*connector.command("write"), "--json"],
            stdin=file, stdout=subprocess.DEVNULL, stderr=end, env={**os.environ, "TERM": "xterm"},
        ) as process,
    ):  # fmt: skip
        wait_until(shown, f"{'█' * 20} 100%  {LIVE}")
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
            bar,
            before=line(message),
            stdout=subprocess.PIPE,
            stderr=end,
        )
