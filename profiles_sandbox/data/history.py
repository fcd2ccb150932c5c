"""The history: which request changed which field of a profile, and why items were refused.

Of a change only what the fields held before is kept: what they held after it is what the next
change, or the profile itself, tells.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

Values = Mapping[str, Any]
"""Fields by name; a field that a profile does not have is missing, or null."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode

_HOLDING = (list, dict)


class Change(NamedTuple):
    """What an item of a batch, by its place from 0, changed: the former values of the fields."""

    profile: int
    item: int
    was: Values


class Seen(NamedTuple):
    """A field before and after a change; None when the profile does not have it."""

    name: str
    was: Any
    now: Any


class Step(NamedTuple):
    """A change as it is shown."""

    request: int
    item: int
    fields: list[Seen]


def changed(old: Values, new: Values) -> dict[str, Any]:
    """The former values of the fields that differ; null where there was none."""
    was = {}
    for name, value in new.items():
        before = old.get(name)
        if before is not value and (before != value or _differ(before, value)):
            was[name] = before
    for name in old.keys() - new.keys():
        was[name] = old[name]
    return was


def _differ(old: Any, new: Any) -> bool:
    """Whether equal values are stored differently: to Python true is 1, within lists too."""
    return type(old) is not type(new) or (type(old) in _HOLDING and _encode(old) != _encode(new))


class History:
    """What requests changed and why they did not. Writing belongs to the caller's transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Take the connection of an open data file."""
        self._connection = connection

    def add(
        self, request: int, changes: Iterable[Change], reasons: Counter[tuple[int, str]]
    ) -> None:
        """Note what a request, by its number in the journal, changed, and how many of its items
        were refused with each code and text.
        """
        self._connection.executemany(
            "INSERT INTO changes VALUES (?, ?, ?, ?)",
            ((profile, request, item, _encode(was)) for profile, item, was in changes),
        )
        self._connection.executemany(
            "INSERT INTO reasons VALUES (?, ?, ?, ?)",
            ((request, code, text, items) for (code, text), items in reasons.items()),
        )

    def steps(self, profile: int, stored: Values) -> Iterator[Step]:
        """The changes of a profile that holds `stored` now, the latest first."""
        state = dict(stored)
        sql = (
            "SELECT request, item, was FROM changes WHERE profile = ? "
            "ORDER BY request DESC, item DESC"
        )
        for request, item, body in self._connection.execute(sql, (profile,)):
            was = _decode(body)
            yield Step(
                request, item, [Seen(name, old, state.get(name)) for name, old in was.items()]
            )
            state |= was
