"""The rejected records of a run that are kept still, and the keys of their rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from ..rejects.line import Kept, read
from ..rejects.parts import lines, parts_of
from ..rejects.streams import streams_in
from ..storage.folder import Folder

MAX_KEYS = 1_000  # of a stream; a query takes no more in many databases
PLAIN = re.compile(r"[A-Za-z_]\w*")  # a name that needs no quotes in SQL
_decode = msgspec.json.Decoder().decode


@dataclass(slots=True)
class KeptRows:
    """Rejected records of a stream: how many, and the keys of the first as SQL has them. `without`
    are those that have none.
    """

    stream: str
    names: tuple[str, ...]  # of its namespace, perhaps, and of itself
    count: int = 0
    without: int = 0
    keys: list[str] = field(default_factory=list)

    def query(self, column: str) -> str:
        """What finds the rows in the source."""
        table = ".".join(map(_name, self.names))
        return f"SELECT * FROM {table} WHERE {_name(column)} IN ({', '.join(self.keys)});"  # noqa: S608 - to be shown

    def untold(self) -> int:
        """Records whose key is not among `keys`."""
        return self.count - self.without - len(self.keys)


def kept_rows(folder: Folder, sync: str, column: str | None) -> list[KeptRows]:
    """The records that the sync of that start has left in a store, with the keys in a column where
    one is named. Raises ProfilesError where the store cannot be read.
    """
    found: dict[str, KeptRows] = {}
    for names, kept in _kept(folder, sync):
        stream = ".".join(names)
        rows = found.setdefault(stream, KeptRows(stream, names))
        rows.count += 1
        if column is not None:
            _enter(rows, kept.original, column)
    return sorted(found.values(), key=lambda rows: rows.stream)


def _kept(folder: Folder, sync: str) -> Iterator[tuple[tuple[str, ...], Kept]]:
    lock = folder.lock(alone=False)
    try:
        parts, _ = parts_of(folder, streams_in(folder.names()))
        for part in parts:
            names = tuple(filter(None, part.stream))
            for line in lines(folder, part):
                try:
                    kept = read(line)
                except ValueError:  # of a person's hand
                    continue
                if kept.origin.sync == sync:
                    yield names, kept
    finally:
        lock.release()


def _enter(rows: KeptRows, original: bytes, column: str) -> None:
    data = _decode(original)
    key = _literal(data.get(column) if isinstance(data, dict) else None)
    if key is None:
        rows.without += 1
    elif len(rows.keys) < MAX_KEYS:
        rows.keys.append(key)


def _literal(value: Any) -> str | None:
    """A value as SQL has it; None where it is no key."""
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _name(name: str) -> str:
    return name if PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'
