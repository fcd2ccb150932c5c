"""Subscriptions of one row that contradict each other: who said no once is not subscribed."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from ..config import SubscriptionConfig
from ..rejection import Rejection
from ..service.manifest import SUBSCRIPTIONS, AddressForm, Service
from ..statuses import STATUS
from .opt_outs import is_opt_out
from .status_column import StatusCounts
from .table import ABSENT
from .unread import Notes

Place = tuple[str, str, str]  # a channel, a resource and an address
SAYS = "says otherwise than an opt-out of the same address in its row"


class OptOutsWin:
    """Leaves out what contradicts an opt-out of the same channel, resource and address."""

    def __init__(
        self,
        known: Service,
        notes: Notes,
        entries: Sequence[SubscriptionConfig] = (),
        counts: StatusCounts | None = None,
    ) -> None:
        """Of a service with some statuses and channels; `notes` hear of what is left out, and so do
        `counts` of what one of the `entries` of a mapping has made.
        """
        self._opt_outs, self._channels, self._notes = known.opt_out_values(), known.channels, notes
        self._entries, self._counts = entries, counts or StatusCounts()

    def __call__(self, subscriptions: Sequence[Any], made: Sequence[Any] = ()) -> Sequence[Any]:
        """Those of one row that are sent; what is no subscription stays. `made` are those of each
        entry, ABSENT where it has none.
        """
        read = list(map(_read, subscriptions))
        are_opt_outs = [is_opt_out(each, self._opt_outs) for each in read]
        if not any(are_opt_outs) or all(are_opt_outs):
            return subscriptions
        places = list(map(self._places, read))
        ended = set[Place]().union(
            *(each for each, ends in zip(places, are_opt_outs, strict=True) if ends)
        )
        kept = []
        for one, said, at, ends in zip(subscriptions, read, places, are_opt_outs, strict=True):
            if ends or ended.isdisjoint(at):
                kept.append(one)
            else:
                self._leave_out(one, said, made)
        return kept

    def _leave_out(self, one: Any, said: Mapping[str, Any], made: Sequence[Any]) -> None:
        entries = zip(self._entries, made, strict=bool(made))
        entry = next((entry for entry, each in entries if each is one), None)
        path = f"$.{SUBSCRIPTIONS}"  # of the row's own
        if entry is not None:
            path = f"$.{_column(entry)}"
            self._counts.take_back((entry.channel, entry.resource_id), said.get(STATUS, ABSENT))
        self._notes.leave_out(Rejection("profile", "opt_out", SAYS, path, " ".join((path, SAYS))))

    def _places(self, subscription: Mapping[str, Any]) -> set[Place]:
        channel, resource = str(subscription.get("channel")), str(subscription.get("resource_id"))
        found = (_address(subscription, form) for form in self._channels.get(channel, ()))
        return {(channel, resource, each) for each in found if each is not None}


def _column(entry: SubscriptionConfig) -> str | None:
    """The one that tells the status, or the address where it is a constant."""
    status = next((each.source for each in entry.parts if each.to == STATUS), None)
    return status or entry.address[0].source


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
