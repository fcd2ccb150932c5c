"""Text for people, on an open file descriptor."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from ..errors import NobodyReads


@contextmanager
def printing(descriptor: int) -> Iterator[TextIO]:
    """A descriptor as a file of text. Raises NobodyReads where it cannot be written."""
    try:
        with open(
            descriptor, "w", encoding="utf-8", errors="backslashreplace", closefd=False
        ) as out:
            yield out
    except OSError:
        raise NobodyReads from None
