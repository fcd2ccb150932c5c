"""The names of parts, and the digits in them that keep apart what several write at one moment."""

from datetime import datetime
from uuid import uuid4

OWN = 9  # digits


def own_digits() -> str:
    """Digits of somebody's own: who draws at the same moment draws others."""
    return f"{uuid4().int % 10**OWN:0{OWN}}"


def part_name(moment: datetime, number: int, own: str, mark: str = "") -> str:
    """That of a part which is written at a moment, `number` among those of its writer, whose own
    digits stand behind: `<date>_<epoch ms>_<part>`, with a `mark` behind the date.
    """
    return f"{moment:%Y_%m_%d}_{mark}{moment.timestamp() * 1000:.0f}_{number}{own}"


def number_in(part: str) -> int:
    """The number of a part, from the last piece of its name; earlier versions had no own digits."""
    return int(part[:-OWN] or part)
