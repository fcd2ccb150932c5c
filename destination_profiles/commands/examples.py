"""Some rows of a forecast as they come, beside what each becomes. They hold values."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ..catalog import StreamInfo
from ..config import Config
from ..delivery.chunks import Chunk
from ..records.columns import Columns
from ..records.paths import Declared
from ..records.salvage import lenient
from ..records.table import ABSENT, Dicts
from ..records.unread import Notes
from ..rejection import Rejection
from ..rejects.store import NoStore
from ..service.formats import format_named
from ..stream_mapping import FieldConfig, StreamConfig

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Pair:
    """Values of the columns of a row by name, and the field that is made of them, if any."""

    before: Values
    field: str | None
    after: Any


@dataclass(frozen=True, slots=True)
class Example:
    """One row, by its number in the input from 1. It is rejected where it has a `reason`; then
    `faults` are all of them, each with its step, rule, column and field.
    """

    stream: str
    row: int
    values: tuple[Pair, ...]
    reason: str | None = None
    faults: tuple[Mapping[str, str | None], ...] = ()


class Examples(NoStore):
    """Takes the first rows of each stream that would be sent, and of those that would be rejected
    the first of each kind, at most so many of both.
    """

    def __init__(self, most: int, config: Config, streams: Sequence[StreamInfo]) -> None:
        """Of the streams of a sync."""
        self._most, self._decode = most, format_named(config.wire_format).decode
        self._found: list[Example] = []
        self._sides = {
            each.label(): _Sides(config.stream(each.name, each.namespace), each.schema)
            for each in streams
        }
        self._sent: Counter[str] = Counter()
        self._kinds: dict[str, set[tuple[str, str, str]]] = {}

    def sent(self, chunk: Chunk) -> None:
        """Look at a chunk that would be sent."""
        if all(self._sent[each] >= self._most for each in self._sides):
            return
        for interval, row in chunk.entries():
            stream = interval.stream
            if self._sent[stream] < self._most:
                self._sent[stream] += 1
                pairs = self._sides[stream].pairs(row.original, self._decode(row.profile))
                self._found.append(Example(stream, row.ordinal + 1, pairs))

    def put(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        """Look at a row that would be rejected."""
        kinds = self._kinds.setdefault(stream, set())
        kind = (rejection.reason, rejection.code, rejection.loggable)
        if kind in kinds or len(kinds) >= self._most:
            return
        kinds.add(kind)
        faults = tuple(
            {"step": each.step, "rule": each.rule, "column": each.column, "field": each.field}
            for each in rejection.all_faults()
        )
        reason = f"{rejection.path} {rejection.message}"
        pairs = self._sides[stream].pairs(original, {})
        self._found.append(Example(stream, ordinal + 1, pairs, reason, faults))

    def in_order(self) -> list[Example]:
        """As the rows came."""
        return sorted(self._found, key=lambda each: each.row)


class _Sides:
    """What the mapping of a stream looks at, beside what it makes."""

    def __init__(self, stream: StreamConfig, schema: Any) -> None:
        self._fields = stream.fields
        inside = [
            each
            for one in stream.subscriptions
            for each in (*one.address, *one.parts, *one.custom_fields)
        ]
        columns = Columns(stream.name, Declared(schema), notes=Notes(collects=True))
        sources = (source for each in (*(stream.fields or ()), *inside) for source in _of(each))
        self._readers = {
            source: columns.as_it_came(FieldConfig("", source)) for source in dict.fromkeys(sources)
        }

    def pairs(self, original: bytes, profile: Values) -> tuple[Pair, ...]:
        """A pair for each field, then columns that several things are made of, then what else is
        in the profile.
        """
        return tuple(self._pairs(self._before(original), dict(profile)))

    def _pairs(self, before: Values, after: dict[str, Any]) -> Iterator[Pair]:
        left = dict(before)
        fields = self._fields or [FieldConfig(name, name) for name in before]
        for field in fields:
            values = {name: before[name] for name in _of(field) if name in before}
            for name in values:
                left.pop(name, None)
            yield Pair(values, field.to, after.pop(field.to, None))
        for name, value in left.items():
            yield Pair({name: value}, None, None)
        for name, value in after.items():
            yield Pair({}, name, value)

    def _before(self, original: bytes) -> Values:
        """The columns that a mapping looks at, all of them where a row is sent as it comes."""
        record = _decoded(original)
        if self._fields is None or not isinstance(record, dict):
            return record if isinstance(record, dict) else {}
        table = Dicts([record])
        found = {name: reader(table)[0] for name, reader in self._readers.items()}
        return {name: value for name, value in found.items() if value is not ABSENT}


def _decoded(original: bytes) -> Any:
    decoders: tuple[Callable[[bytes], Any], ...] = (msgspec.json.decode, lenient)
    for decode in decoders:
        try:
            return decode(original)
        except (ValueError, RecursionError):
            continue
    return None


def _of(field: FieldConfig) -> list[str]:
    """The columns of a field."""
    return [each for each in (field.source, *field.columns) if each is not None]
