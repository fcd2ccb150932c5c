"""Hashes by which what was sent is known again."""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from xxhash import xxh3_64, xxh3_64_digest, xxh3_64_intdigest

SIZE = 8  # bytes of a hash


def hashes(parts: Iterable[bytes | str], seed: int) -> list[bytes]:
    """That of each."""
    return [xxh3_64_digest(part, seed) for part in parts]


def seed_of(text: str, seed: int) -> int:
    """A seed of its own for what belongs to a text."""
    return xxh3_64_intdigest(text, seed)


def seal(path: Path) -> None:
    """Let a file end with its hash."""
    with path.open("r+b") as file:
        file.write(_digest(file))


def unseal(path: Path) -> None:
    """Take that off. Raises ValueError where the file is not as it was."""
    with path.open("r+b") as file:
        size = path.stat().st_size - SIZE
        file.seek(max(size, 0))
        digest = file.read()
        file.truncate(max(size, 0))
        file.seek(0)
        if digest != _digest(file):
            raise ValueError


def _digest(file: BinaryIO) -> bytes:
    return hashlib.file_digest(file, xxh3_64).digest()  # type: ignore[arg-type] # it is one of them
