"""Formats: bytes to a message and back, chosen by the request's Content-Type.

A further format is one more class with these members, entered in `_CODECS` and `FORMATS`. A message
is a JSON-like object: dict, list, str, int (of any size), float, bool, None.
"""

from typing import Any, Protocol

import msgspec

from profiles_sandbox.refusals import RequestRefused
from profiles_sandbox.wire.xml_format import XML

Message = dict[str, Any]


class Codec(Protocol):
    """One format of bodies. Without types of its own it gives texts, which `calls/texts.py` reads
    as what is declared.
    """

    name: str
    content_type: str
    has_types: bool

    def decode(self, body: bytes) -> Message:
        """Read a request; raises RequestRefused."""

    def encode(self, message: Message) -> bytes:
        """Write an answer."""


class JsonCodec:
    """JSON; integers are kept digit for digit."""

    name = "json"
    content_type = "application/json"
    has_types = True

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

FORMATS: dict[str, Codec] = {codec.name: codec for codec in (JSON, XML)}
"""By name, as the parameter `format` has it."""

_CODECS: dict[str, Codec] = {JSON.content_type: JSON, XML.content_type: XML, "text/xml": XML}

CONTENT_TYPES = tuple(_CODECS)


def find_codec(content_type: str | None) -> Codec | None:
    """The codec of a Content-Type header, None for any other."""
    return _CODECS.get((content_type or "").partition(";")[0].strip().lower())


def _without_data(error: Exception) -> str:
    """What is wrong with a body. Of bytes that are no text, msgspec up to 0.22 lets Python tell."""
    is_about_bytes = isinstance(error, UnicodeDecodeError) or "UTF-8" in str(error)
    return "a byte is not UTF-8" if is_about_bytes else str(error)
