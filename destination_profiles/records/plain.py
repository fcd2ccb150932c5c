"""Columns of texts that are all written plainly, converted at once: a step for each value is what
takes the time. What each type makes of a text is told by conversion.py, which agrees.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo

Texts = Sequence[str]
Convert = Callable[[Texts], Sequence[object] | None]  # None where one is written in another way


def _column(pattern: str) -> Callable[[str], object]:
    """What tells whether lines are all of a form."""
    return re.compile(rf"(?:{pattern}\n)+", re.ASCII).fullmatch


DAY = r"\d{4}-\d\d-\d\d"
SECONDS = rf"{DAY}T\d\d:\d\d:\d\d"
TIME = rf"{DAY}[T ]\d\d:\d\d:\d\d(?:\.\d{{1,6}})?"
_days, _numbers = _column(DAY), _column(r"[+-]?\d{1,15}(?:\.\d{1,15})?")
_whole_numbers = _column(r"[+-]?\d{1,18}")
_zoned, _unzoned = _column(rf"{TIME}(?:Z|[+-]\d\d:\d\d)"), _column(TIME)
_seconds_of_utc, _seconds = _column(rf"{SECONDS}Z"), _column(SECONDS)  # nothing is to be changed


def _lines(texts: Texts) -> str:
    """One a line; a text of several is none of any form."""
    return "\n".join(texts) + "\n"


def _dates(texts: Texts) -> Texts | None:
    lines = _lines(texts)
    if not _days(lines) or lines.count("\n") != len(texts):
        return None
    for _ in map(date.fromisoformat, texts):  # raises for a day that no month has
        pass
    return texts


def _times(texts: Texts) -> Texts | None:
    lines = _lines(texts)
    if not _zoned(lines) or lines.count("\n") != len(texts):
        return None
    moments = list(map(datetime.fromisoformat, texts))  # raises for a time that no day has
    if _seconds_of_utc(lines):
        return texts
    return [moment.isoformat().replace("+00:00", "Z") for moment in moments]


def _times_of_utc(texts: Texts) -> Texts | None:
    """The same, where a time without a zone is UTC's."""
    lines = _lines(texts)
    if not _unzoned(lines) or lines.count("\n") != len(texts):
        return _times(texts)
    moments = list(map(datetime.fromisoformat, texts))
    if _seconds(lines):
        return [text + "Z" for text in texts]
    return [moment.isoformat() + "Z" for moment in moments]


def _ints(texts: Texts) -> list[int] | None:
    lines = _lines(texts)
    is_plain = _whole_numbers(lines) and lines.count("\n") == len(texts)
    return list(map(int, texts)) if is_plain else None


def _floats(texts: Texts) -> list[float] | None:
    lines = _lines(texts)
    if not _numbers(lines) or lines.count("\n") != len(texts):
        return None
    return [float(text) if "." in text else int(text) for text in texts]


def _bare(texts: Texts) -> Texts | None:
    """Those that hold no blank."""
    joined = "".join(texts)
    return texts if "" not in texts and joined.split() == [joined] else None


def plain(kind: str, zone: tzinfo) -> Convert:
    """What converts columns of texts to a type of the configuration. It gives None, or raises
    ValueError, where each needs a look of its own.
    """
    kinds: Mapping[str, Convert] = {
        "date": _dates,
        "datetime": _times_of_utc if zone is UTC else _times,
        "int": _ints,
        "float": _floats,
        "email": _bare,
    }
    return kinds.get(kind, lambda _: None)
