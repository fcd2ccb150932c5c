"""The store of profiles: bodies by number, and keys that find the number."""

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from profiles_sandbox.profiles.fields import Field
from profiles_sandbox.profiles.keys import changed_keys

Profile = dict[str, Any]
"""Fields by name; `subscriptions` in stored form. Neither `id` nor `db_id`."""

_ID_PREFIX = "65f0c0ffee"
_ID_DIGITS = 14


def profile_id(pk: int) -> str:
    """The service's id of a profile: 24 hexadecimal digits."""
    return f"{_ID_PREFIX}{pk:0{_ID_DIGITS}x}"


def profile_number(text: str) -> int | None:
    """Read an id back; None when it cannot be one."""
    digits = text.removeprefix(_ID_PREFIX)
    if len(text) != len(_ID_PREFIX) + _ID_DIGITS or len(digits) != _ID_DIGITS:
        return None
    number = int(digits, 16) if all(digit in "0123456789abcdef" for digit in digits) else 0
    return number or None


class ProfileStore:
    """Profiles of all databases. Changes belong to the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take the connection of an open data file."""
        self._connection = connection
        self._decode = msgspec.json.Decoder().decode
        self._encode = msgspec.json.Encoder().encode

    def find(self, db_id: int, place: str, value: str, resource_id: int | None = None) -> set[int]:
        """The profiles that a key finds, two at most: more are as many."""
        sql = "SELECT DISTINCT profile FROM keys WHERE db_id = ? AND place = ? AND value = ?"
        arguments: tuple[Any, ...] = (db_id, place, value)
        if resource_id is not None:
            sql, arguments = sql + " AND resource_id = ?", (*arguments, resource_id)
        return {
            row[0] for row in self._connection.execute(sql + " ORDER BY profile LIMIT 2", arguments)
        }

    def find_with_all(self, db_id: int, place: str, values: list[str]) -> set[int]:
        """The profiles that have every one of the values, such as tags."""
        sql = "SELECT DISTINCT profile FROM keys WHERE db_id = ? AND place = ? AND value = ?"
        return set.intersection(
            *(
                {row[0] for row in self._connection.execute(sql, (db_id, place, value))}
                for value in values
            )
        )

    def load(self, db_id: int, pk: int) -> Profile | None:
        """A profile of this database, or None."""
        row = self._connection.execute(
            "SELECT body FROM profiles WHERE pk = ? AND db_id = ?", (pk, db_id)
        ).fetchone()
        return self._decode(row[0]) if row else None

    def add(self, db_id: int, new: Profile, fields: Mapping[str, Field]) -> int:
        """Store a new profile and give its number."""
        sql = "INSERT INTO profiles (db_id, body) VALUES (?, ?)"
        pk = int(self._connection.execute(sql, (db_id, self._encode(new))).lastrowid or 0)
        self._change_keys(db_id, pk, {}, new, fields)
        return pk

    def replace(
        self, db_id: int, pk: int, old: Profile, new: Profile, fields: Mapping[str, Field]
    ) -> None:
        """Store the new state of a profile whose stored state is `old`."""
        self._connection.execute(
            "UPDATE profiles SET body = ? WHERE pk = ?", (self._encode(new), pk)
        )
        self._change_keys(db_id, pk, old, new, fields)

    def listed(self, db_id: int, limit: int = -1) -> Iterator[tuple[str, Profile]]:
        """Ids and profiles of a database, the oldest first; -1 is no limit."""
        sql = "SELECT pk, body FROM profiles WHERE db_id = ? ORDER BY pk LIMIT ?"
        for pk, body in self._connection.execute(sql, (db_id, limit)):
            yield profile_id(pk), self._decode(body)

    def _change_keys(
        self, db_id: int, pk: int, old: Profile, new: Profile, fields: Mapping[str, Field]
    ) -> None:
        lost, gained = changed_keys(old, new, fields)
        if lost:
            sql = (
                "DELETE FROM keys WHERE db_id = ? AND place = ? AND value = ? AND "
                "resource_id = ? AND profile = ?"
            )
            self._connection.executemany(sql, ((db_id, *key, pk) for key in lost))
        if gained:
            sql = (
                "INSERT INTO keys (db_id, place, value, resource_id, "
                "profile) VALUES (?, ?, ?, ?, ?)"
            )
            self._connection.executemany(sql, ((db_id, *key, pk) for key in gained))
