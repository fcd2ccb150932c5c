"""The demonstration that leaves its service running, as `make demo-open` starts it."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from integration_tests.connector import SECONDS

ROOT = Path(__file__).parents[1]
STAYS = "The service is still there. Ctrl-C ends it.\n"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_service_stays_until_somebody_ends_it(tmp_path: Path, how: signal.Signals) -> None:
    shutil.copytree(ROOT / "demo", tmp_path / "demo", ignore=shutil.ignore_patterns("out"))
    (tmp_path / ".venv-source").symlink_to(ROOT / ".venv-source")
    command = [sys.executable, tmp_path / "demo" / "run.py", "--open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo:
        try:
            assert demo.stdout is not None
            lines = []
            while not lines or lines[-1] not in (STAYS, ""):
                lines.append(demo.stdout.readline())
            (url,) = (each.split()[0] for each in lines if each.lstrip().startswith("http://"))
            page = requests.get(url, timeout=SECONDS)
            demo.send_signal(how)
            rest, _ = demo.communicate(timeout=SECONDS)
        finally:
            demo.kill()
    assert (page.status_code, "<html" in page.text) == (200, True)
    assert (demo.returncode, rest) == (0, "")
    assert any("5. 10 states came back: 9,975 records delivered" in each for each in lines)
