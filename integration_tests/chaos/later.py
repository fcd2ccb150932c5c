"""What a source sends in the syncs after the first: its rows once more, some of them changed."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from integration_tests.chaos.load import Kind, Load, Maker, Row

BACK = 0.7  # of the rows that change once more, those that are again what they were at first


def draw_later(rng: Random, first: Load, kind: Kind, count: int) -> Iterator[Load]:
    """The loads of so many syncs. A row keeps its number, and its profile."""
    maker = Maker(rng, first.profiles, kind)
    changed = rng.choice([0.0, 0.1, 0.4])
    streams = {each.place: each for each in first.streams}
    now = list(first.rows)

    def after(row: Row, original: Row) -> Row:
        if original.bad is not None or rng.random() >= changed:
            return row
        if row is not original and rng.random() < BACK:
            return original
        return maker.another(streams[row.stream], original)

    for _ in range(count):
        now = list(map(after, now, first.rows))
        rows = [row for row in now if rng.random() >= changed / 4]  # the others are gone for once
        yield replace(first, rows=rows, lasts={row.stream: row.number for row in rows})
