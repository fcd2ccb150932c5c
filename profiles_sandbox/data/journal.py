"""The journal: one row for each request received. Rows hold no values of profiles and no tokens."""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from profiles_sandbox.wire.exchange import Arrived

_OPEN = """
INSERT INTO journal
    (received_at, call, request_id, format, body_bytes, body_sha256, profiles, db_id,
     matching, field_name,
    skip_triggers, skip_invalid_subscriptions, fault)
VALUES
    (:received_at, :call, :request_id, :format, :body_bytes, :body_sha256, :profiles,
     :db_id, :matching, :field_name,
    :skip_triggers, :skip_invalid_subscriptions, :fault)
"""
_CLOSE = """
UPDATE journal SET ended_at = :ended_at, http_status = :http_status, error = :error,
    error_text = :error_text, duplicate = :duplicate,
    accepted = :accepted, failed = :failed WHERE id = :id
"""

_SKIPS = ("skip_triggers", "skip_invalid_subscriptions")
_FLAGS = ("duplicate", *_SKIPS)

_LARGEST = 2**63 - 1
"""The largest integer that a column holds."""


@dataclass(frozen=True)
class Ending:
    """How a request ended. `http_status` is None when no answer was sent."""

    http_status: int | None
    error: int | None = None
    error_text: str | None = None
    duplicate: bool = False
    accepted: int | None = None
    failed: int | None = None


class Journal:
    """The rows. Changes belong to the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take the connection of an open data file."""
        self._connection = connection

    def open(
        self,
        arrived: Arrived,
        message: Mapping[str, Any],
        now: float,
        *,
        body_format: str | None,
        fault: str | None,
    ) -> int:
        """Write down a request as it is received and give the row's id; `message` is empty when
        unreadable.
        """
        row = {
            "received_at": _shown_time(now),
            "call": arrived.call,
            "request_id": arrived.header("request-id"),
            "format": body_format,
            "body_bytes": len(arrived.body),
            "body_sha256": sha256(arrived.body).hexdigest(),
            "fault": fault,
            **_described(message),
        }
        return int(self._connection.execute(_OPEN, row).lastrowid or 0)

    def close(self, number: int, ending: Ending, now: float) -> None:
        """Complete a row."""
        self._connection.execute(
            _CLOSE, {**vars(ending), "id": number, "ended_at": _shown_time(now)}
        )

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every row as an object, the oldest first."""
        for row in self._connection.execute("SELECT * FROM journal ORDER BY id"):
            yield {name: _shown(name, row[name]) for name in row.keys()}  # noqa: SIM118 - a row iterates its values


def _shown_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def _described(message: Mapping[str, Any]) -> dict[str, Any]:
    """What a request says of itself, as far as it is of the right type."""
    data, db_id = message.get("data"), message.get("db_id")
    return {
        "profiles": len(data) if type(data) is list else None,
        "db_id": db_id if type(db_id) is int and abs(db_id) <= _LARGEST else None,
        **{name: _of(str, message.get(name)) for name in ("matching", "field_name")},
        **{name: _of(bool, message.get(name)) for name in _SKIPS},
    }


def _of(wanted: type, value: Any) -> Any:
    return value if type(value) is wanted else None


def _shown(name: str, value: Any) -> Any:
    return bool(value) if name in _FLAGS and value is not None else value
