"""The requests received, read back from the journal for people: pages, sums, reasons."""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

_ATTEMPT = """(SELECT count(*) FROM journal earlier
    WHERE earlier.request_id = journal.request_id AND earlier.id <= journal.id)"""
_COLUMNS = f"""id, received_at, ended_at, call, request_id, {_ATTEMPT} AS attempt, format,
    duplicate, http_status, error, error_text, body_bytes, profiles, accepted, failed, db_id,
    matching, field_name, fault"""

ONLY = {
    "all": "1",
    "refused": (
        "ended_at IS NOT NULL AND (failed > 0 OR error IS NULL OR error != 0 "
        "OR http_status IS NULL OR http_status >= 300)"
    ),
    "repeated": "request_id IN (SELECT request_id FROM journal GROUP BY 1 HAVING count(*) > 1)",
}
"""What a list of requests may be narrowed to, and the condition of each."""

_SUMS = """SELECT count(*) AS requests, coalesce(sum(body_bytes), 0) AS body_bytes,
    coalesce(sum(accepted) FILTER (WHERE call = 'profiles/update_batch'), 0) AS updated,
    coalesce(sum(accepted) FILTER (WHERE call = 'profiles/import_batch'), 0) AS imported,
    coalesce(sum(failed), 0) AS refused,
    count(request_id) - count(DISTINCT request_id) AS retries,
    count(*) FILTER (WHERE ended_at IS NULL AND id > :since) AS under_way
FROM journal"""

_REASONS = """SELECT code, text, sum(items) AS items, count(*) AS requests, max(request) AS latest
FROM reasons GROUP BY code, text ORDER BY items DESC, text LIMIT :limit"""

_WHOLE = f"""SELECT http_status, error, error_text, fault, duplicate, ended_at IS NOT NULL AS ended,
    count(*) AS requests, max(id) AS latest
FROM journal WHERE {ONLY["refused"]} AND coalesce(failed, 0) = 0
GROUP BY http_status, error, error_text, fault ORDER BY requests DESC, latest DESC LIMIT :limit"""  # noqa: S608 - of ONLY


@dataclass(frozen=True)
class Request:
    """A row of the journal. Moments are seconds since 1970; `attempt` counts the requests with this
    Request-ID up to this one, and is 0 without one.
    """

    id: int
    received_at: float
    ended_at: float | None
    call: str
    request_id: str | None
    attempt: int
    format: str | None
    duplicate: bool
    http_status: int | None
    error: int | None
    error_text: str | None
    body_bytes: int
    profiles: int | None
    accepted: int | None
    failed: int | None
    db_id: int | None
    matching: str | None
    field_name: str | None
    fault: str | None


class Requests:
    """Reads the journal, over a connection of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take the connection of an open data file."""
        self._connection = connection

    def latest(self, limit: int, *, before: int | None = None, only: str = "all") -> list[Request]:
        """So many requests, the latest first, older than number `before`. `only`: one of ONLY."""
        sql = (
            f"SELECT {_COLUMNS} FROM journal WHERE id < ? AND {ONLY[only]} "  # noqa: S608 - of ONLY
            "ORDER BY id DESC LIMIT ?"
        )
        return [*map(_request, self._connection.execute(sql, (before or 1 << 62, limit)))]

    def one(self, number: int) -> Request | None:
        """The request of a number."""
        return next(self._where("id = ?", number, 1), None)

    def attempts(self, request_id: str, limit: int) -> list[Request]:
        """So many requests with a Request-ID, the latest first."""
        return list(self._where("request_id = ?", request_id, limit))

    def sums(self, since: int) -> dict[str, int]:
        """Counts and sums over all; what is `under_way` is newer than number `since`."""
        return dict(self._connection.execute(_SUMS, {"since": since}).fetchone())

    def reasons(self, limit: int) -> list[dict[str, Any]]:
        """Why items were refused: `{code, text, items, requests, latest}`, the most frequent first;
        `latest` is the number of the last request with one.
        """
        return [*map(dict, self._connection.execute(_REASONS, {"limit": limit}))]

    def reasons_of(self, number: int) -> list[dict[str, Any]]:
        """Why items of one request were refused: `{code, text, items}`."""
        sql = "SELECT code, text, items FROM reasons WHERE request = ? ORDER BY items DESC, text"
        return [*map(dict, self._connection.execute(sql, (number,)))]

    def refusals(self, limit: int) -> list[dict[str, Any]]:
        """How requests went wrong as a whole: `{http_status, error, error_text, fault, requests,
        latest}`, the most frequent first.
        """
        return [*map(dict, self._connection.execute(_WHOLE, {"limit": limit}))]

    def last(self) -> int:
        """The number of the last request, or 0."""
        (number,) = self._connection.execute("SELECT coalesce(max(id), 0) FROM journal").fetchone()
        return int(number)

    def _where(self, condition: str, value: Any, limit: int) -> Iterator[Request]:
        sql = f"SELECT {_COLUMNS} FROM journal WHERE {condition} ORDER BY id DESC LIMIT ?"  # noqa: S608 - our own
        return map(_request, self._connection.execute(sql, (value, limit)))


def _request(row: sqlite3.Row) -> Request:
    values = dict(row)
    values["received_at"] = _seconds(row["received_at"])
    values["ended_at"] = None if row["ended_at"] is None else _seconds(row["ended_at"])
    values["duplicate"] = bool(row["duplicate"])
    return Request(**values)


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
