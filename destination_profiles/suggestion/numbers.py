"""Phone numbers that name no country, and those that might be taken for such."""

import re
from collections.abc import Iterable
from typing import Any

from ..cells import folded
from ..phones import calling_code

WRITTEN = re.compile(r"\+?[0-9()][0-9 ()/-]*")
TRUNK, INTERNATIONAL = "0", "00"  # before numbers of the own country, and of another
MIN_DIGITS = 5  # of a text that may be a phone number
NATIONAL_DIGITS = 10  # with a country's code before them, numbers have more


def national(values: Iterable[Any]) -> list[Any]:
    """Those that begin as within a country, `030 ...`."""
    return [
        each
        for each in values
        if (text := _text(each)).lstrip("(").startswith(TRUNK)
        and not text.startswith(INTERNATIONAL)
    ]


def with_bare_code(values: Iterable[Any], region: str) -> list[Any]:
    """Those that begin with the code of a country, and no sign tells it: `4930...`. They would be
    read as numbers within it.
    """
    code = calling_code(region)
    return [
        each
        for each in values
        if (text := _text(each)).startswith(code) and sum(map(str.isdigit, text)) > NATIONAL_DIGITS
    ]


def has_digits(value: Any) -> bool:
    """Whether a value may be a phone number at all."""
    return sum(map(str.isdigit, _text(value))) >= MIN_DIGITS


def looks_right(value: Any) -> bool:
    """Whether a value is written as phone numbers are."""
    return WRITTEN.fullmatch(_text(value)) is not None and has_digits(value)


def _text(value: Any) -> str:
    return folded(value) or ""
