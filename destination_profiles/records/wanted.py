"""The columns that a mapping takes something from: no other is decoded."""

from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property
from typing import Any

import msgspec

from ..conversion import decode_exact
from ..service.formats import decode_records
from .checks import ColumnCheck
from .keywords import OPEN, Schema, Uncertain
from .objects import defined
from .proof import Proof
from .stream_schema import StreamSchema
from .table import ABSENT, Dicts, Structs, Table

SCALAR: Schema = {"type": ["boolean", "integer", "number", "string"]}
Sinks = Mapping[str, Collection[Schema]]  # of columns: what is asked of the fields they go to


class WantedColumns:
    """Some columns of a stream, held to its schema: those in `sinks` by their types, which hold
    them to what is asked further on, too, if they are `proven`; the others by a look at each value.
    """

    def __init__(
        self,
        names: Iterable[str],
        asked: StreamSchema,
        sinks: Sinks | None = None,
        exact: Collection[str] = (),
    ) -> None:
        """`asked` has the columns whose values go on as they are; in those that are `exact`
        decimals keep their digits.
        """
        self._exact = exact
        self.proven: set[str] = set()
        self._columns: Mapping[str, Schema] = asked.schema.get("properties", {})
        self._required = set(asked.schema.get("required", ()))
        self._definitions = asked.schema.get("definitions")
        self._keys = {name: f"field_{place}" for place, name in enumerate(names)}
        self._checks = {
            name: ColumnCheck([column], self._definitions)
            for name, column in self._columns.items()
            if column not in OPEN
        }
        looks = dict(self._checks)
        kinds = {name: self._kind(name, (sinks or {}).get(name)) for name in self._keys}
        self._decode, self._is_struct = self._decoder(kinds)
        if not self._is_struct:  # what decodes proves nothing
            self._checks = looks

    def decode(self, records: bytes) -> Table:
        """The columns of a JSON array of records. Raises ValueError or RecursionError where one of
        them needs a look of its own.
        """
        rows = self._decode(records)
        table: Table = Structs(self._keys, rows) if self._is_struct else Dicts(rows)
        for name, check in self._checks.items():
            values = table.column(name)
            if not check.holds(values) or (None in values and not check.takes_null):
                raise ValueError
        for name in self._required:
            if ABSENT in table.column(name):
                raise ValueError
        return table

    def decode_one(self, record: bytes) -> dict[str, Any]:
        """The columns that one record has, whatever they hold. Raises ValueError or
        RecursionError.
        """
        (row,) = self._whole(b"[" + record + b"]")
        if isinstance(row, dict):
            return row
        values = zip(self._keys, msgspec.structs.astuple(row), strict=True)
        return {name: value for name, value in values if value is not ABSENT}

    @cached_property
    def _whole(self) -> Callable[[bytes], list[Any]]:
        return self._decoder(dict.fromkeys(self._keys, Any))[0]

    def _decoder(self, kinds: Mapping[str, Any]) -> tuple[Callable[[bytes], list[Any]], bool]:
        """What decodes an array of records, and whether it gives structs."""
        fields = [
            (key, msgspec.Raw if name in self._exact else kinds[name], ABSENT)
            for name, key in self._keys.items()
        ]
        try:
            row = defined(fields, self._keys, others=True)
        except Uncertain:  # a name that no struct can have
            self.proven.clear()
            return (self._decode_dicts if self._exact else decode_records), False
        decode = msgspec.json.Decoder(list[row]).decode  # type: ignore[valid-type]
        return (self._exactly(decode) if self._exact else decode), True

    def _exactly(self, decode: Callable[[bytes], list[Any]]) -> Callable[[bytes], list[Any]]:
        """The same, with the values of exact columns decoded."""
        keys = [key for name, key in self._keys.items() if name in self._exact]

        def decoded(records: bytes) -> list[Any]:
            rows = decode(records)
            for key in keys:
                raws = [getattr(row, key) for row in rows]
                values = iter(decode_exact(b"[%b]" % b",".join(r for r in raws if r is not ABSENT)))
                for row, raw in zip(rows, raws, strict=True):
                    if raw is not ABSENT:
                        setattr(row, key, next(values))
            return rows

        return decoded

    def _decode_dicts(self, records: bytes) -> list[Any]:
        """Of columns whose names no struct can have."""
        rows: list[dict[str, Any]] = decode_exact(records)
        usual = decode_records(records)
        return [
            {name: (row if name in self._exact else other)[name] for name in row}
            for row, other in zip(rows, usual, strict=True)
        ]

    def _kind(self, name: str, sinks: Collection[Schema] | None) -> Any:
        """The type of a column, Any where none is certain."""
        column = self._columns.get(name, True)
        for asked in (sinks, ()) if sinks is not None else ():
            try:
                kind = Proof(self._definitions).type_of(column, *asked, SCALAR)
            except Uncertain:
                continue
            if asked:
                self.proven.add(name)
            check = self._checks.pop(name, None)  # what decodes needs no look
            return kind | None if check is None or check.takes_null else kind
        return Any
