"""What a store of rejected records is, and the form of its lines."""

import hashlib
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote

from ..rejection import Rejection
from ..service.formats import encode_json

MAX_NAME = 200  # characters, of the 255 that file systems take
Place = tuple[str, ...]  # of a stream in a store with folders: their names, the outermost first


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


class RejectStore(Protocol):
    """Keeps rejected records. What was put is safe once `flush` returned; a state leaves only
    then.
    """

    def put(self, stream: str, original: bytes, rejection: Rejection) -> None:
        """Take one record as it came, with the reason. Raises StoreFailed."""
        ...

    def flush(self) -> None:
        """Make safe all that was put. Raises StoreFailed."""
        ...

    def probe(self) -> None:
        """Write something and take it away. Raises ConfigError or another ProfilesError when it
        cannot.
        """
        ...

    def close(self) -> None:
        """Flush and let go. Raises StoreFailed."""
        ...


class NoStore:
    """Drops rejected records; they are counted elsewhere."""

    def put(self, stream: str, original: bytes, rejection: Rejection) -> None:
        """Drop it."""

    def flush(self) -> None:
        """Nothing is kept."""

    def probe(self) -> None:
        """Nothing is there."""

    def close(self) -> None:
        """Nothing is open."""


def quoted(name: str) -> str:
    """A name as one part of a path: what a file system may not take is quoted, and what is too long
    ends with a digest.
    """
    text = quote(name, safe=" ")
    return (
        f"{text[:MAX_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        if len(text) > MAX_NAME
        else text
    )


def line(original: bytes, rejection: Rejection, moment: datetime) -> bytes:
    """A line of a store: the original data, byte for byte, with the `rejected_*` keys behind."""
    keys = encode_json(
        {
            "rejected_reason": rejection.reason,
            "rejected_code": rejection.code,
            "rejected_message": rejection.message,
            "rejected_path": rejection.path,
            "rejected_faults": [asdict(each) for each in rejection.all_faults()],
            "rejected_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
    )
    data = bytes(original).strip()
    if not data.startswith(b"{"):
        data = b'{"data":' + data + b"}"
    head = data[:-1].rstrip()
    return head + (b"" if head == b"{" else b",") + keys[1:] + b"\n"
