"""Values that cannot be read, and what becomes of them: of the row, or of their fields alone."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..cells import Cell
from ..config import FieldConfig
from ..errors import InvalidRecord
from ..rejection import Rejection
from .paths import Garbled
from .table import ABSENT, Table, Values

# step, code and sentence, as a log may have them, and the value's shape
Kind = tuple[str, str, str, str | None]


LEFT_OUT = FieldConfig("", cell=Cell(omits=True))  # a part of a record that costs no record


class Unread(NamedTuple):
    """Stands in the place of a value that cannot be read."""

    field: FieldConfig
    rejection: Rejection


class Notes:
    """The values of a stream that were left out, field by field. They count once their records are
    taken: an encoder may decline them all.
    """

    def __init__(self, *, collects: bool = False) -> None:
        """`collects`: each value that cannot be read is left out and noted, so that all faults of a
        record are found.
        """
        self.counted: Counter[Kind] = Counter()
        self.pending: list[Unread] = []
        self.lost: frozenset[str] = frozenset()  # columns that the source has lost of a record
        self._collects = collects

    def fail(self, field: FieldConfig, rejection: Rejection) -> Unread:
        """What stands for a value that cannot be read. Raises InvalidRecord where it costs the
        record.
        """
        if self._collects or field.cell.omits:
            return Unread(field, rejection)
        raise InvalidRecord(rejection) from None

    def begin(self) -> None:
        """Forget what was noted of records that were not taken."""
        if self.pending:
            self.pending = []

    def without(self, values: Values) -> Values:
        """The same without those that cannot be read, which are noted."""
        if Unread not in set(map(type, values)):
            return values
        self.pending += [each for each in values if type(each) is Unread]
        return [ABSENT if type(each) is Unread else each for each in values]

    def leave_out(self, rejection: Rejection) -> None:
        """Note what is left out of a record that is taken all the same."""
        self.pending.append(Unread(LEFT_OUT, rejection))

    def readable(self, values: Values, field: FieldConfig, garbled: Rejection) -> Values:
        """The values of a path without those behind a text that cannot be read, which are noted.
        Raises InvalidRecord where one costs the record.
        """
        if Garbled not in set(map(type, values)):
            return values
        return self.without(
            [self.fail(field, garbled) if type(each) is Garbled else each for each in values]
        )

    def of_all(
        self, columns: Sequence[str], read: Callable[[Table], Values]
    ) -> Callable[[Table], Values]:
        """What is read of several columns; absent where the source has lost one, as without it the
        others would take the place of all that is stored.
        """
        return lambda table: read(table) if self.lost.isdisjoint(columns) else [ABSENT] * len(table)

    def settle(self) -> None:
        """Count what was noted."""
        for each in self.pending:
            self.add(each.rejection)
        self.begin()

    def add(self, rejection: Rejection) -> None:
        """Count one value."""
        kind = rejection.reason, rejection.code, rejection.loggable, rejection.shape
        self.counted[kind] += 1

    def faults(self) -> list[Unread]:
        """Those that cost the record."""
        return [each for each in self.pending if not each.field.cell.omits]

    def take(self) -> dict[Kind, int]:
        """What was counted since this was asked before."""
        taken: dict[Any, int] = dict(self.counted)
        self.counted.clear()
        return taken
