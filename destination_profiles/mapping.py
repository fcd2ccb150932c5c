"""From a record to its profile: the configured fields and subscriptions, or the record as it comes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pendulum import UTC, Timezone

from .config import FieldConfig, NullValues, StreamConfig, SubscriptionConfig
from .conversion import CannotConvert, conversions
from .errors import ConfigError, InvalidRecord
from .matching import Matching
from .rejection import Rejection
from .violations import KINDS

Record = Mapping[str, Any]
Profile = dict[str, Any]
Mapper = Callable[[Profile], Profile]
Reader = Callable[[Record], Any]
ABSENT = object()  # a column that a record does not have: the field is left out, as for a null that is omitted
UNSET = {"action": "unset"}  # the service's function that clears a field
SUBSCRIPTIONS = "subscriptions"  # the one field whose parts are the service's own
BETWEEN_TAGS = ", "  # a profile that is found by tags carries them as one text


def mapper(
    stream: StreamConfig, null_values: NullValues, *, schema: Record, matching: Matching, keep: frozenset[str], zone: Timezone = UTC
) -> Mapper:
    """Compile the mapping of one stream. The mapper returns the record itself where nothing has to change.

    `schema` is the stream's, `matching` how a profile is found, `keep` are fields that cannot be cleared beside its keys, `zone` is that
    of times that name none. Raises ConfigError for a column the stream does not have.
    """
    columns = _Columns(stream.name, schema, zone)
    fields = _fields(stream.fields, columns, _null_rule(null_values, keep | {*matching.fields(), SUBSCRIPTIONS}))
    if "field_name" in matching.given:
        fields = _with_text_key(fields, str(matching.given["field_name"]))
    if not stream.subscriptions:
        return fields
    custom_nulls = _null_rule(null_values, frozenset())
    builders = [_subscription(each, columns, custom_nulls) for each in stream.subscriptions]

    def profile(record: Profile) -> Profile:
        mapped = fields(record)
        built = [subscription for build in builders if (subscription := build(record)) is not None]
        own = mapped.get(SUBSCRIPTIONS)
        if not built or not isinstance(own, list | None):
            return mapped
        return {**mapped, SUBSCRIPTIONS: [*(own or ()), *built]}

    return profile


def require_key(stream: str, fields: tuple[FieldConfig, ...] | None, matching: Matching) -> None:
    """Raise ConfigError where the configured fields hold nothing that a profile is found by. The argument of a function is no key."""
    sent = {field.to for field in fields or () if not field.action}
    if fields is not None and not any(sent.issuperset(key) for key in matching.alternatives()):
        raise ConfigError(
            f"The fields of the stream {stream} hold nothing that profiles are found by. Add {matching.in_words()}, "
            "or choose another matching.",
            stream=stream,
        )


class _Columns:
    """Readers of a stream's columns."""

    def __init__(self, stream: str, schema: Record, zone: Timezone) -> None:
        self._stream = stream
        self._names = schema.get("properties") or {}
        self._conversions = conversions(zone)

    def reader(self, field: FieldConfig) -> Reader:
        """What a field is read by: its constant, its column or its columns, converted."""
        convert = self._conversions[field.type] if field.type else None
        if field.columns:
            read = _array([_members(self._column(each), each, field, convert) for each in field.columns])
        elif field.source is None:
            read = lambda _: field.value  # noqa: E731 - one of three
        else:
            column = self._column(field.source)
            read = _converted(column, field.source, field, convert) if convert else column
        return _function(read, field.action) if field.action else read

    def _column(self, source: str) -> Reader:
        """A name with dots is a path into objects, unless the stream has a column of just that name."""
        if source in self._names:
            return lambda record: record.get(source, ABSENT)
        first, *rest = source.split(".")
        if self._names and first not in self._names:
            raise ConfigError(
                f"The stream {self._stream} has no column {source}, which a field of its mapping is taken from.", stream=self._stream
            )

        def walk(record: Record) -> Any:
            value = record.get(first, ABSENT)
            for name in rest:
                value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
            return value

        return walk


def _array(readers: list[Callable[[Record], list[Any] | None]]) -> Reader:
    """The members of several columns, each once. Null where all are empty, absent where the record has none of the columns."""

    def values(record: Record) -> Any:
        found = [members for read in readers if (members := read(record)) is not None]
        if not found:
            return ABSENT
        distinct = {_identity(member): member for each in found for member in each}
        return list(distinct.values()) or None

    return values


