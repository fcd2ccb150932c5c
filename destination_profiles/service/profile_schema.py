"""The JSON schema of a profile, as the manifest declares it."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from .manifest import SUBSCRIPTIONS, Service
from .matching import Matching

OF_CHANNELS = "allOf"  # the keyword of a subscription that asks for its channel's address


def profile_schema(
    service: Service, matching: Matching, *, nulls: bool, addresses: bool = True
) -> dict[str, Any]:
    """JSON schema (draft-07) of a profile: its matching key, system fields, subscriptions, and
    functions in custom fields, whose types are the user's own. `nulls`: a plain null may be sent.
    `addresses`: each subscription needs one.
    """
    key = matching.key_schema(service)
    fields, custom = _fields(service, nulls=nulls)
    if not addresses:
        items = {
            name: rule
            for name, rule in fields[SUBSCRIPTIONS]["items"].items()
            if name != OF_CHANNELS
        }
        fields = {**fields, SUBSCRIPTIONS: {**fields[SUBSCRIPTIONS], "items": items}}
    properties = {**fields, **key["properties"]}
    return {"type": "object", **key, "properties": properties, "additionalProperties": custom}


@cache
def _fields(service: Service, *, nulls: bool) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schemas of fields that each profile has, and that of the user's own."""
    fields = {name: _field_schema(service, name, nulls=nulls) for name in service.system_fields}
    fields[SUBSCRIPTIONS] = {
        "type": ["array", "null"] if nulls else "array",
        "items": _subscription_schema(service),
    }
    return fields, _custom_field_schema(service)


def _field_schema(service: Service, name: str, *, nulls: bool) -> dict[str, Any]:
    """A system field: a plain value of its type, or an object that is one of the functions it
    takes.
    """
    field_type = service.system_fields[name]
    plain = service.field_types[field_type]["schema"]
    taken = {
        action: function
        for action, function in service.functions.items()
        if field_type in function.get("field_types", [field_type])
        and not (action == "unset" and name in service.unset_forbidden)
    }
    function = {
        "required": ["action"],
        "properties": {"action": {"enum": list(taken)}},
        "allOf": [_function_schema(action, each, plain) for action, each in taken.items()],
    }
    return {
        "if": {"type": "object"},
        "then": function,
        "else": {"anyOf": [plain, {"type": "null"}]} if nulls else plain,
    }


def _custom_field_schema(service: Service) -> dict[str, Any]:
    """A custom field: any plain value, or a function with its parts. An object that has other keys
    too is a plain value.
    """
    actions = service.functions
    parts = ["action", *dict.fromkeys(part for each in actions.values() for part in each["parts"])]
    is_function = {
        "type": "object",
        "required": ["action"],
        "properties": {"action": {"enum": list(actions)}},
        "propertyNames": {"enum": parts},
    }
    return {
        "if": is_function,
        "then": {"allOf": [_function_schema(action, each, {}) for action, each in actions.items()]},
    }


def _function_schema(
    action: str, function: Mapping[str, Any], plain: Mapping[str, Any]
) -> dict[str, Any]:
    """The parts that must stand beside an action; `plain` is the schema of the field's own
    values.
    """
    parts = dict(function["parts"])
    if function.get("own_type"):
        parts["value"] = plain
    return {
        "if": {"properties": {"action": {"const": action}}},
        "then": {"required": list(parts), "properties": parts},
    }


def _subscription_schema(service: Service) -> dict[str, Any]:
    channels = list(service.channels)
    rules = [
        {
            "if": {"properties": {"channel": {"const": channel}}},
            "then": {
                "anyOf": [
                    {"required": list(form.keys), "properties": form.keys}
                    for form in service.channels[channel]
                ]
            },
        }
        for channel in channels
    ]
    common = {"channel": {"enum": channels}, **service.subscription_fields}
    common["custom_fields"] = {
        **common["custom_fields"],
        "additionalProperties": _custom_field_schema(service),
    }
    return {"type": "object", "required": ["channel"], "properties": common, "allOf": rules}
