"""Shows what a data file holds: as a table for people, as JSON lines for programs."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

Row = Mapping[str, Any]

JOURNAL_COLUMNS = [
    "id",
    "received_at",
    "call",
    "request_id",
    "duplicate",
    "http_status",
    "error",
    "profiles",
    "accepted",
    "failed",
    "matching",
    "fault",
    "error_text",
]
PROFILE_COLUMNS = ["id", "email", "phones", "fields", "subscriptions"]

_WIDEST = 60
"""Characters of a cell; longer ones are cut."""


def json_lines(rows: Iterable[Row]) -> Iterator[str]:
    """One line of JSON a row."""
    for row in rows:
        yield msgspec.json.encode(row).decode()


def table(rows: Iterable[Row], columns: list[str]) -> Iterator[str]:
    """A header and one line a row, in aligned columns."""
    cells = [columns, *([_cell(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    for line in cells:
        yield "  ".join(
            cell.ljust(width) for cell, width in zip(line, widths, strict=True)
        ).rstrip()


def profile_row(profile: Row) -> Row:
    """A profile in the columns of a table: other fields together, subscriptions in short."""
    own = ("id", "db_id", "email", "phones", "subscriptions")
    fields = {name: value for name, value in profile.items() if name not in own}
    return {
        "id": profile["id"],
        "email": profile.get("email"),
        "phones": " ".join(profile.get("phones", [])),
        "fields": " ".join(f"{name}={_cell(value)}" for name, value in fields.items()),
        "subscriptions": " ".join(
            f"{sub['channel']}@{sub['resource_id']}" for sub in profile["subscriptions"]
        ),
    }


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable if len(printable) <= _WIDEST else printable[: _WIDEST - 1] + "…"
