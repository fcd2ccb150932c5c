"""What the service writes back, decoded: its body in either format."""

from contextlib import suppress
from typing import Any, Literal

import msgspec

XML_BEGINS = b"<"
FAULTS = (ValueError, RecursionError)  # msgspec's errors are ValueErrors


class Item(msgspec.Struct, gc=False):
    """What the service says of one profile; 0 is success."""

    error: int
    error_text: str | None = None
    profile_id: Any = None

    def id(self) -> str | None:
        """The service's own id of the profile, if it tells one."""
        known = self.profile_id
        return str(known) if isinstance(known, str | int) and known != "" else None


class Reply(msgspec.Struct):
    """What the service says of a request, and of each of its profiles."""

    error: int | None = None
    error_text: str | None = None
    result: list[Item] | None = None


class _Done(msgspec.Struct, gc=False):
    error: Literal[0]


class _AllDone(msgspec.Struct):
    result: list[_Done]
    error: int | None = None
    error_text: str | None = None


class _Named(msgspec.Struct, gc=False):
    error: Literal[0]
    profile_id: str | int | None = None


class _AllNamed(msgspec.Struct):
    result: list[_Named]
    error: int | None = None
    error_text: str | None = None


_decode = msgspec.json.Decoder(Reply).decode
_decode_all_named = msgspec.json.Decoder(_AllNamed).decode
_decode_all_done = msgspec.json.Decoder(_AllDone).decode


def all_done(body: bytes, count: int) -> bool:
    """Whether a body in JSON says of each of `count` profiles that it was accepted, as most do; no
    more of it is decoded than that.
    """
    with suppress(*FAULTS):
        return len(_decode_all_done(body).result) == count
    return False


def all_named(body: bytes, count: int) -> list[str | None] | None:
    """The same where the service's own ids of profiles are wanted too: those of each, or None where
    not all were accepted.
    """
    with suppress(*FAULTS):
        items = _decode_all_named(body).result
        ids: list[Any] = [each.profile_id for each in items]
        if set(map(type, ids)) != {str}:
            ids = [None if each is None else str(each) for each in ids]
        return ids if len(ids) == count else None
    return None


def read(body: bytes) -> Reply | None:
    """A body in whichever format it came, None where it is of neither: the service lets a request
    choose it apart from its own.
    """
    try:
        return _read_xml(body) if body.lstrip()[:1] == XML_BEGINS else _decode(body)
    except FAULTS:
        return None


def _read_xml(body: bytes) -> Reply:
    from .xml_format import decode  # noqa: PLC0415 - its library takes a while, and most syncs do without

    decoded = decode(body)
    result = decoded.pop("result", None)
    items = (
        [result] if isinstance(result, dict | str) else result or []
    )  # of a single profile, or empty
    head = msgspec.convert(_trimmed(decoded), Reply, strict=False)
    head.result = [
        msgspec.convert(_trimmed(each), Item, strict=False)
        for each in items
        if not isinstance(each, str) or each.strip()
    ]
    return head


def _trimmed(decoded: Any) -> Any:
    """Code and text without the blanks that XML may have around them."""
    return (
        {name: value.strip() for name, value in decoded.items() if isinstance(value, str)}
        if isinstance(decoded, dict)
        else decoded
    )
