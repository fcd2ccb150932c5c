"""Rows and configurations without any subscription that is no opt-out."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from ..config import Config, StreamConfig
from ..service.manifest import SUBSCRIPTIONS, Service
from ..statuses import STATUS

NULL = b"null"
Parts = dict[str, msgspec.Raw]
_parts = msgspec.json.Decoder(Parts).decode
_members = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode


def only_opt_outs(config: Config) -> Config:
    """The configuration, but of subscriptions that mappings make only those leave under which
    nothing is sent to a customer.
    """
    return replace(config, streams=tuple(map(_only_opt_outs, config.streams)))


def _only_opt_outs(stream: StreamConfig) -> StreamConfig:
    made = tuple(
        replace(each, status=replace(each.status, only_opt_out=True, keeps_null=False))
        for each in stream.subscriptions
    )
    return replace(stream, subscriptions=made)


class OwnSubscriptions:
    """The subscriptions that rows of a stream bring themselves."""

    def __init__(self, stream: StreamConfig, service: Service) -> None:
        """Of a stream as it is configured."""
        own = [each for each in stream.fields or () if each.to == SUBSCRIPTIONS]
        sources = [each.source for each in own]
        self._together = [name for each in own for name in each.columns]
        self._is_mapped = stream.fields is not None
        self._columns = [each for each in sources if each] if self._is_mapped else [SUBSCRIPTIONS]
        self._opt_outs = service.opt_out_values()

    def without(self, original: bytes) -> tuple[bytes, int]:
        """A row without those that are no opt-outs, and how many these were. The rest of it stays
        as it came, digit for digit. Raises ValueError where they cannot be taken out: they have
        another form, or a mapping would make something else of a column without them.
        """
        if not self._columns and not self._together:
            return original, 0
        parts, count = _parts(original), 0
        if any(bytes(parts.get(name, NULL)) != NULL for name in self._together):
            raise ValueError
        for column in self._columns:
            if column not in parts:
                if self._is_mapped and column.split(".")[0] in parts:
                    raise ValueError
                continue
            kept, left_out = self._kept(parts[column])
            if left_out and self._is_mapped:
                raise ValueError
            count += left_out
            if left_out and kept:
                parts[column] = msgspec.Raw(_encode(kept))
            elif left_out:
                del parts[column]  # an empty list may mean another thing
        return (_encode(parts) if count else original), count

    def _kept(self, subscriptions: msgspec.Raw) -> tuple[list[msgspec.Raw], int]:
        if bytes(subscriptions) == b"null":
            return [], 0
        members = _members(subscriptions)
        kept = [each for each in members if is_opt_out(msgspec.json.decode(each), self._opt_outs)]
        return kept, len(members) - len(kept)


def is_opt_out(subscription: Any, values: Collection[str | int]) -> bool:
    """Whether a subscription has one of these statuses, however it is written."""
    status = subscription.get(STATUS) if isinstance(subscription, Mapping) else None
    if isinstance(status, str):
        return status.strip().casefold() in values
    return isinstance(status, int | float) and not isinstance(status, bool) and status in values
