"""What `write` says to a person at its end."""

from collections.abc import Iterator
from dataclasses import dataclass
from shlex import join
from typing import TextIO

from ..storage.settings import LocalStorage, NoStorage, S3Storage, Storage
from .kinds_table import kinds_table
from .tables import Table, show_tables
from .written import Written

HEAD = ["stream", "read", "accepted", "superseded", "deleted", "rejected"]
OPEN = "unfinished"
NEXT = "Remove the causes, and send them again:"


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
    is_whole = not any(each.open for each in told.streams)
    yield (
        HEAD if is_whole else [*HEAD, OPEN],
        [
            (
                *(s.stream, s.read, s.accepted, s.superseded, s.deleted, s.rejected),
                *(() if is_whole else (s.open,)),
            )
            for s in told.streams
        ],
    )
    for counted, kinds in (("rejected", told.rejections), ("left out", told.omissions)):
        if kinds:
            yield kinds_table(kinds, counted)


def _sentences(told: Written, states: States) -> Iterator[str]:
    read = sum(each.read for each in told.streams)
    trouble = f" (the last: {told.trouble})" if told.trouble else ""
    yield (
        f"Read {read:,} records in {told.seconds:,.1f} s ({read / told.seconds:,.0f}/s). "
        f"Chunks: {told.chunks:,}. Retries: {told.retries:,}{trouble}."
    )
    if states.returned:
        end = "" if states.kept else " To keep them, redirect stdout to a file."
        yield f"States that are safe: {states.returned:,}.{end}"


def _resend(config: str, catalog: str) -> str:
    return join(["destination-profiles", "resend", "--config", config, "--catalog", catalog])


def _place(storage: LocalStorage | S3Storage) -> str:
    if isinstance(storage, LocalStorage):
        return storage.path
    return "/".join(part for part in (f"s3://{storage.bucket}", storage.folder) if part)
