"""Outcomes in a folder, as some syncs have kept them."""

from datetime import UTC, datetime, timedelta

from destination_profiles.outcomes import parts
from destination_profiles.outcomes.line import head, lines
from destination_profiles.service.matching import Target
from unit_tests.outcomes.memory import MemoryFolder
from unit_tests.settings import target

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SYNCS = [f"2026-11-2{day}T00:00:00.000Z" for day in range(1, 6)]


def keep(
    folder: MemoryFolder,
    sync: int,
    *rows: tuple[str, ...],
    number: int = 0,
    outcome: str = "accepted",
    stream: str = "users",
    values: bool = False,
    found: Target | None = None,
    start: str | None = None,
    **more: str,
) -> None:
    """A part of a sync with a line for each row, which has such identities; its rows stood in the
    sync of that `start`, if not in this one.
    """
    when = {"sync": start or SYNCS[sync], "at": SYNCS[sync]}
    opening = head(stream, found or target(), outcome, **when, **more)
    made = lines(opening, rows, range(1, len(rows) + 1), values=values)
    name = parts.name(NOW + timedelta(days=sync, seconds=number), number, "012345678")
    parts.write(folder, name, "".join(made).encode())
