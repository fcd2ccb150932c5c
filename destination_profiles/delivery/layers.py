"""Where a record goes: the open chunks of one database, in layers.

A profile stands in a chunk once, and its updates must be executed in their order. So a record goes
to the lowest layer with room above the highest that holds any of its identities, and few profiles
with many updates fill few requests.
"""

from collections import deque
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from itertools import chain, repeat

from ..records.batch import Batch
from ..records.route import Route
from ..service.identities import Identities
from ..service.matching import Target
from .chunks import Chunk, ChunkPolicy
from .ledger import Interval

NewChunk = Callable[[Route, int], Chunk]  # for records from this ordinal on


class Layers:
    """Open chunks, lowest first; each method that seals some gives them back in that order.

    `latest` names for each identity the newest chunk without a last word that holds it: it tells
    how high its next record goes, and what that must wait for. `held` and `records` are those of
    the open chunks.
    """

    def __init__(self, new_chunk: NewChunk) -> None:
        """Start with none."""
        self.held = self.records = 0
        self.open: list[Chunk] = []
        self._new_chunk = new_chunk
        self._target: Target | None = None
        self._latest: dict[str, Chunk] = {}
        self._unsettled: set[Chunk] = set()
        self._other_matching: set[Chunk] = set()  # that each new chunk must wait for
        self._next_level = 0

    def put(
        self, batch: Batch, route: Route, interval: Interval, policy: ChunkPolicy
    ) -> list[Chunk]:
        """Take records."""
        sealed = self._match(route)
        identities = list(chain.from_iterable(batch.identities))
        others = self._holding(identities)
        if len(set(identities)) < len(identities) or self._any_open(others):
            return sealed + self._share_out(batch, route, interval, policy)
        chunk = self._layer(0, route, batch.ordinals[0])
        if policy.room(chunk, batch) < len(batch):
            return sealed + self._fill(batch, route, interval, policy)
        self._enter(chunk, batch, interval, identities, others)
        return sealed + self._seal_full(policy)

    @property
    def holding(self) -> AbstractSet[str]:
        """Identities that a chunk without a last word holds."""
        return self._latest.keys()

    def _match(self, route: Route) -> list[Chunk]:
        """Profiles of a database that are found in different ways cannot be told apart: what is to
        be found in another way waits for all that has no last word.
        """
        if self._target is route.target or self._target == route.target:
            return []
        self._target = route.target
        self._latest.clear()
        self._other_matching = set(self._unsettled)
        return self.seal(len(self.open))

    def _holding(self, identities: list[str]) -> set[Chunk]:
        """The newest chunks without a last word that hold some identities."""
        latest = self._latest
        if latest.keys().isdisjoint(identities):  # as is usual: it takes half the time
            return set()
        return {chunk for chunk in map(latest.get, identities) if chunk is not None}

    def _any_open(self, chunks: Iterable[Chunk]) -> bool:
        base = self._base()
        return any(chunk.level >= base for chunk in chunks)

    def _base(self) -> int:
        """Level of the lowest open chunk, or of the next one."""
        return self.open[0].level if self.open else self._next_level

    def _index(self, identities: Identities) -> int:
        """The lowest place that a record may have: one above the highest open chunk that holds any
        of its identities.
        """
        found = map(self._latest.get, identities)
        known = (chunk.level for chunk in found if chunk is not None)
        return max(0, max(known, default=-1) + 1 - self._base())

    def _layer(self, index: int, route: Route, ordinal: int) -> Chunk:
        """An open chunk; the one above all others is opened for the record of this ordinal."""
        if index == len(self.open):
            chunk = self._new_chunk(route, ordinal)
            chunk.level = self._next_level
            self._next_level += 1
            self._unsettled.add(chunk)
            for other in self._other_matching:
                chunk.wait_for(other)
            self.open.append(chunk)
        return self.open[index]

    def _fill(
        self, batch: Batch, route: Route, interval: Interval, policy: ChunkPolicy
    ) -> list[Chunk]:
        """Put records that no open chunk knows into the lowest one, and those that it has no room
        for into the next.
        """
        sealed: list[Chunk] = []
        start = 0
        while start < len(batch):
            chunk = self._layer(0, route, batch.ordinals[start])
            rest = batch.part(start, len(batch)) if start else batch
            room = policy.room(chunk, rest)
            if room:
                part = rest.part(0, room)
                identities = list(chain.from_iterable(part.identities))
                self._enter(chunk, part, interval, identities, self._holding(identities))
            if room < len(rest) or chunk.records() >= policy.max_profiles:
                sealed += self.seal(1)
            start += room
        return sealed

    def _enter(
        self,
        chunk: Chunk,
        batch: Batch,
        interval: Interval,
        identities: list[str],
        others: set[Chunk],
    ) -> None:
        """Put records with these identities into a chunk that has room; `others` hold them too."""
        for other in others:
            chunk.wait_for(other)
        self._latest.update(dict.fromkeys(identities, chunk))
        self._append(chunk, batch, interval, identities)

    def _share_out(
        self, batch: Batch, route: Route, interval: Interval, policy: ChunkPolicy
    ) -> list[Chunk]:
        """Put records into the layers that they may stand in: those of one layer together, where it
        has room for all of them for certain; each by itself where it may have none, or where a
        record may take the place of another.
        """
        sealed: list[Chunk] = []
        places: dict[Chunk, list[int]] = {}  # of those that stand in a layer, and are not in it yet
        latest, layers, base = self._latest, self.open, self._base()
        together = route.supersedes is None
        for place, identities in enumerate(batch.identities):
            if len(identities) == 1:  # the usual way, written out: calls would take twice the time
                below = latest.get(identities[0])
                index = 0 if below is None or below.level < base else below.level + 1 - base
                if index < len(layers) and (together or not index):
                    chunk = layers[index]
                    if chunk in places:
                        places[chunk].append(place)
                        latest[identities[0]] = chunk
                        if below is not None and below not in chunk.after:
                            chunk.wait_for(below)
                        continue
            if not self._joins(places, place, batch, route, policy):
                sealed += self._gather(places, batch, interval, policy)
                one = batch.pick([place], route.envelope.between)
                sealed += self._put_one(one, route, interval, policy)
                layers, base = self.open, self._base()
        return sealed + self._gather(places, batch, interval, policy)

    def _joins(
        self,
        places: dict[Chunk, list[int]],
        place: int,
        batch: Batch,
        route: Route,
        policy: ChunkPolicy,
    ) -> bool:
        """Let a record stand in its layer, if it cannot take the place of another, and if the layer
        has room for the whole batch; tells whether it does.
        """
        identities = batch.identities[place]
        index = self._index(identities)
        if index and route.supersedes:
            return False
        chunk = self._layer(index, route, batch.ordinals[place])
        if chunk not in places and policy.room(chunk, batch) < len(batch):
            return False
        places.setdefault(chunk, []).append(place)
        self._claim(chunk, identities)
        return True

    def _gather(
        self, places: dict[Chunk, list[int]], batch: Batch, interval: Interval, policy: ChunkPolicy
    ) -> list[Chunk]:
        """Put the records that stand in a layer into it."""
        for chunk, those in places.items():
            part = batch.pick(those, chunk.envelope.between) if len(those) < len(batch) else batch
            self._append(chunk, part, interval, list(chain.from_iterable(part.identities)))
        places.clear()
        return self._seal_full(policy)

    def _put_one(
        self, one: Batch, route: Route, interval: Interval, policy: ChunkPolicy
    ) -> list[Chunk]:
        """Put a lone record in the place of an earlier one, or into the lowest layer with room."""
        sealed: list[Chunk] = []
        index = self._index(one.identities[0])
        if not index or not self._supersede(self.open[index - 1], one, route, interval, policy):
            while not policy.room(self._layer(index, route, one.ordinals[0]), one):
                if index:
                    index += 1
                else:
                    sealed += self.seal(1)  # it is full
            self._claim(self.open[index], one.identities[0])
            self._append(self.open[index], one, interval, list(one.identities[0]))
        return sealed + self._seal_full(policy)

    def _claim(self, chunk: Chunk, identities: Identities) -> None:
        """Let a record stand in a chunk, and wait for those that it must be above."""
        for identity in identities:
            other = self._latest.get(identity)
            if other is not chunk:
                self._latest[identity] = chunk
                if other is not None:
                    chunk.wait_for(other)

    def _append(self, chunk: Chunk, batch: Batch, interval: Interval, each: list[str]) -> None:
        """Put records into a chunk; `each` are their identities."""
        held = chunk.held
        chunk.extend(batch, interval, each)
        self.held += chunk.held - held
        self.records += len(batch)

    def _supersede(
        self, chunk: Chunk, one: Batch, route: Route, interval: Interval, policy: ChunkPolicy
    ) -> bool:
        """Put a record in the place of an earlier one of a chunk; tells whether it may."""
        held = chunk.held
        if route.supersedes is None or not chunk.supersede(
            one.row(0), interval, route.supersedes, policy.allows
        ):
            return False
        self.held += chunk.held - held
        self.records += 1
        return True

    def seal(self, count: int) -> list[Chunk]:
        """Seal the lowest so many."""
        sealed, self.open = self.open[:count], self.open[count:]
        self.held -= sum(chunk.held for chunk in sealed)
        self.records -= sum(chunk.records() for chunk in sealed)
        return sealed

    def _seal_full(self, policy: ChunkPolicy) -> list[Chunk]:
        """Seal those that have as many records as they may, and those below."""
        places = range(len(self.open), 0, -1)
        full = (each for each in places if self.open[each - 1].records() >= policy.max_profiles)
        return self.seal(next(full, 0))

    def seal_older(self, oldest: float) -> list[Chunk]:
        """Seal those that were opened at `oldest` or before; none stands above a newer one."""
        return self.seal(sum(chunk.opened_at <= oldest for chunk in self.open))

    def settle(self, chunk: Chunk) -> None:
        """The last word on a chunk was said: nothing waits for it any more."""
        latest = self._latest
        if chunk.followers:
            for identity in chunk.identities:
                if latest.get(identity) is chunk:
                    del latest[identity]
        else:  # none of its identities stands in a newer one
            deque(map(latest.pop, chunk.identities, repeat(None)), maxlen=0)
        self._unsettled.discard(chunk)
        self._other_matching.discard(chunk)
