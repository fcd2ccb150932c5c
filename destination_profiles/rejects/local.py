"""A store of rejected records in a folder of this machine."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from ..errors import ConfigError, StoreFailed
from ..rejection import Rejection
from .store import line, quoted, utc_now

NOT_WRITABLE = (
    "The folder for rejected records cannot be made or written to. Choose another in "
    "the setting object_storage_config."
)
OWNER_ONLY = 0o600  # the files hold personal data


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
