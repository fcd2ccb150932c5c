"""What a folder is, and the names that things have in it."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import quote
from uuid import uuid4

from ..errors import StoreFailed, StoreInUse

RESEND, OTHERS = "a resend", "a sync or a command that looks at it"  # who holds it alone, or not
MAX_NAME = 200  # characters, of the 255 that file systems take
BUSY = (
    "The object storage is in use: {} runs with it. Wait until that has ended, and run this again."
)
NOT_KEPT = "The object storage does not list or give back what was written to its folder {}."


class Lock(Protocol):
    """Held until it is released, or the process ends."""

    def is_held(self) -> bool:
        """Whether it is held yet: nobody else has it meanwhile."""
        ...

    def release(self) -> None:
        """Let others have it."""
        ...


class Folder(Protocol):
    """Things by their names, whose parts stand between slashes. Each is written whole or not at
    all, and safe once `write` returned.

    All methods raise StoreFailed, StoreUnavailable or ConfigError where it cannot be used.
    """

    def write(self, name: str, content: bytes) -> None:
        """Keep a thing under a name that no other has, or in the place of the one that has it."""
        ...

    def read(self, name: str) -> bytes:
        """What was written."""
        ...

    def store(self, name: str, path: Path) -> None:
        """Keep the content of a file of this machine, likewise."""
        ...

    def blocks(self, name: str) -> Iterator[bytes]:
        """What was written, block by block."""
        ...

    def names(self, prefix: str = "") -> list[str]:
        """Those that begin so, sorted."""
        ...

    def remove(self, name: str) -> None:
        """Keep it no longer; nothing happens where it is not there."""
        ...

    def probe(self) -> None:
        """Write something and take it away."""
        ...

    def lock(self, *, alone: bool, where: str = "") -> Lock:
        """Hold the folder, or the one `where` below it: several may at once, or one `alone`. Raises
        StoreInUse where another holds it that does not allow that.
        """
        ...


class Below:
    """A folder in another one."""

    def __init__(self, folder: Folder, root: str) -> None:
        """Of names that begin with `root` and a slash."""
        self._folder, self._root = folder, f"{root}/"

    def write(self, name: str, content: bytes) -> None:
        """Likewise."""
        self._folder.write(self._root + name, content)

    def read(self, name: str) -> bytes:
        """Likewise."""
        return self._folder.read(self._root + name)

    def store(self, name: str, path: Path) -> None:
        """Likewise."""
        self._folder.store(self._root + name, path)

    def blocks(self, name: str) -> Iterator[bytes]:
        """Likewise."""
        return self._folder.blocks(self._root + name)

    def names(self, prefix: str = "") -> list[str]:
        """Likewise, without the root."""
        found = self._folder.names(self._root + prefix)
        return [name.removeprefix(self._root) for name in found]

    def remove(self, name: str) -> None:
        """Likewise."""
        self._folder.remove(self._root + name)

    def probe(self) -> None:
        """That of the whole folder."""
        self._folder.probe()

    def lock(self, *, alone: bool, where: str = "") -> Lock:
        """Likewise."""
        return self._folder.lock(alone=alone, where=self._root + where)


def busy(*, alone: bool) -> StoreInUse:
    """What to say to somebody who may not hold a folder, as another holds it, perhaps `alone`."""
    return StoreInUse(BUSY.format(RESEND if alone else OTHERS))


def try_out(folder: Folder, where: str) -> None:
    """Write a thing below a folder, list it, read it and take it away. Raises StoreFailed where it
    does not come back.
    """
    name, content = joined(where, f"probe-{uuid4().hex}"), b"probe"
    folder.write(name, content)
    is_kept = name in folder.names(joined(where, "probe-")) and folder.read(name) == content
    folder.remove(name)
    if not is_kept:
        raise StoreFailed(NOT_KEPT.format(where))


def joined(*parts: str) -> str:
    """A name of its parts, as they are; empty ones are left out."""
    return "/".join(part for part in parts if part)


def quoted(name: str) -> str:
    """A text as one part of a name: what a file system may not take is quoted, and what is too long
    ends with a digest.
    """
    text = quote(name, safe=" ")
    if not text.strip("."):  # a folder of its own to a file system
        return text.replace(".", "%2E")
    return (
        f"{text[:MAX_NAME]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        if len(text) > MAX_NAME
        else text
    )
