"""The values of one configured field."""

from collections.abc import Callable
from typing import Any

from ..config import NullValues
from .checks import ColumnCheck
from .columns import Read
from .table import ABSENT, Table, Values

Null = Callable[[str], Any]  # what a null becomes in the field of a name: ABSENT, None, a function
UNSET = {"action": "unset"}  # the service's function that clears a field
BETWEEN_TAGS = ", "  # a profile that is found by tags carries them as one text


def null_rule(null_values: NullValues, keep: frozenset[str] = frozenset()) -> Null:
    """What becomes of a null by the setting `null_values`; fields in `keep` cannot be cleared.
    Those inside objects are left as they are.
    """
    if null_values == "send":
        return lambda _: None
    if null_values == "omit":
        return lambda _: ABSENT
    return lambda name: ABSENT if name in keep else UNSET


class Field:
    """The values of one field."""

    def __init__(
        self, read: Read, null: Any, check: ColumnCheck | None, *, is_key: bool = False
    ) -> None:
        """`null` stands in the place of nulls."""
        self._read, self._null, self._check, self._is_key = read, null, check, is_key

    def __call__(self, table: Table) -> Values:
        """Raises InvalidRecord, or ValueError where a value is none of the field's."""
        values = self.values(table)
        self.check(values)
        return values

    def values(self, table: Table) -> Values:
        """The same, unchecked."""
        values = self._read(table)
        if self._null is not None and None in values:
            values = [self._null if value is None else value for value in values]
        if self._is_key and list in set(map(type, values)):
            return list(map(text_key, values))
        return values

    def check(self, values: Values) -> None:
        """Raise ValueError where one of the values is none of the field's."""
        if self._check is not None and not self._check.holds(values):
            raise ValueError


def text_key(value: Any) -> Any:
    """Tags that a profile is found by, as the one text that the service wants."""
    is_tags = isinstance(value, list) and all(isinstance(tag, str) for tag in value)
    return BETWEEN_TAGS.join(value) if is_tags else value
