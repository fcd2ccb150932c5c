"""What the service writes back, decoded: its body in either format."""

import json
from contextlib import suppress
from typing import Any, Literal

import msgspec

XML_BEGINS = b"<"
FAULTS = (ValueError, RecursionError)  # msgspec's errors are ValueErrors
TOLD = ("error", "error_text", "profile_id")
CODE, RESULT = b'"error"', b'"result"'  # as keys; within a text its quotes are escaped
ESCAPED = b"\\u00"  # begins a letter that is written otherwise, in a key perhaps


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
        reply = _decode_all_done(body)
        return len(reply.result) == count and _says_once(body, reply)
    return False


def all_named(body: bytes, count: int) -> list[str | None] | None:
    """The same where the service's own ids of profiles are wanted too: those of each, or None where
    not all were accepted.
    """
    with suppress(*FAULTS):
        reply = _decode_all_named(body)
        items = reply.result
        ids: list[Any] = [each.profile_id for each in items]
        if set(map(type, ids)) != {str}:
            ids = [None if each is None else str(each) for each in ids]
        return ids if len(ids) == count and _says_once(body, reply) else None
    return None


def read(body: bytes) -> Reply | None:
    """A body in whichever format it came, None where it is of neither: the service lets a request
    choose it apart from its own. One that says something twice cannot be read, as readers differ in
    which of the two counts.
    """
    try:
        if body.lstrip()[:1] == XML_BEGINS:
            return _read_xml(body)
        reply = _decode(body)
        if not _says_once(body, reply):
            json.loads(body, object_pairs_hook=_once)
        return reply
    except FAULTS:
        return None


def _says_once(body: bytes, reply: Reply | _AllDone | _AllNamed) -> bool:
    """Whether no key of a body can stand twice in its object, as a count of them tells at little
    cost; False where it may be, and all must be looked at.
    """
    codes = len(reply.result or ()) + (reply.error is not None)
    return body.count(CODE) == codes and body.count(RESULT) <= 1 and ESCAPED not in body


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. Raises ValueError where a name stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError
    return found


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
    """Code and text without the blanks that XML may have around them. Raises ValueError where one
    stands twice, or holds more than text.
    """
    if not isinstance(decoded, dict):
        return decoded
    if not all(isinstance(decoded.get(name, ""), str) for name in TOLD):
        raise ValueError
    return {name: value.strip() for name, value in decoded.items() if isinstance(value, str)}
