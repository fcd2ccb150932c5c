"""What is configured for single streams, as frozen values."""

from dataclasses import dataclass
from typing import Any, Literal

from .cells import Cell
from .service.manifest import SUBSCRIPTIONS
from .service.matching import Target
from .statuses import StatusRule

OnDelete = Literal["skip", "reject", "send", "unsubscribe"]
PLAIN = Cell()
WORDS_ALONE = StatusRule()


@dataclass(frozen=True)
class FieldConfig:
    """One field of a profile or subscription, `to` a dotted path in the latter: from a column, or a
    constant.

    With `columns` it is the array of their values instead. With `action` the value goes into that
    function of the service. `cell` says how each value is read.
    """

    to: str
    source: str | None = None
    value: Any = None
    type: str | None = None
    columns: tuple[str, ...] = ()
    action: str | None = None
    cell: Cell = PLAIN


@dataclass(frozen=True)
class SubscriptionConfig:
    """One subscription built from columns: without its `address` it is left out, without one of its
    `parts` only that is.
    """

    channel: str
    resource_id: int
    address: tuple[FieldConfig, ...]
    parts: tuple[FieldConfig, ...] = ()
    custom_fields: tuple[FieldConfig, ...] = ()
    status: StatusRule = WORDS_ALONE


@dataclass(frozen=True)
class StreamConfig:
    """What is configured for one stream; `fields` None sends a record as it comes. `matched`: it
    has a matching of its own. `bare`: channels and resources whose subscriptions end without an
    address, where a deleted row has none.
    """

    name: str
    namespace: str | None = None
    target: Target | None = None
    fields: tuple[FieldConfig, ...] | None = None
    subscriptions: tuple[SubscriptionConfig, ...] = ()
    matched: bool = False
    on_delete: OnDelete | None = None
    bare: tuple[tuple[str, int], ...] = ()

    def parts(self) -> frozenset[str]:
        """Columns that a field is made of together with others."""
        fields = list(self.fields or ())
        for each in self.subscriptions:
            fields += (*each.address, *each.parts, *each.custom_fields)
        several = (each for each in fields if len(each.columns) > 1)
        return frozenset(column for each in several for column in each.columns)

    def sent(self) -> frozenset[str] | None:
        """The names of the fields that are sent; None where they are those that records have."""
        if self.fields is None:
            return None
        own = {SUBSCRIPTIONS} if self.subscriptions else set()
        return frozenset(own | {each.to for each in self.fields})
