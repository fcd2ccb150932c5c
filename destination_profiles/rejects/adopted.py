"""Records that a person has edited, on their way back into the store."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

import msgspec

from ..errors import ConfigError
from ..rejection import Rejection
from ..storage.part_names import own_digits, part_name
from ..stream_key import StreamKey
from .line import Kept, line, read
from .parts import Part, place, split

MOST = 5  # lines that are told
FAULTS = (ValueError, RecursionError)  # msgspec's errors are ValueErrors
_row = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def adopt(
    stream: StreamKey, text: bytes, moment: datetime, waits: Callable[[str, int], bool]
) -> tuple[Part, list[bytes]]:
    """A new part of the lines of a file, each a record as the store has it, and what stands in it.
    Its records take the place of those in other parts that they were copied from: `waits(sync,
    row)` tells whether there is one.

    Raises ConfigError with all lines that are no records, or those of none that waits.
    """
    numbered = [
        (number, each.strip()) for number, each in enumerate(split(text), 1) if each.strip()
    ]
    rows = [(number, _read(each)) for number, each in numbered]
    if wrong := [number for number, kept in rows if kept is None]:
        raise ConfigError(
            f"Lines of the file are not valid JSON objects: {_told(wrong)}. Nothing was sent. Each "
            "line is a record as the store of rejected records has it."
        )
    kept = [(number, each) for number, each in rows if each is not None]
    if others := list(_of_no_record(kept, waits)):
        raise ConfigError(
            f"Lines of the file match no record that waits in the store: {_told(others)}. Nothing "
            "was sent. They have arrived since, appear there twice, or lack the rejected_sync and "
            "rejected_row that they came with. Remove them."
        )
    stem = f"0/{place(stream)}/{part_name(moment, 0, own_digits())}"
    return Part(stem, 0, stream), [_line(each, moment) for _, each in kept]


def _read(text: bytes) -> Kept | None:
    try:
        kept = read(text)
        _row(kept.original)
    except FAULTS:
        return None
    return kept


def _of_no_record(
    rows: Sequence[tuple[int, Kept]], waits: Callable[[str, int], bool]
) -> Iterator[int]:
    seen = set()
    for number, kept in rows:
        at = kept.origin.place()
        if at in seen or not waits(*at):
            yield number
        seen.add(at)


def _line(kept: Kept, moment: datetime) -> bytes:
    reason = Rejection(kept.reason, kept.code, kept.message, "$", "")
    origin = replace(kept.origin, edited=True)
    return line(kept.original, reason, moment, origin).removesuffix(b"\n")


def _told(numbers: Sequence[int]) -> str:
    more = f" and {len(numbers) - MOST:,} more" if len(numbers) > MOST else ""
    return ", ".join(map(str, numbers[:MOST])) + more
