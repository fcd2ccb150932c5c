"""Profiles and request bodies as bytes, in the formats that the service has."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import msgspec

from .matching import Target

encode_json = msgspec.json.Encoder().encode  # keeps integers of any length, which orjson does not
decode_json = msgspec.json.Decoder(dict[str, Any]).decode
decode_records = msgspec.json.Decoder(list[dict[str, Any]]).decode


class Format(Protocol):
    """One format of requests. `verbatim`: a record that needs no change is sent in its own
    bytes.
    """

    verbatim: bool

    def encode(self, profile: Mapping[str, Any]) -> bytes:
        """A profile as it stands in a body. Raises InvalidRecord where the format cannot carry
        it.
        """
        ...

    def decode(self, profile: bytes) -> dict[str, Any]:
        """A profile that was encoded. A format without types gives texts."""
        ...

    def frame(self, head: Mapping[str, Any]) -> tuple[bytes, bytes, bytes]:
        """What stands before, between and after the profiles of a request whose other parameters
        are `head`.
        """
        ...


class Json:
    """JSON."""

    verbatim = True
    encode = staticmethod(encode_json)
    decode = staticmethod(decode_json)

    def frame(self, head: Mapping[str, Any]) -> tuple[bytes, bytes, bytes]:
        """An object whose last member is the array of profiles."""
        return encode_json(head)[:-1] + b',"data":[', b",", b"]}"


@dataclass(frozen=True)
class Envelope:
    """What stands in a request body before, between and after the profiles."""

    before: bytes
    between: bytes
    after: bytes

    def size(self) -> int:
        """Bytes of a body that holds no profile."""
        return len(self.before) + len(self.after)

    def body(self, profiles: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
        """The body of some profiles, or of several that are joined already, piece by piece: they
        are not copied.
        """
        yield self.before
        for number, each in enumerate(profiles):
            if number:
                yield self.between
            yield each
        yield self.after


def envelope(target: Target, token: str, options: Mapping[str, Any], wire: Format) -> Envelope:
    """The envelope of requests to a target: token, database, matching and the options that are set.

    Raises ConfigError where the format cannot carry one of them.
    """
    return Envelope(
        *wire.frame(
            {"token": token, "db_id": target.db_id, **target.matching.parameters(), **options}
        )
    )


def format_named(name: str) -> Format:
    """The format of a name in the manifest's `wire_formats`."""
    if name == "json":
        return Json()
    from .xml_format import Xml  # noqa: PLC0415 - its library takes a while, and most syncs do without

    return Xml()
