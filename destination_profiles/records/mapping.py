"""From records to profiles: configured fields and subscriptions, or the records as they come."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, tzinfo
from typing import Any

from ..config import FieldConfig, NullValues, StreamConfig
from ..errors import ConfigError
from ..service.manifest import SUBSCRIPTIONS, Service, service
from ..service.matching import Matching
from .airbyte_columns import PREFIXES, are_added
from .checks import FieldChecks
from .columns import Columns
from .field import Field, Null, null_rule, text_key
from .paths import Declared
from .status_column import StatusCounts
from .subscription import Objects
from .subscriptions import Subscriptions
from .table import ABSENT, Dicts, Table, Values, dicts_of
from .unread import Notes

Profile = dict[str, Any]
Mapper = Callable[[Sequence[Mapping[str, Any]]], Sequence[Profile]]
NOTHING_DECLARED = Declared({})


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
        known: Service | None = None,
        counts: StatusCounts | None = None,
    ) -> None:
        """`declared` are the stream's columns, `matching` how a profile is found, `keep` are fields
        that cannot be cleared beside its keys, `zone` is that of times that name none, `notes`
        hears of values that are left out, `objects` makes what stands inside a profile, `checks`
        are made of values, where they are given; `known` has the statuses, and `counts` hears of
        those that are sent. Raises ConfigError for a column the stream lacks.
        """
        self.columns = Columns(stream.name, declared, zone, notes)
        null = null_rule(null_values, keep | {*matching.fields(), SUBSCRIPTIONS})
        self._fields = {
            each.to: Field(
                self.columns.reader(each),
                null(each.to),
                checks.field(each) if checks else None,
                is_key=each.to == matching.given.get("field_name"),
            )
            for each in stream.fields or ()
        }
        self.subscriptions = Subscriptions(
            stream,
            self.columns,
            null_rule(null_values),
            objects=objects,
            checks=checks,
            known=known or service(),
            counts=counts or StatusCounts(),
        )

    def names(self) -> list[str]:
        """The fields of a profile, in the order of `profiles`."""
        built = [SUBSCRIPTIONS] if self.subscriptions and SUBSCRIPTIONS not in self._fields else []
        return [*self._fields, *built]

    def profiles(self, table: Table) -> dict[str, Values]:
        """The values of each field. Raises InvalidRecord for a record that cannot be mapped."""
        made = {name: field(table) for name, field in self._fields.items()}
        if self.subscriptions:
            own = made.get(SUBSCRIPTIONS)
            made[SUBSCRIPTIONS] = self.subscriptions.all(table, own)
        return made


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
    key, named = matching.given.get("field_name"), frozenset(matching.fields())

    def as_they_come(records: Sequence[Mapping[str, Any]]) -> Sequence[Profile]:
        own = records
        if are_added(set[str]().union(*records)):
            own = [_own(record, named) for record in records]
        made = [_whole(record, null, key) for record in own]
        if stream.subscriptions:
            own_ones = [record.get(SUBSCRIPTIONS, ABSENT) for record in made]
            found = mapping.subscriptions.all(Dicts(records), own_ones)
            made = [
                one if some is ABSENT else {**one, SUBSCRIPTIONS: some}
                for one, some in zip(made, found, strict=True)
            ]
        return made

    return as_they_come


def _own(record: Mapping[str, Any], named: frozenset[str]) -> Mapping[str, Any]:
    """A record without the columns that Airbyte adds to it, but for those that are named."""
    return {
        name: value
        for name, value in record.items()
        if name in named or not name.startswith(PREFIXES)
    }


def _whole(record: Mapping[str, Any], null: Null, key: Any) -> Any:
    """A record that is sent as it comes, but for its nulls and a key of tags."""
    made: Any = record
    if None in record.values():
        settled = {name: null(name) if value is None else value for name, value in record.items()}
        made = {name: value for name, value in settled.items() if value is not ABSENT}
    if key in made and isinstance(made[key], list):
        made = {**made, key: text_key(made[key])}
    return made


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
