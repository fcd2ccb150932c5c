"""From records to profiles: the configured fields and subscriptions, or the records as they come.

Column by column: a step takes the values of many records at once, because a step for each value is
what takes the time.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any

from ..config import FieldConfig, NullValues, StreamConfig, SubscriptionConfig
from ..conversion import CannotConvert, conversions
from ..errors import ConfigError, InvalidRecord
from ..rejection import Rejection
from ..service.manifest import SUBSCRIPTIONS
from ..service.matching import Matching
from ..violations import KINDS

Record = Mapping[str, Any]
Profile = dict[str, Any]
Mapper = Callable[[Sequence[Profile]], Sequence[Profile]]
Null = Callable[
    [str], Any
]  # what a null becomes in the field of a name: ABSENT, itself or something else
Reader = Callable[[Sequence[Record]], list[Any]]  # a value of each record
ABSENT = (
    object()
)  # a column that a record does not have: the field is left out, as for a null that is omitted
UNSET = {"action": "unset"}  # the service's function that clears a field
NO_VALUE = frozenset({type(None), type(ABSENT)})
UNCHANGED: Mapping[
    str, frozenset[type]
] = {  # Python's types of values that a type of the configuration leaves as they are
    "string": frozenset({str}),
    "int": frozenset({int}),
    "float": frozenset({int, float}),
    "boolean": frozenset({bool}),
}

BETWEEN_TAGS = ", "  # a profile that is found by tags carries them as one text


def mapper(
    stream: StreamConfig,
    null_values: NullValues,
    *,
    schema: Record,
    matching: Matching,
    keep: frozenset[str],
    zone: tzinfo = UTC,
) -> Mapper:
    """Compile the mapping of one stream. The mapper gives a profile for each record, the record
    itself where nothing has to change, and raises InvalidRecord for the first that cannot be
    mapped.

    `schema` is the stream's, `matching` how a profile is found, `keep` are fields that cannot be
    cleared beside its keys, `zone` is that of times that name none. Raises ConfigError for a column
    the stream does not have.
    """
    columns = _Columns(stream.name, schema, zone)
    fields = _fields(
        stream.fields, columns, _null(null_values, keep | {*matching.fields(), SUBSCRIPTIONS})
    )
    if "field_name" in matching.given:
        fields = _with_text_key(fields, str(matching.given["field_name"]))
    if not stream.subscriptions:
        return fields
    builders = [_subscription(each, columns, _null(null_values)) for each in stream.subscriptions]

    def profiles(records: Sequence[Profile]) -> Sequence[Profile]:
        built = zip(*(build(records) for build in builders), strict=True)
        return [
            _subscribed(profile, each) for profile, each in zip(fields(records), built, strict=True)
        ]

    return profiles


def _subscribed(profile: Profile, subscriptions: Sequence[Profile | None]) -> Profile:
    """A profile with those subscriptions that there are added to its own."""
    built = [each for each in subscriptions if each is not None]
    own = profile.get(SUBSCRIPTIONS)
    return (
        {**profile, SUBSCRIPTIONS: [*(own or ()), *built]}
        if built and isinstance(own, list | None)
        else profile
    )


def require_key(stream: str, fields: tuple[FieldConfig, ...] | None, matching: Matching) -> None:
    """Raise ConfigError where the configured fields hold nothing that a profile is found by. The
    argument of a function is no key.
    """
    sent = {field.to for field in fields or () if not field.action}
    if fields is not None and not any(sent.issuperset(key) for key in matching.alternatives()):
        raise ConfigError(
            f"The fields of the stream {stream} hold nothing that profiles are found "
            f"by. Add {matching.in_words()}, "
            "or choose another matching.",
            stream=stream,
        )


class _Columns:
    """Readers of a stream's columns."""

    def __init__(self, stream: str, schema: Record, zone: tzinfo) -> None:
        self._stream = stream
        self._names = schema.get("properties") or {}
        self._conversions = conversions(zone)

    def reader(self, field: FieldConfig) -> Reader:
        """What a field is read by: its constant, its column or its columns, converted."""
        convert = self._conversions[field.type] if field.type else None
        if field.columns:
            read = _array(
                [_members(self._column(each), each, field, convert) for each in field.columns]
            )
        elif field.source is None:
            read = _constant(field.value)
        else:
            column = self._column(field.source)
            read = _converted(column, field.source, field, convert) if convert else column
        return _function(read, field.action) if field.action else read

    def _column(self, source: str) -> Reader:
        """A name with dots is a path into objects, unless the stream has a column of just that
        name.
        """
        if source in self._names:
            return lambda records: [record.get(source, ABSENT) for record in records]
        first, *rest = source.split(".")
        if self._names and first not in self._names:
            raise ConfigError(
                (
                    f"The stream {self._stream} has no column {source}, which a field of "
                    "its mapping is taken from."
                ),
                stream=self._stream,
            )

        def walk(record: Record) -> Any:
            value = record.get(first, ABSENT)
            for name in rest:
                value = value.get(name, ABSENT) if isinstance(value, dict) else ABSENT
            return value

        return lambda records: list(map(walk, records))


def _array(columns: list[Callable[[Sequence[Record]], list[list[Any] | None]]]) -> Reader:
    """The members of several columns, each once. Null where all are empty, absent where the record
    has none of the columns.
    """

    def values(members: tuple[list[Any] | None, ...]) -> Any:
        found = [each for each in members if each is not None]
        if not found:
            return ABSENT
        distinct = {_identity(member): member for each in found for member in each}
        return list(distinct.values()) or None

    return lambda records: list(map(values, zip(*(read(records) for read in columns), strict=True)))


