"""Replays: the first answer to a request that changed data, kept for its repeats."""

import sqlite3
from dataclasses import replace
from hashlib import sha256

from profiles_sandbox.wire.exchange import Answer, Arrived

DUPLICATE = {"Duplicate-Request": "true"}


def replay_key(arrived: Arrived, token: str) -> str:
    """What makes two requests the same: Request-ID and token, else call, headers and body."""
    request_id = arrived.header("request-id")
    digest = sha256()
    if request_id:
        digest.update(f"{request_id}\n{token}".encode())
        return "id:" + digest.hexdigest()
    digest.update(repr((arrived.call, sorted(arrived.headers))).encode())
    digest.update(arrived.body)
    return "checksum:" + digest.hexdigest()


class Answers:
    """The answers kept. Changes belong to the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection, seconds: int) -> None:
        """Take the connection of an open data file, and how long an answer lives."""
        self._connection = connection
        self._seconds = seconds

    def first(self, key: str, now: float) -> Answer | None:
        """The first answer, marked as that of a repeat."""
        row = self._connection.execute(
            (
                "SELECT http_status, content_type, body, error, error_text FROM answers "
                "WHERE key = ? AND stored_at > ?"
            ),
            (key, now - self._seconds),
        ).fetchone()
        return replace(Answer(*row), headers=DUPLICATE) if row else None

    def keep(self, key: str, answer: Answer, now: float) -> None:
        """Keep an answer, and drop those that are too old."""
        self._connection.execute("DELETE FROM answers WHERE stored_at <= ?", (now - self._seconds,))
        self._connection.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                key,
                now,
                answer.http_status,
                answer.content_type,
                answer.body,
                answer.error,
                answer.error_text,
            ),
        )
