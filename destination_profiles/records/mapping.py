"""From records to profiles: configured fields and subscriptions, or the records as they come."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from itertools import compress
from typing import Any

from ..config import FieldConfig, NullValues, StreamConfig, SubscriptionConfig
from ..errors import ConfigError
from ..service.manifest import SUBSCRIPTIONS
from ..service.matching import Matching
from .checks import ColumnCheck, FieldChecks
from .columns import Columns, Read
from .paths import Declared
from .table import ABSENT, NO_VALUE, Dicts, Make, Table, Values, dicts_of
from .unread import Notes

Profile = dict[str, Any]
Mapper = Callable[[Sequence[Mapping[str, Any]]], Sequence[Profile]]
Null = Callable[[str], Any]  # what a null becomes in the field of a name: ABSENT, None, a function
Objects = Callable[[Sequence[str], Mapping[str, Any]], Make]
UNSET = {"action": "unset"}  # the service's function that clears a field
NOTHING_DECLARED = Declared({})
BETWEEN_TAGS = ", "  # a profile that is found by tags carries them as one text


def null_rule(null_values: NullValues, keep: frozenset[str] = frozenset()) -> Null:
    """What becomes of a null by the setting `null_values`; fields in `keep` cannot be cleared.
    Those inside objects are left as they are.
    """
    if null_values == "send":
        return lambda _: None
    if null_values == "omit":
        return lambda _: ABSENT
    return lambda name: ABSENT if name in keep else UNSET


class ProfileMapping:
    """The profiles of one stream whose fields are configured, column by column."""

    def __init__(
        self,
        stream: StreamConfig,
        null_values: NullValues,
        *,
        declared: Declared = NOTHING_DECLARED,
        matching: Matching,
        keep: frozenset[str],
        zone: tzinfo = UTC,
        notes: Notes | None = None,
        objects: Objects = dicts_of,
        checks: FieldChecks | None = None,
    ) -> None:
        """`declared` are the stream's columns, `matching` how a profile is found, `keep` are fields
        that cannot be cleared beside its keys, `zone` is that of times that name none, `notes`
        hears of values that are left out, `objects` makes what stands inside a profile, `checks`
        are made of values, where they are given. Raises ConfigError for a column the stream lacks.
        """
        self.columns = Columns(stream.name, declared, zone, notes)
        null = null_rule(null_values, keep | {*matching.fields(), SUBSCRIPTIONS})
        self._fields = {
            each.to: _Field(
                self.columns.reader(each),
                null(each.to),
                checks.field(each) if checks else None,
                is_key=each.to == matching.given.get("field_name"),
            )
            for each in stream.fields or ()
        }
        self._subscriptions = [
            Subscription(each, self.columns, null_rule(null_values), objects=objects, checks=checks)
            for each in stream.subscriptions
        ]

    def names(self) -> list[str]:
        """The fields of a profile, in the order of `profiles`."""
        built = [SUBSCRIPTIONS] if self._subscriptions and SUBSCRIPTIONS not in self._fields else []
        return [*self._fields, *built]

    def profiles(self, table: Table) -> dict[str, Values]:
        """The values of each field. Raises InvalidRecord for a record that cannot be mapped."""
        made = {name: field(table) for name, field in self._fields.items()}
        if self._subscriptions:
            built = self.subscriptions(table)
            own = made.get(SUBSCRIPTIONS)
            made[SUBSCRIPTIONS] = built if own is None else list(map(_joined, own, built))
        return made

    def built(self, table: Table) -> list[Values]:
        """Those of each entry of the configuration, ABSENT for records that have none."""
        return [each.build(table) for each in self._subscriptions]

    def subscriptions(self, table: Table) -> list[Any]:
        """The subscriptions of each record that were built, ABSENT where there are none."""
        columns = self.built(table)
        if len(columns) == 1:
            return [each if each is ABSENT else [each] for each in columns[0]]
        return [
            [each for each in row if each is not ABSENT] or ABSENT
            for row in zip(*columns, strict=True)
        ]


class _Field:
    """The values of one field."""

    def __init__(
        self, read: Read, null: Any, check: ColumnCheck | None, *, is_key: bool = False
    ) -> None:
        """`null` stands in the place of nulls."""
        self._read, self._null, self._check, self._is_key = read, null, check, is_key

    def __call__(self, table: Table) -> Values:
        """Raises InvalidRecord, or ValueError where a value is none of the field's."""
        values = self.values(table)
        self.check(values)
        return values

    def values(self, table: Table) -> Values:
        """The same, unchecked."""
        values = self._read(table)
        if self._null is not None and None in values:
            values = [self._null if value is None else value for value in values]
        if self._is_key and list in set(map(type, values)):
            return list(map(text_key, values))
        return values

    def check(self, values: Values) -> None:
        """Raise ValueError where one of the values is none of the field's."""
        if self._check is not None and not self._check.holds(values):
            raise ValueError


