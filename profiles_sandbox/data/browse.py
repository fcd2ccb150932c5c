"""Browsing: pages of profiles, the search in all their values, and counts of subscriptions."""

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import msgspec

from profiles_sandbox.data.store import Profile, profile_number
from profiles_sandbox.profiles.keys import key_text

SCANNED = 50_000
"""Profiles that one search looks at, at most."""

_WILD = re.compile(r"[%_\\]")

SubscriptionCount = Counter[tuple[int, int, str, int]]
"""How many subscriptions, by database, resource, channel and status."""


class _Subscription(msgspec.Struct):
    channel: str
    resource_id: int
    status: int


class _Subscribed(msgspec.Struct):
    subscriptions: list[_Subscription] = []


_subscribed = msgspec.json.Decoder(_Subscribed).decode
_decode = msgspec.json.Decoder().decode


@dataclass(frozen=True)
class Found:
    """Profiles by number, and the number to go on after; None at the end."""

    profiles: dict[int, Profile]
    after: int | None


class Browser:
    """Reads profiles, over a connection of its own."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take the connection of an open data file."""
        self._connection = connection

    def counts(self) -> dict[int, int]:
        """How many profiles each database has."""
        sql = "SELECT db_id, count(*) FROM profiles GROUP BY db_id"
        return dict(map(tuple, self._connection.execute(sql)))

    def one(self, number: int) -> tuple[int, Profile] | None:
        """The database of a profile, and the profile."""
        sql = "SELECT db_id, body FROM profiles WHERE pk = ?"
        row = self._connection.execute(sql, (number,)).fetchone()
        return (row["db_id"], _decode(row["body"])) if row else None

    def search(self, db_id: int, text: str, *, after: int, limit: int) -> Found:
        """Profiles of a database, oldest first, with numbers above `after`, that have the text in a
        value or are those of this id; all for no text. It stops at `limit` of them, or when it has
        looked at SCANNED.
        """
        if number := profile_number(text):
            found = self.one(number)
            return Found({number: found[1]} if found and found[0] == db_id else {}, None)
        end = self._end(db_id, after)
        matching = self._matching(db_id, after, end, text)
        profiles = dict(islice(matching, limit))
        if next(matching, None):
            return Found(profiles, max(profiles))
        return Found(profiles, end if self._end(db_id, end) > end else None)

    def changed_by(self, numbers: list[int]) -> dict[int, int]:
        """The last request that changed each profile, of those that one has."""
        marks = ", ".join("?" * len(numbers))
        sql = (
            f"SELECT profile, max(request) FROM changes WHERE profile IN ({marks}) GROUP BY profile"  # noqa: S608 - marks only
        )
        return dict(map(tuple, self._connection.execute(sql, numbers)))

    def subscriptions(self) -> SubscriptionCount:
        """Counts over all profiles."""
        counts: SubscriptionCount = Counter()
        for db_id, body in self._connection.execute("SELECT db_id, body FROM profiles"):
            for each in _subscribed(body).subscriptions:
                counts[db_id, each.resource_id, each.channel, each.status] += 1
        return counts

    def _end(self, db_id: int, after: int) -> int:
        """The number of the last profile that a search looks at."""
        sql = (
            "SELECT max(pk) FROM (SELECT pk FROM profiles WHERE db_id = ? AND pk > ? "
            "ORDER BY pk LIMIT ?)"
        )
        (last,) = self._connection.execute(sql, (db_id, after, SCANNED)).fetchone()
        return last or after

    def _matching(
        self, db_id: int, after: int, end: int, text: str
    ) -> Iterator[tuple[int, Profile]]:
        """The profiles between two numbers that have a text. SQLite sees the bodies first, which
        have it somewhere; it knows capitals of ASCII only.
        """
        inside = msgspec.json.encode(text)[1:-1].decode() if text.isascii() else ""
        pattern = "%" + _WILD.sub(r"\\\g<0>", inside) + "%"
        sql = (
            "SELECT pk, body FROM profiles WHERE db_id = ? AND pk > ? AND pk <= ? "
            "AND CAST(body AS TEXT) LIKE ? ESCAPE '\\' ORDER BY pk"
        )
        wanted = text.casefold()
        for pk, body in self._connection.execute(sql, (db_id, after, end, pattern)):
            profile = _decode(body)
            if _holds(profile, wanted):
                yield pk, profile


def _holds(value: Any, wanted: str) -> bool:
    """Whether a value, or one within it, has a text."""
    if isinstance(value, dict):
        return not wanted or any(_holds(each, wanted) for each in value.values())
    if isinstance(value, list):
        return any(_holds(each, wanted) for each in value)
    return wanted in (value if isinstance(value, str) else key_text(value)).casefold()
