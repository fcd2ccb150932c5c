"""A chunk: profiles that travel in one request, never more than either limit allows (promise 4)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby

from ..records.batch import Batch, Row
from ..service.formats import Envelope
from ..service.identities import Identities
from ..service.matching import Target
from ..service.request import Request
from .checkpoint import Token
from .ledger import Interval

LAST_PROFILES = 3  # of a refused chunk are tried one by one
# the records of a chunk as they came may be this many times as long as its body at most
HELD_BODIES = 3


@dataclass(frozen=True, slots=True)
class ChunkPolicy:
    """When a chunk is sealed: records, bytes of its body, seconds since its first record."""

    max_profiles: int
    max_bytes: int
    max_age_seconds: float

    def allows(self, records: int, size: int, originals: int) -> bool:
        """Whether a chunk may have so many records, profiles or superseded, so many bytes of body,
        and so many bytes of records as they came.
        """
        return (
            records <= self.max_profiles
            and size <= self.max_bytes
            and originals <= HELD_BODIES * self.max_bytes
        )

    def room(self, chunk: "Chunk", batch: Batch) -> int:
        """How many of the first records of a batch fit into a chunk. An empty one takes any."""
        gap = len(chunk.envelope.between) if len(chunk) else 0
        if self.allows(
            chunk.records() + len(batch),
            chunk.size + gap + batch.size(),
            chunk.originals + batch.original_size(),
        ):
            return len(batch)
        least = 0 if len(chunk) else 1
        if len(batch) == 1:  # what is in between its profiles is not known
            return least
        body = self.max_bytes - chunk.size - gap + len(chunk.envelope.between)
        held = HELD_BODIES * self.max_bytes - chunk.originals
        free = self.max_profiles - chunk.records()
        return max(least, min(free, batch.fit(body), batch.fit_held(held)))


class Chunk:
    """Profiles of one target. Each stands in it once, so their order within it does not matter.

    `level` is its place in the order of its database's chunks; `after` are those whose last word it
    waits for, as they may hold a profile of it, `followers` those that wait for its own. `size` are
    bytes of the body, `originals` those of the records as they came, `held` what they take of
    memory. `superseded` are the records that a later one of the same chunk took the place of, as
    (position, interval, row): they share its fate. `parts_left` counts parts without a last word.
    """

    __slots__ = (
        "_batches",
        "_count",
        "_intervals",
        "_part_of",
        "_positions",
        "_rows",
        "after",
        "envelope",
        "followers",
        "held",
        "identities",
        "level",
        "opened_at",
        "originals",
        "parts_left",
        "request_id",
        "size",
        "superseded",
        "target",
        "token",
    )

    def __init__(
        self,
        target: Target,
        envelope: Envelope,
        *,
        request_id: str,
        token: Token,
        opened_at: float = 0.0,
    ) -> None:
        """Open an empty one. The request id stays with it over all its retries (promise 5)."""
        self.target, self.envelope = target, envelope
        self.request_id, self.token, self.opened_at = request_id, token, opened_at
        self.level = 0
        self.after: set[Chunk] = set()
        self.followers: set[Chunk] = set()
        self._part_of: Chunk | None = None
        self.parts_left = 1
        self.size = envelope.size()
        self.originals = self.held = 0
        self.identities: list[str] = []
        self.superseded: list[tuple[int, Interval, Row]] = []
        self._count = 0
        self._rows: list[Row] = []  # what stands in it is these rows, and behind them these batches
        self._intervals: list[Interval] = []  # of the rows
        self._positions: dict[str, int] = {}  # of the identities of the rows
        self._batches: list[tuple[Interval, Batch]] = []

    def __len__(self) -> int:
        """Profiles in it."""
        return self._count

    @property
    def whole(self) -> "Chunk":
        """The chunk that it is a part of, once that was refused, or itself."""
        return (
            self if self._part_of is None else self._part_of
        )  # never itself: a circle would keep its bytes in memory

    def records(self) -> int:
        """Records in it: profiles, and those that they took the place of."""
        return self._count + len(self.superseded)

    def extend(self, batch: Batch, interval: Interval, identities: list[str]) -> None:
        """Append records; `identities` are those of all of them. The caller has asked for room."""
        self.size += batch.size() + (len(self.envelope.between) if self._count else 0)
        self.originals += batch.original_size()
        self.held += batch.held()
        self.identities += identities
        self._count += len(batch)
        self._batches.append((interval, batch))

    def wait_for(self, other: "Chunk") -> None:
        """Let it leave only after the last word on another."""
        if other not in self.after:
            self.after.add(other)
            other.followers.add(self)

    @property
    def rows(self) -> list[Row]:
        """The profiles, each by itself."""
        for interval, batch in self._batches:
            for row in batch.rows():
                for identity in row.identities:
                    self._positions[identity] = len(self._rows)
                self._rows.append(row)
                self._intervals.append(interval)
        self._batches.clear()
        return self._rows

    def entries(self) -> Iterator[tuple[Interval, Row]]:
        """Each profile with its interval."""
        rows = self.rows
        return zip(self._intervals, rows, strict=True)

    def entry(self, position: int) -> tuple[Interval, Row]:
        """One profile with its interval."""
        row = self.rows[position]
        return self._intervals[position], row

    def intervals(self) -> Counter[Interval]:
        """How many of its profiles are of each interval."""
        counts = Counter(self._intervals)
        for interval, batch in self._batches:
            counts[interval] += len(batch)
        return counts

    def runs(self) -> Iterator[tuple[str, Sequence[Identities], Sequence[int]]]:
        """Its profiles in their order, as many at once as are of one stream and stand together: the
        stream, the identities of each, and its number in the sync's input.
        """
        rows = zip(self._intervals, self._rows, strict=True)
        for stream, each in groupby(rows, key=lambda entry: entry[0].stream):
            run = [row for _, row in each]
            yield stream, [row.identities for row in run], [row.ordinal for row in run]
        for interval, batch in self._batches:
            yield interval.stream, batch.identities, batch.ordinals

    def supersede(
        self,
        row: Row,
        interval: Interval,
        may: Callable[[Row, Row], bool],
        allows: Callable[[int, int, int], bool],
    ) -> bool:
        """Put a record in the place of the one that has its identities, if it is of the same
        stream, `may(row, earlier)` and the limits allow it; tells whether it did.
        """
        rows = self.rows
        position = next(
            (self._positions[each] for each in row.identities if each in self._positions), None
        )
        if position is None:
            return False
        earlier, since = rows[position], self._intervals[position]
        size = self.size + len(row.profile) - len(earlier.profile)
        originals = self.originals + len(row.original)
        if (
            since.stream != interval.stream
            or earlier.identities != row.identities
            or not allows(self.records() + 1, size, originals)
            or not may(row, earlier)
        ):
            return False
        self.superseded.append((position, since, earlier))
        self.held += memory(row)
        self.size, self.originals = size, originals
        rows[position], self._intervals[position] = row, interval
        return True

    def body(self) -> Iterator[bytes | memoryview]:
        """The request body, piece by piece; nothing is copied."""
        return self.envelope.body(
            chain((row.profile for row in self._rows), (batch.body() for _, batch in self._batches))
        )

    def request(self) -> Request:
        """What is sent."""
        ids: list[str] = []
        if self.target.matching.by_id:
            ids = ["".join(each) for _, run, _ in self.runs() for each in run]
        return Request(tuple(self.body()), self.size, self._count, self.request_id, ids)

    def parts(self) -> list["Chunk"]:
        """The halves; of three profiles each by itself, so that a culprit among n takes 2 * log2(n)
        + 2 requests at most. What stood in the chunk stands in them alone.
        """
        size = 1 if len(self) <= LAST_PROFILES else (len(self) + 1) // 2
        everything = range(len(self))
        return self.divided([everything[start : start + size] for start in everything[::size]])

    def divided(self, groups: Iterable[Sequence[int]]) -> list["Chunk"]:
        """A part for each group of positions, which hold every position once.

        They are other requests, so each has a request id of its own, which follows from that of the
        chunk: whoever reads a log sees what belongs together.
        """
        entries = list(self.entries())
        superseded: dict[int, list[tuple[Interval, Row]]] = {}
        for position, interval, row in self.superseded:
            superseded.setdefault(position, []).append((interval, row))
        parts = []
        for number, group in enumerate(groups):
            request_id = f"{self.request_id}-{number}"
            part = Chunk(self.target, self.envelope, request_id=request_id, token=self.token)
            part._part_of = self.whole
            part._fill([entries[position] for position in group])
            part.superseded = [
                (place, interval, row)
                for place, position in enumerate(group)
                for interval, row in superseded.get(position, ())
            ]
            parts.append(part)
        self.whole.parts_left += len(parts) - 1
        self._rows, self._intervals, self._positions, self.superseded = [], [], {}, []
        return parts

    def _fill(self, entries: list[tuple[Interval, Row]]) -> None:
        self._intervals = [interval for interval, _ in entries]
        self._rows = [row for _, row in entries]
        self._count = len(entries)
        self.size += sum(len(row.profile) for row in self._rows)
        self.size += len(self.envelope.between) * (self._count - 1)
        self.originals = sum(len(row.original) for row in self._rows)
        self.held = sum(map(memory, self._rows))


def memory(row: Row) -> int:
    """Bytes that a record takes: its profile may be the same object as the record."""
    return len(row.original) + (len(row.profile) if row.profile is not row.original else 0)
