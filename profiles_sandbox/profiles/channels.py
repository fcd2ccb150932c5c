"""Channels: how a subscription of each is addressed, and when two addresses are the same."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from profiles_sandbox.profiles.fields import check_email, check_phone
from profiles_sandbox.profiles.keys import fold_email, fold_phone
from profiles_sandbox.refusals import BadValue, UnknownField, wrong_type

Subscription = Mapping[str, Any]


@dataclass(frozen=True)
class Channel:
    """A channel: the keys of its address, the address in stored form, and what addresses are
    compared by.
    """

    keys: frozenset[str]
    address: Callable[[Subscription, str], dict[str, Any]]
    compared_by: Callable[[Subscription], object]


def _inner(given: Subscription, outer: str, inner: str, path: str) -> Any:
    """Read `outer: {inner: value}`, where `outer` holds nothing else."""
    value = given.get(outer)
    if type(value) is not dict:
        raise wrong_type(f"{path}.{outer}", "object", value)
    if unknown := value.keys() - {inner}:
        raise UnknownField(f"{path}.{outer}.{min(unknown)}", f"not a key of {outer}")
    return value.get(inner)


def _email_address(given: Subscription, path: str) -> dict[str, Any]:
    """Read `email`, or `email_data: {email}`; both only when they agree."""
    if "email_data" not in given:
        return {"email_data": {"email": check_email(given.get("email"), f"{path}.email")}}
    email = check_email(_inner(given, "email_data", "email", path), f"{path}.email_data.email")
    if given.get("email", email) != email:
        raise BadValue(f"{path}.email", "differs from email_data.email")
    return {"email_data": {"email": email}}


def _push_address(given: Subscription, path: str) -> dict[str, Any]:
    for name in ("provider", "subscription_id"):
        if type(given.get(name)) is not str:
            raise wrong_type(f"{path}.{name}", "string", given.get(name))
    return {"provider": given["provider"], "subscription_id": given["subscription_id"]}


def _chat_address(given: Subscription, path: str) -> dict[str, Any]:
    chat = _inner(given, "cc_data", "id", path)
    if type(chat) not in (int, str):
        raise wrong_type(f"{path}.cc_data.id", "int or string", chat)
    return {"cc_data": {"id": chat}}


def _messenger_address(given: Subscription, path: str) -> dict[str, Any]:
    return {
        "cc_data": {
            "phone": check_phone(_inner(given, "cc_data", "phone", path), f"{path}.cc_data.phone")
        }
    }


_MESSENGER = Channel(
    frozenset({"cc_data"}), _messenger_address, lambda sub: fold_phone(sub["cc_data"]["phone"])
)

CHANNELS: dict[str, Channel] = {
    "email": Channel(
        frozenset({"email", "email_data"}),
        _email_address,
        lambda sub: fold_email(sub["email_data"]["email"]),
    ),
    "sms": Channel(
        frozenset({"phone"}),
        lambda given, path: {"phone": check_phone(given.get("phone"), f"{path}.phone")},
        lambda sub: fold_phone(sub["phone"]),
    ),
    "push": Channel(
        frozenset({"provider", "subscription_id"}),
        _push_address,
        lambda sub: (sub["provider"], sub["subscription_id"]),
    ),
    "telegram_bot": Channel(
        frozenset({"cc_data"}), _chat_address, lambda sub: str(sub["cc_data"]["id"])
    ),
    "whatsapp": _MESSENGER,
    "viber": _MESSENGER,
}


def same_subscription(one: Subscription, other: Subscription) -> bool:
    """Whether two stored forms have the same channel, resource and address."""
    channel = CHANNELS[one["channel"]]
    return (
        one["channel"] == other["channel"]
        and one["resource_id"] == other["resource_id"]
        and channel.compared_by(one) == channel.compared_by(other)
    )
