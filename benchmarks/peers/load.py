"""A custom destination as dlt's documentation has it. `load.py CONFIG < MESSAGES`."""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
from sending import send

config = json.loads(Path(sys.argv[1]).read_text())


@dlt.destination(batch_size=10_000, name="profiles")
def profiles(items: Any, table: Any) -> None:
    """Send one batch."""
    send(config, items)


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
