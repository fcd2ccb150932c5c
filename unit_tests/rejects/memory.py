"""A store of rejected records in memory."""

from collections.abc import Mapping

from destination_profiles.errors import ProfilesError
from destination_profiles.rejection import Rejection


class MemoryStore:
    """Keeps what was put in `rejected`, as (stream, original, rejection); the first `safe` of them
    were flushed. `fails` names steps (put, flush or close) with the error that each raises.
    """

    def __init__(self, fails: Mapping[str, ProfilesError] | None = None) -> None:
        """Start with nothing."""
        self.rejected: list[tuple[str, bytes, Rejection]] = []
        self.safe = 0
        self.fails = dict(fails or {})

    def put(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        """Keep a record."""
        self._step("put")
        self.rejected.append((stream, bytes(original), rejection))

    def flush(self) -> None:
        """Call safe what was put."""
        self._step("flush")
        self.safe = len(self.rejected)

    def close(self) -> None:
        """Flush."""
        self._step("close")
        self.flush()

    def _step(self, name: str) -> None:
        if name in self.fails:
            raise self.fails[name]
