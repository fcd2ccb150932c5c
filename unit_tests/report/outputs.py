"""What `write` would have printed, for tests."""

import json
from typing import Any

from destination_profiles.protocol.figures import FIGURES, STARTED, Figures, Started
from destination_profiles.protocol.messages import MessageWriter

BEGAN = 1_795_986_000.0


def printed(*messages: Any) -> list[str]:
    """Lines of these messages; Started and Figures become what the connector makes of them."""
    lines: list[str] = []
    writer = MessageWriter(lambda line: lines.append(bytes(line).decode()) or len(line))  # type: ignore[func-returns-value]
    for each in messages:
        match each:
            case Started():
                writer.analytics(STARTED, each)
            case Figures():
                writer.analytics(FIGURES, each)
            case str():
                lines.append(each)
            case _:
                lines.append(json.dumps(each) + "\n")
    return lines


def started(sync: str | None = None) -> Started:
    return Started("0.2.0", BEGAN, 8, 10_000, 10_000_000, sync)


def figures(**more: Any) -> Figures:
    """Those of a sync of one row that arrived."""
    given: dict[str, Any] = {
        "at": 2000,
        "samples": [],
        "requests": [],
        "every": 1,
        "answered": 0,
        "streams": {"users": counts(1, accepted=1)},
        "reasons": [],
        "omitted": [],
        "subscriptions": [],
        "chunks": 1,
        "retries": 0,
        "troubles": {},
        "states": 1,
        "longest_wait": (100, 0),
        "unknown": 0,
        "ended": True,
    }
    return Figures(**{**given, **more})


def counts(read: int, **more: int) -> dict[str, int]:
    return {"read": read, "accepted": 0, "superseded": 0, "deleted": 0, "rejected": 0, **more}


def state(delivered: int, rejected: int = 0, stream: str | None = "users") -> dict[str, Any]:
    stats = {"recordCount": float(delivered), "rejectedRecordCount": float(rejected)}
    of = {"stream": {"stream_descriptor": {"name": stream}}} if stream else {"global": {}}
    return {"type": "STATE", "state": {**of, "destinationStats": stats}}


def error(text: str, kind: str = "config_error") -> dict[str, Any]:
    told = {"message": text, "failure_type": kind}
    return {"type": "TRACE", "trace": {"type": "ERROR", "error": told}}
