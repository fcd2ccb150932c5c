"""How much may wait in memory before it is sent (promise 7)."""

from dataclasses import dataclass

import msgspec


# Made several times a message, for which a dataclass takes four times as long.
class Load(msgspec.Struct, frozen=True, gc=False):
    """What waits: bytes of records and states, number of records, number of chunks."""

    held: int = 0
    records: int = 0
    chunks: int = 0

    def __add__(self, other: "Load") -> "Load":
        """What waits here and there."""
        return Load(
            self.held + other.held, self.records + other.records, self.chunks + other.chunks
        )


@dataclass(frozen=True, slots=True)
class Bound:
    """The most of it, over all databases: open chunks, sealed ones that wait for others, states.
    What is in flight is bounded by `max_in_flight`.

    It may be passed by what is taken at once: a batch of records, or a single state or record,
    however large.
    """

    held: int
    records: int
    chunks: int

    def is_full(self, load: Load) -> bool:
        """Whether nothing more is to be taken."""
        return load.held >= self.held or load.records >= self.records or load.chunks >= self.chunks


# 48 MB beside 8 bodies of 10 MB in flight, each with its records as they came, stay below 300 MB.
# Records cost some 300 bytes each beside their own (identities, places), so that 100,000 small ones
# take 30 MB; they are what is needed to see 3,000 profiles 33 times. A chunk costs some 2 KB.
BOUND = Bound(held=48_000_000, records=100_000, chunks=256)
