"""The table of a resend, for people."""

from collections.abc import Iterator
from typing import TextIO

from ..sync.resent import Resent
from .tables import Table, show_tables

HEAD = ["stream", "waiting", "accepted", "superseded", "deleted", "out of date", "rejected", "held"]


def show_resent(told: Resent, file: TextIO) -> None:
    """Print what became of records for people."""
    show_tables(_tables(told), _sentences(told), file)


def _tables(told: Resent) -> Iterator[Table]:
    yield (
        HEAD,
        [
            (
                *(name, each.waiting, each.accepted, each.superseded),
                *(each.deleted, each.out_of_date, each.rejected, each.held),
            )
            for name, each in told.streams.items()
        ],
    )
    if told.reasons:
        yield (
            ["stream", "step", "code", "rejected", "reason"],
            [
                (stream, step, code, count, reason)
                for (stream, step, code, reason), count in told.reasons.most_common()
            ],
        )
    if told.held:
        yield (
            ["stream", "held", "because"],
            [(stream, count, why) for (stream, why), count in told.held.most_common()],
        )


def _sentences(told: Resent) -> Iterator[str]:
    if not told.streams:
        yield "No rejected record waits in the store."
    if told.dry_run:
        yield "Nothing was sent, and the store is as it was: this is what would happen."
    if told.subscriptions:
        yield (
            f"{told.subscriptions:,} subscriptions that rows bring themselves were left out, as "
            "they might subscribe somebody again; --resubscribe sends such."
        )
    if unreadable := sum(each.unreadable for each in told.streams.values()):
        yield f"{unreadable:,} lines of the store are not records, and stay as they are."
    if arrived := sum(each.arrived for each in told.streams.values()):
        yield (
            f"{arrived:,} records had arrived before, as outcomes tell, such as by retry_rejected: "
            "they are not sent, and leave the store."
        )
    if told.unknown:
        yield (
            f"What became of {told.unknown:,} records is not known: they were sent, and no answer "
            "came. Run it again: what may be executed twice is sent again, and the rest is held."
        )
    if told.streams and not told.dry_run:
        stay = sum(each.stay() for each in told.streams.values())
        yield f"{stay:,} records stay in the store."
