"""What a command imports: each is a process of its own, which Airbyte starts and waits for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import sys
from destination_profiles.run import main
try:
    main(sys.argv[1:])
finally:
    print(" ".join(sys.modules), file=sys.stderr)
"""
CONFIG = {"api_url": "http://127.0.0.1:1", "token": "token", "db_id": 1}
CATALOG = {"streams": [{"stream": {"name": "users"}, "destination_sync_mode": "append"}]}
SELDOM = {"boto3", "lxml", "rich", "sqlite3", "xxhash"}  # a store, a format, a terminal, a memory
HTTP = {"requests", "urllib3"}
NEVER = {  # by command
    "spec": {*SELDOM, *HTTP, "jsonschema", "pendulum"},
    "check": SELDOM,
    "discover": SELDOM,
    "write": SELDOM,
    "forecast": {*HTTP, *SELDOM} - {"rich"},
}


def imported(command: str, folder: Path) -> set[str]:
    """The top names of what is imported when a command ends; its input is empty."""
    config, catalog = folder / "config.json", folder / "catalog.json"
    config.write_text(json.dumps(CONFIG))
    catalog.write_text(json.dumps(CATALOG))
    arguments = [] if command == "spec" else ["--config", str(config)]
    if command in ("write", "forecast"):
        arguments += ["--catalog", str(catalog)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, command, *arguments],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        check=False,
        timeout=60,
    )
    return {name.partition(".")[0] for name in done.stderr.decode().splitlines()[-1].split()}


@pytest.mark.parametrize("command", NEVER)
def test_command_does_without(command: str, tmp_path: Path) -> None:
    modules = imported(command, tmp_path)
    assert "destination_profiles" in modules
    assert not modules & {*NEVER[command], "airbyte_cdk"}


def test_package_itself_is_light() -> None:
    program = "import sys, destination_profiles; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert not {"airbyte_cdk", "msgspec"} & set(done.stdout.decode().split())
