"""The books of promise 2: of each stream, records read = accepted + rejected + superseded +
deleted + unchanged, at every state and at the end.
"""

from collections.abc import Iterable

from ..errors import BooksDoNotBalance


class Interval:
    """The records of one stream from one state to the next, counted by what became of them."""

    __slots__ = ("accepted", "deleted", "read", "rejected", "stream", "superseded", "unchanged")

    def __init__(self, stream: str) -> None:
        """Start with nothing read."""
        self.stream = stream
        self.read = self.accepted = self.rejected = self.superseded = self.deleted = 0
        self.unchanged = 0

    def delivered(self) -> int:
        """Records that need no further care: accepted, superseded by a later one that was
        answered, or left out as deleted or unchanged.
        """
        return self.accepted + self.superseded + self.deleted + self.unchanged

    def check(self) -> None:
        """Raise BooksDoNotBalance when a record is unaccounted for, or accounted for twice."""
        missing = self.read - self.delivered() - self.rejected
        if missing:
            kinds = (
                f"{self.read} read, {self.accepted} accepted, {self.rejected} rejected, "
                f"{self.superseded} superseded, {self.deleted} deleted, "
                f"{self.unchanged} unchanged"
            )
            raise BooksDoNotBalance(
                f"The books of stream {self.stream} are out by {missing}: {kinds}.",
                stream=self.stream,
            )


class Ledger:
    """The open interval of each stream, and its sums since the start."""

    def __init__(self) -> None:
        """Start with no stream."""
        self._open: dict[str, Interval] = {}
        self.totals: dict[str, Interval] = {}
        self.resolved = 0  # records with a last word, of all streams, without the deleted

    def interval(self, stream: str) -> Interval:
        """The open interval of a stream; its `read` is counted by the caller, record by record."""
        if stream not in self._open:
            self._open[stream] = Interval(stream)
            self.totals.setdefault(stream, Interval(stream))
        return self._open[stream]

    def settle(
        self,
        interval: Interval,
        *,
        accepted: int = 0,
        rejected: int = 0,
        superseded: int = 0,
        deleted: int = 0,
        unchanged: int = 0,
    ) -> None:
        """Enter what became of some records of an interval."""
        self.resolved += accepted + rejected + superseded + unchanged
        for each in (interval, self.totals[interval.stream]):
            each.accepted += accepted
            each.rejected += rejected
            each.superseded += superseded
            each.deleted += deleted
            each.unchanged += unchanged

    def close(self, streams: Iterable[str]) -> list[Interval]:
        """End the open intervals of some streams, because a state came."""
        closed = [self._open.pop(each) for each in streams if each in self._open]
        for interval in closed:
            self.totals[interval.stream].read += interval.read
        return closed

    def read(self, stream: str) -> int:
        """The records of a stream until now, those of its open interval too."""
        opened = self._open.get(stream)
        return self.totals[stream].read + (opened.read if opened else 0)

    def balance(self) -> None:
        """At the end: close what is open and check the books of every stream. Raises
        BooksDoNotBalance.
        """
        self.close(list(self._open))
        for sums in self.totals.values():
            sums.check()


def total(intervals: Iterable[Interval]) -> Interval:
    """The sum of several intervals, of whatever streams."""
    sums = Interval("")
    for each in intervals:
        sums.read += each.read
        sums.accepted += each.accepted
        sums.rejected += each.rejected
        sums.superseded += each.superseded
        sums.deleted += each.deleted
        sums.unchanged += each.unchanged
    return sums
