"""Who hears of the last word on each record."""

from collections.abc import Callable, Sequence
from typing import Protocol

from ..records.batch import Data
from ..rejection import Rejection
from ..service.identities import Identities
from .blame import Resolution
from .chunks import Chunk


class Recorder(Protocol):
    """Hears everything on the main thread, and keeps it beside: no state passes what is not safe.
    All methods raise ProfilesError where it cannot be kept.
    """

    def answered(self, resolution: Resolution) -> None:
        """The last word on a chunk, while its records still stand in it."""
        ...

    def put_off(self, chunk: Chunk, code: str) -> None:
        """The service asks for the profiles of a chunk once more, with such a code."""
        ...

    def unsent(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        """A record was rejected before it was sent; its number in the input is counted from 0."""
        ...

    def unchanged(
        self, stream: str, identities: Sequence[Identities], ordinals: Sequence[int]
    ) -> None:
        """Records were left out, as the service has them; their numbers in the input are counted
        from 0.
        """
        ...

    def deleted(self, stream: str, originals: Sequence[Data], first: int) -> None:
        """Records were left out, as their source has deleted them; `first` is the number of the
        first of them.
        """
        ...

    def attach(self, wake: Callable[[], None]) -> None:
        """Take what ends the wait of the main thread; any thread may call it."""
        ...

    def begin(self) -> int:
        """Begin to make safe all that was heard; gives a number that never falls."""
        ...

    def kept(self) -> int:
        """All that was begun up to this number is safe."""
        ...

    def close(self) -> None:
        """Wait until all that was heard is safe."""
        ...
