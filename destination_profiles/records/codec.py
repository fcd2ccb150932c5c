"""What happens to each record of one stream before it stands in a chunk, compiled once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from operator import sub
from typing import Any

from ..catalog import StreamInfo
from ..config import Config, FieldConfig, StreamConfig
from ..errors import ConfigError, InvalidRecord
from ..rejection import Rejection
from ..service.formats import Envelope, decode_json, decode_records, envelope, format_named
from ..service.manifest import OBJECT, Service
from ..service.matching import Target, matching_by
from ..service.profile_schema import profile_schema
from .batch import Batch, Buffer, Joined, Rejected, Row, batch_of
from .mapping import mapper, require_key
from .proof import Schema, TypedRecords, Uncertain
from .route import Route
from .salvage import clean, fault, lenient
from .typed_mapping import TypedMapping
from .validation import RecordValidator

EMPTY = b"{}"  # the smallest profile

SENDS_ALL = frozenset({"append", "overwrite"})
SUPERSEDES = frozenset(
    {"append_dedup", "update"}
)  # a later record of a profile stands for an earlier one of the same open chunk

Column = Callable[[str], list[Any]]  # the values of a field by its name


class StreamPlan:
    """The way of a record: decode, the stream's schema, mapping, the profile's schema, bytes."""

    def __init__(self, info: StreamInfo, config: Config, service: Service) -> None:
        """Compile it. Raises ConfigError for a schema, a mapping or a sync mode that cannot
        work.
        """
        self.label = info.label()
        configured = config.stream(info.name, info.namespace)
        self.target: Target = _target(info, configured, config.target, service)
        self._wire = format_named(config.wire_format)
        self.envelope: Envelope = envelope(
            self.target, config.token.reveal(), config.options, self._wire
        )
        self._largest = config.max_bytes - self.envelope.size()
        if self._largest < len(EMPTY):
            raise ConfigError(
                "The setting batching.max_bytes leaves no room for a profile beside the "
                "token and the matching. Raise it."
            )
        self._fields = self.target.matching.fields()
        self._record = RecordValidator(info.schema, "schema", self.label)
        schema = profile_schema(service, self.target.matching, nulls=config.null_values == "send")
        self._profile = RecordValidator(schema, "profile", self.label, config.field_names())
        self._map = mapper(
            configured,
            config.null_values,
            schema=info.schema,
            matching=self.target.matching,
            keep=service.unset_forbidden,
            zone=config.zone(),
        )
        self._identify = self.target.matching.identify(service)
        self._typed = (
            list(self._types(info.schema, schema, configured, config, service))
            if self._wire.verbatim
            else []
        )
        self._supersedes = _supersedes(info)

    def batch(self, originals: Sequence[Any]) -> Batch | None:
        """What `row` makes of each of some records; None where one of them needs a look of its
        own.
        """
        came = Joined(originals, b",")
        try:
            sent, column = self._proven(came) or self._checked(came, originals)
        except (ValueError, InvalidRecord, RecursionError):
            return None
        return (
            Batch(sent, came, self._identify.many(column))
            if max(map(sub, sent._ends[1:], sent._ends)) <= self._largest
            else None
        )

    def _types(
        self,
        record: Mapping[str, Any],
        profile: Mapping[str, Any],
        configured: StreamConfig,
        config: Config,
        service: Service,
    ) -> Iterator[TypedRecords | TypedMapping]:
        """The types that records are tried as, the likeliest first; none where there is no certain
        one.
        """
        omits = config.null_values == "omit"
        sent = configured.fields or [FieldConfig(name) for name in record.get("properties", {})]
        keys = next(
            (
                key
                for key in self.target.matching.alternatives()
                if {each.to for each in sent} >= set(key)
            ),
            None,
        )
        if keys is None:
            return
        with suppress(Uncertain):
            if configured.fields is not None:
                zone, is_valid = config.zone(), self._profile.is_valid
                yield TypedMapping(
                    configured,
                    record,
                    profile,
                    keys,
                    service=service,
                    zone=zone,
                    omits=omits,
                    is_valid=is_valid,
                )
            elif not configured.subscriptions:

                def uses(name: str) -> list[Schema]:
                    return [profile["properties"].get(name, profile["additionalProperties"])]

                yield TypedRecords(record, uses, keys, nulls=config.null_values == "send")
                if omits:
                    yield TypedRecords(record, uses, keys, omits=True)

    def _proven(self, came: Joined) -> tuple[Joined, Column] | None:
        """Profiles that are valid because they decode, and what gives their values of a field; None
        where one does not.
        """
        for typed in self._typed:
            with suppress(ValueError):  # msgspec's errors are, and those of the text encoding
                profiles = typed.profiles(array_of(came))
                sent = (
                    came
                    if typed.verbatim
                    else Joined(list(map(typed.encode, profiles)), self.envelope.between)
                )
                return sent, partial(typed.column, profiles)
        return None

    def _checked(self, came: Joined, originals: Sequence[bytes]) -> tuple[Joined, Column]:
        """Profiles that are found to be valid, likewise. Raises ValueError, InvalidRecord or
        RecursionError where one is not.
        """
        records = decode_records(array_of(came))
        profiles = self._map(records) if all(map(self._record.is_valid, records)) else ()
        if not profiles or not all(map(self._profile.is_valid, profiles)):
            raise ValueError
        encoded = list(map(self._encoded, originals, records, profiles))
        return Joined(encoded, self.envelope.between), lambda name: [
            profile.get(name) for profile in profiles
        ]

    def row(self, original: bytes) -> Row:
        """The record whose `data` are the bytes `original`, ready to be sent. Raises
        InvalidRecord.
        """
        try:
            record = decode_json(original)
        except ValueError:  # msgspec's errors are, and those of the text encoding
            raise _unreadable(original) from None
        if not self._record.is_valid(record):
            raise InvalidRecord(self._record.rejection(record))
        (profile,) = self._map([record])
        if not self._profile.is_valid(profile):
            raise InvalidRecord(self._profile.rejection(profile))
        encoded = self._encoded(original, record, profile)
        if len(encoded) > self._largest:
            raise InvalidRecord(self._too_large(len(encoded)))
        return Row(encoded, original, self._identify(profile))

    def _encoded(
        self, original: bytes, record: Mapping[str, Any], profile: Mapping[str, Any]
    ) -> bytes:
        """A profile as it is sent: the bytes that the record came in, where nothing had to
        change.
        """
        return original if profile is record and self._wire.verbatim else self._wire.encode(profile)

    def supersedes(self, later: Row, earlier: Row) -> bool:
        """Whether `later`, a record of this stream, may take the place of `earlier`, another one.

        It may where the keys are equal to the letter, and nothing of `earlier` would be missed: it
        holds no function (an `incr` counts once more) and no field that `later` does not send.
        """
        first, second = self._wire.decode(earlier.profile), self._wire.decode(later.profile)
        if any(isinstance(value, dict) and "action" in value for value in first.values()):
            return False
        return first.keys() <= second.keys() and all(
            first.get(field) == second.get(field) for field in self._fields
        )

    def _too_large(self, size: int) -> Rejection:
        message = f"is {size:,} bytes as a profile; a request has room for {self._largest:,}"
        return Rejection(
            "size",
            "max_bytes",
            message,
            "$",
            f"larger than the {self._largest:,} bytes that a request has room for",
        )


TOO_DEEP = Rejection("json", "depth", "is nested too deeply", "$", "is nested too deeply")


class StreamCodec(StreamPlan):
    """What becomes of the records of a stream."""

    def __init__(self, info: StreamInfo, config: Config, service: Service) -> None:
        """Compile it."""
        super().__init__(info, config, service)
        supersedes = self.supersedes if self._supersedes else None
        self.route = Route(self.label, self.target, self.envelope, supersedes)

    def take(self, originals: Sequence[Buffer]) -> Iterator[Batch | Rejected]:
        """Each record in its order: sent in batches of at most 256, or rejected."""
        for start in range(0, len(originals), 256):
            yield from self._take(originals[start : start + 256])

    def _take(self, originals: Sequence[Buffer]) -> Iterator[Batch | Rejected]:
        if (batch := self.batch(originals)) is not None:
            yield batch
        elif len(originals) == 1:
            yield self._lone(bytes(originals[0]))
        else:
            middle = len(originals) // 2
            yield from self._take(originals[:middle])
            yield from self._take(originals[middle:])

    def _lone(self, original: bytes) -> Batch | Rejected:
        try:
            row = self.row(original)
        except InvalidRecord as invalid:
            return Rejected(invalid.kept or original, invalid.rejection)
        except RecursionError:
            return Rejected(original, TOO_DEEP)
        return batch_of(row)


def array_of(joined: Joined) -> bytes:
    """A JSON array of them."""
    return b"".join((b"[", joined.data, b"]"))


def _target(
    info: StreamInfo, configured: StreamConfig, connection: Target, service: Service
) -> Target:
    """Where profiles of a stream go, and how they are found: by its own setting, else by the key
    that was chosen for it, if any.
    """
    if info.object_name not in (None, OBJECT):
        raise ConfigError(
            f"The stream {info.label()} is mapped to {info.object_name}, which this "
            f"destination does not have. Choose {OBJECT}."
        )
    target = configured.target or connection
    if info.key and not configured.matched:
        target = Target(target.db_id, matching_by(info.key, target.matching, service))
    require_key(info.label(), configured.fields, target.matching)
    return target


def _unreadable(original: bytes) -> InvalidRecord:
    """What to say of data that the strict reader refused."""
    value = lenient(bytes(original))
    message = "holds a number that cannot be read"
    return InvalidRecord(
        fault(value) or Rejection("json", "number", message, "$", message), clean(value)
    )


def _supersedes(info: StreamInfo) -> bool:
    if info.sync_mode not in SENDS_ALL | SUPERSEDES:
        modes = ", ".join(sorted(SENDS_ALL | SUPERSEDES))
        raise ConfigError(
            f"The stream {info.label()} is set to the sync mode {info.sync_mode}, which "
            "this destination does not have. "
            f"Choose one of {modes}.",
            stream=info.name,
        )
    return info.sync_mode in SUPERSEDES