def _members(
    read: Reader, source: str, field: FieldConfig, convert: Callable[[Any], Any] | None
) -> Callable[[Sequence[Record]], list[list[Any] | None]]:
    """The members of one of several columns: its value, or those of an array, converted; not those
    that are null or empty.
    """

    def members(value: Any) -> list[Any] | None:
        if value is ABSENT:
            return None
        found: list[Any] = []
        for member in value if isinstance(value, list) else [value]:
            if member is not None and member != "":
                made = _convert(convert, member, source, field) if convert else member
                found += made if isinstance(made, list) else [made]
        return found

    return lambda records: list(map(members, read(records)))


def _identity(member: Any) -> Any:
    """What two equal members share, and 1 and true do not. Objects are each their own."""
    return id(member) if isinstance(member, dict | list) else (type(member), member)


def _function(read: Reader, action: str) -> Reader:
    """A value as the argument of one of the service's functions. Without one it is not called, so
    that a null clears nothing.
    """

    def called(value: Any) -> Any:
        return (
            ABSENT
            if value is None or value is ABSENT or value == []
            else {"action": action, "value": value}
        )

    return lambda records: list(map(called, read(records)))


def _converted(
    read: Reader, source: str, field: FieldConfig, convert: Callable[[Any], Any]
) -> Reader:
    kept = UNCHANGED.get(str(field.type), frozenset()) | NO_VALUE

    def converted(records: Sequence[Record]) -> list[Any]:
        values = read(records)
        if kept.issuperset(map(type, values)):
            return values
        return [
            value if value is None or value is ABSENT else _convert(convert, value, source, field)
            for value in values
        ]

    return converted


def _convert(convert: Callable[[Any], Any], value: Any, source: str, field: FieldConfig) -> Any:
    try:
        return convert(value)
    except CannotConvert:
        message = (
            f"{field.to} must be {field.type}, and this {KINDS.get(type(value), 'value')} "
            "cannot be read as one"
        )
        path = f"$.{source}"
        raise InvalidRecord(
            Rejection("conversion", str(field.type), message, path, f"{path} {message}")
        ) from None


def _fields(fields: tuple[FieldConfig, ...] | None, columns: _Columns, null: Null) -> Mapper:
    """The profile's own fields."""
    if fields is None:
        return lambda records: [
            _without_nulls(record, null) if None in record.values() else record
            for record in records
        ]
    return _objects({field.to: columns.reader(field) for field in fields}, null)


def _without_nulls(record: Profile, null: Null) -> Profile:
    made = {name: null(name) if value is None else value for name, value in record.items()}
    return {name: value for name, value in made.items() if value is not ABSENT}


def _objects(
    readers: Mapping[str, Reader], null: Null
) -> Callable[[Sequence[Record]], list[Profile]]:
    """An object of each record, with the fields that it has."""

    def objects(records: Sequence[Record]) -> list[Profile]:
        columns = {name: read(records) for name, read in readers.items()}
        made = [
            dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)
        ] or [{} for _ in records]
        for name, values in columns.items():
            if NO_VALUE.isdisjoint(map(type, values)):
                continue
            instead = null(name)
            for profile, value in zip(made, values, strict=True):
                if value is ABSENT or (value is None and instead is ABSENT):
                    del profile[name]
                elif value is None:
                    profile[name] = instead
        return made

    return objects


def _with_text_key(mapped: Mapper, key: str) -> Mapper:
    """Tags that a profile is found by, as the one text that the service wants."""

    def profile(found: Profile) -> Profile:
        tags = found.get(key)
        return (
            {**found, key: BETWEEN_TAGS.join(tags)}
            if isinstance(tags, list) and all(isinstance(tag, str) for tag in tags)
            else found
        )

    return lambda records: list(map(profile, mapped(records)))


def _null(null_values: NullValues, keep: frozenset[str] = frozenset()) -> Null:
    """What becomes of a null by the setting `null_values`; those inside objects are left as they
    are.
    """
    return lambda name: (
        None
        if null_values == "send"
        else ABSENT
        if null_values == "omit" or name in keep
        else UNSET
    )


def _subscription(
    config: SubscriptionConfig, columns: _Columns, null: Null
) -> Callable[[Sequence[Record]], list[Profile | None]]:
    """A builder of one subscription of each record, which gives None where there is no address for
    it.
    """
    addresses = [(field.to.split("."), columns.reader(field)) for field in config.address]
    readers: dict[str, Reader] = {
        "channel": _constant(config.channel),
        "resource_id": _constant(config.resource_id),
    }
    readers |= {first: _inside(rest, read) for (first, *rest), read in addresses}
    readers |= {field.to: columns.reader(field) for field in config.parts}
    own = _objects(readers, _null("omit"))
    custom = _objects({field.to: columns.reader(field) for field in config.custom_fields}, null)

    def subscriptions(records: Sequence[Record]) -> list[Profile | None]:
        places: Sequence[int] = range(len(records))
        for _, read in addresses:
            found = zip(places, read([records[place] for place in places]), strict=True)
            places = [
                place
                for place, value in found
                if value is not None and value is not ABSENT and value != ""
            ]
        addressed = [records[place] for place in places]
        built: list[Profile | None] = [None] * len(records)
        for place, subscription, fields in zip(
            places, own(addressed), custom(addressed), strict=True
        ):
            built[place] = {**subscription, "custom_fields": fields} if fields else subscription
        return built

    return subscriptions


def _inside(path: list[str], read: Reader) -> Reader:
    """Each value inside objects, which `path` goes into."""
    return (lambda records: [_nested(path, value) for value in read(records)]) if path else read


def _constant(value: Any) -> Reader:
    return lambda records: [value] * len(records)


def _nested(path: list[str], value: Any) -> Profile:
    first, *rest = path
    return {first: _nested(rest, value) if rest else value}
