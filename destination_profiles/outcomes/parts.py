"""The parts in which outcomes are kept: gzip over lines of JSON, in a folder of their own."""

import re
from datetime import datetime, timedelta
from typing import Any

from isal import isal_zlib

from ..errors import StoreFailed
from ..storage.folder import Folder
from ..storage.part_names import number_in, part_name

FOLDER = "outcomes"
NAME = re.compile(
    rf"{FOLDER}/[0-9]{{4}}_[0-9]{{2}}_[0-9]{{2}}_(?P<ms>[0-9]{{1,15}})_(?P<part>[0-9]+)\.jsonl\.gz"
)
GZIP = 31  # as the library is told it
NOT_GZIP: Any = isal_zlib.error  # an exception, which its types do not tell
BROKEN = "A part of the outcomes in the object storage cannot be read: {}. Remove it, or repair it."


def name(moment: datetime, number: int, own: str) -> str:
    """That of a part which is written now, by who has these digits of its own; parts of a sync are
    numbered from 0.
    """
    return f"{FOLDER}/{part_name(moment, number, own)}.jsonl.gz"


def names(folder: Folder, since: str = "") -> list[str]:
    """Those of all parts, the oldest first; none from before the day of a timestamp."""
    first = f"{FOLDER}/{since[:10].replace('-', '_')}"
    found = filter(NAME.fullmatch, folder.names(f"{FOLDER}/"))
    return sorted((each for each in found if each >= first), key=_written)


def is_first(name: str) -> bool:
    """Whether a part is the first of its sync."""
    return _written(name)[1] == 0


def write(folder: Folder, name: str, text: bytes) -> None:
    """Keep lines as a part."""
    folder.write(name, isal_zlib.compress(text, level=1, wbits=GZIP))


def read(folder: Folder, name: str) -> bytes:
    """The lines of a part."""
    content = folder.read(name)
    try:
        return isal_zlib.decompress(content, wbits=GZIP)
    except NOT_GZIP:
        raise StoreFailed(BROKEN.format(name)) from None


def remove_older(folder: Folder, days: int, now: datetime) -> None:
    """Take away the parts that were written more than so many days ago."""
    limit = (now - timedelta(days=days)).timestamp() * 1000
    for each in names(folder):
        if _written(each)[0] < limit:
            folder.remove(each)


def _written(name: str) -> tuple[int, int]:
    """When a part was written, in milliseconds of the epoch, and its number."""
    found = NAME.fullmatch(name)
    return (int(found["ms"]), number_in(found["part"])) if found else (0, 0)
