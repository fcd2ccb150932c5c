"""A terminal, and what it shows."""

import os
import pty
import re
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from integration_tests.connector import SECONDS

SHOWN = re.compile(r"\x1b\[(?P<number>[0-9;?]*)(?P<move>[A-Za-z])|(?P<text>[^\x1b\r\n]+)|[\r\n]")


@contextmanager
def terminal(columns: int = 200) -> Iterator[tuple[int, list[bytes]]]:
    """One end of a terminal, and what its other end shows."""
    shown: list[bytes] = []
    screen, end = pty.openpty()
    os.environ["COLUMNS"] = str(columns)

    def read() -> None:
        while True:
            try:
                shown.append(os.read(screen, 4096))
            except OSError:  # the other end is closed
                return

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield end, shown
    finally:
        del os.environ["COLUMNS"]
        os.close(end)
        reader.join()
        os.close(screen)


def watched(
    command: Sequence[str],
    columns: int = 200,
    lines: bytes = b"",
    cwd: Path | None = None,
    **environment: str,
) -> tuple[int, bytes]:
    """The exit code of a command with a terminal on stdout, and what that shows."""
    with terminal(columns) as (end, shown):
        done = subprocess.run(
            command,
            input=lines,
            stdout=end,
            stderr=end,
            timeout=SECONDS,
            check=False,
            cwd=cwd,
            env={**os.environ, "TERM": "xterm", **environment},
        )
    return done.returncode, b"".join(shown)


def fed(
    command: Sequence[str],
    lines: bytes,
    shown: list[bytes],
    until: str,
    count: int = 1,
    **started: Any,
) -> bytes:
    """The output of a command that ends well, and whose input stays open until a text was so often
    on the terminal.
    """
    environment = {**os.environ, "TERM": "xterm", **started.pop("env", {})}
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment, **started) as process:
        assert process.stdin is not None
        process.stdin.write(lines)
        process.stdin.flush()
        wait_until(shown, until, count)
        output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    return output or b""


def wait_until(shown: list[bytes], text: str, count: int = 1) -> None:
    """Until a terminal has shown a text so often."""
    deadline = time.monotonic() + SECONDS
    while b"".join(shown).count(text.encode()) < count:
        assert time.monotonic() < deadline, b"".join(shown)
        time.sleep(0.02)


def plain(shown: bytes) -> str:
    """What stands on a terminal in the end, as if it were high enough, without colours."""
    rows, row, column = [""], 0, 0
    for part in SHOWN.finditer(shown.decode()):
        if text := part["text"]:
            line = rows[row].ljust(column)
            rows[row] = line[:column] + text + line[column + len(text) :]
            column += len(text)
        elif part["move"] == "A":
            row -= int(part["number"] or 1)
        elif part["move"] == "K":
            rows[row] = ""
        elif part[0] == "\r":
            column = 0
        elif part[0] == "\n":
            row += 1
            rows += [""] * (row == len(rows))
    return "\n".join(rows[: row + 1])
