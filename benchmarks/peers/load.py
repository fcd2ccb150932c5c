"""A custom destination as dlt's documentation has it. `load.py CONFIG < MESSAGES`."""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import requests

config = json.loads(Path(sys.argv[1]).read_text())


@dlt.destination(batch_size=10_000, name="profiles")
def profiles(items: Any, table: Any) -> None:
    """Send one batch."""
    body = {
        "token": config["token"],
        "db_id": config["db_id"],
        "matching": "email_profile",
        "data": items,
    }
    answer = requests.post(
        f"{config['api_url']}/api/v1.1/profiles/update_batch", json=body, timeout=60
    )
    answer.raise_for_status()
    assert all(item["error"] == 0 for item in answer.json()["result"])


def users() -> Iterator[dict[str, Any]]:
    """The records of the messages."""
    for line in sys.stdin.buffer:
        message = json.loads(line)
        if message["type"] == "RECORD":
            yield message["record"]["data"]


with tempfile.TemporaryDirectory() as folder:
    dlt.pipeline("benchmark", destination=profiles, pipelines_dir=folder).run(
        users(), table_name="users"
    )
