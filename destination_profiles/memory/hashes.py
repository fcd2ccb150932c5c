"""Hashes by which what was sent is known again."""

from collections.abc import Iterable

from xxhash import xxh3_64_digest, xxh3_64_intdigest

SIZE = 8  # bytes of a hash


def hashes(parts: Iterable[bytes | str], seed: int) -> list[bytes]:
    """That of each."""
    return [xxh3_64_digest(part, seed) for part in parts]


def seed_of(text: str, seed: int) -> int:
    """A seed of its own for what belongs to a text."""
    return xxh3_64_intdigest(text, seed)
