"""A mapping of typed records: struct in, struct out, where what comes out is certain to be a
profile.

Only what is certain: columns, constants and plain conversions, and subscriptions whose only column
is the address.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import tzinfo
from typing import Any

import msgspec

from ..config import FieldConfig, StreamConfig, SubscriptionConfig
from ..conversion import CannotConvert, conversions
from ..service.manifest import SUBSCRIPTIONS, Service
from .mapping import UNCHANGED
from .proof import FILLED, Schema, TypedRecords, Uncertain, takes_all

MADE: Mapping[str, str] = {
    "string": "string",
    "int": "integer",
    "float": "number",
    "boolean": "boolean",
}  # by a conversion: JSON's type
ONE_OF: Mapping[str, Any] = {
    "string": "x",
    FILLED: "x",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
}  # of each kind
Column = Callable[[Sequence[Any]], list[Any]]


class TypedMapping:
    """Profiles of records, without what is null in them."""

    verbatim = False

    def __init__(
        self,
        stream: StreamConfig,
        record: Mapping[str, Any],
        profile: Mapping[str, Any],
        keys: Collection[str],
        *,
        service: Service,
        zone: tzinfo,
        omits: bool,
        is_valid: Callable[[Any], bool],
    ) -> None:
        """Compile the mapping of records to profiles, whose schemas these are; all of `keys` are
        there. `omits`: a null is left out, else no record has one. `is_valid` tells of a profile.
        Raises Uncertain.
        """
        self._columns = record.get("properties", {})
        self._conversions = conversions(zone)
        self._uses: dict[str, list[Schema]] = defaultdict(list)
        schemas = {
            each.to: profile["properties"].get(each.to, profile["additionalProperties"])
            for each in stream.fields or ()
        }
        if not schemas or SUBSCRIPTIONS in schemas:
            raise Uncertain
        self._readers = {
            field.to: self._reader(field, schemas[field.to]) for field in stream.fields or ()
        }
        found = {field.source for field in stream.fields or () if field.to in keys}
        if len(found) < len(keys) or None in found:
            raise Uncertain
        self._subscriptions = [self._subscription(each, service) for each in stream.subscriptions]
        self._records = TypedRecords(
            record, lambda name: self._uses[name], [str(name) for name in found], omits=omits
        )
        names = [*self._readers, SUBSCRIPTIONS]
        self._fields = {name: f"field_{place}" for place, name in enumerate(names)}
        try:
            self._profile = msgspec.defstruct(
                "TypedProfile",
                [(field, Any, None) for field in self._fields.values()],
                rename={field: name for name, field in self._fields.items()},
                omit_defaults=True,
                gc=False,
            )
        except ValueError:  # a name that msgspec does not take
            raise Uncertain from None
        self.encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
        if not is_valid(self._sample(schemas, stream)):
            raise Uncertain

    def profiles(self, records: bytes) -> list[Any]:
        """Profiles of a JSON array of records. Raises ValueError where one of them needs a look of
        its own.
        """
        decoded = self._records.decode(records)
        columns = [read(decoded) for read in self._readers.values()]
        if self._subscriptions:
            made = zip(*(build(decoded) for build in self._subscriptions), strict=True)
            columns.append([[each for each in row if each is not None] or None for row in made])
        return list(map(self._profile, *columns))

    def column(self, profiles: Sequence[Any], name: str) -> list[Any]:
        """The values of a field, None where it is not there."""
        field = self._fields.get(name)
        return [None if field is None else getattr(profile, field) for profile in profiles]

    def _reader(self, field: FieldConfig, sent: Schema) -> Column:
        """What gives the values of a field; those of its column are such that the field takes
        them.
        """
        if (
            field.columns
            or field.action
            or (field.source is not None and field.source not in self._columns)
        ):
            raise Uncertain
        if field.source is None:
            if field.value is None:
                raise Uncertain
            return lambda records: [field.value] * len(records)
        source = field.source
        if field.type is None:
            self._uses[source].append(sent)
        elif field.type not in MADE:
            raise Uncertain
        elif takes_all(sent, MADE[field.type]):
            return self._converted(source, field.type)
        else:  # it takes some of them: those that need no conversion are told by the schemas
            self._uses[source] += [sent, {"type": MADE[field.type]}]
        return lambda records: self._records.column(records, source)

    def _converted(self, source: str, kind: str) -> Column:
        convert, unchanged = self._conversions[kind], UNCHANGED[kind] | {type(None)}

        def converted(records: Sequence[Any]) -> list[Any]:
            values = self._records.column(records, source)
            if unchanged.issuperset(map(type, values)):
                return values
            try:
                return [None if value is None else convert(value) for value in values]
            except CannotConvert:
                raise ValueError from None

        return converted

    def _subscription(self, config: SubscriptionConfig, service: Service) -> Column:
        """What gives a subscription of each record, None where it has no address."""
        if (
            len(config.address) > 1
            or config.custom_fields
            or any(part.source or part.columns or part.action for part in config.parts)
        ):
            raise Uncertain
        (address,) = config.address
        form = next(
            each
            for each in service.channels[config.channel]
            if ".".join(each.address) == address.to
        )
        plain = (
            form.address == (address.to,)
            and not form.beside()
            and takes_all(form.keys[address.to], FILLED)
        )
        if not plain or address.source not in self._columns:
            raise Uncertain
        source = str(address.source)
        self._uses[source].append({"type": "string"})
        members: list[Any] = [
            (address.to, str),
            *((name, Any, value) for name, value in _constants(config).items()),
        ]
        kind = msgspec.defstruct("TypedSubscription", members, gc=False)
        return lambda records: [
            kind(value) if value else None for value in self._records.column(records, source)
        ]

    def _sample(self, schemas: Mapping[str, Schema], stream: StreamConfig) -> dict[str, Any]:
        """A profile with one value of each field: if it is valid, so are all, because each value
        may be any of its kind.
        """
        sample: dict[str, Any] = {}
        for field in stream.fields or ():
            if field.source is None:
                value = field.value
            else:
                value = next(
                    (each for kind, each in ONE_OF.items() if takes_all(schemas[field.to], kind)),
                    None,
                )
            if value is not None:
                sample[field.to] = value
        built = [
            {**_constants(each), each.address[0].to: ONE_OF[FILLED]}
            for each in stream.subscriptions
        ]
        return sample | ({SUBSCRIPTIONS: built} if built else {})


def _constants(config: SubscriptionConfig) -> dict[str, Any]:
    """What each subscription of a kind holds."""
    return {"channel": config.channel, "resource_id": config.resource_id} | {
        part.to: part.value for part in config.parts if part.value is not None
    }
