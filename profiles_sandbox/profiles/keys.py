"""Keys: the places and values by which a profile is found.

| place | values |
|---|---|
| `email`, `phone` | the profile's own |
| `custom:NAME` | a custom field; each tag of a tags field |
| `email_sub`, `phone_sub`, `push_sub` | subscriptions |
| `custom_sub:NAME` | a custom field of a subscription |
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from profiles_sandbox.profiles.fields import SEARCHABLE_TYPES, Field

Key = tuple[str, str, int]
"""Place, value, and the resource of a subscription (0 for the profile's own)."""

_NOT_A_DIGIT = re.compile(r"\D")


def fold_email(email: str) -> str:
    """Emails are compared without regard to case."""
    return email.lower()


def fold_phone(phone: str) -> str:
    """Phones are compared by their digits."""
    return _NOT_A_DIGIT.sub("", phone)


def push_text(provider: str, subscription_id: str) -> str:
    """The one text that stands for a push subscription."""
    return f"{provider}\n{subscription_id}"


def key_text(value: Any) -> str:
    """The text that a custom field is compared by: an int digit for digit."""
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is float and value.is_integer():
        return str(int(value))
    return str(value)


def changed_keys(
    old: Mapping[str, Any], new: Mapping[str, Any], fields: Mapping[str, Field]
) -> tuple[set[Key], set[Key]]:
    """The keys that a profile loses and those that it gains."""
    before: set[Key] = set()
    after: set[Key] = set()
    for name in old.keys() | new.keys():
        was, now = old.get(name), new.get(name)
        if was != now:
            before.update(_keys_of(name, was, fields))
            after.update(_keys_of(name, now, fields))
    return before - after, after - before


def _keys_of(name: str, value: Any, fields: Mapping[str, Field]) -> Iterator[Key]:
    if value is None:
        return
    if name == "subscriptions":
        for subscription in value:
            yield from _subscription_keys(subscription)
    elif name == "email":
        yield "email", fold_email(value), 0
    elif name == "phones":
        yield from (("phone", fold_phone(phone), 0) for phone in value)
    elif (
        (field := fields.get(name))
        and field.category == "custom"
        and field.type in SEARCHABLE_TYPES
    ):
        yield from (("custom:" + name, text, 0) for text in _texts(value))


def _texts(value: Any) -> list[str]:
    return value if type(value) is list else [key_text(value)]


def _subscription_keys(subscription: Mapping[str, Any]) -> Iterator[Key]:
    resource_id = subscription["resource_id"]
    if subscription["channel"] == "email":
        yield "email_sub", fold_email(subscription["email_data"]["email"]), resource_id
    elif subscription["channel"] == "sms":
        yield "phone_sub", fold_phone(subscription["phone"]), resource_id
    elif subscription["channel"] == "push":
        yield (
            "push_sub",
            push_text(subscription["provider"], subscription["subscription_id"]),
            resource_id,
        )
    for name, value in subscription["custom_fields"].items():
        if type(value) is list and not all(type(member) is str for member in value):
            continue
        if type(value) is not dict:
            yield from ((f"custom_sub:{name}", text, resource_id) for text in _texts(value))
