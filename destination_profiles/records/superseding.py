"""When a later record of a profile may stand for an earlier one."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..service.formats import Format
from ..service.manifest import SUBSCRIPTIONS
from .batch import Row

APART = ("channel", "resource_id")  # of subscriptions: one that differs here is another one


class Superseding:
    """Asked of two records of one stream. The later one may stand for the earlier where the keys
    are equal to the letter, and nothing of the earlier would be missed: it holds no function (an
    `incr` counts once more), no field that the later one does not send, no subscription that the
    later one lacks, and no key within one.
    """

    def __init__(self, keys: Sequence[str], wire: Format) -> None:
        """`keys` are the fields that profiles are found by."""
        self._keys, self._decode = keys, wire.decode

    def __call__(self, later: Row, earlier: Row) -> bool:
        """Whether it may."""
        first, second = self._decode(earlier.profile), self._decode(later.profile)
        return (
            not any(isinstance(value, dict) and "action" in value for value in first.values())
            and first.keys() <= second.keys()
            and all(first.get(field) == second.get(field) for field in self._keys)
            and _covers(second.get(SUBSCRIPTIONS), first.get(SUBSCRIPTIONS))
        )


def _covers(later: Any, earlier: Any) -> bool:
    """Whether each subscription of an earlier record stands in a later one, with all its keys."""
    wanted, there = _listed(earlier), _listed(later)
    return all(any(_is_same(each, other) for other in there) for each in wanted)


def _listed(subscriptions: Any) -> list[Any]:
    if subscriptions is None:
        return []
    return subscriptions if isinstance(subscriptions, list) else [subscriptions]


def _is_same(earlier: Any, later: Any) -> bool:
    """Whether both are one subscription, and the later has each key of the earlier."""
    if not isinstance(earlier, dict) or not isinstance(later, dict):
        return bool(earlier == later)
    return (
        all(earlier.get(name) == later.get(name) for name in APART)
        and _address(earlier) == _address(later)
        and _has_keys(later, earlier)
    )


def _address(subscription: Mapping[str, Any]) -> list[Any]:
    """What it is sent to: the parts that are neither of every subscription nor the user's."""
    email = subscription.get("email_data") or {}
    names = ("phone", "provider", "subscription_id", "cc_data")
    return [
        subscription.get("email") or (email.get("email") if isinstance(email, dict) else email),
        *(subscription.get(name) for name in names),
    ]


def _has_keys(later: Mapping[str, Any], earlier: Mapping[str, Any]) -> bool:
    mine, theirs = later.get("custom_fields"), earlier.get("custom_fields")
    if isinstance(theirs, dict):
        if any(isinstance(value, dict) and "action" in value for value in theirs.values()):
            return False
        if not isinstance(mine, dict) or not theirs.keys() <= mine.keys():
            return False
    return earlier.keys() <= later.keys()
