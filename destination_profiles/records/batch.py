"""Records on their way to a chunk: one, or many in few objects."""

from array import array
from collections.abc import Iterator, Sequence
from itertools import repeat

import msgspec

from ..delivery.ledger import Interval


class Row(msgspec.Struct, gc=False):
    """A record on its way: the profile as it is sent, the record as it came, its interval, the
    identities of its profile.
    """

    profile: bytes
    original: bytes
    interval: Interval
    identities: tuple[str, ...]


class Joined:
    """Byte strings one behind the other, and what stands between two of them."""

    __slots__ = ("_gap", "data", "lengths")

    def __init__(self, parts: Sequence[bytes], between: bytes) -> None:
        """Join them."""
        self.data = between.join(parts)
        self._gap = len(between)
        self.lengths = array("I", map(len, parts))

    def array(self) -> bytes:
        """A JSON array of them, which a comma must stand between."""
        return b"".join((b"[", self.data, b"]"))

    def total(self) -> int:
        """Bytes of all of them, without what stands between."""
        return len(self.data) - self._gap * (len(self.lengths) - 1)

    def longest(self) -> int:
        """Bytes of the longest."""
        return max(self.lengths)

    def parts(self) -> Iterator[bytes]:
        """Each by itself."""
        start = 0
        for length in self.lengths:
            yield self.data[start : start + length]
            start += length + self._gap


class Batch:
    """Records of one interval that follow each other, in few objects: `rows` makes those that each
    needs when it is looked at.
    """

    __slots__ = ("identities", "interval", "originals", "profiles")

    def __init__(
        self,
        profiles: Joined,
        originals: Joined,
        interval: Interval,
        identities: Sequence[tuple[str, ...]],
    ) -> None:
        """Of as many profiles as originals and identities."""
        self.profiles, self.originals, self.interval, self.identities = (
            profiles,
            originals,
            interval,
            identities,
        )

    def __len__(self) -> int:
        """Records in it."""
        return len(self.identities)

    def split(self, place: int, between: bytes) -> Iterator["Batch"]:
        """Two batches, the first of `place` records; `between` separates the profiles."""
        profiles, originals = list(self.profiles.parts()), list(self.originals.parts())
        for part in (slice(place), slice(place, None)):
            sent, came = Joined(profiles[part], between), Joined(originals[part], b",")
            yield Batch(sent, came, self.interval, self.identities[part])

    def rows(self) -> Iterator[Row]:
        """Each record by itself."""
        return map(
            Row,
            self.profiles.parts(),
            self.originals.parts(),
            repeat(self.interval),
            self.identities,
        )
