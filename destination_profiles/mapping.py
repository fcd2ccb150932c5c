"""From a record to its profile: the configured fields, or the record as it comes."""

from collections.abc import Callable, Mapping
from typing import Any

from .config import FieldConfig, NullValues
from .conversion import CONVERSIONS, CannotConvert
from .errors import ConfigError, InvalidRecord
from .rejection import Rejection
from .violations import KINDS

Record = Mapping[str, Any]
Mapper = Callable[[dict[str, Any]], dict[str, Any]]
ABSENT = object()  # a column that a record does not have: the field is left out, as for a null that is omitted
UNSET = {"action": "unset"}  # the service's function that clears a field


def mapper(fields: tuple[FieldConfig, ...] | None, null_values: NullValues, *, stream: str, schema: Record, keep: frozenset[str]) -> Mapper:
    """Compile the mapping of one stream. The mapper returns the record itself where nothing has to change.

    `schema` is the stream's, `keep` the fields that cannot be cleared. Raises ConfigError for a column the stream does not have.
    """
    nulls = _null_rule(null_values, keep)
    if fields is None:
        return nulls
    steps = [_step(field, stream, schema) for field in fields]

    def profile(record: dict[str, Any]) -> dict[str, Any]:
        mapped = {}
        for to, read in steps:
            if (value := read(record)) is not ABSENT:
                mapped[to] = value
        return nulls(mapped)

    return profile


def _null_rule(null_values: NullValues, keep: frozenset[str]) -> Mapper:
    """What becomes of the nulls of a profile's own fields; those inside objects are left as they are."""

    def omit(profile: dict[str, Any]) -> dict[str, Any]:
        if None not in profile.values():
            return profile
        return {name: value for name, value in profile.items() if value is not None}

    def unset(profile: dict[str, Any]) -> dict[str, Any]:
        if None not in profile.values():
            return profile
        return {name: UNSET if value is None else value for name, value in profile.items() if value is not None or name not in keep}

    return {"omit": omit, "unset": unset, "send": lambda profile: profile}[null_values]


def _step(field: FieldConfig, stream: str, schema: Record) -> tuple[str, Callable[[Record], Any]]:
    if field.source is None:
        return field.to, lambda _: field.value
    read = _column(field.source, stream, schema)
    return field.to, _converted(read, field) if field.type else read


def _column(source: str, stream: str, schema: Record) -> Callable[[Record], Any]:
    """Reader of a column. A name with dots is a path into objects, unless the stream has a column of just that name."""
    columns = schema.get("properties") or {}
    if source in columns:
        return lambda record: record.get(source, ABSENT)
    first, *rest = source.split(".")
    if columns and first not in columns:
        raise ConfigError(f"The stream {stream} has no column {source}, which a field of its mapping is taken from.", stream=stream)

    def walk(record: Record) -> Any:
        value = record.get(first, ABSENT)
        for name in rest:
            value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
        return value

    return walk


def _converted(read: Callable[[Record], Any], field: FieldConfig) -> Callable[[Record], Any]:
    wanted = str(field.type)
    convert = CONVERSIONS[wanted]

    def converted(record: Record) -> Any:
        value = read(record)
        if value is None or value is ABSENT:
            return value
        try:
            return convert(value)
        except CannotConvert:
            message = f"{field.to} must be {wanted}, and this {KINDS.get(type(value), 'value')} cannot be read as one"
            path = f"$.{field.source}" if field.source else "$"
            raise InvalidRecord(Rejection("conversion", wanted, message, path, f"{path} {message}")) from None

    return converted
