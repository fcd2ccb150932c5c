"""Subscriptions: checks the given ones and merges them into the stored ones.

A subscription is the same as a stored one when channel, resource and address are; otherwise it is
added. It is stored in one form: `status` and `priority` as numbers, an email under `email_data`.
"""

from collections.abc import Mapping
from typing import Any

from profiles_sandbox.profiles.channels import CHANNELS, same_subscription
from profiles_sandbox.profiles.field_writer import FieldWriter
from profiles_sandbox.profiles.setup import Resource
from profiles_sandbox.refusals import BadValue, ItemRefused, UnknownField, wrong_type
from profiles_sandbox.switches import Switches

Given = Mapping[str, Any]

STATUSES = (
    "subscribed",
    "unsubscribed",
    "complained",
    "hardbounced",
    "unconfirmed",
    "suspended",
    "invalid",
)
"""Words of `status`, in order of their numbers from 0."""

KEEP = -1
"""A `status` or `priority` that leaves the stored one as it is, like its absence; 0 is a value."""

_COMMON = frozenset({"channel", "resource_id", "status", "priority", "custom_fields", "cats"})
_NEW = {"status": 0, "priority": 0, "custom_fields": {}, "cats": []}


class SubscriptionWriter:
    """Merges the `subscriptions` of an item into those of a profile."""

    def __init__(
        self, resources: Mapping[int, Resource], switches: Switches, *, skip_invalid: bool
    ) -> None:
        """Take the known resources; `skip_invalid` drops what would fail the profile."""
        self._resources = resources
        self._switches = switches
        self._skip_invalid = skip_invalid

    def merge(
        self, stored: list[dict[str, Any]], given: Any, path: str = "subscriptions"
    ) -> list[dict[str, Any]]:
        """The new list, `stored` being left as it is; raises ItemRefused."""
        if given is None and self._switches.null != "error":
            return stored
        if type(given) is not list:
            raise wrong_type(path, "array", given)
        merged = list(stored)
        for index, subscription in enumerate(given):
            try:
                self._merge_one(merged, subscription, f"{path}[{index}]")
            except ItemRefused:
                if not self._skip_invalid:
                    raise
        return merged

    def _merge_one(self, merged: list[dict[str, Any]], given: Any, path: str) -> None:
        if type(given) is not dict:
            raise wrong_type(path, "object", given)
        given = self._without_nulls(given, path)
        channel = _channel(given, path)
        resource = self._resource(given, channel, path)
        self._refuse_unknown_keys(given, channel, path)
        identity = {"channel": channel, "resource_id": resource.id}
        if places := self._places_without_address(merged, identity, given):
            for place in places:
                merged[place] = self._updated(merged[place], merged[place], given, path)
            return
        identity |= CHANNELS[channel].address(given, path)
        position = next(
            (i for i, old in enumerate(merged) if same_subscription(old, identity)), len(merged)
        )
        old = merged[position] if position < len(merged) else _NEW
        merged[position:] = [self._updated(old, identity, given, path), *merged[position + 1 :]]

    def _places_without_address(
        self, merged: list[dict[str, Any]], identity: Given, given: Given
    ) -> list[int]:
        """Where the stored ones of the same channel and resource are, if one may be given without
        an address, and is.
        """
        named = CHANNELS[identity["channel"]].keys & given.keys()
        if named or self._switches.subscription_without_address == "error":
            return []
        return [place for place, old in enumerate(merged) if identity.items() <= old.items()]

    def _without_nulls(self, given: dict[str, Any], path: str) -> dict[str, Any]:
        """Take a null key for one left out, unless nulls are errors."""
        nulls = [name for name, value in given.items() if value is None]
        if nulls and self._switches.null == "error":
            raise BadValue(f"{path}.{nulls[0]}", "null given")
        return {name: value for name, value in given.items() if value is not None}

    def _resource(self, given: Given, channel: str, path: str) -> Resource:
        resource_id = given.get("resource_id")
        if type(resource_id) is not int:
            raise wrong_type(f"{path}.resource_id", "int", resource_id)
        resource = self._resources.get(resource_id)
        if resource is None:
            raise BadValue(f"{path}.resource_id", "unknown resource")
        if channel not in resource.channels:
            raise BadValue(f"{path}.channel", f"resource {resource.id} has no channel {channel}")
        return resource

    def _refuse_unknown_keys(self, given: Given, channel: str, path: str) -> None:
        unknown = given.keys() - _COMMON - CHANNELS[channel].keys
        if unknown and self._switches.unknown_field == "error":
            raise UnknownField(
                f"{path}.{min(unknown)}", f"not a key of a subscription to {channel}"
            )

    def _updated(self, old: Given, identity: Given, given: Given, path: str) -> dict[str, Any]:
        custom_fields = dict(old["custom_fields"])
        if "custom_fields" in given:
            self._write_custom_fields(
                custom_fields, given["custom_fields"], identity["resource_id"], path
            )
        return {
            **identity,
            "status": _number(given, "status", old["status"], path),
            "priority": _number(given, "priority", old["priority"], path),
            "custom_fields": custom_fields,
            "cats": _cats(given["cats"], f"{path}.cats") if "cats" in given else old["cats"],
        }

    def _write_custom_fields(
        self, target: dict[str, Any], given: Any, resource_id: int, path: str
    ) -> None:
        if type(given) is not dict:
            raise wrong_type(f"{path}.custom_fields", "object", given)
        writer = FieldWriter(
            self._resources[resource_id].fields, f"resource {resource_id}", self._switches
        )
        writer.write(target, given, f"{path}.custom_fields.")


def _channel(given: Given, path: str) -> str:
    channel = given.get("channel")
    if type(channel) is not str or channel not in CHANNELS:
        raise BadValue(f"{path}.channel", "one of " + ", ".join(CHANNELS) + " expected")
    return channel


def _number(given: Given, name: str, stored: int, path: str) -> int:
    """The number to store: words of `status` become numbers, KEEP the stored one."""
    value = given.get(name, KEEP)
    if name == "status" and value in STATUSES:
        return STATUSES.index(value)
    if type(value) is not int:
        raise wrong_type(
            f"{path}.{name}", "int or status word" if name == "status" else "int", value
        )
    if value < KEEP or (name == "status" and value >= len(STATUSES)):
        raise BadValue(f"{path}.{name}", "out of range")
    return stored if value == KEEP else value


def _cats(value: Any, path: str) -> list[str]:
    if type(value) is not list:
        raise wrong_type(path, "array", value)
    for index, cat in enumerate(value):
        if type(cat) is not str:
            raise wrong_type(f"{path}[{index}]", "string", cat)
    return value
