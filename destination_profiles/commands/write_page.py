"""What `write` says to a person at its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from shlex import join
from typing import TextIO

from ..storage.settings import LocalStorage, NoStorage, S3Storage, Storage
from .tables import Table, show_tables
from .written import Kind, Written

MAX_KINDS = 20  # told; the rest are added up
HEAD = ("stream", "read", "accepted", "superseded", "deleted", "unchanged", "rejected", "open")
OFTEN = HEAD[:5] + HEAD[6:7]  # columns that are told where they hold nothing too
NAMES = {"open": "unfinished"}
NEXT = "Take the reasons away, and send them again:"


@dataclass(frozen=True, slots=True)
class States:
    """How many states came back, and whether somebody keeps them."""

    returned: int
    kept: bool


def show(
    told: Written, states: States, storage: Storage, files: tuple[str, str], file: TextIO
) -> None:
    """Print what became of records, and what to do next; `files` are those of the configuration and
    of the catalog.
    """
    sentences, command = [*_sentences(told, states)], ""
    if told.rejections and not isinstance(storage, NoStorage):
        sentences += [f"The rejected records are in {_place(storage)}.", NEXT]
        command = _resend(*files)
    show_tables(_tables(told), sentences, file, command)


def _tables(told: Written) -> Iterator[Table]:
    columns = [
        name for name in HEAD if name in OFTEN or any(getattr(each, name) for each in told.streams)
    ]
    yield (
        [NAMES.get(name, name) for name in columns],
        [tuple(getattr(each, name) for name in columns) for each in told.streams],
    )
    for counted, kinds in (("rejected", told.rejections), ("left out", told.omissions)):
        if kinds:
            yield ["stream", "step", "code", counted, "reason"], _rows(kinds)


def _rows(kinds: list[Kind]) -> list[tuple[object, ...]]:
    """The most frequent first."""
    by_count = sorted(kinds, key=itemgetter(-1), reverse=True)
    rows: list[tuple[object, ...]] = [
        (stream, step, code, count, reason)
        for stream, step, code, reason, count in by_count[:MAX_KINDS]
    ]
    if beyond := by_count[MAX_KINDS:]:
        count = sum(each[-1] for each in beyond)
        rows.append(("", "", "", count, f"{len(beyond):,} further kinds of reason"))
    return rows


def _sentences(told: Written, states: States) -> Iterator[str]:
    read = sum(each.read for each in told.streams)
    trouble = f" (the last: {told.trouble})" if told.trouble else ""
    yield (
        f"Read {read:,} records in {told.seconds:,.1f} s ({read / told.seconds:,.0f}/s). "
        f"Chunks: {told.chunks:,}. Retries: {told.retries:,}{trouble}."
    )
    if states.returned:
        end = "" if states.kept else " To keep them, lead stdout into a file."
        yield f"States that are safe: {states.returned:,}.{end}"


def _resend(config: str, catalog: str) -> str:
    return join(["destination-profiles", "resend", "--config", config, "--catalog", catalog])


def _place(storage: LocalStorage | S3Storage) -> str:
    if isinstance(storage, LocalStorage):
        return storage.path
    return "/".join(part for part in (f"s3://{storage.bucket}", storage.folder) if part)
