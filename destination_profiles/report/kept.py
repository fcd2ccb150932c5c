"""The rejected records of a run that are kept still, and the keys of their rows."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

from ..outcomes.line import Record
from ..outcomes.reading import arrived
from ..rejects.line import Kept, read
from ..rejects.parts import lines, parts_of
from ..rejects.streams import streams_in
from ..storage.folder import Folder

MAX_KEYS = 1_000  # of a stream; a query takes no more in many databases
PLAIN = re.compile(r"[A-Za-z_]\w*")  # a name that needs no quotes in SQL
NUMBER = re.compile(rb"-?[0-9].*")
_decode = msgspec.json.Decoder(str).decode
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(slots=True)
class KeptRows:
    """Rejected records of a stream: how many, and the first of their keys, each once, as SQL has
    them. `without` are records that have none, and `untold` those whose key is not among them.
    """

    names: tuple[str, ...]  # of its namespace, perhaps, and of itself
    count: int = 0
    without: int = 0
    untold: int = 0
    keys: dict[str, None] = field(default_factory=dict)

    @property
    def stream(self) -> str:
        """Its label."""
        return ".".join(self.names)

    def query(self, column: str) -> str:
        """What finds the rows in the source."""
        table, keys = ".".join(map(_name, self.names)), ", ".join(self.keys)
        return f"SELECT * FROM {table} WHERE {_name(column)} IN ({keys});"  # noqa: S608 - is shown


def kept_rows(folder: Folder, sync: str, column: str | None) -> list[KeptRows]:
    """The records that the sync of that start has left in a store and that have not arrived since,
    as far as outcomes tell, with the keys in a column where one is named. Raises ProfilesError
    where the store cannot be read.
    """
    found: dict[str, KeptRows] = {}
    records = {_record(names, kept) for names, kept in _kept(folder, sync)}
    gone = arrived(folder, sync, records) if records else set()
    for names, kept in _kept(folder, sync):
        if _record(names, kept) in gone:
            continue
        rows = found.setdefault(".".join(names), KeptRows(names))
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


def _record(names: tuple[str, ...], kept: Kept) -> Record:
    return ".".join(names), *kept.origin.place()


def _enter(rows: KeptRows, original: bytes, column: str) -> None:
    key = _literal(original, column)
    if key is None:
        rows.without += 1
    elif key in rows.keys or len(rows.keys) < MAX_KEYS:
        rows.keys[key] = None
    else:
        rows.untold += 1


def _literal(original: bytes, column: str) -> str | None:
    """The value of a row's column as SQL has it, a number digit for digit; None where it is no
    key.
    """
    try:
        raw = bytes(_parts(original).get(column, b""))
    except ValueError:  # it is no object
        return None
    if NUMBER.fullmatch(raw):
        return raw.decode()
    text = _decode(raw) if raw.startswith(b'"') else ""
    return "'" + text.replace("'", "''") + "'" if text.strip() else None


def _name(name: str) -> str:
    return name if PLAIN.fullmatch(name) else '"' + name.replace('"', '""') + '"'
