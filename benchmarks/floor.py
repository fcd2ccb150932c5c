"""The floor: one thread that decodes each message, validates its record, encodes it and sends
nothing. `floor.py SCHEMA < MESSAGES`.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson


def run(schema: Mapping[str, Any], lines: Iterable[bytes]) -> None:
    """Take lines of input. Raises ValueError for a record that is not valid: it would cost less."""
    is_valid = jsonschema_rs.Draft7Validator(schema, validate_formats=False).is_valid
    loads, dumps = orjson.loads, orjson.dumps
    for line in lines:
        message = loads(line)
        if message["type"] == "RECORD":
            record = message["record"]["data"]
            if not is_valid(record):
                raise ValueError("a record is not valid")
            dumps(record)


if __name__ == "__main__":
    run(json.loads(Path(sys.argv[1]).read_text()), sys.stdin.buffer)
