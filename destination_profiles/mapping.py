"""From a record to its profile: the configured fields and subscriptions, or the record as it comes."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pendulum import UTC, Timezone

from .config import FieldConfig, NullValues, StreamConfig, SubscriptionConfig
from .conversion import CannotConvert, conversions
from .errors import ConfigError, InvalidRecord
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
    stream: StreamConfig, null_values: NullValues, *, schema: Record, keys: Iterable[str], keep: frozenset[str], zone: Timezone = UTC
) -> Mapper:
    """Compile the mapping of one stream. The mapper returns the record itself where nothing has to change.

    `schema` is the stream's, `keys` are the fields that a profile is found by, `keep` others that cannot be cleared, `zone` is that of
    times that name none. Raises ConfigError for a column the stream does not have.
    """
    columns = _Columns(stream.name, schema, zone)
    fields = _fields(stream.fields, columns, _null_rule(null_values, keep | {*keys, SUBSCRIPTIONS}), frozenset(keys))
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


class _Columns:
    """Readers of a stream's columns."""

    def __init__(self, stream: str, schema: Record, zone: Timezone) -> None:
        self._stream = stream
        self._names = schema.get("properties") or {}
        self._conversions = conversions(zone)

    def reader(self, field: FieldConfig) -> Reader:
        """What a field is read by: its constant, its column or its columns, converted."""
        if field.columns:
            read = _array([self._converted(each, field) for each in field.columns])
        elif field.source is not None:
            read = self._converted(field.source, field)
        else:
            read = lambda _: field.value  # noqa: E731 - one of three
        return _function(read, field.action) if field.action else read

    def _converted(self, source: str, field: FieldConfig) -> Reader:
        read = self._column(source)
        return _converted(read, source, field, self._conversions[field.type]) if field.type else read

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


def _array(readers: list[Reader]) -> Reader:
    """The values of several columns, each once, without nulls; arrays among them are joined. Null where there is none."""

    def values(record: Record) -> Any:
        found = [value for read in readers if (value := read(record)) is not ABSENT and value is not None]
        members = [member for value in found for member in (value if isinstance(value, list) else [value])]
        return [each for position, each in enumerate(members) if each not in members[:position]] or None

    return values


def _function(read: Reader, action: str) -> Reader:
    """A value as the argument of one of the service's functions. Without one it is not called, so that a null clears nothing."""

    def called(record: Record) -> Any:
        value = read(record)
        return ABSENT if value is None or value is ABSENT or value == [] else {"action": action, "value": value}

    return called


def _converted(read: Reader, source: str, field: FieldConfig, convert: Callable[[Any], Any]) -> Reader:
    def converted(record: Record) -> Any:
        value = read(record)
        if value is None or value is ABSENT:
            return value
        try:
            return convert(value)
        except CannotConvert:
            message = f"{field.to} must be {field.type}, and this {KINDS.get(type(value), 'value')} cannot be read as one"
            path = f"$.{source}"
            raise InvalidRecord(Rejection("conversion", str(field.type), message, path, f"{path} {message}")) from None

    return converted


def _fields(fields: tuple[FieldConfig, ...] | None, columns: _Columns, nulls: Mapper, keys: frozenset[str]) -> Mapper:
    """The profile's own fields."""
    if fields is None:
        return nulls
    steps = [(field.to, columns.reader(field)) for field in fields]
    joined = [field.to for field in fields if field.to in keys and field.type == "tags"]

    def profile(record: Profile) -> Profile:
        mapped = _read(steps, record)
        for name in joined:
            if isinstance(mapped.get(name), list):
                mapped[name] = BETWEEN_TAGS.join(mapped[name])
        return nulls(mapped)

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
