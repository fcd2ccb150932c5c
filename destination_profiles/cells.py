"""How the value of one cell is read on its way to a field: cleaned, named otherwise, converted."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from typing import Any

from .conversion import USUAL, CannotConvert, Form, conversions, digits
from .moments import NO_DATE

Read = Callable[[Any], Any]
CLEANED: Mapping[str, Callable[[str], str]] = {
    "trim": str.strip,
    "lower": str.lower,
    "upper": str.upper,
}
OTHERWISE = "*"  # stands for each value that is not named
NO_DECIMALS = re.compile(r"([+-]?[0-9]+)\.0+")
LISTS, DATES = frozenset({"tags"}), frozenset({"date", "datetime"})


class NotNamed(CannotConvert):
    """The value is none of those that the configuration names."""


@dataclass(frozen=True)
class Cell:
    """What is done with a value that is there, in this order: what stands in `clean`; `values` are
    pairs of a text and what is sent for it, read already; the conversion, by the `form` it is
    written in; `default` for what is null then. `omits`: what cannot be read is left out.
    """

    clean: tuple[str, ...] = ()
    values: tuple[tuple[str, Any], ...] = ()
    default: Any = None
    form: Form = USUAL
    omits: bool = False

    def reader(self, kind: str | None, zone: tzinfo = UTC) -> Read | None:
        """What gives the value of a field of a type, but for `default`; it raises CannotConvert.
        None where each value stays as it is.
        """
        steps = [self._cleaned()] if self.clean else []
        if self.values:
            steps.append(self._named())
        elif kind is not None:
            steps.append(_converted(kind, zone, self.form))
        return _in_turn(steps) if steps else None

    def _cleaned(self) -> Read:
        steps = [CLEANED[name] for name in self.clean]

        def clean(value: Any) -> Any:
            if isinstance(value, list):
                return [clean(each) for each in value]
            if isinstance(value, str):
                for step in steps:
                    value = step(value)
            return value

        return clean

    def _named(self) -> Read:
        """What is sent for a value. One that is empty and not named is null."""
        named = {folded(text): sent for text, sent in self.values if text != OTHERWISE}
        others = [sent for text, sent in self.values if text == OTHERWISE]

        def name(value: Any) -> Any:
            text = folded(value)
            if text in named:
                return named[text]
            if not text and isinstance(value, str):
                return None
            if not others:
                raise NotNamed
            return others[0]

        return name


def folded(value: Any) -> str | None:
    """A value as the text that it is compared by: 1 and 1.0 are one, and so are Yes and yes. None
    where it is no single value.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return digits(value)
    if not isinstance(value, str):
        return None
    text = value.strip().casefold()
    whole = NO_DECIMALS.fullmatch(text)
    return whole[1] if whole else text


def is_null(kind: str, text: str) -> bool:
    """Whether a text says that there is no value of a type."""
    bare = text.strip()
    if not bare:
        return True
    return (kind in LISTS and bare == "null") or (kind in DATES and bool(NO_DATE.fullmatch(bare)))


def _converted(kind: str, zone: tzinfo, form: Form) -> Read:
    convert = conversions(zone, form)[kind]
    if kind == "string":
        return convert
    return lambda value: None if type(value) is str and is_null(kind, value) else convert(value)


def _in_turn(steps: list[Read]) -> Read:
    if len(steps) == 1:
        return steps[0]

    def read(value: Any) -> Any:
        for step in steps:
            value = step(value)
        return value

    return read
