"""What the value of a configured field is read from: a constant, a column, a path, several."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, tzinfo
from typing import Any

from ..config import FieldConfig
from ..conversion import CannotConvert, conversions
from ..errors import ConfigError, InvalidRecord
from ..rejection import Rejection
from ..violations import KINDS
from .plain import Convert as PlainConvert
from .plain import plain
from .table import ABSENT, NO_VALUE, Table, Values

Read = Callable[[Table], Values]
Convert = Callable[[Any], Any]
UNCHANGED: Mapping[str, frozenset[type]] = {  # types of values that a type leaves as they are
    "string": frozenset({str}),
    "int": frozenset({int}),
    "float": frozenset({int, float}),
    "boolean": frozenset({bool}),
}
QUICK: Mapping[tuple[Any, ...], Convert] = {("string", int): str}  # by type, and that of values
TEXTS = NO_VALUE | {str}
MAX_REMEMBERED = 20_000  # texts and what they are converted to, a field; dates and words repeat


class Columns:
    """The columns of one stream, and what is taken from them: `uses` are those whose values go on
    as they are, with the paths inside each; `wanted` are all.
    """

    def __init__(self, stream: str, names: Sequence[str] = (), zone: tzinfo = UTC) -> None:
        """Of a stream whose schema names these columns; none: they are not known."""
        self.uses: dict[str, set[tuple[str, ...]]] = {}
        self.wanted: dict[str, None] = {}
        self._stream = stream
        self._names = frozenset(names)
        self._zone = zone
        self._conversions = conversions(zone)

    def reader(self, field: FieldConfig) -> Read:
        """What a field is read by. Raises ConfigError for a column that the stream lacks."""
        convert = self._conversions[field.type] if field.type else None
        if field.columns:
            members = [
                _members(self._column(each, field), each, field, convert) for each in field.columns
            ]
            read = _array(members)
        elif field.source is None:
            read = constant(field.value)
        else:
            read = self._column(field.source, field)
            if convert is not None:
                at_once = plain(str(field.type), self._zone)
                read = _converted(read, field.source, field, convert, at_once)
        return _function(read, field.action) if field.action else read

    def plain(self, field: FieldConfig) -> Read:
        """The values of a field's column as they came."""
        return self._column(str(field.source), field)

    def _column(self, source: str, field: FieldConfig) -> Read:
        """A name with dots is a path into objects, unless the stream has a column of that name."""
        name, *path = [source] if source in self._names else source.split(".")
        if self._names and name not in self._names:
            raise ConfigError(
                f"The stream {self._stream} has no column {source}, which a field of its mapping "
                "is taken from.",
                stream=self._stream,
            )
        self.wanted[name] = None
        if field.type is None:
            self.uses.setdefault(name, set()).add(tuple(path))
        if not path:
            return lambda table: table.column(name)
        if len(path) > 1:
            return lambda table: [_walk(value, path) for value in table.column(name)]
        (last,) = path
        return lambda table: [
            value.get(last, ABSENT) if isinstance(value, dict) else ABSENT
            for value in table.column(name)
        ]


def constant(value: Any) -> Read:
    """The same value for each record."""
    return lambda table: [value] * len(table)


def _walk(value: Any, path: Sequence[str]) -> Any:
    for name in path:
        if not isinstance(value, dict):
            return ABSENT
        value = value.get(name, ABSENT)
    return value


def _converted(
    read: Read, source: str, field: FieldConfig, convert: Convert, at_once: PlainConvert
) -> Read:
    kept = UNCHANGED.get(str(field.type), frozenset()) | NO_VALUE
    remembered = _Remembered(lambda value: _convert(convert, value, source, field))

    def converted(table: Table) -> Values:
        values = read(table)
        kinds = set(map(type, values))
        if kinds <= kept:
            return values
        if len(kinds) == 1 and (quick := QUICK.get((str(field.type), *kinds))):
            return list(map(quick, values))
        if kinds == {str}:
            with suppress(ValueError):
                if (converted := at_once(values)) is not None:
                    return converted
        if kinds <= TEXTS:  # 1, 1.0 and true are one key of a dict, so texts alone are remembered
            return remembered.of(values)
        return [
            value if value is None or value is ABSENT else _convert(convert, value, source, field)
            for value in values
        ]

    return converted


class _Remembered(dict[Any, Any]):
    """What texts are converted to."""

    def __init__(self, convert: Convert) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, text: Any) -> Any:
        value = text if text is None or text is ABSENT else self._convert(text)
        self[text] = value
        return value

    def of(self, texts: Values) -> Values:
        if len(self) > MAX_REMEMBERED:
            self.clear()
        return list(map(self.__getitem__, texts))


def _convert(convert: Convert, value: Any, source: str, field: FieldConfig) -> Any:
    try:
        return convert(value)
    except CannotConvert:
        kind = KINDS.get(type(value), "value")
        message = f"{field.to} must be {field.type}, and this {kind} cannot be read as one"
        path = f"$.{source}"
        rejection = Rejection("conversion", str(field.type), message, path, f"{path} {message}")
        raise InvalidRecord(rejection) from None


Members = Callable[[Table], list[list[Any] | None]]


def _array(columns: Sequence[Members]) -> Read:
    """The members of several columns, each once. Null where all are empty, absent where the record
    has none of the columns.
    """

    def values(members: tuple[list[Any] | None, ...]) -> Any:
        there = [each for each in members if each is not None]
        if not there:
            return ABSENT
        distinct = {_identity(member): member for each in there for member in each}
        return list(distinct.values()) or None

    return lambda table: list(map(values, zip(*(read(table) for read in columns), strict=True)))


def _members(read: Read, source: str, field: FieldConfig, convert: Convert | None) -> Members:
    """The members of one of several columns: its value, or those of an array, converted; not those
    that are null or empty.
    """

    def members(value: Any) -> list[Any] | None:
        if value is ABSENT:
            return None
        several: list[Any] = []
        for member in value if isinstance(value, list) else [value]:
            if member is not None and member != "":
                one = _convert(convert, member, source, field) if convert else member
                several += one if isinstance(one, list) else [one]
        return several

    return lambda table: list(map(members, read(table)))


def _identity(member: Any) -> Any:
    """What two equal members share, and 1 and true do not. Objects are each their own."""
    return id(member) if isinstance(member, dict | list) else (type(member), member)


def _function(read: Read, action: str) -> Read:
    """A value as the argument of one of the service's functions. Without one it is not called, so
    that a null clears nothing.
    """

    def called(value: Any) -> Any:
        if value is None or value is ABSENT or value == []:
            return ABSENT
        return {"action": action, "value": value}

    return lambda table: list(map(called, read(table)))
