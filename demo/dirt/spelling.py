"""A column of a dirty table: its clean values, and the ways in which people and programs write
them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from random import Random
from typing import Any

NOTHING = object()  # what a cell means of which nothing may be sent
ABSENT = object()  # the cell of a row that does not have the column


@dataclass(frozen=True)
class Fault:
    """Why the row of a cell cannot be delivered."""

    step: str
    rule: str


@dataclass(frozen=True)
class Spelling:
    """One way to write a clean value: the cell, and what the service must hold then. `share` is its
    weight among those of its column; `xml` says why XML cannot carry it.
    """

    share: float
    cell: Callable[[Any], Any]
    means: Callable[[Any], Any]
    xml: Fault | None = None


@dataclass(frozen=True)
class Column:
    """A column: its JSON schema, its clean values, their spellings. `to` are the fields of the
    profile that it fills; the clean value of several is a tuple. Subscriptions take theirs by name.
    """

    name: str
    schema: Any
    clean: Callable[[Random, int], Any]
    spellings: tuple[Spelling, ...]
    to: tuple[str, ...] = ()

    @cached_property
    def cumulated(self) -> list[float]:
        """The weights of the spellings, each with those before it."""
        return list(accumulate(each.share for each in self.spellings))


TEXT, NUMBER = {"type": ["null", "string"]}, {"type": ["null", "number"]}
XML_EMPTY = Fault("xml", "empty")


def itself(value: Any) -> Any:
    """The clean value, unchanged."""
    return value


def wrote(
    share: float,
    cell: Callable[[Any], Any] = itself,
    means: Callable[[Any], Any] = itself,
    xml: Fault | None = None,
) -> list[Spelling]:
    """One spelling of the clean value."""
    return [Spelling(share, cell, means, xml)]


def fixed(
    share: float, *cells: Any, means: Any = NOTHING, xml: Fault | None = None
) -> list[Spelling]:
    """Cells that say the same whatever the clean value was."""
    return [
        Spelling(share / len(cells), lambda _, cell=cell: cell, lambda _: means, xml)
        for cell in cells
    ]


def spellings(*several: Iterable[Spelling]) -> tuple[Spelling, ...]:
    """All of some lists."""
    return tuple(each for one in several for each in one)


def empty(share: float = 6) -> list[Spelling]:
    """Cells without a value, in a column whose type is not text."""
    return fixed(share, None, None, "", "   ", ABSENT)
