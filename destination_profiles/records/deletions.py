"""Rows that a source reports as deleted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import msgspec

from ..config import Config, FieldConfig, StreamConfig, SubscriptionConfig
from ..rejection import Rejection
from ..service.matching import Matching
from ..statuses import STATUS, UNSUBSCRIBED, StatusRule
from .airbyte_columns import DELETED_AT
from .batch import Data, Originals
from .refused_settings import require_subscriptions

KEY = DELETED_AT.encode()
ESCAPE = b"\\"  # a key may be written with it: it is looked for first, which takes next to nothing
ESCAPES = (b"\\u005", b"\\u006", b"\\u007")
IS_DELETED = "is a row that the source has deleted, and on_delete is reject"
REJECTED = Rejection("deleted", "on_delete", IS_DELETED, f"$.{DELETED_AT}", IS_DELETED)


class Deleted(msgspec.Struct, frozen=True):
    """Rows that are left out, as their source has deleted them."""

    originals: Sequence[Data]


class _Row(msgspec.Struct, gc=False):
    deleted_at: Any = msgspec.field(name=DELETED_AT, default=None)


class Deletions:
    """Tells which rows were deleted. No other column is decoded."""

    def __init__(self) -> None:
        """Of one stream."""
        self._decode = msgspec.json.Decoder(list[_Row]).decode
        self._decode_one = msgspec.json.Decoder(_Row).decode

    def runs(self, originals: Originals) -> Iterator[tuple[bool, Originals]]:
        """Rows that follow each other, and whether all of them were deleted or none."""
        deleted = self._deleted(originals)
        if not any(deleted):
            yield False, originals
            return
        start = 0
        for is_deleted, run in groupby(deleted):
            stop = start + len(list(run))
            yield is_deleted, originals.part(start, stop)
            start = stop

    def _deleted(self, originals: Originals) -> list[bool]:
        joined = originals.joined()
        is_escaped = joined.holds(ESCAPE) and any(map(joined.holds, ESCAPES))
        if not is_escaped and not joined.holds(KEY):  # a quick look
            return []
        try:
            rows = self._decode(joined.array())
        except (ValueError, RecursionError):
            return [self._is_deleted(each) for each in originals.parts]
        return [each.deleted_at is not None for each in rows]

    def _is_deleted(self, original: Data) -> bool:
        """A row that cannot be read is not deleted: it is told what is wrong with it."""
        try:
            return self._decode_one(original).deleted_at is not None
        except (ValueError, RecursionError):
            return False


def says_deleted(schema: Any) -> bool:
    """Whether rows of a stream are expected to say it: its schema has the column, or names none.
    Others may say it all the same.
    """
    columns = schema.get("properties") if isinstance(schema, Mapping) else None
    return not isinstance(columns, Mapping) or not columns or DELETED_AT in columns


def unsubscribing(config: Config, stream: StreamConfig, matching: Matching) -> Config:
    """The configuration for deleted rows of a stream whose subscriptions end. Raises ConfigError
    where its mapping makes none.
    """
    require_subscriptions(stream)
    names = matching.fields()
    fields = stream.fields or tuple(FieldConfig(name, name) for name in names)
    made = replace(
        stream,
        fields=tuple(each for each in fields if each.to in names),
        subscriptions=tuple(map(_ended, stream.subscriptions)),
        bare=tuple(_bare(stream.subscriptions)),
    )
    others = (each for each in config.streams if each is not stream)
    return replace(config, streams=(made, *others))


def _ended(subscription: SubscriptionConfig) -> SubscriptionConfig:
    status = FieldConfig(STATUS, value=UNSUBSCRIBED)
    return replace(subscription, parts=(status,), custom_fields=(), status=StatusRule())


def _bare(subscriptions: Sequence[SubscriptionConfig]) -> Iterator[tuple[str, int]]:
    yield from dict.fromkeys((each.channel, each.resource_id) for each in subscriptions)
