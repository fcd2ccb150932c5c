"""Streams for tests of their codecs: a schema and a configuration in, what becomes of rows out."""

import json
from collections.abc import Sequence
from typing import Any

import msgspec

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import Config, FieldConfig, StreamConfig, SubscriptionConfig
from destination_profiles.records.batch import Batch, Rejected, Row
from destination_profiles.records.codec import StreamCodec
from destination_profiles.rejection import Rejection
from destination_profiles.service.manifest import service
from unit_tests.settings import config


def codec(
    schema: Any = None,
    *,
    columns: dict[str, Any] | None = None,
    fields: Sequence[FieldConfig] | None = None,
    subscriptions: Sequence[SubscriptionConfig] = (),
    sync_mode: str = "append",
    told: list[str] | None = None,
    **more: Any,
) -> StreamCodec:
    """The codec of a stream `users`; `more` are parts of the configuration."""
    if columns is not None:
        schema = {"type": "object", "properties": columns}
    if fields is not None or subscriptions:
        mapped = None if fields is None else tuple(fields)
        stream = StreamConfig("users", fields=mapped, subscriptions=tuple(subscriptions))
        more = {"streams": (stream,), **more}
    info = StreamInfo("users", None, {"type": "object"} if schema is None else schema, sync_mode)
    tell = told.append if told is not None else lambda _: None
    return StreamCodec(info, config(**more), service(), tell)


def configured(settings: Config, schema: Any) -> StreamCodec:
    return StreamCodec(StreamInfo("users", None, schema, "append"), settings, service())


def taken(made: StreamCodec, records: Sequence[bytes]) -> list[Row | Rejected]:
    """What becomes of each record."""
    found: list[Row | Rejected] = []
    for each in made.take([msgspec.Raw(record) for record in records]):
        found += each.rows() if isinstance(each, Batch) else [each]
    return found


def row(made: StreamCodec, record: bytes) -> Row:
    (found,) = taken(made, [record])
    assert isinstance(found, Row), found
    return found


def profile(made: StreamCodec, record: Any) -> Any:
    """What is sent of a record, decoded."""
    text = record if isinstance(record, bytes) else json.dumps(record).encode()
    return json.loads(row(made, text).profile)


def rejection(made: StreamCodec, record: Any) -> Rejection:
    text = record if isinstance(record, bytes) else json.dumps(record).encode()
    (found,) = taken(made, [text])
    assert isinstance(found, Rejected), found
    return found.rejection
