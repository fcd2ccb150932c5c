"""The shape of a value: what a log may tell of it, and the value cannot be had from."""

import unicodedata
from collections.abc import Mapping
from itertools import groupby, islice
from typing import Any

MAX_SIGNS = 24  # of a shape
MAX_READ = 500  # characters of a text that are looked at: a shape of 24 signs needs no more
CUT = "\N{HORIZONTAL ELLIPSIS}"
UNSEEN = "\N{REPLACEMENT CHARACTER}"  # for control characters, and what has no width
SYMBOL = "\N{BULLET}"  # for a sign beyond ASCII
CAPITALS = frozenset({"Lu", "Lt"})
OF_KIND = {  # of a category of Unicode, by its first letter; of a mark, which belongs to a letter
    "L": "a",
    "M": "a",
    "N": "9",
    "Z": " ",
    "C": UNSEEN,
}
WORDS: Mapping[type, str] = {  # for what is no text and no number: no text has such a shape
    type(None): "null",
    bool: "boolean",
    list: "array",
    dict: "object",
}
EMPTY = "empty"  # for a text without a character


def shape_of(value: Any) -> str:
    """Of a value as JSON has it: letters as A or a, digits as 9, blanks as one blank, other signs
    as they are if they are ASCII. A run of one kind is one sign, and there are at most MAX_SIGNS.
    For what is no text and no number, its kind.
    """
    if isinstance(value, str):
        return _of_text(value) if value else EMPTY
    if (word := WORDS.get(type(value))) is not None:
        return word
    if isinstance(value, int):  # its digits would take long where it has many
        return "-9" if value < 0 else "9"
    return _of_text(str(value))


def quoted(shape: str) -> str:
    """As it is told in a sentence: a word for a kind as it is, a text or number in quotes."""
    return shape if is_word(shape) else f'"{shape}"'


def is_word(shape: str) -> bool:
    """Whether it tells a kind instead of a text or number."""
    return len(shape) > 1 and shape.isalpha() and shape.islower()


def _of_text(text: str) -> str:
    runs = groupby(map(_sign, text[:MAX_READ]), key=_kind)
    signs = [next(run) for _, run in islice(runs, MAX_SIGNS + 1)]
    if len(signs) > MAX_SIGNS or len(text) > MAX_READ:
        signs[MAX_SIGNS - 1 :] = CUT
    return "".join(signs)


def _sign(character: str) -> str:
    if character.isspace():
        return " "
    category = unicodedata.category(character)
    if category in CAPITALS:
        return "A"
    return OF_KIND.get(category[0]) or (character if character.isascii() else SYMBOL)


def _kind(sign: str) -> str:
    """What a run is of: signs that are no letters, digits or blanks are one kind, as their order
    could spell something.
    """
    return sign if sign in {"A", "a", "9", " ", UNSEEN} else SYMBOL
