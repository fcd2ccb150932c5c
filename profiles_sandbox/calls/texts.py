"""Texts: a request of them, each read as the type that is declared for its name.

Parameters are read by their names, fields by their database or resource, the value of a function by
its field. A text that cannot be read as its type stays a text, which the check of the field or
parameter then refuses in its usual words. What nothing declares stays as it is: unknown names,
`cc_data`, and all that stands inside `object` and `arr_object` fields.
"""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from profiles_sandbox.calls.search import BY_FIELD, searched_field
from profiles_sandbox.profiles.fields import LIST_TYPES, Field
from profiles_sandbox.profiles.functions import is_function
from profiles_sandbox.profiles.setup import Setup
from profiles_sandbox.switches import Switches

Reader = Callable[[Any], Any]
"""Gives a value its type, or as it is."""

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def _number(value: Any, *wanted: type) -> Any:
    """Read a number as JSON does, when it is one of the wanted types."""
    if type(value) is str and _NUMBER.fullmatch(value):
        with suppress(msgspec.DecodeError):
            number = msgspec.json.decode(value)
            return number if type(number) in wanted else value
    return value


def _int(value: Any) -> Any:
    return _number(value, int)


def _boolean(value: Any) -> Any:
    return _BOOLEANS.get(value, value) if type(value) is str else value


def _as_list(value: Any) -> Any:
    return value if type(value) is list else [value]


def _members(readers: Mapping[str, Reader], given: Mapping[str, Any]) -> dict[str, Any]:
    """Read the members of an object, each by its own reader."""
    return {
        name: readers[name](value) if name in readers else value for name, value in given.items()
    }


def _object(readers: Mapping[str, Reader], given: Any) -> Any:
    return _members(readers, given) if type(given) is dict else given


class Types:
    """Reads requests by what a setup declares."""

    def __init__(self, setup: Setup, switches: Switches) -> None:
        """Take what is declared, and whether a single member is a list where one is declared."""
        self._setup = setup
        self._listed: Reader = (
            _as_list if switches.xml_single_list == "list" else lambda value: value
        )
        self._databases = {
            number: self._readers(database.fields) for number, database in setup.databases.items()
        }
        self._resources = {
            number: self._readers(resource.fields) for number, resource in setup.resources.items()
        }
        self._parameters: dict[str, Reader] = {
            **dict.fromkeys(("db_id", "resource_id", "id", "from_id", "limit"), _int),
            **dict.fromkeys(("skip_triggers", "skip_invalid_subscriptions"), _boolean),
            "phones": self._listed,
            "data": _as_list,
        }
        self._subscription: dict[str, Reader] = {
            **dict.fromkeys(("resource_id", "status", "priority"), _int),
            "cats": self._listed,
        }

    def request(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """A request with types; one whose database is unknown keeps its items as they are."""
        request = _members(self._parameters, message)
        database = (
            self._setup.databases.get(request["db_id"])
            if type(request.get("db_id")) is int
            else None
        )
        if database is None:
            return request
        items = {**self._databases[database.id], "subscriptions": self._subscriptions}
        readers: dict[str, Reader] = {"data": lambda data: [_object(items, item) for item in data]}
        mode, name = request.get("matching"), request.get("field_name")
        field = (
            searched_field(mode, name, database, self._setup)
            if mode in BY_FIELD and type(name) is str
            else None
        )
        if field:
            items[field.name] = readers["field_value"] = self._key(field)
        return _members(readers, request)

    def _key(self, field: Field) -> Reader:
        """Read what a profile is searched by: tags are one text, joined by commas."""
        return (lambda value: value) if field.type == "tags" else partial(self._value, field)

    def _subscriptions(self, given: Any) -> Any:
        listed = self._listed(given)
        return [self._one_subscription(one) for one in listed] if type(listed) is list else listed

    def _one_subscription(self, given: Any) -> Any:
        if type(given) is not dict:
            return given
        read = _members(self._subscription, given)
        number = read.get("resource_id")
        fields = self._resources.get(number, {}) if type(number) is int else {}
        return _members({"custom_fields": partial(_object, fields)}, read)

    def _readers(self, fields: Mapping[str, Field]) -> dict[str, Reader]:
        return {name: partial(self._value, field) for name, field in fields.items()}

    def _value(self, field: Field, value: Any) -> Any:
        if type(value) is dict and is_function(field, value):
            inside = (
                value["action"] == "upsert"
            )  # its value is a property of the field, which nothing declares
            return value if inside else _members({"value": partial(self._plain, field)}, value)
        return self._plain(field, value)

    def _plain(self, field: Field, value: Any) -> Any:
        if field.type in LIST_TYPES:
            return self._listed(value)
        if field.type == "enum":
            return value if value in field.dictionary else _int(value)
        return _SCALARS[field.type](value) if field.type in _SCALARS else value


_SCALARS: dict[str, Reader] = {
    "int": _int,
    "float": lambda value: _number(value, int, float),
    "boolean": _boolean,
}
