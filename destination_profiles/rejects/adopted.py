"""Records that a person has edited, on their way back into the store."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from ..errors import ConfigError
from ..rejection import Rejection
from .line import Kept, Origin, line, read, timestamp
from .parts import Part, Stream, place

MOST = 5  # lines that are told
EDITED = Rejection("edited", "edited", "was edited, and has not been sent since", "$", "")


def adopt(stream: Stream, text: bytes, moment: datetime) -> tuple[Part, bytes]:
    """A new part of the lines of a file, each a record as the store has it, or a plain one, and
    what is to be written in it. Its records take the place of the same ones in other parts.

    Raises ConfigError with all lines that are no records.
    """
    stem = f"0/{place(stream)}/{moment:%Y_%m_%d}_{moment.timestamp() * 1000:.0f}_0"
    return Part(stem, 0, stream), b"".join(_lines(text.splitlines(), moment))


def _lines(lines: Iterable[bytes], moment: datetime) -> Iterator[bytes]:
    wrong = []
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            kept = read(text)
        except ValueError:
            wrong.append(number)
            continue
        yield line(kept.original, _reason(kept), moment, _origin(kept, number, moment))
    if wrong:
        told = ", ".join(map(str, wrong[:MOST]))
        more = f" and {len(wrong) - MOST:,} more" if len(wrong) > MOST else ""
        raise ConfigError(
            f"Lines of the file are not valid JSON objects: {told}{more}. Nothing was sent. Each "
            "line is a record as the store of rejected records has it."
        )


def _origin(kept: Kept, number: int, moment: datetime) -> Origin:
    """Where a record stood; one that says nothing of it is as new as the file."""
    return kept.origin if kept.origin.row else Origin(timestamp(moment), number)


def _reason(kept: Kept) -> Rejection:
    return Rejection(kept.reason, kept.code, kept.message, "$", "") if kept.reason else EDITED
