"""Profiles and request bodies as bytes, in JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from .matching import Target

SEPARATOR = b","
encode_profile = msgspec.json.Encoder().encode  # keeps integers of any length, which orjson does not
decode_profile = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True)
class Envelope:
    """What stands in a request body before and after the profiles."""

    before: bytes
    after: bytes

    def size(self) -> int:
        """Bytes of a body that holds no profile."""
        return len(self.before) + len(self.after)

    def body(self, profiles: Sequence[bytes]) -> bytes:
        """The whole body: one copy of each profile, made here and sent as it is."""
        return b"".join((self.before, SEPARATOR.join(profiles), self.after))


def envelope(target: Target, token: str, options: Mapping[str, Any]) -> Envelope:
    """The envelope of requests to a target: token, database, matching and the options that are set."""
    head = {"token": token, "db_id": target.db_id, **target.matching.parameters(), **options}
    return Envelope(encode_profile(head)[:-1] + b',"data":[', b"]}")
