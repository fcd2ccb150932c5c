"""What a source says of values that it could not give as they are: `record.meta.changes`."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from ..rejection import Rejection
from ..service.formats import encode_json
from .batch import Data
from .unread import Notes

KEPT = frozenset({"NULLED", "TRUNCATED"})  # changes after which a value is not that of the source
REASONS = frozenset(  # that the protocol knows
    {"SOURCE_RECORD_SIZE_LIMITATION", "SOURCE_FIELD_SIZE_LIMITATION", "SOURCE_SERIALIZATION_ERROR"}
    | {"SOURCE_RETRIEVAL_ERROR", "SOURCE_TYPECAST_ERROR", "DESTINATION_RECORD_SIZE_LIMITATION"}
    | {"DESTINATION_FIELD_SIZE_LIMITATION", "DESTINATION_SERIALIZATION_ERROR"}
    | {"DESTINATION_TYPECAST_ERROR", "PLATFORM_RECORD_SIZE_LIMITATION"}
    | {"PLATFORM_FIELD_SIZE_LIMITATION", "PLATFORM_SERIALIZATION_ERROR"}
)
OTHER = "for a reason that is not known"
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Change(msgspec.Struct):
    """A field, what was done to it, and why."""

    field: str
    change: str
    reason: str | None = None


def without(data: Data, changes: Sequence[Change], *, known: Collection[str], notes: Notes) -> Data:
    """The `data` of a record without the fields whose values are not those of the source, so that
    what is stored stays. A log may hold the names in `known`. Data that cannot be read comes back
    as it is.
    """
    try:
        for each in changes:
            if each.change in KEPT:
                data = _left_out(data, each.field, each.field.split("."))
    except (ValueError, RecursionError):
        return data
    for each in changes:
        if each.change in KEPT:
            notes.add(_reason(each, known))
    return data


def lost(changes: Sequence[Change], columns: Collection[str]) -> frozenset[str]:
    """Those of some columns, or paths into them, of which such a field is one, or a part."""
    fields = [each.field for each in changes if each.change in KEPT]
    return frozenset(
        column
        for column in columns
        if any(
            f"{column}.".startswith(f"{each}.") or each.startswith(f"{column}.") for each in fields
        )
    )


def _left_out(data: Data, name: str, path: Sequence[str]) -> Data:
    """JSON of an object without a member, or one inside; the others keep their bytes."""
    members: dict[str, Any] = _parts.decode(data)
    if name in members:
        del members[name]
    elif len(path) > 1 and path[0] in members and bytes(members[path[0]])[:1] == b"{":
        rest = path[1:]
        members[path[0]] = msgspec.Raw(bytes(_left_out(members[path[0]], ".".join(rest), rest)))
    return encode_json(members)


def _reason(change: Change, known: Collection[str]) -> Rejection:
    """How it is told."""
    first = change.field if change.field in known else change.field.split(".")[0]
    shown = change.field if first in known else "*"
    why = change.reason if change.reason in REASONS else OTHER
    message = f"is not the value that the source has ({why}), so what is stored stays"
    return Rejection("source", change.change, message, f"$.{change.field}", f"$.{shown} {message}")
