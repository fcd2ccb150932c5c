"""The type of a stream's records that are profiles as they come: what decodes is valid."""

from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Literal

import msgspec

from .checks import ColumnCheck
from .keywords import Schema, Uncertain
from .objects import Objects, defined
from .proof import Proof
from .stream_schema import StreamSchema

Nulls = Literal["none", "sent", "omitted"]
NOT_NULL: Schema = {"type": ["array", "boolean", "integer", "number", "object", "string"]}
ANY_BUT_NULL = bool | int | float | str | list[Any] | dict[str, Any]
MAX_TYPES = 10_000  # that are kept
# Of members, by their schemas: most columns have the same, and so have most streams. The schemas
# are kept beside each, as the service's are told apart by their ids.
_types: dict[tuple[Any, ...], tuple[Any, list[Schema]]] = {}


class RowType:
    """A struct for records that satisfy the stream's schema and the profile's, of the columns that
    the stream declares: a record with others needs a look of its own.
    """

    def __init__(
        self, asked: StreamSchema, profile: Schema, nulls: Nulls, without: Sequence[str] = ()
    ) -> None:
        """`nulls`: no column may be null; or they are sent; or they will be left out, as the
        columns `without` are. Raises Uncertain where no struct is certain to hold such records
        alone.
        """
        self._asked, self._nulls = asked.schema, nulls
        self._proof = Proof(self._asked.get("definitions"))
        self._checks: dict[str, ColumnCheck] = {}
        self._definitions = repr(self._asked.get("definitions"))
        members = Objects(self._proof).members([self._asked, profile])
        required = members.required()
        declared = self._asked.get("properties") or members.names()
        if not required <= set(declared):
            raise Uncertain
        keys = {name: f"field_{place}" for place, name in enumerate(declared)}
        fields: list[Any] = []
        for name, key in keys.items():
            if name in without:
                fields.append((key, Any, None))
                continue
            kind = self._kind(name, members.of(name), required=name in required)
            fields.append((key, kind) if name in required else (key, kind, None))
        row = defined(fields, keys, either=members.either, absent=None, omit_defaults=True)
        self._decode = msgspec.json.Decoder(list[row]).decode  # type: ignore[valid-type]
        self._without = [keys[name] for name in without]
        self._getters = {name: attrgetter(key) for name, key in keys.items()}

    def decode(self, records: bytes) -> list[Any]:
        """Rows of a JSON array of records. Raises ValueError or RecursionError where one of them
        needs a look of its own.
        """
        rows: list[Any] = self._decode(records)
        for name, check in self._checks.items():
            if not check.holds(self.column(rows, name)):
                raise ValueError
        for key in self._without:
            for row in rows:
                setattr(row, key, None)
        return rows

    def column(self, rows: Sequence[Any], name: str) -> list[Any]:
        """The values of a member, None where it is not there."""
        getter = self._getters.get(name)
        return [None] * len(rows) if getter is None else list(map(getter, rows))

    def _kind(self, name: str, schemas: list[Schema], *, required: bool) -> Any:
        """The type of a member; where none is certain its values are looked at."""
        kind = self._certain(schemas)
        if kind is None:
            kind = ANY_BUT_NULL
            self._checks[name] = ColumnCheck(schemas, self._asked.get("definitions"))
        may_be_null = self._nulls == "sent" and all(map(self._takes_null, schemas))
        if self._nulls == "omitted" and not required:
            column = self._asked.get("properties", {}).get(name)
            beyond = self._asked.get("additionalProperties", True)
            may_be_null = self._takes_null(beyond if column is None else column)
        return kind | None if may_be_null else kind

    def _certain(self, schemas: list[Schema]) -> Any:
        """A type that proves some schemas, or None."""
        key = (self._definitions, repr(schemas[0]), *map(id, schemas[1:]))
        if key not in _types:
            try:
                kind = self._proof.type_of(*schemas, NOT_NULL)
            except Uncertain:
                kind = None
            if len(_types) >= MAX_TYPES:
                _types.clear()
            _types[key] = kind, schemas
        return _types[key][0]

    def _takes_null(self, schema: Schema) -> bool:
        try:
            rules = list(self._proof.rules("null", schema))
        except Uncertain:
            return False
        return all(keyword == "enum" and None in rule for keyword, rule in rules)
