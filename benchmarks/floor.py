"""The floor: one thread that decodes each message, validates its record, encodes it and sends
nothing. `floor.py CATALOG < MESSAGES`.
"""

import json
import sys
from pathlib import Path

import jsonschema_rs
import orjson

schema = json.loads(Path(sys.argv[1]).read_text())["streams"][0]["stream"]["json_schema"]
is_valid = jsonschema_rs.Draft7Validator(schema, validate_formats=False).is_valid
loads, dumps = orjson.loads, orjson.dumps
for line in sys.stdin.buffer:
    message = loads(line)
    if message["type"] == "RECORD":
        record = message["record"]["data"]
        if is_valid(record):
            dumps(record)
