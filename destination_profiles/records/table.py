"""Records or profiles as columns: a step takes the values of many at once."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, Protocol

import msgspec

from ..service.formats import encode_json

ABSENT = msgspec.UNSET  # the value of a member that is not there, which null is
NO_VALUE = frozenset({type(None), msgspec.UnsetType})
Values = Sequence[Any]
Make = Callable[[Sequence[Values], int], list[Any]]  # objects of columns, and how many there are


class Table(Protocol):
    """Records by their columns."""

    def __len__(self) -> int:
        """How many there are."""
        ...

    def column(self, name: str) -> Values:
        """A value of each record; ABSENT where it has no such member."""
        ...

    def pick(self, places: Sequence[int]) -> "Table":
        """Some of the records."""
        ...


class Dicts:
    """Records as dicts."""

    def __init__(self, records: Sequence[Mapping[str, Any]]) -> None:
        """Of these records."""
        self._records = records

    def __len__(self) -> int:
        """How many there are."""
        return len(self._records)

    def column(self, name: str) -> Values:
        """A value of each record."""
        return [record.get(name, ABSENT) for record in self._records]

    def pick(self, places: Sequence[int]) -> "Dicts":
        """Some of the records."""
        return Dicts([self._records[place] for place in places])


class Structs:
    """Records as structs of one type, whose fields stand in the order of `names`."""

    def __init__(self, names: Collection[str], records: Sequence[Any]) -> None:
        """Of these records."""
        self._names, self._records = names, records
        columns = zip(*map(msgspec.structs.astuple, records), strict=True)
        self._columns: dict[str, Values] = dict(zip(names, columns, strict=bool(records)))

    def __len__(self) -> int:
        """How many there are."""
        return len(self._records)

    def column(self, name: str) -> Values:
        """A value of each record."""
        return self._columns.get(name, ())

    def pick(self, places: Sequence[int]) -> "Structs":
        """Some of the records."""
        return Structs(self._names, [self._records[place] for place in places])


def dicts_of(names: Sequence[str], constants: Mapping[str, Any]) -> Make:
    """What makes dicts with these names, of columns and, where a name has one, of constants."""

    def make(columns: Sequence[Values], count: int) -> list[Any]:
        parts = _parts(names, constants, columns, count)
        rows = zip(*parts, strict=True) if parts else [()] * count
        made = (zip(names, row, strict=True) for row in rows)
        return [{name: value for name, value in row if value is not ABSENT} for row in made]

    return make


def structs_of(names: Sequence[str], constants: Mapping[str, Any]) -> Make:
    """The same as structs, which msgspec encodes without the members that are absent."""
    keys = {f"field_{place}": name for place, name in enumerate(names)}
    kind = msgspec.defstruct("Made", [(key, Any) for key in keys], rename=keys, gc=False)
    fixed = {name: msgspec.Raw(encode_json(value)) for name, value in constants.items()}

    def make(columns: Sequence[Values], count: int) -> list[Any]:
        parts = _parts(names, fixed, columns, count)
        return list(map(kind, *parts)) if parts else [kind() for _ in range(count)]

    return make


def _parts(
    names: Sequence[str], constants: Mapping[str, Any], columns: Sequence[Values], count: int
) -> list[Iterable[Any]]:
    """What each member is taken from."""
    varying = iter(columns)
    return [
        repeat(constants[name], count) if name in constants else next(varying) for name in names
    ]
