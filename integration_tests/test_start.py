"""docs/start.md, run as it is printed by somebody who has cloned the repository."""

import os
import random
import re
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from integration_tests.page import Command, File, steps, trimmed

ROOT = Path(__file__).parents[1]
MARK = re.compile(r"^@@ (\d+) (\d+)\n", re.MULTILINE)
INSTALLS = re.compile(r"-m venv|pip install")  # what the Makefile has done
PORT = "8099"
CLOCKS = {  # what is another each time
    r"A write takes about [\d.]+ s(.|\n)*?preparing took [\d.]+ s\.": "A write takes … s.",
    r"in [\d.]+ s \([\d,]+/s\)": "in … s (…/s)",
}
SECONDS = 300


def free_port() -> str:
    """Below those that the system gives to anybody: it is free until the page serves there."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return str(port)
    raise AssertionError("no port is free")


def test_page_installs_what_the_makefile_does() -> None:
    page = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
    wanted = (ROOT / "integration_tests" / "start.txt").read_text(encoding="utf-8").splitlines()
    assert f"pip install --quiet {wanted[-1]}\n" in page


def script(page: str, port: str) -> str:
    """All of the page for one shell, a mark with the exit code behind each command."""
    lines = []
    for number, step in enumerate(steps(page)):
        if isinstance(step, File):
            lines.append(f"cat > {step.name} <<'@@END'\n{step.text}@@END")
        elif not INSTALLS.search(step.line):
            lines.append(f"{step.line}\nprintf '@@ %d %d\\n' {number} $?")
    lines.append("kill $!")
    return "\n".join(lines).replace(PORT, port)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder that looks like the repository to who works in it."""
    for name in (".venv", ".venv-file", "demo"):
        (tmp_path / name).symlink_to(ROOT / name)
    return tmp_path


def timeless(text: str) -> str:
    for clock, instead in CLOCKS.items():
        text = re.sub(clock, instead, text)
    return text


def test_page_shows_what_happens(clone: Path) -> None:
    port = free_port()
    done = subprocess.run(
        ["bash", "-c", script("start.md", port)],
        cwd=clone,
        env={**os.environ, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
    )
    said = done.stdout.decode().replace(f":{port}", f":{PORT}")
    parts = MARK.split(said)
    outputs = {
        int(number): (text, code) for text, number, code in zip(*[iter(parts)] * 3, strict=False)
    }
    printed = {
        number: step
        for number, step in enumerate(steps("start.md"))
        if isinstance(step, Command) and not INSTALLS.search(step.line)
    }
    assert outputs.keys() == printed.keys()
    for number, step in printed.items():
        text, code = outputs[number]
        assert (step.line, code) == (step.line, "0"), text
        assert timeless(trimmed(text)) == timeless(step.output), step.line
