"""The service of the demonstrations, its local stand-in, as a process; and what it holds."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import requests

BIN = Path(sys.executable).parent
KEY = {"token": "sandbox-token", "db_id": 1, "matching": "custom"}
MAX_PROFILES = 10_000  # of one request


@contextmanager
def service(data: Path) -> Iterator[str]:
    """The address of the running sandbox, which ends with the block; `data` is its file."""
    command = [BIN / "profiles-sandbox", "serve", "--port", "0", "--data", data]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait()
        process.stdout.close()


def seed(url: str, field_name: str, profiles: Iterable[dict[str, Any]]) -> None:
    """Create the profiles that a sync will update: it never creates one."""
    rest = iter(profiles)
    while data := list(islice(rest, MAX_PROFILES)):
        requests.post(
            f"{url}/api/v1.1/profiles/import_batch",
            json={**KEY, "field_name": field_name, "data": data},
            timeout=60,
        ).raise_for_status()


def sandbox(data: Path, command: str, *options: str) -> list[dict[str, Any]]:
    """What the sandbox shows of its data."""
    shown = subprocess.run(
        [BIN / "profiles-sandbox", command, "--data", data, "--json", *options],
        capture_output=True,
        check=True,
    )
    return [json.loads(line) for line in shown.stdout.splitlines()]


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)