class Subscription:
    """One subscription of each record, with an address."""

    def __init__(
        self,
        config: SubscriptionConfig,
        columns: Columns,
        null: Null,
        *,
        objects: Objects,
        checks: FieldChecks | None,
    ) -> None:
        """Compile it; `null` is the rule of its custom fields."""
        paths = [each.to.split(".") for each in config.address]
        self._addresses = [
            _Field(
                columns.reader(each), None, checks.address(config.channel, each) if checks else None
            )
            for each in config.address
        ]
        self._nested = [objects(path[1:], {}) if path[1:] else None for path in paths]
        varying = [each for each in config.parts if each.source or each.columns]
        constants = {each.to: each.value for each in config.parts if each not in varying}
        self._parts = [
            _Field(columns.reader(each), ABSENT, checks.part(each) if checks else None)
            for each in varying
        ]
        self._custom = [
            _Field(columns.reader(each), null(each.to), checks.custom(each) if checks else None)
            for each in config.custom_fields
        ]
        self._custom_objects = objects([each.to for each in config.custom_fields], {})
        fixed = {
            "channel": config.channel,
            "resource_id": config.resource_id,
            **{name: value for name, value in constants.items() if value is not None},
        }
        parts = [each.to for each in config.parts if each in varying or each.to in fixed]
        custom = ["custom_fields"] if self._custom else []
        addresses = [path[0] for path in paths]
        self._own = objects(["channel", "resource_id", *addresses, *parts, *custom], fixed)

    def build(self, table: Table) -> Values:
        """One for each record, ABSENT for those without an address: they are asked no more."""
        count = len(table)
        places: Sequence[int] = range(count)
        addresses: list[Values] = []
        for field in self._addresses:
            values = field.values(table.pick(places) if len(places) < count else table)
            if "" in values or not NO_VALUE.isdisjoint(map(type, values)):
                there = list(map(_is_address, values))
                places = list(compress(places, there))
                addresses = [list(compress(each, there)) for each in addresses]
                values = list(compress(values, there))
            field.check(values)
            addresses.append(values)
        if len(places) == count:
            return self._made(table, addresses)
        built: list[Any] = [ABSENT] * count
        for place, each in zip(places, self._made(table.pick(places), addresses), strict=True):
            built[place] = each
        return built

    def _made(self, table: Table, addresses: Sequence[Values]) -> list[Any]:
        count = len(table)
        columns = [
            values if nested is None else nested([values], count)
            for values, nested in zip(addresses, self._nested, strict=True)
        ]
        columns += [field(table) for field in self._parts]
        if self._custom:
            custom = [field(table) for field in self._custom]
            made = self._custom_objects(custom, count)
            columns.append(
                [
                    ABSENT if all(value is ABSENT for value in row) else each
                    for each, row in zip(made, zip(*custom, strict=True), strict=True)
                ]
            )
        return self._own(columns, count)


def _is_address(value: Any) -> bool:
    return value is not None and value is not ABSENT and value != ""


def _joined(own: Any, built: Any) -> Any:
    """A field's own subscriptions, if they are some, and those that were built."""
    if built is ABSENT or not (own is None or own is ABSENT or isinstance(own, list)):
        return own
    return [*(own or ()), *built]


def text_key(value: Any) -> Any:
    """Tags that a profile is found by, as the one text that the service wants."""
    is_tags = isinstance(value, list) and all(isinstance(tag, str) for tag in value)
    return BETWEEN_TAGS.join(value) if is_tags else value


def mapper(
    stream: StreamConfig,
    null_values: NullValues,
    *,
    matching: Matching,
    keep: frozenset[str],
    **more: Any,
) -> Mapper:
    """What gives a profile for each record as dicts, the record itself where nothing has to change;
    it raises InvalidRecord for the first that cannot be mapped. Takes and raises what
    ProfileMapping does.
    """
    mapping = ProfileMapping(stream, null_values, matching=matching, keep=keep, **more)
    if stream.fields is not None:
        make = dicts_of(mapping.names(), {})

        def mapped(records: Sequence[Mapping[str, Any]]) -> Sequence[Profile]:
            table = Dicts(records)
            return make(list(mapping.profiles(table).values()), len(table))

        return mapped
    null = null_rule(null_values, keep | {*matching.fields(), SUBSCRIPTIONS})
    key = matching.given.get("field_name")

    def as_they_come(records: Sequence[Mapping[str, Any]]) -> Sequence[Profile]:
        made = [_whole(record, null, key) for record in records]
        if stream.subscriptions:
            built = mapping.subscriptions(Dicts(records))
            made = list(map(_subscribed, made, built))
        return made

    return as_they_come


def _whole(record: Mapping[str, Any], null: Null, key: Any) -> Any:
    """A record that is sent as it comes, but for its nulls and a key of tags."""
    made: Any = record
    if None in record.values():
        settled = {name: null(name) if value is None else value for name, value in record.items()}
        made = {name: value for name, value in settled.items() if value is not ABSENT}
    if key in made and isinstance(made[key], list):
        made = {**made, key: text_key(made[key])}
    return made


def _subscribed(profile: Profile, built: Any) -> Profile:
    """A profile with those subscriptions that were built added to its own."""
    own = profile.get(SUBSCRIPTIONS)
    if built is ABSENT or not isinstance(own, list | None):
        return profile
    return {**profile, SUBSCRIPTIONS: [*(own or ()), *built]}


def require_key(stream: str, fields: tuple[FieldConfig, ...] | None, matching: Matching) -> None:
    """Raise ConfigError where the configured fields hold nothing that a profile is found by. The
    argument of a function is no key.
    """
    named = {field.to for field in fields or () if not field.action}
    if fields is not None and not any(named.issuperset(key) for key in matching.alternatives()):
        raise ConfigError(
            f"The fields of the stream {stream} hold nothing that profiles are found by. "
            f"Add {matching.in_words()}, or choose another matching.",
            stream=stream,
        )
