"""Who a memory is, and the lanes of its streams."""

from secrets import randbits

import msgspec

from .lanes import Database

VERSION = 1


class About(msgspec.Struct):
    """What a memory is: `owner` stands in all that belongs to it."""

    version: int
    owner: str
    seed: int
    databases: dict[str, Database] = {}


def new() -> About:
    """A memory that nobody has seen."""
    return About(VERSION, f"{randbits(64):016x}", new_seed())


def new_seed() -> int:
    """For hashes that nobody knows beforehand."""
    return randbits(64)


def read(content: bytes) -> tuple[About | None, str]:
    """What was written, or None and why it cannot be used."""
    try:
        about = msgspec.json.decode(content, type=About)
    except msgspec.MsgspecError:
        return None, "cannot be read"
    if about.version != VERSION:
        return None, "was written by another version"
    return about, ""
