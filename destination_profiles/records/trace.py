"""Where the parts of a profile come from: the columns of its source."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..config import FieldConfig, StreamConfig, SubscriptionConfig
from ..service.manifest import SUBSCRIPTIONS
from ..violations import json_path
from .table import ABSENT, Values

CUSTOM = "custom_fields"


class Trace:
    """Of the profiles of one stream, as it is configured."""

    def __init__(self, stream: StreamConfig) -> None:
        """Of its fields and subscriptions."""
        self._stream = stream
        self._fields: Mapping[str, FieldConfig] = {each.to: each for each in stream.fields or ()}

    def is_mapped(self) -> bool:
        """Whether a profile has other names than its record."""
        return self._stream.fields is not None

    def column(
        self, parts: Sequence[Any], profile: Mapping[str, Any], built: Sequence[Values]
    ) -> str | None:
        """The column that a part of a profile comes from; None where it comes from none. `built`
        has the subscriptions that were made of its record, ABSENT where one was left out.
        """
        if not parts:
            return None
        if parts[0] == SUBSCRIPTIONS and len(parts) > 1 and isinstance(parts[1], int):
            there = [place for place, each in enumerate(built) if each[0] is not ABSENT]
            at = parts[1] - (len(profile[SUBSCRIPTIONS]) - len(there))
            if at >= 0:
                return _source(_part(self._stream.subscriptions[there[at]], parts[2:]))
        if not self.is_mapped():
            return str(parts[0])
        return _source(self._fields.get(str(parts[0])))

    def columns_of(self, fields: Sequence[str]) -> list[str]:
        """The columns of some fields of the profile."""
        if not self.is_mapped():
            return list(fields)
        sources = [_source(self._fields.get(name)) for name in fields]
        return [each for each in sources if each is not None]

    def place(self, field: FieldConfig) -> str:
        """The JSON path at which a field stands in a profile."""
        for at, each in enumerate(self._stream.subscriptions):
            if any(one is field for one in each.custom_fields):
                return json_path((SUBSCRIPTIONS, at, CUSTOM, field.to))
            if any(one is field for one in (*each.address, *each.parts)):
                return json_path((SUBSCRIPTIONS, at, *field.to.split(".")))
        return json_path((field.to,))

    def field(self, column: str) -> str | None:
        """The JSON path of a field that is taken from a column, the first of several."""
        if not self.is_mapped():
            return json_path((column,))
        subscribed = [
            one
            for each in self._stream.subscriptions
            for one in (*each.address, *each.parts, *each.custom_fields)
        ]
        for each in (*self._fields.values(), *subscribed):
            for source in (each.source, *each.columns):
                if source == column or str(source).startswith(f"{column}."):
                    return self.place(each)
        return None


def _part(subscription: SubscriptionConfig, path: Sequence[Any]) -> FieldConfig:
    """The part of a subscription that a path leads to; its address, where that is no part alone."""
    names = list(map(str, path))
    if names[:1] == [CUSTOM]:
        found = [each for each in subscription.custom_fields if names[1:2] == [each.to]]
    else:
        parts = (*subscription.parts, *subscription.address)
        found = [each for each in parts if names and names[0] == each.to.split(".")[0]]
    return (found or [subscription.address[0]])[0]


def _source(field: FieldConfig | None) -> str | None:
    if field is None:
        return None
    return field.source or ", ".join(field.columns) or None
