"""Subscriptions of one row that contradict each other: who said no once is not subscribed."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..service.manifest import AddressForm, Service
from ..statuses import STATUS

Place = tuple[str, Any, str]  # a channel, a resource and an address


class OptOutsWin:
    """Leaves out what contradicts an opt-out of the same channel, resource and address."""

    def __init__(self, known: Service) -> None:
        """Of a service with some statuses and channels."""
        numbers = {known.statuses[word] for word in known.opt_outs}
        self._opt_outs = {*known.opt_outs, *map(str, numbers)}
        self._channels = known.channels

    def __call__(self, subscriptions: Sequence[Any]) -> Sequence[Any]:
        """Those of one row that are sent; what is no subscription stays."""
        read = list(map(_read, subscriptions))
        ended = {place for each in read if self._is_opt_out(each) for place in self._places(each)}
        if not ended:
            return subscriptions
        return [
            one
            for one, each in zip(subscriptions, read, strict=True)
            if self._is_opt_out(each) or ended.isdisjoint(self._places(each))
        ]

    def _is_opt_out(self, subscription: Mapping[str, Any]) -> bool:
        return str(subscription.get(STATUS)).strip().casefold() in self._opt_outs

    def _places(self, subscription: Mapping[str, Any]) -> set[Place]:
        channel, resource = str(subscription.get("channel")), str(subscription.get("resource_id"))
        found = (_address(subscription, form) for form in self._channels.get(channel, ()))
        return {(channel, resource, each) for each in found if each is not None}


def _read(subscription: Any) -> Mapping[str, Any]:
    found = msgspec.json.decode(msgspec.json.encode(subscription))  # it may be a struct
    return found if isinstance(found, dict) else {}


def _address(value: Any, form: AddressForm) -> str | None:
    """The address in a subscription; case, blanks and signs in a phone make no difference."""
    for name in form.address:
        value = value.get(name) if isinstance(value, Mapping) else None
    text = str(value).strip().casefold()
    digits = "".join(filter(str.isdigit, text)) if form.is_phone else ""
    return None if value is None else digits or text
