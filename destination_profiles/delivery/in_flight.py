"""Sealed chunks: who may leave now, who waits for whom, and who has left without a last word."""

import heapq
import itertools
from dataclasses import dataclass

from .bound import Load
from .chunks import Chunk


@dataclass(slots=True)
class Tries:
    """How often a chunk failed, and since when by the clock; whether it is with a sender, and
    whether it may have been executed.
    """

    failures: int = 0
    failing_since: float | None = None
    sending: bool = False
    unknown: bool = False


class InFlight:
    """Never has two chunks under way that may hold the same profile (promise 6). A chunk that waits
    for others is overtaken by those that share no profile with it.

    `tries` are those of the chunks under way, parts of refused ones among them.
    """

    def __init__(self) -> None:
        """Start with none."""
        self.tries: dict[Chunk, Tries] = {}
        self._blocked: dict[Chunk, None] = {}  # as they came
        self._free: list[tuple[int, int, Chunk]] = []  # the oldest first
        self._sequence = itertools.count()
        self._held = self._records = 0

    def __len__(self) -> int:
        """Chunks without a last word."""
        return len(self.tries) + len(self._blocked) + len(self._free)

    def load(self) -> Load:
        """What waits to leave."""
        return Load(self._held, self._records, len(self._blocked) + len(self._free))

    @property
    def next(self) -> Chunk | None:
        """The chunk that may leave first: the oldest of those that wait for no other."""
        return self._free[0][-1] if self._free else None

    def waiting(self) -> set[int]:
        """Databases of which a chunk waits."""
        return {
            chunk.target.db_id for chunk in (*self._blocked, *(each[-1] for each in self._free))
        }

    def add(self, chunk: Chunk) -> None:
        """Take a sealed chunk; those that it comes after were taken before."""
        self._held += chunk.held
        self._records += chunk.records()
        if chunk.after:
            self._blocked[chunk] = None
        else:
            self._release(chunk)

    def leave(self) -> Chunk:
        """Let the next one be under way."""
        *_, chunk = heapq.heappop(self._free)
        self._held -= chunk.held
        self._records -= chunk.records()
        self.tries[chunk] = Tries()
        return chunk

    def part(self, chunk: Chunk, parts: list[Chunk], *, unknown: bool = False) -> None:
        """Let parts be under way in the place of a chunk. `unknown`: it may have been executed."""
        del self.tries[chunk]
        self.tries |= {part: Tries(unknown=unknown) for part in parts}

    def put_off(self, chunk: Chunk, parts: list[Chunk]) -> Chunk:
        """Likewise, and the last of them is what the service put off, for as long as the chunk
        was.
        """
        before = self.tries[chunk]
        self.part(chunk, parts)
        self.tries[parts[-1]] = Tries(before.failures, before.failing_since)
        return parts[-1]

    def settle(self, chunk: Chunk) -> Chunk | None:
        """The last word on a chunk was entered in the books. Gives back the whole chunk, if it was
        the last of its parts: those that waited for it wait no longer.
        """
        del self.tries[chunk]
        whole = chunk.whole
        whole.parts_left -= 1
        if whole.parts_left:
            return None
        for each in whole.followers:
            each.after.discard(whole)
            if not each.after and each in self._blocked:
                del self._blocked[each]
                self._release(each)
        return whole

    def unknown(self) -> int:
        """Records that the service may have executed: a request left, and no answer came that can
        be read.
        """
        return sum(chunk.records() for chunk in self.in_doubt())

    def in_doubt(self) -> list[Chunk]:
        """The chunks that these stand in."""
        return [chunk for chunk, tries in self.tries.items() if tries.sending or tries.unknown]

    def _release(self, chunk: Chunk) -> None:
        heapq.heappush(self._free, (chunk.token.first, next(self._sequence), chunk))
