"""Chunks: profiles that travel in one request, never more than either limit allows (promise 4)."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from time import monotonic

from ..records.batch import Batch, Row
from ..service.formats import Envelope
from ..service.matching import Target
from ..service.request import Request
from .ledger import Interval

FEW = 8  # records of a batch that are looked at one by one
LAST_PROFILES = 3  # of a refused chunk are tried one by one
HELD_BODIES = (
    3  # the records of a chunk as they came may be this many times as long as its body at most
)


@dataclass(frozen=True, slots=True)
class ChunkPolicy:
    """When a chunk is sealed: profiles, bytes of the body as sent, seconds since its first
    record.
    """

    max_profiles: int
    max_bytes: int
    max_age_seconds: float


class Chunk:
    """Profiles of one target. Each profile stands in it once, so their order within it does not
    matter.

    `first` is the ordinal of its first record, `size` the bytes of its body, `held` the bytes of
    the records as they came, `identities` those of all its profiles, `superseded` the rows that a
    later record of the same chunk took the place of, as (position, row): they share its fate.
    """

    __slots__ = (
        "_batches",
        "_count",
        "_positions",
        "_rows",
        "envelope",
        "first",
        "held",
        "identities",
        "opened_at",
        "request_id",
        "size",
        "superseded",
        "target",
    )

    def __init__(
        self, target: Target, envelope: Envelope, *, first: int, opened_at: float, request_id: str
    ) -> None:
        """Open an empty chunk. The request id stays with it over all its retries (promise 5)."""
        self.target = target
        self.envelope = envelope
        self.first = first
        self.opened_at = opened_at
        self.request_id = request_id
        self.size = envelope.size()
        self.held = 0
        self.identities: set[str] = set()
        self.superseded: list[tuple[int, Row]] = []
        self._count = 0
        self._rows: list[Row] = []  # what stands in it is these rows, and behind them these batches
        self._batches: list[Batch] = []
        self._positions: dict[str, int] = {}  # of the identities of the rows

    def __len__(self) -> int:
        """Profiles in it."""
        return self._count

    @property
    def rows(self) -> list[Row]:
        """The profiles, each by itself."""
        self._unpack()
        return self._rows

    def _unpack(self) -> None:
        for row in chain.from_iterable(batch.rows() for batch in self._batches):
            self._place(row)
        self._batches.clear()

    def _place(self, row: Row) -> None:
        for identity in row.identities:
            self._positions[identity] = len(self._rows)
        self._rows.append(row)

    def records(self) -> int:
        """Records in it: profiles, and those that they took the place of."""
        return self._count + len(self.superseded)

    def intervals(self) -> Counter[Interval]:
        """How many of its profiles are of each interval."""
        counts = Counter(row.interval for row in self._rows)
        for batch in self._batches:
            counts[batch.interval] += len(batch)
        return counts

    def add(self, row: Row) -> None:
        """Append a profile; the caller has asked `fits` and `position_of`."""
        self.size += len(row.profile) + (len(self.envelope.between) if self._count else 0)
        self.held += len(row.original)
        self.identities.update(row.identities)
        self._count += 1
        self._unpack()
        self._place(row)

    def extend(self, batch: Batch, policy: ChunkPolicy) -> bool:
        """Append profiles, if all of them fit and none of them stands in it already or twice in the
        batch; tells whether they do.
        """
        size = (
            self.size
            + len(batch.profiles.data)
            + (len(self.envelope.between) if self._count else 0)
        )
        held = self.held + batch.originals.total()
        if (
            self.records() + len(batch) > policy.max_profiles
            or size > policy.max_bytes
            or held > HELD_BODIES * policy.max_bytes
        ):
            return False
        identities = set(chain.from_iterable(batch.identities))
        if len(identities) < sum(map(len, batch.identities)) or not self.identities.isdisjoint(
            identities
        ):
            return False
        self.size, self.held = size, held
        self.identities |= identities
        self._count += len(batch)
        self._batches.append(batch)
        return True

    def room(self, batch: Batch, policy: ChunkPolicy) -> int:
        """How many of its first profiles fit."""
        size, held, free = self.size, self.held, policy.max_profiles - self.records()
        for place, (profile, original) in enumerate(
            zip(batch.profiles.lengths, batch.originals.lengths, strict=True)
        ):
            size += profile + (len(self.envelope.between) if self._count + place else 0)
            held += original
            if place >= free or size > policy.max_bytes or held > HELD_BODIES * policy.max_bytes:
                return place
        return len(batch)

    def replace(self, position: int, row: Row) -> None:
        """Put a later record in the place of an earlier one of the same profile."""
        earlier = self.rows[position]
        self.superseded.append((position, earlier))
        self.size += len(row.profile) - len(earlier.profile)
        self.held += len(row.original)
        self.rows[position] = row

    def fits(self, row: Row, policy: ChunkPolicy) -> bool:
        """Whether the body stays within both limits with this profile added."""
        return (
            self.has_room(row, policy)
            and self.size + len(self.envelope.between) + len(row.profile) <= policy.max_bytes
        )

    def has_room(self, row: Row, policy: ChunkPolicy) -> bool:
        """Whether memory has room for one more record, which may be much longer than its profile
        (promise 7).
        """
        return (
            self.records() < policy.max_profiles
            and self.held + len(row.original) <= HELD_BODIES * policy.max_bytes
        )

    def position_of(self, row: Row) -> int | None:
        """Where a record that may mean the same profile stands."""
        for identity in row.identities:
            if identity in self.identities:
                self._unpack()
                return self._positions[identity]
        return None

    def shares_profile(self, other: "Chunk") -> bool:
        """Whether some profile may stand in both. Profiles of one database that are found in
        different ways cannot be told apart.
        """
        if self.target.db_id != other.target.db_id:
            return False
        return self.target != other.target or not self.identities.isdisjoint(other.identities)

    def request(self) -> Request:
        """What is sent."""
        return Request(self, self.size, len(self), self.request_id)

    def __iter__(self) -> Iterator[bytes]:
        """The request body, piece by piece."""
        return self.body()

    def body(self) -> Iterator[bytes]:
        """The request body, piece by piece."""
        return self.envelope.body(
            chain(
                (row.profile for row in self._rows),
                (batch.profiles.data for batch in self._batches),
            )
        )

    def parts(self, new_id: Callable[[], str]) -> Iterator["Chunk"]:
        """The halves; of three profiles each by itself, so that a culprit among n takes 2 * log2(n)
        + 2 requests at most.

        They are other requests, so each has a request id of its own.
        """
        size = 1 if len(self.rows) <= LAST_PROFILES else (len(self.rows) + 1) // 2
        for start in range(0, len(self.rows), size):
            rows = self.rows[start : start + size]
            part = Chunk(
                self.target,
                self.envelope,
                first=self.first,
                opened_at=self.opened_at,
                request_id=new_id(),
            )
            for row in rows:
                part.add(row)
            part.superseded = [
                (position - start, each)
                for position, each in self.superseded
                if 0 <= position - start < len(rows)
            ]
            yield part


class Chunker:
    """The open chunk of each database."""

    def __init__(
        self,
        policy: ChunkPolicy,
        *,
        new_id: Callable[[], str],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Start with none. `clock` gives seconds, `new_id` a text that no other request ever
        has.
        """
        self._policy = policy
        self._allowed = policy.max_bytes
        self._clock = clock
        self._new_id = new_id
        self._open: dict[int, Chunk] = {}

    def add(
        self,
        row: Row,
        ordinal: int,
        *,
        target: Target,
        envelope: Envelope,
        supersedes: Callable[[Row, Row], bool],
    ) -> list[Chunk]:
        """Put a record into the open chunk of its database; gives back the chunks that are sealed
        by it, oldest first.

        `supersedes(later, earlier)` tells whether the later of two records of one profile may take
        the place of the earlier.
        """
        sealed = []
        chunk = self._open.get(target.db_id)
        if chunk is not None and not self._takes(chunk, row, target, supersedes):
            sealed.append(self._open.pop(target.db_id))
            chunk = None
        if chunk is None:
            chunk = self._open[target.db_id] = self._new(target, envelope, ordinal)
        if (position := chunk.position_of(row)) is None:
            chunk.add(row)
        else:
            chunk.replace(position, row)
        if len(chunk) >= self._policy.max_profiles:
            sealed.append(self._open.pop(target.db_id))
        return sealed

    def extend(
        self,
        batch: Batch,
        ordinal: int,
        *,
        target: Target,
        envelope: Envelope,
        supersedes: Callable[[Row, Row], bool],
    ) -> Iterator[Chunk]:
        """Put the records of a batch into the open chunk of their database, as `add` does with
        each; all at once if nothing hinders it, else halves, or those that there is room for and
        the others, where these are fewer: what waits for its turn is never much.
        """
        chunk = self._open.get(target.db_id) or self._new(target, envelope, ordinal)
        if chunk.target == target and chunk.extend(batch, self._policy):
            self._open[target.db_id] = chunk
            if len(chunk) >= self._policy.max_profiles:
                yield self._open.pop(target.db_id)
            return
        half, room = (
            len(batch) // 2,
            chunk.room(batch, self._policy) if chunk.target == target else 0,
        )
        if room in (0, len(batch)) and len(batch) <= FEW:
            for place, row in enumerate(batch.rows(), ordinal):
                yield from self.add(
                    row, place, target=target, envelope=envelope, supersedes=supersedes
                )
            return
        for part in batch.split(room if half <= room < len(batch) else half, envelope.between):
            yield from self.extend(
                part, ordinal, target=target, envelope=envelope, supersedes=supersedes
            )
            ordinal += len(part)

    def _new(self, target: Target, envelope: Envelope, ordinal: int) -> Chunk:
        return Chunk(
            target, envelope, first=ordinal, opened_at=self._clock(), request_id=self._new_id()
        )

    def _takes(
        self, chunk: Chunk, row: Row, target: Target, supersedes: Callable[[Row, Row], bool]
    ) -> bool:
        """Whether a record goes into this chunk; if not, the chunk is sealed before it."""
        if chunk.target is not target and chunk.target != target:
            return False
        position = chunk.position_of(row)
        if position is None:
            return chunk.fits(row, self._policy)
        earlier = chunk.rows[position]
        grown = chunk.size + len(row.profile) - len(earlier.profile)
        may = row.identities == earlier.identities and supersedes(row, earlier)
        return may and grown <= self._policy.max_bytes and chunk.has_room(row, self._policy)

    def limit(self, max_bytes: int) -> None:
        """Let the bodies of later chunks have at most so many bytes, if the policy allows as many.
        A profile that is larger goes alone.
        """
        self._policy = replace(self._policy, max_bytes=min(max_bytes, self._allowed))

    def due(self) -> list[Chunk]:
        """Seal and give back the chunks that are too old to stay open."""
        if not self._open:
            return []
        oldest = self._clock() - self._policy.max_age_seconds
        return [
            self._open.pop(db_id)
            for db_id, chunk in list(self._open.items())
            if chunk.opened_at <= oldest
        ]

    def deadline(self) -> float | None:
        """The time, by the clock, at which the next chunk is due."""
        if not self._open:
            return None
        return min(chunk.opened_at for chunk in self._open.values()) + self._policy.max_age_seconds

    def close(self) -> list[Chunk]:
        """Seal all that is open, oldest first."""
        chunks = sorted(self._open.values(), key=lambda chunk: chunk.first)
        self._open.clear()
        return chunks

    def first(self) -> int | None:
        """Ordinal of the first record that stands in an open chunk."""
        return min((chunk.first for chunk in self._open.values()), default=None)
