"""What the value of a column says of a subscription's status."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .cells import OTHERWISE, folded

Status = str | int | None  # a word of the service or its number; None says nothing of it
STATUS = "status"  # the part of a subscription, and the type of columns it is taken from
UNSUBSCRIBED = "unsubscribed"  # the word for who wants no more
KEEPS = -1  # the number that keeps what is stored
NUMBER = re.compile(r"[+-]?[0-9]+")
YES_OR_NO = frozenset({"true", "false", "t", "f", "yes", "no", "y", "n", "on", "off"})


class NoStatus(Exception):
    """The value says nothing of a status. `wanted` is what is, without the value."""

    def __init__(self, wanted: str) -> None:
        """Keep what is wanted."""
        super().__init__(wanted)
        self.wanted = wanted


@dataclass(frozen=True)
class StatusRule:
    """How a column tells the status of a subscription: by `values`, pairs of a text and a word of
    the service; by the service's own numbers (`codes`); else by its words alone. Where it tells
    none, the subscription is left out, or sent without one (`keeps_null`). With `only_opt_out` it
    is left out unless the status is one under which nothing is sent to it.
    """

    values: tuple[tuple[str, str], ...] = ()
    codes: bool = False
    keeps_null: bool = False
    only_opt_out: bool = False

    def reader(self, numbers: Mapping[str, int]) -> Callable[[Any], Status]:
        """What gives the status of a value that is there, by the `numbers` of words. It raises
        NoStatus.
        """
        if self.values:
            return _named(self.values)
        return _own(numbers, codes=self.codes)


def _named(values: tuple[tuple[str, str], ...]) -> Callable[[Any], Status]:
    words = {folded(text): word for text, word in values if text != OTHERWISE}
    others = next((word for text, word in values if text == OTHERWISE), None)

    def read(value: Any) -> Status:
        text = folded(value)
        if text in words:
            return words[text]
        if text == "":
            return None
        if others is None or text is None:
            raise NoStatus("must be a value that status_values names")
        return others

    return read


def _own(numbers: Mapping[str, int], *, codes: bool) -> Callable[[Any], Status]:
    words = {word.casefold(): word for word in numbers}
    known = {str(KEEPS): None, **{str(number): number for number in numbers.values()}}

    def read(value: Any) -> Status:
        text = folded(value)
        if text in words:
            return words[text]
        if text == "":
            return None
        is_number = not isinstance(value, bool) and text is not None and NUMBER.fullmatch(text)
        if not codes and (is_number or text in YES_OR_NO):
            raise NoStatus(
                "must be a word of the service: what a number, true or false says of consent is "
                f"not guessed, as {numbers_in_words(numbers)} to the service; write status_values"
            )
        if not (codes and is_number):
            raise NoStatus(
                f"must be one of {', '.join(numbers)}, or what status_values makes one of them"
            )
        if text not in known:
            raise NoStatus(f"must be one of the service's numbers: {', '.join(known)}")
        return known[text]

    return read


def numbers_in_words(numbers: Mapping[str, int]) -> str:
    """The first two, which a column of 1 and 0 is easily mistaken for."""
    return " and ".join(f"{number} means {word}" for word, number in list(numbers.items())[:2])
