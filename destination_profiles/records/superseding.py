"""When a later record of a profile may stand for an earlier one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..config import FieldConfig
from ..service.formats import Format
from ..service.manifest import SUBSCRIPTIONS, Service
from ..service.matching import Matching
from ..service.repeats import holds
from ..statuses import KEEPS, STATUS
from .batch import Row
from .checks import is_plain

PRIORITY, CUSTOM_FIELDS = "priority", "custom_fields"
APART = ("channel", "resource_id")  # and addresses: a subscription that differs here is another


def is_of_rows(
    primary_key: Sequence[str], fields: Sequence[FieldConfig] | None, matching: Matching
) -> bool:
    """Whether records of one profile are versions of one row, and so the last of them is enough:
    the columns of the primary key are what profiles are found by. Rows of a table of orders are not
    versions of one another where profiles are found by the customer.
    """
    sources = {each.to: each.source for each in fields or () if _keeps_apart(each)}
    return bool(primary_key) and all(
        {*primary_key} <= {name if fields is None else sources.get(name) for name in names}
        for names in matching.alternatives()
    )


def _keeps_apart(field: FieldConfig) -> bool:
    """Whether different values of its column stay different: some conversions make one of them."""
    return is_plain(replace(field, type=None) if field.type == "string" else field)


def replaceable(service: Service, wire: Format) -> Callable[[bytes], bool]:
    """Tells of a profile as it stands in a body whether nothing of it is missed once a later
    version of its row was accepted, of which no more is known: it holds no function, and no
    subscriptions, which may be opt-outs.
    """

    def is_replaceable(profile: bytes) -> bool:
        decoded = wire.decode(bytes(profile))
        return decoded.get(SUBSCRIPTIONS) is None and not holds(decoded, service.functions)

    return is_replaceable


class Superseding:
    """Asked of two records of one stream. The later one may stand for the earlier where the keys
    are equal to the letter, and nothing of the earlier would be missed: it holds no function (an
    `incr` counts once more), no field that the later one does not set anew (an `incr` counts on
    what is there, and nobody knows what a null does), no subscription that the later one lacks, and
    no key within one.
    """

    def __init__(
        self, keys: Sequence[str], service: Service, wire: Format, *, skips_invalid: bool = False
    ) -> None:
        """`keys` are the fields that profiles are found by. `skips_invalid`: the service may take a
        profile without its subscriptions, so those of an earlier one may be missed.
        """
        self._keys, self._decode, self._skips_invalid = keys, wire.decode, skips_invalid
        forms = (form for forms in service.channels.values() for form in forms)
        self._apart = (*APART, *dict.fromkeys(key for form in forms for key in form.keys))
        functions = service.functions.items()
        self._replacing = {name for name, function in functions if function.get("replaces")}

    def __call__(self, later: Row, earlier: Row) -> bool:
        """Whether it may."""
        first, second = self._decode(earlier.profile), self._decode(later.profile)
        return (
            first.keys() <= second.keys()
            and all(self._sets(second[name], first[name], name) for name in first)
            and all(repr(first.get(field)) == repr(second.get(field)) for field in self._keys)
            and not (self._skips_invalid and _listed(first.get(SUBSCRIPTIONS)))
            and self._covers(second.get(SUBSCRIPTIONS), first.get(SUBSCRIPTIONS))
        )

    def _sets(self, later: Any, earlier: Any, name: str = "") -> bool:
        """Whether a value leaves nothing to be missed of an earlier one of its field."""
        if _is_function(earlier):
            return False
        if _is_function(later):
            return later["action"] in self._replacing
        return name == SUBSCRIPTIONS or later is not None or earlier is None

    def _covers(self, later: Any, earlier: Any) -> bool:
        """Whether each subscription of an earlier record stands in a later one, with all its
        keys.
        """
        wanted, there = _listed(earlier), _listed(later)
        return all(any(self._is_same(each, other) for other in there) for each in wanted)

    def _is_same(self, earlier: Any, later: Any) -> bool:
        """Whether both are one subscription, and the later has each key of the earlier."""
        if not isinstance(earlier, dict) or not isinstance(later, dict):
            return bool(earlier == later)
        return (
            all(earlier.get(name) == later.get(name) for name in self._apart)
            and _said(earlier) <= _said(later)
            and self._has_custom(later.get(CUSTOM_FIELDS), earlier.get(CUSTOM_FIELDS))
        )

    def _has_custom(self, later: Any, earlier: Any) -> bool:
        if not isinstance(earlier, dict):
            return True
        return (
            isinstance(later, dict)
            and earlier.keys() <= later.keys()
            and all(self._sets(later[name], earlier[name]) for name in earlier)
        )


def _is_function(value: Any) -> bool:
    return isinstance(value, dict) and "action" in value


def _listed(subscriptions: Any) -> list[Any]:
    if subscriptions is None:
        return []
    return subscriptions if isinstance(subscriptions, list) else [subscriptions]


def _said(subscription: Mapping[str, Any]) -> set[str]:
    """The keys that change something: -1 keeps what is stored, as a key that is not there does."""
    keeps = (KEEPS, str(KEEPS))  # the latter in a format without types
    return {
        name
        for name, value in subscription.items()
        if value is not None and (name not in (STATUS, PRIORITY) or value not in keeps)
    }
