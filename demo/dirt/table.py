"""Rows of dirty customers, made by a seed, and what each means."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .columns import FIELDS, KEY, PHONES
from .spelling import ABSENT, NOTHING, Column, Fault
from .subscriptions import (
    CHAT_NUMBER,
    CHAT_STATUS,
    LABELS,
    MAIL,
    NEWSLETTER,
    SMS_CONSENT,
    SMS_NUMBER,
)
from .unmapped import NOBODY_MAPS

SUBSCRIBING = (NEWSLETTER, SMS_NUMBER, SMS_CONSENT, CHAT_NUMBER, CHAT_STATUS, LABELS)
MAPPED = (KEY, *FIELDS, *PHONES, MAIL, *SUBSCRIBING)
COLUMNS = (*MAPPED, *NOBODY_MAPS)
WEBSHOP, BRANCHES = "customers", "branch_customers"  # the streams
BIG = 10**16  # some numbers are as long as a float can just carry
DELETED_AT = "_ab_cdc_deleted_at"
SHARE_BIG, SHARE_AGAIN, SHARE_DELETED = 0.01, 0.06, 0.03
SHARE_CHANGED, SHARE_UNKNOWN = 0.02, 0.002
SHARE_BARE = 0.03  # of deleted rows: those with nothing but the key
LOST = ("first_name", "born", "address", "tags", "email", "newsletter", "mobile")
CUT = ("first_name", "address", "email")  # of which the source may give a part
REASONS = ("SOURCE_RETRIEVAL_ERROR", "SOURCE_FIELD_SIZE_LIMITATION")


@dataclass
class Row:
    """One row of a stream: what the source sends, and what each mapped column means. `changes` are
    what the source says it lost.
    """

    number: int
    stream: str
    customer: int
    is_known: bool
    data: dict[str, Any]
    means: dict[str, Any]
    is_deleted: bool = False
    changes: list[dict[str, str]] = field(default_factory=list)

    def faults(self, columns: tuple[Column, ...]) -> list[tuple[str, str, str]]:
        """Step, column and rule of each cell that cannot be read."""
        found = [(each.name, self.means[each.name]) for each in columns]
        return [(it.step, name, it.rule) for name, it in found if isinstance(it, Fault)]


def rows(seed: int, count: int, *, xml: bool = False) -> Iterator[Row]:
    """The table, stream by stream."""
    rng, number = Random(seed), 0
    branches = count // 10
    for stream, size, first in ((WEBSHOP, count - branches, 1), (BRANCHES, branches, count + 1)):
        recent: deque[int] = deque(maxlen=500)
        for customer in range(first, first + size):
            number += 1
            if recent and rng.random() < SHARE_AGAIN:
                yield _row(rng, number, stream, rng.choice(recent), xml=xml)
                continue
            own = BIG + 2 * customer if rng.random() < SHARE_BIG else customer
            is_known = rng.random() > SHARE_UNKNOWN
            if is_known:
                recent.append(own)
            yield _row(rng, number, stream, own, is_known=is_known, xml=xml)


def _row(
    rng: Random, number: int, stream: str, customer: int, *, is_known: bool = True, xml: bool
) -> Row:
    row = Row(number, stream, customer, is_known, {"row_no": number}, {})
    for column in COLUMNS:
        _write(row, column, rng, xml=xml)
    if rng.random() < SHARE_DELETED:
        _delete(row, rng)
    elif rng.random() < SHARE_CHANGED:
        _lose(row, rng)
    return row


def _write(row: Row, column: Column, rng: Random, *, xml: bool) -> None:
    clean = column.clean(rng, row.customer)
    (spelling,) = rng.choices(column.spellings, cum_weights=column.cumulated)
    cell = spelling.cell(clean)
    if cell is not ABSENT:
        row.data[column.name] = cell
    row.means[column.name] = spelling.xml if xml and spelling.xml else spelling.means(clean)


def _delete(row: Row, rng: Random) -> None:
    """Some sources give the row as it was, some its key alone."""
    row.is_deleted = True
    row.data[DELETED_AT] = "2026-11-01T10:00:00Z"
    if rng.random() < SHARE_BARE:
        for column in COLUMNS:
            if column is not KEY:
                row.data[column.name], row.means[column.name] = None, NOTHING


def _lose(row: Row, rng: Random) -> None:
    """The source says that it could not give one value, or only a part of it."""
    name = rng.choice(LOST)
    is_cut = name in CUT and isinstance(row.data.get(name), str) and rng.choice((True, False))
    row.data[name] = row.data[name][:2] if is_cut else None
    several = isinstance(row.means[name], tuple)
    row.means[name] = (NOTHING, NOTHING) if several else NOTHING
    change = "TRUNCATED" if is_cut else "NULLED"
    row.changes = [{"field": name, "change": change, "reason": rng.choice(REASONS)}]
