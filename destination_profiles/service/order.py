"""Which profile a result is of. That results stand in the order of the profiles is only assumed, so
where profiles are found by the service's own id, which results tell, it is looked at.
"""

from collections.abc import Sequence

from .identities import IDENTITIES
from .reply import Item


def of_each(items: list[Item], ids: Sequence[str]) -> list[Item] | None:
    """The results in the order of the profiles that have these ids, as they are compared; None
    where they are of other profiles, or it cannot be told of which.

    A result may tell no id, as one of a profile that was not found.
    """
    told = [_compared(each.id()) for each in items]
    if all(one is None or one == other for one, other in zip(told, ids, strict=True)):
        return items
    by_id = {one: item for one, item in zip(told, items, strict=True) if one is not None}
    others = [item for one, item in zip(told, items, strict=True) if one is None]
    if not by_id.keys() <= set(ids) or len(by_id) + len(others) < len(items):
        return None
    if len({(each.error, each.error_text) for each in others}) > 1:
        return None  # which of them is which?
    rest = iter(others)
    return [by_id[each] if each in by_id else next(rest) for each in ids]


def _compared(told: str | None) -> str | None:
    return None if told is None else "".join(IDENTITIES["text"]([told])[0])
