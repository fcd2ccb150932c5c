"""A folder of this machine."""

import errno
import fcntl
import math
import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from ..errors import ConfigError, StoreFailed
from .folder import busy

NOT_WRITABLE = (
    "The folder of the object storage cannot be made or written to. Choose another in the setting "
    "object_storage_config."
)
NOT_WRITABLE_BELOW = (
    "A folder within that of the object storage cannot be written to. Give its rights to the user "
    "that the connector runs as, or choose another folder in the setting object_storage_config."
)
OWNER_ONLY, OWNERS_FOLDER = 0o600, 0o700  # the files hold personal data
LOCK = ".lock"
UNFINISHED = ".part"
UNUSED_SECONDS = 86_400.0  # after which nobody writes to an unfinished file any more
OWN = re.compile(r"\.[0-9a-f]{32}\.part")  # nobody else's
COPIED_BYTES = 1 << 20  # at once
NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS}  # of a file system


class LocalFolder:
    """Files below a folder, each written beside its place first."""

    def __init__(self, path: str, *, makes: bool = True) -> None:
        """Use the folder `path`. Where it is missing it is made, or else nothing is in it. Raises
        ConfigError when it cannot be written to.
        """
        self._root = Path(path)
        if not makes and is_missing(path):
            return
        try:
            _make_folders(self._root)
            writable = _is_writable(self._root)
        except (OSError, ValueError):  # ValueError: a name that no file can have
            writable = False
        if not writable:
            raise ConfigError(NOT_WRITABLE)

    def write(self, name: str, content: bytes) -> None:
        """Write a file to the disk, then give it its name."""

        def fill(file: BinaryIO) -> None:
            file.write(content)

        self._make(self._root / name, fill)

    def store(self, name: str, path: Path) -> None:
        """Copy a file, likewise."""

        def fill(file: BinaryIO) -> None:
            with path.open("rb") as source:
                shutil.copyfileobj(source, file, COPIED_BYTES)

        self._make(self._root / name, fill)

    def _make(self, path: Path, fill: Callable[[BinaryIO], None]) -> None:
        unfinished = path.with_name(f".{uuid4().hex}{UNFINISHED}")
        try:
            _make_folders(path.parent, self._root)
            _forbid_links(path.parent, self._root)
            with open(unfinished, "xb", opener=_of_owner) as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
            _sync_folder(path.parent)
        except OSError as error:
            with suppress(OSError):
                unfinished.unlink()
            raise _failed(error) from None

    def read(self, name: str) -> bytes:
        """A file, whole."""
        try:
            return (self._root / name).read_bytes()
        except OSError as error:
            raise _failed(error) from None

    def blocks(self, name: str) -> Iterator[bytes]:
        """A file, block by block."""
        try:
            with (self._root / name).open("rb") as file:
                while block := file.read(COPIED_BYTES):
                    yield block
        except OSError as error:
            raise _failed(error) from None

    def names(self, prefix: str = "") -> list[str]:
        """Files whose path below the folder begins so."""
        found: list[str] = []
        for top, folders, files in os.walk(self._root):
            here = Path(top).relative_to(self._root)
            below = [(each, f"{(here / each).as_posix()}/") for each in folders]
            folders[:] = [
                each for each, path in below if prefix.startswith(path) or path.startswith(prefix)
            ]
            there = [each for each in files if not each.startswith(".")]
            found += [
                (here / each).as_posix() for each in there if not (Path(top) / each).is_symlink()
            ]
        return sorted(name for name in found if name.startswith(prefix))

    def remove(self, name: str) -> None:
        """Take a file away."""
        try:
            (self._root / name).unlink(missing_ok=True)
        except OSError as error:
            raise _failed(error) from None

    def probe(self) -> None:
        """Write a file and take it away, and look whether the folders below can be written to, each
        of which may be a stream's. Raises ConfigError.
        """
        path = self._root / f".probe-{uuid4().hex}"
        try:
            with open(path, "xb", opener=_of_owner):
                path.unlink()
        except OSError:
            raise ConfigError(NOT_WRITABLE) from None
        if not all(_is_writable(Path(folder)) for folder, _, _ in os.walk(self._root)):
            raise ConfigError(NOT_WRITABLE_BELOW)

    def lock(self, *, alone: bool, where: str = "") -> "FileLock":
        """A lock of the system's, which ends with the process."""
        folder = self._root / where
        try:
            _make_folders(folder, self._root)
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            file = os.open(folder / LOCK, flags, OWNER_ONLY)
        except OSError as error:
            raise _failed(error) from None
        try:
            _flock(file, alone=alone)
        except OSError as error:
            if error.errno in NO_LOCKS and not alone:
                return FileLock(file)
            is_busy = error.errno in (errno.EWOULDBLOCK, errno.EACCES)
            told = busy(alone=not (alone and _is_shared(file))) if is_busy else _failed(error)
            os.close(file)
            raise told from None
        _sweep(folder, math.inf if alone else _touched(file) - UNUSED_SECONDS)
        return FileLock(file)


class FileLock:
    """An open file that is locked."""

    def __init__(self, file: int) -> None:
        """Of its descriptor."""
        self._file: int | None = file

    def is_held(self) -> bool:
        """Nobody takes it away."""
        return self._file is not None

    def release(self) -> None:
        """Close it."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def is_missing(path: str) -> bool:
    """Whether nothing is there, for all that can be seen."""
    try:
        Path(path).stat()
    except FileNotFoundError:
        return True
    except (OSError, ValueError):  # who opens it is told why
        pass
    return False


def _flock(file: int, *, alone: bool) -> None:
    fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)


def _is_shared(file: int) -> bool:
    """Whether those that hold a file would let another hold it with them."""
    try:
        _flock(file, alone=False)
    except OSError:
        return False
    return True


def _of_owner(path: str, flags: int) -> int:
    return os.open(path, flags, OWNER_ONLY)


def _make_folders(folder: Path, root: Path | None = None) -> None:
    """Those that are missing, below a root where one is given, for their owner only, whatever the
    process' mask is.
    """
    if folder != root and not folder.is_dir():
        _make_folders(folder.parent, root)
        folder.mkdir(OWNERS_FOLDER, exist_ok=True)


def _forbid_links(folder: Path, root: Path) -> None:
    """Whoever may put a link into the store must not have rows written elsewhere by it. Raises
    OSError.
    """
    while folder != root:
        if folder.is_symlink():
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        folder = folder.parent


def _touched(file: int) -> float:
    """The time by the file system's own clock, which a file gets; its old one where it gets
    none.
    """
    with suppress(OSError):
        os.utime(file)
    return os.fstat(file).st_mtime


def _sweep(folder: Path, before: float) -> None:
    """Take away what processes that were killed have left, and last written before a time. What
    cannot be taken away does no harm.
    """
    for top, _, files in os.walk(folder):
        for name in filter(OWN.fullmatch, files):
            with suppress(OSError):
                left = Path(top) / name
                if left.lstat().st_mtime < before:
                    left.unlink()


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)


def _sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(error: OSError) -> StoreFailed:
    return StoreFailed(
        f"The object storage failed ({error.strerror or type(error).__name__}), "
        "so no state may leave. "
        "Repair it and run the sync again."
    )
