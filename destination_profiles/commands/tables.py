"""Tables for people."""

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

Rows = Sequence[tuple[object, ...]]
Table = tuple[Sequence[str], Rows]  # the heads of columns, and the rows


def show(tables: Iterable[Table], sentences: Iterable[str], file: TextIO) -> None:
    """Print tables, and sentences below them."""
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    for head, rows in tables:
        _print(console, head, rows)
    for sentence in sentences:
        console.print(sentence)


def _print(console: Console, head: Sequence[str], rows: Rows) -> None:
    table = RichTable(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(head):
        is_number = all(isinstance(row[place], int | float) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(
            *(f"{each:,}" if isinstance(each, int | float) else Text(str(each)) for each in row)
        )
    console.print(table)
    console.print()
