"""A request body on its way over a connection."""

from collections.abc import Iterable, Iterator


class Blocks:
    """A body that is sent block by block. Each must leave within the time allowed for connecting,
    so a slow link takes small ones; a quick one takes large ones in a fraction of the steps.

    `is_begun`: the first is on its way. Without that, the service cannot execute anything.
    """

    SMALLEST, LARGEST = 1 << 17, 1 << 21  # bytes
    SECONDS = 1.0  # in which a block is to leave

    def __init__(
        self, pieces: Iterable[bytes | memoryview], size: int, block: int = SMALLEST
    ) -> None:
        """Of pieces that are `size` bytes in all, in blocks of at most `block`; they are asked for
        once, while they are sent.
        """
        self._pieces, self._size, self._block = pieces, size, block
        self.is_begun = False

    def __len__(self) -> int:
        """Bytes of the body, for Content-Length."""
        return self._size

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """The blocks: small pieces joined, parts of large ones."""
        self.is_begun = True
        small: list[bytes | memoryview] = []
        length = 0
        for piece in self._pieces:
            if length + len(piece) > self._block:
                yield b"".join(small)
                small, length = [], 0
            if len(piece) > self._block:
                whole = memoryview(piece)
                yield from (
                    whole[start : start + self._block]
                    for start in range(0, len(whole), self._block)
                )
            else:
                small.append(piece)
                length += len(piece)
        yield b"".join(small)

    @classmethod
    def fit(cls, rate: float) -> int:
        """The bytes of blocks for a link that carries so many bytes a second."""
        return max(cls.SMALLEST, min(cls.LARGEST, int(rate * cls.SECONDS)))
