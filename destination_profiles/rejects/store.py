"""Where rejected records are kept: in parts, laid out as Airbyte's platform looks for them."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from ..errors import ProfilesError
from ..rejection import Rejection
from ..storage.folder import Folder, joined, quoted
from ..storage.part_names import own_digits, part_name
from .line import Origin, begun, line

PART_BYTES = 8_000_000  # held in memory at most, over all streams
Place = tuple[str, ...]  # of a stream in a folder: names, the outermost first


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


class RejectStore(Protocol):
    """Keeps rejected records. What was put is safe once `flush` returned; a state leaves only
    then. All methods raise ProfilesError where they cannot do it.
    """

    def put(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        """Take one record as it came, with the reason, and its number in the sync's input from
        0.
        """
        ...

    def flush(self) -> None:
        """Make safe all that was put."""
        ...

    def close(self) -> None:
        """Flush and let go."""
        ...


class NoStore:
    """Drops rejected records; they are counted elsewhere."""

    def put(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        """Drop it."""

    def flush(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is open."""


class PartStore:
    """Parts of JSONL in a folder: one for each stream and state, or more where they grow large.

    A part's name is `<sync id>/<namespace>/<stream>/<date>_<epoch ms>_<part>.jsonl`, with the
    attempt of the sync behind the date where it is known: the platform shows all attempts at once.
    The part ends with digits of the store's own: others may write at the same moment.
    """

    def __init__(
        self,
        folder: Folder,
        places: Mapping[str, Place],
        clock: Callable[[], datetime] = utc_now,
        *,
        attempt: str | None = None,
        part_bytes: int = PART_BYTES,
        sync: str | None = None,
    ) -> None:
        """`places` are those of streams by their labels, the sync first; `attempt` is the number of
        the sync's attempt. `sync` is its start as `begun` tells it, which is now unless it is told.
        """
        self._folder = folder
        self._places = {label: joined(*map(quoted, names)) for label, names in places.items()}
        self._attempt = f"attempt_{attempt}_" if attempt and attempt.isdecimal() else ""
        self._clock, self._part_bytes, self._own = clock, part_bytes, own_digits()
        self.sync = sync or begun(clock())
        self._open: dict[str, bytearray] = {}
        self._size = 0
        self._parts: dict[str, int] = {}
        self._failure: ProfilesError | None = None

    def put(
        self,
        stream: str,
        original: bytes,
        rejection: Rejection,
        ordinal: int,
        *,
        profile: str | None = None,
    ) -> None:
        """Add a line to the stream's open part; the largest part is written when all together are
        too large. `profile` is what a memory knows the record's by.
        """
        origin = Origin(self.sync, ordinal + 1, profile=profile)
        added = line(original, rejection, self._clock(), origin)
        self._open.setdefault(stream, bytearray()).extend(added)
        self._size += len(added)
        if self._size >= self._part_bytes:
            self._write(max(self._open, key=lambda each: len(self._open[each])))

    def flush(self) -> None:
        """Write all open parts."""
        for stream in list(self._open):
            self._write(stream)

    def close(self) -> None:
        """Write what is open."""
        self.flush()

    def _write(self, stream: str) -> None:
        """Write one part. After a failure nothing is tried again: a disk that failed once may claim
        success the next time, with the data lost.
        """
        if self._failure is not None:
            raise self._failure
        part = self._parts.get(stream, 0)
        name = part_name(self._clock(), part, self._own, self._attempt)
        try:
            self._folder.write(f"{self._places[stream]}/{name}.jsonl", bytes(self._open[stream]))
        except ProfilesError as error:
            self._failure = error
            raise
        self._parts[stream] = part + 1
        self._size -= len(self._open.pop(stream))
