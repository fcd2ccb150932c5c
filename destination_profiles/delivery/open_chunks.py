"""The open chunks of all databases: where records wait for company."""

from collections.abc import Callable, Collection
from collections.abc import Set as AbstractSet
from dataclasses import replace
from time import monotonic
from uuid import uuid4

from ..records.batch import Batch
from ..records.route import Route
from .bound import Load
from .checkpoint import Token
from .chunks import Chunk, ChunkPolicy
from .layers import Layers
from .ledger import Interval


def new_request_id() -> str:
    """A text that no request of this or any later sync has had."""
    return uuid4().hex


class OpenChunks:
    """The layers of each database. What is sealed is given back lowest first, and is theirs no
    longer but for its identities, until it is settled.
    """

    def __init__(
        self,
        policy: ChunkPolicy,
        *,
        track: Callable[[int], Token],
        new_id: Callable[[], str],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Start with none. `track` takes note of records from an ordinal on, `new_id` gives a text
        that no other request ever has, `clock` seconds.
        """
        self._policy = policy
        self._allowed = policy.max_bytes
        self._track, self._new_id, self._clock = track, new_id, clock
        self._layers: dict[int, Layers] = {}

    def put(self, batch: Batch, route: Route, interval: Interval) -> list[Chunk]:
        """Take records; gives back what is sealed by them."""
        layers = self._layers.get(route.target.db_id)
        if layers is None:
            layers = self._layers[route.target.db_id] = Layers(self._new)
        return layers.put(batch, route, interval, self._policy)

    def _new(self, route: Route, ordinal: int) -> Chunk:
        return Chunk(
            route.target,
            route.envelope,
            request_id=self._new_id(),
            token=self._track(ordinal),
            opened_at=self._clock(),
        )

    def holding(self, db_id: int) -> AbstractSet[str]:
        """Identities of a database that a chunk without a last word holds."""
        layers = self._layers.get(db_id)
        return layers.holding if layers is not None else frozenset()

    def settle(self, chunk: Chunk) -> None:
        """The last word on a chunk was said."""
        self._layers[chunk.target.db_id].settle(chunk)

    def limit(self, max_bytes: int) -> None:
        """Let the bodies of later chunks have at most so many bytes, if the policy allows as many.
        A profile that is larger goes alone.
        """
        if max_bytes != self._policy.max_bytes:
            self._policy = replace(self._policy, max_bytes=min(max_bytes, self._allowed))

    def load(self) -> Load:
        """What waits in them."""
        held = records = chunks = 0
        for each in self._layers.values():
            held += each.held
            records += each.records
            chunks += len(each.open)
        return Load(held, records, chunks)

    def due(self) -> list[Chunk]:
        """Seal the chunks that are too old to stay open."""
        oldest = self._clock() - self._policy.max_age_seconds
        return [chunk for each in self._layers.values() for chunk in each.seal_older(oldest)]

    def deadline(self) -> float | None:
        """The time, by the clock, at which the next chunk is due."""
        opened = (each.open[0].opened_at for each in self._layers.values() if each.open)
        first = min(opened, default=None)
        return None if first is None else first + self._policy.max_age_seconds

    def seal_oldest(self, but: Collection[int]) -> list[Chunk]:
        """Seal the lowest layer whose first record is the oldest, of databases other than `but`."""
        lowest = [each for db_id, each in self._layers.items() if each.open and db_id not in but]
        if not lowest:
            return []
        return min(lowest, key=lambda each: each.open[0].token.first).seal(1)

    def close(self) -> list[Chunk]:
        """Seal all that is open, oldest first."""
        chunks = [chunk for each in self._layers.values() for chunk in each.seal(len(each.open))]
        return sorted(chunks, key=lambda chunk: chunk.token.first)
