"""The statuses of one subscription, as a column tells them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from itertools import repeat
from typing import Any

from ..config import FieldConfig
from ..rejection import Rejection
from ..service.manifest import Service
from ..shapes import shape_of
from ..statuses import KEEPS, STATUS, NoStatus, StatusRule
from .columns import TEXTS, Columns, Converted
from .table import ABSENT, Table, Values
from .unread import Unread

WITHOUT = "without a status"
Place = tuple[str, Any]  # of subscriptions: their channel and resource
Sent = tuple[str, Any, str]  # subscriptions of a channel and resource, by the word of their status


class StatusCounts:
    """Subscriptions that a mapping made, by their channel, resource and the word of their status.
    Records that are tried and not taken do not count.
    """

    def __init__(self) -> None:
        """Start with none."""
        self.taken: Counter[Sent] = Counter()
        self._tried: defaultdict[Place, Counter[Any]] = defaultdict(Counter)
        self._words: Mapping[Any, str] = {}

    def tries(
        self, place: Place, statuses: Iterable[Any], words: Mapping[Any, str] | None = None
    ) -> None:
        """Hear of statuses whose records are tried; `words` are those of numbers, if some are."""
        self._tried[place].update(statuses)
        self._words = words or self._words

    def take_back(self, place: Place, status: Any) -> None:
        """Hear of one that was tried and is not sent."""
        self._tried[place][status] -= 1

    def drop(self) -> None:
        """Forget those that were tried."""
        self._tried.clear()

    def take(self) -> None:
        """Count those that were tried."""
        for place, statuses in self._tried.items():
            for status, count in statuses.items():
                self.taken[*place, word_of(status, self._words)] += count
        self._tried.clear()


def by_word(sent: Mapping[Sent, int]) -> Counter[str]:
    """How many have each status, wherever they are."""
    counts: Counter[str] = Counter()
    for (*_, word), count in sent.items():
        counts[word] += count
    return counts


def word_of(status: Any, words: Mapping[Any, str]) -> str:
    """The word of a status as it is sent: absent, a word or a number."""
    if status is None or status is ABSENT or status == KEEPS:
        return WITHOUT
    return words.get(status, str(status))


class StatusColumn:
    """The status of each record, ABSENT where it has none, and whether its subscription is sent."""

    def __init__(
        self, field: FieldConfig | None, rule: StatusRule, columns: Columns, declared: Service
    ) -> None:
        """Of a constant, a column or neither. Raises ConfigError for a column that the stream
        lacks.
        """
        self.words = {number: word for word, number in declared.statuses.items()}
        self.varies = field is not None and field.source is not None
        self._rule, self._constant = rule, ABSENT if field is None else field.value
        self._field = field or FieldConfig(STATUS)
        self._notes = columns.notes
        self._column = columns.as_it_came(field) if field is not None and self.varies else None
        self._read = rule.reader(declared.statuses)
        self._opt_outs = declared.opt_out_values()
        self._converted = Converted(self._status)

    def statuses(self, table: Table) -> Values:
        """One for each record, ABSENT where its column is null, None where it has no such column,
        and Unread where a value says nothing of one and faults are collected. Raises InvalidRecord
        for it otherwise.
        """
        if self._column is None:
            return list(repeat(self._constant, len(table)))
        values = self._column(table)
        if set(map(type, values)) <= TEXTS:
            return self._converted.of(values)
        return list(map(self._status, values))

    def are_sent(self, statuses: Values) -> list[bool] | None:
        """Whether the subscription of each is; None where all are. One whose status cannot be
        read is, so that its other faults are found.
        """
        if self._rule.only_opt_out:
            return [type(each) is Unread or each in self._opt_outs for each in statuses]
        keeps_null = self._rule.keeps_null
        if None not in statuses and (keeps_null or ABSENT not in statuses):
            return None
        return [each is not None and (keeps_null or each is not ABSENT) for each in statuses]

    def read(self, statuses: Values) -> Values:
        """Those that could be read, the others noted and ABSENT."""
        return self._notes.without(statuses)

    def _status(self, value: Any) -> Any:
        if value is None or value is ABSENT:
            return ABSENT if value is None else None
        try:
            status = self._read(value)
        except NoStatus as no_status:
            message = f"the status of a subscription {no_status.wanted}"
        else:
            return ABSENT if status is None else status
        # outside of the handler: no error may drag the value along
        path = f"$.{self._field.source}"
        told = f"{path}: {message}"
        rejection = Rejection("conversion", STATUS, message, path, told, shape=shape_of(value))
        return self._notes.fail(self._field, rejection)
