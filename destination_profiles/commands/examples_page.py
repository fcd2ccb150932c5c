"""Rows of a forecast side by side with what they become, for people."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

from ..protocol.messages import printable
from .examples import Example, Pair
from .tables import Table, page, show_tables

LONGEST = 100  # signs of one value that are shown
HEAD = ["column", "before", "field", "after"]


def show_examples(examples: Sequence[Example], file: TextIO) -> None:
    """Print each row by itself."""
    for each in examples:
        fate = "would be rejected" if each.reason else "would be sent"
        page(file).print(f"Row {each.row:,} of {printable(each.stream)} {fate}:")
        show_tables([_table(each)], _faults(each), file)
        if each.reason:
            page(file).print()


def _table(example: Example) -> Table:
    return HEAD, [line for pair in example.values for line in _lines(pair)]


def _lines(pair: Pair) -> Iterator[tuple[object, ...]]:
    """One, or one for each member of an array that no column is beside."""
    columns = ", ".join(pair.before)
    before = ", ".join(map(_shown, pair.before.values()))
    if pair.before or not isinstance(pair.after, list):
        after = "" if pair.after is None else _shown(pair.after)
        yield columns, before, pair.field or "", after
        return
    for each in pair.after:
        yield columns, before, pair.field or "", _shown(each)


def _faults(example: Example) -> Iterator[str]:
    if example.reason:
        yield f"Rejected: {example.reason}"
    for each in example.faults:
        where = " to ".join(filter(None, (each["column"], each["field"])))
        yield f"- {each['step']} {each['rule']}{f': {where}' if where else ''}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
