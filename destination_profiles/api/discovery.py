"""What can be written to, as a destination catalog of Airbyte's protocol (data activation)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..records.activation import ADDRESS, column_name, part_names
from ..records.airbyte_columns import DELETED_AT
from ..service.manifest import OBJECT, SUBSCRIPTIONS, Service
from ..service.matching import Matching, by_fixed_keys
from ..statuses import STATUS
from .client import Resource, ServiceField

# Profiles are found by a key and updated. Airbyte's form calls `append` insert and `append_dedup`
# upsert, which no operation of this service is; `write` takes them from connections that have them.
SYNC_MODE = "update"
TEXT = {"type": "string"}
Channels = Mapping[Resource, Iterable[str]]
DELETED = {
    **TEXT,
    "title": "Deleted in the source",
    "description": (
        "Map the column of the same name to it, which database sources fill for rows that were "
        "deleted: the setting on_delete says what such a row does. It is no field of the profile."
    ),
}


def destination_catalog(
    service: Service,
    matching: Matching,
    fields: Iterable[ServiceField] | None,
    channels: Channels | None,
) -> dict[str, Any]:
    """The one operation on profiles: with the fields of a profile, the parts of its subscriptions,
    and the keys that it can be found by.

    `fields` are those of the database, and `channels` those of the resources; None where they are
    not known: then there are the fields that every database has, no parts of subscriptions, and
    others may be sent too. No field is required, as one of several keys suffices.
    """
    known = (
        list(fields)
        if fields is not None
        else [ServiceField(name, kind, "system") for name, kind in service.system_fields.items()]
    )
    properties = {
        **_properties(service, matching, known),
        **dict(_parts(service, channels or {})),
        DELETED_AT: DELETED,
    }
    is_open = fields is None or channels is None
    operation = {
        "object_name": OBJECT,
        "sync_mode": SYNC_MODE,
        "json_schema": {
            "type": "object",
            "properties": properties,
            "additionalProperties": is_open,
        },
        "matching_keys": [list(key) for key in _keys(service, matching, known)],
    }
    return {"operations": [operation]}


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


def _parts(service: Service, channels: Channels) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Parts of subscriptions as fields of their own: a form maps columns to nothing deeper."""
    about = _about(service)
    for resource, names in channels.items():
        for channel in sorted(set(names) & service.channels.keys()):
            for part in part_names(service.channels[channel][0]):
                title = f"{resource.name or resource.id}, {channel}: {part}"
                schema = {**about.get(part, TEXT), "title": title}
                yield column_name(channel, resource.id, part), schema


def _about(service: Service) -> Mapping[str, Mapping[str, Any]]:
    """What the parts hold, beside those that are plain texts."""
    words = ", ".join(service.statuses)
    return {
        STATUS: {
            **TEXT,
            "description": (
                f"One of {words}. A row without one leaves the subscription out, and another word, "
                "a number, true or false rejects its row: what it says of consent is not guessed."
            ),
        },
        "priority": {"type": "integer"},
        "cats": service.subscription_fields["cats"],
        ADDRESS: {
            **TEXT,
            "description": (
                "The address of the subscription. Where none is mapped it is the email or the "
                "phone that is mapped for the profile."
            ),
        },
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