def _members(read: Reader, source: str, field: FieldConfig, convert: Callable[[Any], Any] | None) -> Callable[[Record], list[Any] | None]:
    """The members of one of several columns: its value, or those of an array, converted; not those that are null or empty."""

    def members(record: Record) -> list[Any] | None:
        value = read(record)
        if value is ABSENT:
            return None
        found: list[Any] = []
        for member in value if isinstance(value, list) else [value]:
            if member is not None and member != "":
                made = _convert(convert, member, source, field) if convert else member
                found += made if isinstance(made, list) else [made]
        return found

    return members


def _identity(member: Any) -> Any:
    """What two equal members share, and 1 and true do not. Objects are each their own."""
    return id(member) if isinstance(member, dict | list) else (type(member), member)


def _function(read: Reader, action: str) -> Reader:
    """A value as the argument of one of the service's functions. Without one it is not called, so that a null clears nothing."""

    def called(record: Record) -> Any:
        value = read(record)
        return ABSENT if value is None or value is ABSENT or value == [] else {"action": action, "value": value}

    return called


def _converted(read: Reader, source: str, field: FieldConfig, convert: Callable[[Any], Any]) -> Reader:
    def converted(record: Record) -> Any:
        value = read(record)
        return value if value is None or value is ABSENT else _convert(convert, value, source, field)

    return converted


def _convert(convert: Callable[[Any], Any], value: Any, source: str, field: FieldConfig) -> Any:
    try:
        return convert(value)
    except CannotConvert:
        message = f"{field.to} must be {field.type}, and this {KINDS.get(type(value), 'value')} cannot be read as one"
        path = f"$.{source}"
        raise InvalidRecord(Rejection("conversion", str(field.type), message, path, f"{path} {message}")) from None


def _fields(fields: tuple[FieldConfig, ...] | None, columns: _Columns, nulls: Mapper) -> Mapper:
    """The profile's own fields."""
    if fields is None:
        return nulls
    steps = [(field.to, columns.reader(field)) for field in fields]
    return lambda record: nulls(_read(steps, record))


def _with_text_key(mapped: Mapper, key: str) -> Mapper:
    """Tags that a profile is found by, as the one text that the service wants."""

    def profile(record: Profile) -> Profile:
        found = mapped(record)
        tags = found.get(key)
        return {**found, key: BETWEEN_TAGS.join(tags)} if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags) else found

    return profile


def _read(steps: Iterable[tuple[str, Reader]], record: Record) -> Profile:
    return {to: value for to, read in steps if (value := read(record)) is not ABSENT}


def _null_rule(null_values: NullValues, keep: frozenset[str]) -> Mapper:
    """What becomes of the nulls among fields; those inside objects are left as they are."""

    def omit(profile: Profile) -> Profile:
        if None not in profile.values():
            return profile
        return {name: value for name, value in profile.items() if value is not None}

    def unset(profile: Profile) -> Profile:
        if None not in profile.values():
            return profile
        return {name: UNSET if value is None else value for name, value in profile.items() if value is not None or name not in keep}

    return {"omit": omit, "unset": unset, "send": lambda profile: profile}[null_values]


def _subscription(config: SubscriptionConfig, columns: _Columns, custom_nulls: Mapper) -> Callable[[Record], Profile | None]:
    """A builder of one subscription, which gives None where the record has no address for it."""
    address = [(field.to.split("."), columns.reader(field)) for field in config.address]
    parts = [(field.to, columns.reader(field)) for field in config.parts]
    custom = [(field.to, columns.reader(field)) for field in config.custom_fields]

    def build(record: Record) -> Profile | None:
        subscription: Profile = {"channel": config.channel, "resource_id": config.resource_id}
        for path, read in address:
            value = read(record)
            if value is None or value is ABSENT or value == "":
                return None
            subscription |= _nested(path, value)
        subscription |= {to: value for to, value in _read(parts, record).items() if value is not None}
        if fields := custom_nulls(_read(custom, record)):
            subscription["custom_fields"] = fields
        return subscription

    return build


def _nested(path: list[str], value: Any) -> Profile:
    first, *rest = path
    return {first: _nested(rest, value) if rest else value}
