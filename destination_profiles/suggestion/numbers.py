"""Phone numbers that name no country, and those that might be taken for such."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from ..cells import folded
from ..phones import DATE, NoPhone, calling_code, e164

WRITTEN = re.compile(r"\+?[0-9()][0-9 ()/-]*")
MANY = 1 << 16  # numbers that are remembered: each is looked at again when more is answered
MIN_DIGITS = 5  # of a text that may be a phone number


def are_numbers(values: Sequence[Any]) -> bool:
    """Whether most values are written as phone numbers are, if there are any."""
    return 2 * sum(map(looks_right, values)) >= len(values)


def is_e164(value: Any) -> bool:
    """Whether a value is a phone number as E.164 has it, to the letter."""
    return _read(value) == _text(value)


def with_bare_code(values: Iterable[Any], region: str) -> list[Any]:
    """Those that may begin with the code of a country, though no sign tells it: `49170...`. They
    would be read as numbers within it.
    """
    code = calling_code(region)
    return [
        each
        for each in values
        if code in _text(each)
        and _read(each, region) != _read(each, region, code_without_plus=True)
    ]


def unreadable(values: Iterable[Any], region: str) -> list[Any]:
    """Those that no numbers can be made of."""
    return [each for each in values if _read(each, region) is None]


def _read(value: Any, region: str | None = None, *, code_without_plus: bool = False) -> str | None:
    return _number(_text(value), region, code_without_plus)


@lru_cache(MANY)
def _number(text: str, region: str | None, code_without_plus: bool) -> str | None:
    try:
        return e164(text, region, code_without_plus=code_without_plus)
    except NoPhone:
        return None


def has_digits(value: Any) -> bool:
    """Whether a value may be a phone number at all."""
    return sum(map(str.isdigit, _text(value))) >= MIN_DIGITS


def looks_right(value: Any) -> bool:
    """Whether a value is written as phone numbers are."""
    text = _text(value)
    is_written = WRITTEN.fullmatch(text) is not None and DATE.fullmatch(text) is None
    return is_written and has_digits(value)


def _text(value: Any) -> str:
    return folded(value) or ""
