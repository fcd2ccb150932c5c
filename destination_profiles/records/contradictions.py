"""Subscriptions of one row that contradict each other: who said no once is not subscribed."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..rejection import Rejection
from ..service.manifest import SUBSCRIPTIONS, AddressForm, Service
from .opt_outs import is_opt_out
from .unread import Notes

Place = tuple[str, str, str]  # a channel, a resource and an address
SAYS = "says otherwise than an opt-out of the same address in its row"
LEFT_OUT = Rejection("profile", "opt_out", SAYS, f"$.{SUBSCRIPTIONS}", f"$.{SUBSCRIPTIONS} {SAYS}")


class OptOutsWin:
    """Leaves out what contradicts an opt-out of the same channel, resource and address."""

    def __init__(self, known: Service, notes: Notes) -> None:
        """Of a service with some statuses and channels; `notes` hear of what is left out."""
        self._opt_outs, self._channels, self._notes = known.opt_out_values(), known.channels, notes

    def __call__(self, subscriptions: Sequence[Any]) -> Sequence[Any]:
        """Those of one row that are sent; what is no subscription stays."""
        read = list(map(_read, subscriptions))
        are_opt_outs = [is_opt_out(each, self._opt_outs) for each in read]
        if not any(are_opt_outs) or all(are_opt_outs):
            return subscriptions
        places = list(map(self._places, read))
        ended = set[Place]().union(
            *(each for each, ends in zip(places, are_opt_outs, strict=True) if ends)
        )
        kept = [
            one
            for one, at, ends in zip(subscriptions, places, are_opt_outs, strict=True)
            if ends or ended.isdisjoint(at)
        ]
        self._notes.leave_out(LEFT_OUT, len(subscriptions) - len(kept))
        return kept

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
