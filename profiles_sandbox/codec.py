"""Codecs: bytes to a message and back, chosen by the request's Content-Type.

A further format is one more class with these three members, entered in `_CODECS`. A message is a JSON-like
object: dict, list, str, int (of any size), float, bool, None. A format without types has to give these types.
"""

from typing import Any, Protocol

import msgspec

from profiles_sandbox.errors import RequestRefused

Message = dict[str, Any]


class Codec(Protocol):
    """One format of bodies."""

    content_type: str

    def decode(self, body: bytes) -> Message:
        """Read a request; raises RequestRefused."""

    def encode(self, message: Message) -> bytes:
        """Write an answer."""


class JsonCodec:
    """JSON; integers are kept digit for digit."""

    content_type = "application/json"

    def decode(self, body: bytes) -> Message:
        """Read a request; raises RequestRefused."""
        try:
            message = msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise RequestRefused(400, f"the body is not JSON: {_without_data(error)}") from None
        if type(message) is not dict:
            raise RequestRefused(400, "the body is not an object")
        return message

    def encode(self, message: Message) -> bytes:
        """Write an answer."""
        return msgspec.json.encode(message)


JSON = JsonCodec()

_CODECS: dict[str, Codec] = {JSON.content_type: JSON}


def codec_for(content_type: str | None) -> Codec:
    """Give the codec of a Content-Type header; raises RequestRefused."""
    media_type = (content_type or "").partition(";")[0].strip().lower()
    if media_type not in _CODECS:
        raise RequestRefused(400, "Content-Type: one of " + ", ".join(_CODECS) + " expected")
    return _CODECS[media_type]


def _without_data(error: Exception) -> str:
    return "a byte is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
