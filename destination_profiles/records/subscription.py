"""One subscription of each record, made from columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress
from typing import Any

from ..config import SubscriptionConfig
from ..service.manifest import Service
from ..statuses import STATUS
from .checks import FieldChecks
from .columns import Columns
from .field import Field, Null
from .status_column import StatusColumn, StatusCounts
from .table import ABSENT, Make, Table, Values

PHONE = "phone"  # a type whose values are read once it is clear that they are sent
Objects = Callable[[Sequence[str], Mapping[str, Any]], Make]


class Subscription:
    """One subscription of each record, with an address."""

    def __init__(
        self,
        config: SubscriptionConfig,
        columns: Columns,
        null: Null,
        *,
        objects: Objects,
        checks: FieldChecks | None,
        known: Service,
        counts: StatusCounts,
    ) -> None:
        """Compile it; `null` is the rule of its custom fields."""
        paths = [each.to.split(".") for each in config.address]
        self._addresses = [
            Field(
                columns.reader(each), None, checks.address(config.channel, each) if checks else None
            )
            for each in config.address
        ]
        self._is_read_late = any(each.type == PHONE for each in config.address)
        self._present = [
            Field(columns.as_it_came(each), None, None) if each.type == PHONE else field
            for each, field in zip(config.address, self._addresses, strict=True)
        ]
        self._nested = [objects(path[1:], {}) if path[1:] else None for path in paths]
        status = next((each for each in config.parts if each.to == STATUS), None)
        self._place = config.channel, config.resource_id
        self._status, self._counts = StatusColumn(status, config.status, columns, known), counts
        varying = [
            each for each in config.parts if each is not status and (each.source or each.columns)
        ]
        given = [each for each in config.parts if not each.source and each.value is not None]
        self._parts = [
            Field(columns.reader(each), ABSENT, checks.part(each) if checks else None)
            for each in varying
        ]
        self._custom = [
            Field(columns.reader(each), null(each.to), checks.custom(each) if checks else None)
            for each in config.custom_fields
        ]
        self._custom_objects = objects([each.to for each in config.custom_fields], {})
        fixed: dict[str, Any] = dict(zip(("channel", "resource_id"), self._place, strict=True))
        fixed.update((each.to, each.value) for each in given)
        taken = [each.to for each in config.parts if each in varying or each.to in fixed]
        if self._status.varies or STATUS in fixed:
            taken.insert(0, STATUS)  # the first, as its values are
        custom = ["custom_fields"] if self._custom else []
        names = ["channel", "resource_id", *(path[0] for path in paths), *taken, *custom]
        self._own = objects(list(dict.fromkeys(names)), fixed)

    def build(self, table: Table) -> Values:
        """One for each record, ABSENT for those without an address, which are asked no more, and
        for those whose status leaves it out.
        """
        count = len(table)
        places, columns = _addressed(self._present, table, range(count), [])
        statuses = self._status.statuses(_picked(table, places))
        if (sent := self._status.are_sent(statuses)) is not None:
            places, columns, statuses = _kept(sent, places, columns, statuses)
        statuses = self._status.read(statuses)
        if self._is_read_late:
            places, (statuses, *columns) = _addressed(self._addresses, table, places, [statuses])
        for field, values in zip(self._addresses, columns, strict=True):
            field.check(values)  # of those that are sent alone: the others may hold anything
        self._counts.tries(self._place, statuses, self._status.words)
        made = self._made(_picked(table, places), columns, statuses)
        if len(places) == count:
            return made
        built: list[Any] = [ABSENT] * count
        for place, each in zip(places, made, strict=True):
            built[place] = each
        return built

    def _made(self, table: Table, addresses: Sequence[Values], statuses: Values) -> list[Any]:
        count = len(table)
        columns = [
            values if nested is None else nested([values], count)
            for values, nested in zip(addresses, self._nested, strict=True)
        ]
        columns += [statuses] if self._status.varies else []
        columns += [field(table) for field in self._parts]
        if self._custom:
            custom = [field(table) for field in self._custom]
            made = self._custom_objects(custom, count)
            columns.append(
                [
                    ABSENT if all(value is ABSENT for value in row) else each
                    for each, row in zip(made, zip(*custom, strict=True), strict=True)
                ]
            )
        return self._own(columns, count)


def _is_address(value: Any) -> bool:
    return (
        value is not None
        and value is not ABSENT
        and not (isinstance(value, str) and not value.strip())
    )


def _addressed(
    fields: Iterable[Field], table: Table, places: Sequence[int], beside: list[Values]
) -> tuple[Sequence[int], list[Values]]:
    """The places that have all addresses, and columns at them: those that stood `beside`, then the
    addresses.
    """
    columns = beside
    for field in fields:
        values = field.values(_picked(table, places))
        if set(map(type, values)) != {str} or "" in values or any(map(str.isspace, values)):
            places, columns, values = _kept(map(_is_address, values), places, columns, values)
        columns.append(values)
    return places, columns


def _picked(table: Table, places: Sequence[int]) -> Table:
    return table.pick(places) if len(places) < len(table) else table


def _kept(
    are: Iterable[bool], places: Sequence[int], columns: list[Values], values: Values
) -> tuple[Sequence[int], list[Values], Values]:
    """Those of some places, of columns and of the values of one more, that are kept."""
    kept = list(are)
    return (
        list(compress(places, kept)),
        [list(compress(each, kept)) for each in columns],
        list(compress(values, kept)),
    )
