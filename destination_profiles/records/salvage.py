"""What can be told and kept of JSON that strict readers refuse: NaN, numbers beyond a double, text
that is no Unicode.
"""

import json
import re
from typing import Any

from ..conversion import exact
from ..rejection import Rejection
from ..shapes import shape_of

# of an integer: longer ones are read by no reader in a time that does not grow with their square
MAX_DIGITS = 4300


ODD_NUMBER = (
    "must be a number that JSON readers take: no NaN, no Infinity, nothing beyond "
    f"1.8e308, nothing nearer to 0 than 5e-324, at most {MAX_DIGITS:,} digits"
)

TOO_DEEP = Rejection("json", "depth", "is nested too deeply", "$", "is nested too deeply")
MAX_DEPTH = 500  # beyond twice as much no reader that calls itself for each level goes
MAX_DEEP_BYTES = 10_000_000  # of a line that is looked at bracket by bracket
_TOKENS = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{}]', re.DOTALL)


class _Literal(str):
    """A number that cannot be told as one, as it was written."""

    __slots__ = ()


def lenient(text: bytes) -> Any:
    """Read JSON as a person would; odd numbers come as the text they were written as.

    Raises ValueError or RecursionError where even that fails: the text is cut or broken.
    """
    return json.loads(
        text.decode("utf-8", "surrogateescape"),
        parse_constant=_Literal,
        parse_float=_float,
        parse_int=_int,
    )


def flattened(text: bytes) -> bytes:
    """JSON that is nested too deeply, with what is beyond MAX_DEPTH as the text of its own JSON.
    Raises ValueError where it is cut, or too long to be looked at.
    """
    if len(text) > MAX_DEEP_BYTES:
        raise ValueError
    pieces, depth, begin = [], 0, 0  # `begin`: of what is not in the pieces yet
    for token in _TOKENS.finditer(text):
        if token[0] in b"[{":
            depth += 1
            if depth == MAX_DEPTH + 1:
                pieces.append(text[begin : token.start()])
                begin = token.start()
        elif token[0] in b"]}":
            if depth == MAX_DEPTH + 1:
                deep = text[begin : token.end()].decode(errors="replace")
                pieces.append(json.dumps(deep, ensure_ascii=False).encode())
                begin = token.end()
            depth -= 1
    if depth:
        raise ValueError
    return b"".join([*pieces, text[begin:]])


def fault(data: Any) -> Rejection | None:
    """What is odd first in the data of a record that `lenient` gave, or None."""
    if not isinstance(data, dict):
        return _rejection("object", "must be a JSON object", "$", data)
    pending = [("$", data)]
    while pending:
        path, value = pending.pop()
        if isinstance(value, _Literal):
            return _rejection("number", ODD_NUMBER, path, value)
        if isinstance(value, str) and _unicode(value) != value:
            return _rejection("unicode", "must be valid Unicode text", path, value)
        pending += reversed(_members(value, path))
    return None


def clean(value: Any) -> bytes:
    """The same as JSON that any reader takes: every odd part is text, and what is no Unicode a
    question mark.
    """
    return _unicode(json.dumps(value, ensure_ascii=False, separators=(",", ":"))).encode()


def _members(value: Any, path: str) -> list[tuple[str, Any]]:
    """The parts of an object or a list, keys too, each with its path."""
    if isinstance(value, dict):
        keys = [(path, key) for key in value if _unicode(key) != key]
        return keys + [(f"{path}.{_unicode(key)}", member) for key, member in value.items()]
    return (
        [(f"{path}[{index}]", member) for index, member in enumerate(value)]
        if isinstance(value, list)
        else []
    )


def _float(literal: str) -> float | str:
    try:
        return float(exact(literal))
    except ValueError:
        return _Literal(literal)


def _int(literal: str) -> int | str:
    return int(literal) if len(literal) <= MAX_DIGITS else _Literal(literal)


def _unicode(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _rejection(code: str, message: str, path: str, value: Any) -> Rejection:
    return Rejection("json", code, message, path, message, shape=shape_of(value))
