"""What the platform is told while the service asks for patience."""

from collections.abc import Callable
from time import time

from ..catalog import StreamInfo
from ..delivery.chunks import Chunk


class Throttling:
    """Tells the platform which streams wait for the service, and until when; of one stream at most
    once a second.
    """

    def __init__(
        self,
        streams: list[StreamInfo],
        tell: Callable[[str, str | None, float], None],
        now: Callable[[], float] = time,
    ) -> None:
        """`tell` takes a stream's name, its namespace and the seconds since the epoch at which it
        goes on.
        """
        self._streams = {info.label(): info for info in streams}
        self._tell = tell
        self._now = now
        self._told: dict[str, float] = {}

    def __call__(self, chunk: Chunk, seconds: float) -> None:
        """A chunk is sent again in so many seconds."""
        until = self._now() + seconds
        for label in {interval.stream for interval in chunk.intervals()}:
            if until >= self._told.get(label, 0.0) + 1:
                self._told[label] = until
                self._tell(self._streams[label].name, self._streams[label].namespace, until)
