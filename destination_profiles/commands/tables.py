"""Tables and lists for people, as wide as their terminal."""

from collections.abc import Iterable, Sequence
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from ..protocol.messages import printable

Rows = Sequence[tuple[object, ...]]
Table = tuple[Sequence[str], Rows]  # the heads of columns, and the rows
Mark = tuple[str, str]  # a sign, and its colour
GAP = 2  # signs between two columns
INDENT = 4


def page(file: TextIO) -> Console:
    """What prints to a file. Colours are left out where it is no terminal, or NO_COLOR is set."""
    return Console(file=file, highlight=False, markup=False, emoji=False)


def show_tables(
    tables: Iterable[Table], sentences: Iterable[str], file: TextIO, command: str = ""
) -> None:
    """Print tables, sentences below them, and a command to copy, which is never broken."""
    console = page(file)
    for head, rows in tables:
        if _least(head, rows) > console.width:
            _print_rows(console, head, rows)
        else:
            _print(console, head, rows)
        console.print()
    for sentence in sentences:
        console.print(Text(printable(sentence)))
    if command:
        console.print(Text(f"  {printable(command)}"), soft_wrap=True)


def show_list(items: Iterable[tuple[Mark, str]], console: Console) -> None:
    """Print sentences, each with a mark before it."""
    grid = RichTable.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for (sign, colour), sentence in items:
        grid.add_row(Text(sign, style=colour), Text(printable(sentence)))
    console.print(grid)


def show_term(term: str, kind: str, meaning: str, console: Console) -> None:
    """Print a name with its kind, and what it means below."""
    console.print(Text.assemble((term, "bold"), f"  {kind}"))
    console.print(Padding(Text(meaning), (0, 0, 0, INDENT)))


def _least(head: Sequence[str], rows: Rows) -> int:
    """The width below which heads or numbers would be broken."""
    widths = [
        max(map(cell_len, [name, *(_cell(row[n]) for row in rows if _is_number(row[n]))]))
        for n, name in enumerate(head)
    ]
    return sum(widths) + GAP * (len(widths) - 1)


def _print(console: Console, head: Sequence[str], rows: Rows) -> None:
    table = RichTable(box=None, pad_edge=False, header_style="bold")
    for place, name in enumerate(head):
        is_number = all(_is_number(row[place]) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cell(each)) for each in row))
    console.print(table)


def _print_rows(console: Console, head: Sequence[str], rows: Rows) -> None:
    """Print each row by itself, a line for each of its cells."""
    for number, row in enumerate(rows):
        if number:
            console.print()
        grid = RichTable.grid(padding=(0, GAP))
        grid.add_column(style="bold")
        grid.add_column(overflow="fold")
        for name, each in zip(head, row, strict=True):
            grid.add_row(name, Text(_cell(each)))
        console.print(grid)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else printable(str(value))
