"""The ways that the records of one stream can go, made from its schema and its configuration."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Any

import msgspec

from ..catalog import StreamInfo
from ..config import Config
from ..service.formats import decode_json, format_named
from ..service.manifest import Service
from ..service.profile_schema import profile_schema
from .airbyte_columns import added, without_rules
from .batch import Joined, Lines
from .checks import FieldChecks, is_plain
from .consent import check_statuses
from .encoders import AsTheyCome, Checked, Encoder, Mapped, WithoutNulls
from .explain import Explanation, Traced
from .keywords import Schema, Uncertain
from .mapping import Mapper, ProfileMapping, mapper
from .paths import Declared
from .route import Route
from .row_type import Nulls, RowType
from .status_column import StatusCounts
from .stream_schema import StreamSchema, stream_schema
from .table import dicts_of, structs_of
from .trace import Trace
from .unread import Notes
from .validation import RecordValidator
from .wanted import WantedColumns

MAX_TOLD = 10  # parts of one schema


class Ways:
    """What it takes to encode and to explain the records of a stream."""

    def __init__(
        self,
        info: StreamInfo,
        config: Config,
        service: Service,
        *,
        route: Route,
        tell: Callable[[str], None],
    ) -> None:
        """Nothing is compiled yet. `tell` hears of parts of the schema that cannot be used."""
        self._info, self._config = info, config
        self._configured = config.stream(info.name, info.namespace)
        self._route, self._service, self._tell = route, service, tell
        self._wire = format_named(config.wire_format)
        self._matching = route.target.matching
        self._identify = self._matching.identify(service)
        self._nulls = config.null_values
        self._largest = config.max_bytes - route.envelope.size()
        self.notes = Notes()
        self.counts = StatusCounts()

    def check(self) -> None:
        """Raise ConfigError for a mapping that cannot work."""
        self._mapping  # noqa: B018 - it is made when it is asked for
        check_statuses(self._info, self._configured.subscriptions, self._service)

    def encoders(self) -> Iterator[Encoder]:
        """The best first, each made when it is asked for; the last one takes every record that can
        be sent.
        """
        yield from self._mapped_ways() if self._is_mapped() else self._ways_as_they_come()

    def explanation(self) -> Explanation:
        """The steps of a record by itself."""
        decode: Callable[[bytes], dict[str, Any]] = decode_json
        if self._is_mapped():
            decode = self._looked_at.decode_one
        return Explanation(
            decode=decode,
            record=RecordValidator(self._asked.schema, "schema"),
            mapping=self._traced(),
            profile=RecordValidator(self._profile, "profile", self._config.field_names()),
            wire=self._wire,
            largest=self._largest,
        )

    def _traced(self) -> Traced:
        """The mapping of a record whose faults are looked for."""
        options = {**self._options(), "notes": Notes(collects=True), "counts": None}
        return Traced(
            mapped=mapper(self._configured, self._nulls, **options),
            built=ProfileMapping(self._configured, self._nulls, **options).subscriptions.built,
            notes=options["notes"],
            trace=Trace(self._configured),
            keys=self._matching.fields(),
        )

    def _is_mapped(self) -> bool:
        return self._configured.fields is not None

    @cached_property
    def _profile(self) -> dict[str, Any]:
        return profile_schema(
            self._service,
            self._matching,
            nulls=self._nulls == "send",
            addresses=not self._configured.bare,
        )

    @cached_property
    def _asked(self) -> StreamSchema:
        """What is asked of a row; what could not be used of the schema is told."""
        uses = self._mapping.columns.uses if self._is_mapped() else None
        asked = stream_schema(without_rules(self._info.schema, self._added), uses)
        if asked.faults:
            self._tell(
                f"Parts of the JSON schema of the stream {self._info.label()} cannot be used, so "
                f"anything is taken there: {', '.join(asked.faults[:MAX_TOLD])}."
            )
        return asked

    @cached_property
    def _added(self) -> list[str]:
        """Columns that Airbyte adds, which are no fields of a record that is sent as it comes."""
        if self._is_mapped():
            return []
        return added(Declared(self._info.schema).columns, self._matching.fields())

    def _options(self) -> dict[str, Any]:
        return {
            "declared": Declared(self._info.schema),
            "notes": self.notes,
            "matching": self._matching,
            "keep": self._service.unset_forbidden,
            "zone": self._config.zone(),
            "known": self._service,
            "counts": self.counts,
        }

    @cached_property
    def _mapping(self) -> ProfileMapping:
        return ProfileMapping(self._configured, self._nulls, **self._options())

    @cached_property
    def _mapper(self) -> Mapper:
        return mapper(self._configured, self._nulls, **self._options())

    def _mapped_ways(self) -> Iterator[Encoder]:
        """By types as far as they go, then by a look at each value."""
        if self._wire.verbatim:
            yield self._mapped(self._wanted(self._sinks()))
        yield self._mapped(self._looked_at)

    @cached_property
    def _looked_at(self) -> WantedColumns:
        return self._wanted()

    def _wanted(self, sinks: dict[str, list[Schema]] | None = None) -> WantedColumns:
        columns = self._mapping.columns
        return WantedColumns(columns.wanted, self._asked, sinks, columns.exact())

    def _mapped(self, wanted: WantedColumns) -> Encoder:
        objects = structs_of if self._wire.verbatim else dicts_of
        checks = FieldChecks(self._profile, self._service, wanted.proven)
        mapping = ProfileMapping(
            self._configured, self._nulls, **self._options(), objects=objects, checks=checks
        )
        keys, make = self._matching.alternatives(), objects(mapping.names(), {})
        return Mapped(
            decode=wanted.decode,
            mapping=mapping,
            keys=keys,
            identify=self._identify,
            make=make,
            encode=self._encode(),
        )

    def _encode(self) -> Callable[[Sequence[Any]], Joined]:
        """Profiles as they stand in a body."""
        if self._wire.verbatim:
            lines = msgspec.json.Encoder().encode_lines
            return lambda profiles: Lines(lines(profiles), len(profiles))
        between = self._route.envelope.between
        return lambda profiles: Joined(list(map(self._wire.encode, profiles)), between)

    def _sinks(self) -> dict[str, list[Schema]]:
        """What is asked of the fields that columns go to as they are, all of them and whole."""
        checks = FieldChecks(self._profile, self._service)
        sinks: dict[str, list[Schema]] = {
            name: [] for name, paths in self._mapping.columns.uses.items() if paths == {()}
        }
        fields = [(each, checks.schema(each.to)) for each in self._configured.fields or ()]
        for subscription in self._configured.subscriptions:
            fields += [(each, checks.custom_schema()) for each in subscription.custom_fields]
        for field, asked in fields:
            if is_plain(field) and field.source in sinks:
                sinks[str(field.source)].append(asked)
        return sinks

    def _ways_as_they_come(self) -> Iterator[Encoder]:
        """In their own bytes, then without nulls, then as dicts."""
        if self._wire.verbatim and not self._configured.subscriptions:
            nulls: Nulls = "sent" if self._nulls == "send" else "none"
            with suppress(Uncertain):
                if not self._added:
                    yield AsTheyCome(RowType(self._asked, self._profile, nulls), self._identify)
                if self._nulls == "omit":
                    rows = RowType(self._asked, self._profile, "omitted", self._added)
                    yield WithoutNulls(rows, self._identify)
        yield Checked(
            record=RecordValidator(self._asked.schema, "schema"),
            mapped=self._mapper,
            profile=RecordValidator(self._profile, "profile"),
            identify=self._identify,
            wire=self._wire,
            between=self._route.envelope.between,
            largest=self._largest,
        )
