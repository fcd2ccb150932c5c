"""A field of a profile or a subscription: its name, its type, and the check of a value by its
type.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import available_timezones

from profiles_sandbox.refusals import BadValue, wrong_type


@dataclass(frozen=True)
class Field:
    """A declared field. `dictionary` is the list of options of an `enum`, in order of position."""

    name: str
    type: str
    title: str = ""
    category: str = "custom"
    dictionary: tuple[str, ...] = ()

    def check(self, value: Any, path: str) -> Any:
        """The value as it is stored; raises BadValue that names `path`."""
        return _CHECKS[self.type](value, path, self)


_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d ()-]{5,24}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d))?")


def _of_type(wanted: type, word: str) -> Callable[[Any, str, Field], Any]:
    """Build a check of the exact type; `bool` is not taken for an int."""

    def check(value: Any, path: str, _field: Field) -> Any:
        if type(value) is not wanted:
            raise wrong_type(path, word, value)
        return value

    return check


_check_string = _of_type(str, "string")
_check_array = _of_type(list, "array")


def _check_float(value: Any, path: str, _field: Field) -> Any:
    if type(value) is not float and type(value) is not int:
        raise wrong_type(path, "float", value)
    return value


def _check_date(value: Any, path: str, field: Field) -> Any:
    """Take `2001-12-31` or a date-time with offset, such as `2024-05-27T12:00:00Z`."""
    try:
        if not _DATE.fullmatch(_check_string(value, path, field)):
            raise ValueError
        datetime.fromisoformat(value)
    except ValueError:
        raise BadValue(path, "a date (2001-12-31) or a date-time with offset expected") from None
    return value


def _check_enum(value: Any, path: str, field: Field) -> Any:
    """Take an option's text, or its position from 0; the text is stored."""
    if type(value) is int:
        if not 0 <= value < len(field.dictionary):
            raise BadValue(path, f"option 0 to {len(field.dictionary) - 1} expected")
        return field.dictionary[value]
    if _check_string(value, path, field) not in field.dictionary:
        raise BadValue(path, "one of " + ", ".join(field.dictionary) + " expected")
    return value


def _check_ip(value: Any, path: str, field: Field) -> Any:
    try:
        ipaddress.ip_address(_check_string(value, path, field))
    except ValueError:
        raise BadValue(path, "an IP address expected") from None
    return value


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_timezone(value: Any, path: str, field: Field) -> Any:
    if _check_string(value, path, field) not in _zones():
        raise BadValue(path, "an IANA time zone expected")
    return value


def check_email(value: Any, path: str, _field: Field | None = None) -> str:
    """Take anything that has the form of an email address."""
    if type(value) is not str:
        raise wrong_type(path, "string", value)
    if not _EMAIL.fullmatch(value):
        raise BadValue(path, "an email address expected")
    return value


def check_phone(value: Any, path: str) -> str:
    """Take digits with a leading plus, blanks, hyphens or brackets."""
    if type(value) is not str:
        raise wrong_type(path, "string", value)
    if not _PHONE.fullmatch(value):
        raise BadValue(path, "a phone number expected")
    return value


def _check_phones(value: Any, path: str, field: Field) -> Any:
    _check_array(value, path, field)
    return [check_phone(phone, f"{path}[{index}]") for index, phone in enumerate(value)]


def _array_of(wanted: type, word: str) -> Callable[[Any, str, Field], Any]:
    def check(value: Any, path: str, field: Field) -> Any:
        _check_array(value, path, field)
        for index, member in enumerate(value):
            if type(member) is not wanted:
                raise wrong_type(f"{path}[{index}]", word, member)
        return value

    return check


_CHECKS: dict[str, Callable[[Any, str, Field], Any]] = {
    "int": _of_type(int, "int"),
    "float": _check_float,
    "string": _check_string,
    "date": _check_date,
    "boolean": _of_type(bool, "boolean"),
    "enum": _check_enum,
    "ip": _check_ip,
    "tags": _array_of(str, "string"),
    "object": _of_type(dict, "object"),
    "arr_object": _array_of(dict, "object"),
    "email": check_email,
    "phones": _check_phones,
    "timezone": _check_timezone,
}

CUSTOM_TYPES = (
    "int",
    "float",
    "string",
    "date",
    "boolean",
    "enum",
    "ip",
    "tags",
    "object",
    "arr_object",
)
"""Types that a setup file may declare."""

LIST_TYPES = frozenset({"tags", "arr_object", "phones"})
"""Types whose values are lists."""

SEARCHABLE_TYPES = frozenset(CUSTOM_TYPES) - {"object", "arr_object"}
"""Types that a profile is found by."""

_SYSTEM_TYPES = {
    "string": [
        "_fname",
        "_lname",
        "_city",
        "_region",
        "_country",
        "_regcity",
        "_regcountry",
        "_regurl",
        "_postal_code",
        "_vendor",
        "_browser",
        "_os",
    ],
    "date": ["_bdate", "_regdate"],
    "ip": ["_ip", "_regip"],
    "int": ["_status"],
    "timezone": ["_tz"],
    "email": ["email"],
    "phones": ["phones"],
}

SYSTEM_FIELDS: dict[str, Field] = {
    name: Field(name, type_, title=name.strip("_"), category="system")
    for type_, names in _SYSTEM_TYPES.items()
    for name in names
} | {"_sex": Field("_sex", "enum", title="sex", category="system", dictionary=("male", "female"))}
"""Fields that every database has, by name; `subscriptions` is written by its own module."""
