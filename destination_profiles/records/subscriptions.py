"""All subscriptions of each record: those of the entries of a mapping, and a row's own."""

from collections.abc import Sequence
from typing import Any

from ..config import StreamConfig
from ..service.manifest import Service
from ..statuses import STATUS, UNSUBSCRIBED
from .checks import FieldChecks
from .columns import Columns
from .contradictions import OptOutsWin
from .field import Null
from .status_column import StatusCounts
from .subscription import Objects, Subscription
from .table import ABSENT, Table, Values


class Subscriptions:
    """Those that a stream's entries make. Falsy without an entry."""

    def __init__(
        self,
        stream: StreamConfig,
        columns: Columns,
        null: Null,
        *,
        objects: Objects,
        checks: FieldChecks | None,
        known: Service,
        counts: StatusCounts,
    ) -> None:
        """Takes what a Subscription does."""
        self._entries = [
            Subscription(
                each, columns, null, objects=objects, checks=checks, known=known, counts=counts
            )
            for each in stream.subscriptions
        ]
        places = [(each.channel, each.resource_id) for each in stream.subscriptions]
        self._may_contradict = len(set(places)) < len(places)
        self._settled = OptOutsWin(known, columns.notes, stream.subscriptions, counts)
        self._counts = counts
        self._places = stream.bare
        self._bare = [
            {"channel": channel, "resource_id": resource_id, STATUS: UNSUBSCRIBED}
            for channel, resource_id in stream.bare
        ]

    def __len__(self) -> int:
        """The number of entries."""
        return len(self._entries)

    def built(self, table: Table) -> list[Values]:
        """Those of each entry of the configuration, ABSENT for records that have none."""
        return [each.build(table) for each in self._entries]

    def all(self, table: Table, own: Values | None) -> list[Any]:
        """Those of each record: its `own`, if these are a list, and what was built; ABSENT where
        there are none.
        """
        columns = self.built(table)
        built = self._with_bare(self._joined(columns))
        if own is None:
            return built
        return list(map(self._beside, own, built, zip(*columns, strict=True)))

    def _joined(self, columns: list[Values]) -> list[Any]:
        if len(columns) == 1:
            return [each if each is ABSENT else [each] for each in columns[0]]
        rows: list[Any] = [
            [each for each in row if each is not ABSENT] or ABSENT
            for row in zip(*columns, strict=True)
        ]
        if not self._may_contradict:
            return rows
        made = zip(*columns, strict=True)
        return [
            each if each is ABSENT else self._settled(each, row)
            for each, row in zip(rows, made, strict=True)
        ]

    def _with_bare(self, built: list[Any]) -> list[Any]:
        if not self._bare or ABSENT not in built:
            return built
        ended = [UNSUBSCRIBED] * sum(each is ABSENT for each in built)
        for channel, resource_id in self._places:
            self._counts.tries((channel, resource_id), ended)
        return [self._bare if each is ABSENT else each for each in built]

    def _beside(self, own: Any, built: Any, made: Sequence[Any]) -> Any:
        if built is ABSENT or not (own is None or own is ABSENT or isinstance(own, list)):
            return own
        return self._settled([*own, *built], made) if own else built
