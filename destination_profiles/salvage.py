"""What can be told and kept of JSON that strict readers refuse: NaN, numbers beyond a double, text that is no Unicode."""

import json
import math
from collections.abc import Iterator
from typing import Any

from .rejection import Rejection


class _Literal(str):
    """A number that no double holds, as it was written."""

    __slots__ = ()


def lenient(text: bytes) -> Any:
    """Read JSON as a person would; odd numbers come as the text they were written as.

    Raises ValueError or RecursionError where even that fails: the text is cut or broken.
    """
    return json.loads(text.decode("utf-8", "surrogateescape"), parse_constant=_Literal, parse_float=_float)


def fault(data: Any) -> Rejection | None:
    """What is odd first in the data of a record that `lenient` gave, or None."""
    if not isinstance(data, dict):
        return _rejection("object", "must be a JSON object", "$")
    return next(_odd(data, "$"), None)


def clean(value: Any) -> Any:
    """The same with every odd part as text that any reader takes."""
    if isinstance(value, str):
        return _unicode(value)
    if isinstance(value, dict):
        return {_unicode(key): clean(member) for key, member in value.items()}
    return [clean(member) for member in value] if isinstance(value, list) else value


def _float(literal: str) -> float | str:
    number = float(literal)
    return number if math.isfinite(number) else _Literal(literal)


def _odd(value: Any, path: str) -> Iterator[Rejection]:
    if isinstance(value, _Literal):
        yield _rejection("number", "must be a finite number: JSON knows no NaN and no Infinity, and nothing beyond 1.8e308", path)
    elif isinstance(value, str) and not _is_unicode(value):
        yield _rejection("unicode", "must be valid Unicode text", path)
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from _odd(key, path)
            yield from _odd(member, f"{path}.{_unicode(key)}")
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _odd(member, f"{path}[{index}]")


def _rejection(code: str, message: str, path: str) -> Rejection:
    return Rejection("json", code, message, path, message)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode() if not _is_unicode(text) else str(text)
