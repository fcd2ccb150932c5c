"""The kinds of rejection or omission of a sync, as a table for people."""

from collections.abc import Iterator, Sequence
from operator import attrgetter

from ..delivery.tally import Kind
from ..shapes import quoted
from .tables import Table

MAX_KINDS = 20  # told; the rest are added up


def kinds_table(kinds: Sequence[Kind], counted: str) -> Table:
    """The most frequent first, each with the shapes of its values; `counted` says what is."""
    told = sorted(kinds, key=attrgetter("records"), reverse=True)[:MAX_KINDS]
    rows: list[tuple[object, ...]] = [
        (each.stream, each.step, each.code, each.records, _reason(each)) for each in told
    ]
    if beyond := len(kinds) - len(told):
        count = sum(each.records for each in kinds) - sum(each.records for each in told)
        rows.append(("", "", "", count, f"{beyond:,} further kinds of reason"))
    return ["stream", "step", "code", counted, "reason"], rows


def _reason(kind: Kind) -> str:
    shapes = ", ".join(_counted(kind))
    return f"{kind.reason}: {shapes}" if shapes else kind.reason


def _counted(kind: Kind) -> Iterator[str]:
    """Each shape with its count."""
    for shape, count in kind.shapes.items():
        yield f"{quoted(shape)} {count:,}"
    if kind.other_shapes:
        yield f"others {kind.other_shapes:,}"
