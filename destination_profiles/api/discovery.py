"""What can be written to, as a destination catalog of Airbyte's protocol (data activation)."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..service.manifest import OBJECT, SUBSCRIPTIONS, Service
from ..service.matching import Matching, by_fixed_keys
from .client import ServiceField

SYNC_MODES = ("update", "append_dedup", "append")


def destination_catalog(
    service: Service, matching: Matching, fields: Iterable[ServiceField] | None
) -> dict[str, Any]:
    """The operations on profiles: one a sync mode, each with the fields of a profile and the keys
    that it can be found by.

    `fields` are those of the database, or None where they are not known: then those that every
    database has. No field is required, as one of several keys suffices; fields that are not named
    may be sent too.
    """
    known = (
        list(fields)
        if fields is not None
        else [ServiceField(name, kind, "system") for name, kind in service.system_fields.items()]
    )
    properties = _properties(service, matching, known)
    schema = {"type": "object", "properties": properties, "additionalProperties": True}
    keys = [list(key) for key in _keys(service, matching, known)]
    operation = {"object_name": OBJECT, "json_schema": schema, "matching_keys": keys}
    return {"operations": [{**operation, "sync_mode": mode} for mode in SYNC_MODES]}


def _properties(
    service: Service, matching: Matching, fields: Iterable[ServiceField]
) -> Mapping[str, Any]:
    types = {
        word: each["schema"]
        for name, each in service.field_types.items()
        for word in (name, *each["words"])
    }
    return {
        **{
            name: schema
            for each in (*by_fixed_keys(service), matching)
            for name, schema in each.key_schema(service)["properties"].items()
        },
        **{name: types[kind] for name, kind in service.system_fields.items()},
        **{each.name: types.get(each.type, {}) for each in fields if each.category == "custom"},
        SUBSCRIPTIONS: {"type": "array", "items": {"type": "object"}},
    }


def _keys(
    service: Service, matching: Matching, fields: Iterable[ServiceField]
) -> Iterable[tuple[str, ...]]:
    """Keys that can be chosen: first those that are configured, then those of other modes, then
    each field that can be one.
    """
    of_modes = (key for each in (matching, *by_fixed_keys(service)) for key in each.alternatives())
    words = {
        word for each in service.field_types.values() if each.get("key") for word in each["words"]
    }
    of_fields = (
        (each.name,) for each in fields if each.category == "custom" and each.type in words
    )
    return dict.fromkeys((*of_modes, *of_fields))
