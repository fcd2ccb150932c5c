"""Stores of rejected records."""

import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import quote
from uuid import uuid4

from ..errors import ConfigError, StoreFailed
from ..rejection import Rejection
from ..service.formats import encode_json

MAX_NAME = 200  # characters, of the 255 that file systems take
NOT_WRITABLE = (
    "The folder for rejected records cannot be made or written to. Choose another in "
    "the setting object_storage_config."
)
OWNER_ONLY = 0o600  # the files hold personal data


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


class LocalStore:
    """One JSONL file a stream in a folder. Files of earlier syncs are continued."""

    def __init__(self, folder: str, clock: Callable[[], datetime] = utc_now) -> None:
        """Use `folder`, made where it is missing. Raises ConfigError when it cannot be written
        to.
        """
        self._folder = Path(folder)
        self._clock = clock
        self._files: dict[str, BinaryIO] = {}
        self._unsafe: set[str] = set()
        self._failure: StoreFailed | None = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            writable = os.access(self._folder, os.W_OK | os.X_OK)
        except (OSError, ValueError):  # ValueError: a name that no file can have
            writable = False
        if not writable:
            raise ConfigError(NOT_WRITABLE)

    def put(self, stream: str, original: bytes, rejection: Rejection) -> None:
        """Append a line to the stream's file."""
        self._raise_failure()
        try:
            if stream not in self._files:
                self._files[stream] = _append(self._folder / file_name(stream))
            self._files[stream].write(line(original, rejection, self._clock()))
        except OSError as error:
            self._failure = _failed(error)
            raise self._failure from None
        self._unsafe.add(stream)

    def flush(self) -> None:
        """Write to the disk what is not on it yet."""
        self._raise_failure()
        try:
            while self._unsafe:
                stream = next(iter(self._unsafe))
                self._files[stream].flush()
                os.fsync(self._files[stream].fileno())
                self._unsafe.discard(stream)
        except OSError as error:
            self._failure = _failed(error)
            raise self._failure from None

    def probe(self) -> None:
        """Write a file and take it away. Raises ConfigError."""
        path = self._folder / f".probe-{uuid4().hex}"
        try:
            path.write_bytes(b"")
            path.unlink()
        except OSError:
            raise ConfigError(NOT_WRITABLE) from None

    def _raise_failure(self) -> None:
        """A disk that failed once may claim success the next time, with the data lost."""
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Flush and close the files."""
        try:
            self.flush()
        finally:
            for file in self._files.values():
                with suppress(OSError):  # what could not be flushed was told already
                    file.close()
            self._files.clear()
            self._unsafe.clear()


def file_name(stream: str) -> str:
    """Name of a stream's file."""
    return f"{quoted(stream)}.jsonl"


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


def _append(path: Path) -> BinaryIO:
    """Open a file for appending; a line that an earlier sync left cut is ended first."""
    file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, OWNER_ONLY), "r+b")
    if file.seek(0, os.SEEK_END):
        file.seek(-1, os.SEEK_END)
        if file.read(1) != b"\n":
            file.write(b"\n")
    return file


def _failed(error: OSError) -> StoreFailed:
    return StoreFailed(
        f"The store of rejected records failed ({error.strerror or type(error).__name__}), "
        "so no state may leave. "
        "Repair it and run the sync again."
    )


def line(original: bytes, rejection: Rejection, moment: datetime) -> bytes:
    """A line of a store: the original data, byte for byte, with the `rejected_*` keys behind."""
    keys = encode_json(
        {
            "rejected_reason": rejection.reason,
            "rejected_code": rejection.code,
            "rejected_message": rejection.message,
            "rejected_path": rejection.path,
            "rejected_at": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
    )
    data = bytes(original).strip()
    if not data.startswith(b"{"):
        data = b'{"data":' + data + b"}"
    head = data[:-1].rstrip()
    return head + (b"" if head == b"{" else b",") + keys[1:] + b"\n"
