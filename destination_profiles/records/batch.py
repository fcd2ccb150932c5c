"""Records on their way to a chunk, many in few objects."""

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

import msgspec

from ..rejection import Rejection
from ..service.identities import Identities

Ends = Sequence[int]
Data = bytes | memoryview | msgspec.Raw


class Row(msgspec.Struct, gc=False):
    """One record: its profile as it is sent, its `data` as it came, its profile's identities, and
    its number in the sync's input, from 0.
    """

    profile: bytes
    original: bytes
    identities: Identities
    ordinal: int = 0


class Rejected(msgspec.Struct, frozen=True):
    """One record that cannot be sent: what is kept of it, and why."""

    original: bytes
    rejection: Rejection


class Joined:
    """Byte strings one behind the other, with `gap` bytes between two of them."""

    __slots__ = ("_count", "_data", "_ends", "gap")

    def __init__(self, parts: Sequence[Data], between: bytes) -> None:
        """Join them."""
        self._data = between.join(parts)
        self._count = len(parts)
        self._ends = _ends(parts)
        self.gap = len(between)

    def __getitem__(self, place: int) -> bytes:
        """One of them."""
        ends, shift = self._places(), self.gap * place
        return self._data[ends[place] + shift : ends[place + 1] + shift]

    def each(self, start: int, stop: int) -> list[bytes]:
        """Those from `start` to before `stop`, each by itself."""
        data, gap, ends = self._data, self.gap, self._places()
        return [
            data[ends[place] + gap * place : ends[place + 1] + gap * place]
            for place in range(start, stop)
        ]

    def array(self) -> bytes:
        """A JSON array of them, which a comma must stand between."""
        return b"".join((b"[", self._data, b"]"))

    def holds(self, text: bytes) -> bool:
        """Whether a text stands in them somewhere."""
        return text in self._data

    def size(self, start: int, stop: int) -> int:
        """Bytes of those from `start` to before `stop`, without what is in between."""
        if stop - start == self._count:
            return len(self._data) - self.gap * (self._count - 1)
        ends = self._places()
        return ends[stop] - ends[start]

    def span(self, start: int, stop: int) -> "bytes | memoryview":
        """Those from `start` to before `stop`, at least one, with what is in between."""
        if stop - start == self._count:
            return self._data
        ends = self._places()
        first, last = ends[start] + self.gap * start, ends[stop] + self.gap * (stop - 1)
        return memoryview(self._data)[first:last]

    def longest(self) -> int:
        """Bytes of the longest."""
        ends = self._places()
        return max(ends[place + 1] - ends[place] for place in range(self._count))

    def fit(self, start: int, stop: int, room: int, *, gap: int) -> int:
        """How many from `start` on, of those before `stop`, have at most `room` bytes, where each
        takes `gap` more than its own.
        """
        ends = self._places()
        base = ends[start]
        places = range(start + 1, stop + 1)
        return bisect_right(
            places, room, key=lambda place: ends[place] - base + gap * (place - start)
        )

    def _places(self) -> Ends:
        """Where each ends, without the gaps, from 0 on."""
        return self._ends


class Originals:
    """The `data` of records that follow each other, joined once for all who look at them."""

    __slots__ = ("_joined", "parts")

    def __init__(self, parts: Sequence[Data]) -> None:
        """Of each record's own."""
        self.parts = parts
        self._joined: Joined | None = None

    def __len__(self) -> int:
        """Records."""
        return len(self.parts)

    def part(self, start: int, stop: int) -> "Originals":
        """Those from `start` to before `stop`."""
        whole = stop - start == len(self.parts)
        return self if whole else Originals(self.parts[start:stop])

    def joined(self) -> Joined:
        """One behind the other, as in an array of JSON."""
        if self._joined is None:
            self._joined = Joined(self.parts, b",")
        return self._joined


class Lines(Joined):
    """The same of JSON texts that were encoded as lines, with a comma between two of them. Where
    each begins is looked up when it is asked for: of most batches it never is.
    """

    __slots__ = ()

    def __init__(self, lines: bytes, count: int) -> None:
        """Of so many lines, each with its end."""
        self._data = lines[:-1]
        self._count = count
        self._ends = array("Q")
        self.gap = 1

    def each(self, start: int, stop: int) -> list[bytes]:
        """Each by itself."""
        return self._data.split(b"\n")[start:stop]

    def span(self, start: int, stop: int) -> "bytes | memoryview":
        """As in a body: no text of JSON holds an end of a line."""
        return bytes(super().span(start, stop)).replace(b"\n", b",")

    def _places(self) -> Ends:
        if not self._ends:
            self._ends = _ends(self._data.split(b"\n"))
        return self._ends


def _ends(parts: Sequence[Data]) -> Ends:
    return array("Q", accumulate(map(len, parts), initial=0))


class Batch:
    """Records of one stream that follow each other: a view of joined bytes, and the identities of
    each profile. A lone record is a batch of one.
    """

    __slots__ = ("_identities", "_originals", "_profiles", "is_end", "ordinals", "start", "stop")

    def __init__(
        self,
        profiles: Joined,
        originals: Joined,
        identities: Sequence[Identities],
        start: int = 0,
        stop: int | None = None,
        *,
        ordinals: Sequence[int] = (),
    ) -> None:
        """Of `profiles` as they stand in a body, the `data` that they came in (the same object
        where a record is sent in its own bytes), and as many identities. `ordinals` are the numbers
        of its own records in the sync's input, from 0 while they are not known. `is_end`: they are
        what is sent of deleted rows; a part of it does not tell.
        """
        self.is_end = False
        self._profiles, self._originals, self._identities = profiles, originals, identities
        self.start = start
        self.stop = len(identities) if stop is None else stop
        self.ordinals = ordinals or range(self.stop - self.start)

    def __len__(self) -> int:
        """Records in it."""
        return self.stop - self.start

    @property
    def identities(self) -> Sequence[Identities]:
        """Those of each profile."""
        whole = len(self) == len(self._identities)
        return self._identities if whole else self._identities[self.start : self.stop]

    def profiles(self) -> list[bytes]:
        """Each as it stands in a body."""
        return self._profiles.each(self.start, self.stop)

    def size(self) -> int:
        """Bytes of the profiles in a body, with what is in between two of them."""
        profiles = self._profiles
        return profiles.size(self.start, self.stop) + profiles.gap * (len(self) - 1)

    def held(self) -> int:
        """Bytes of memory that its records take."""
        held = self._originals.size(self.start, self.stop)
        if self._profiles is not self._originals:
            held += self._profiles.size(self.start, self.stop)
        return held

    def may_hold(self, text: bytes) -> bool:
        """Whether a text may stand in one of its profiles."""
        return self._profiles.holds(text)

    def fits_each(self, largest: int) -> bool:
        """Whether each profile by itself has at most so many bytes."""
        whole = self._profiles.size(0, len(self._identities))
        return whole <= largest or self._profiles.longest() <= largest

    def original_size(self) -> int:
        """Bytes of its records as they came."""
        return self._originals.size(self.start, self.stop)

    def body(self) -> "bytes | memoryview":
        """The profiles as they stand in a body."""
        return self._profiles.span(self.start, self.stop)

    def fit(self, room: int) -> int:
        """How many of its first profiles fit into `room` bytes of a body that holds others."""
        return self._profiles.fit(self.start, self.stop, room, gap=self._profiles.gap)

    def fit_held(self, room: int) -> int:
        """How many of its first records take at most `room` bytes of memory as they came."""
        return self._originals.fit(self.start, self.stop, room, gap=0)

    def part(self, start: int, stop: int) -> "Batch":
        """Those of its records from `start` to before `stop`; nothing is copied."""
        return Batch(
            self._profiles,
            self._originals,
            self._identities,
            self.start + start,
            self.start + stop,
            ordinals=self.ordinals[start:stop],
        )

    def pick(self, places: Sequence[int], between: bytes) -> "Batch":
        """Some of its records, gathered; `between` stands between two profiles in a body."""
        at = [self.start + place for place in places]
        profiles = Joined([self._profiles[place] for place in at], between)
        originals = profiles
        if self._profiles is not self._originals:
            originals = Joined([self._originals[place] for place in at], b",")
        identities = [self._identities[place] for place in at]
        ordinals = [self.ordinals[place] for place in places]
        return Batch(profiles, originals, identities, ordinals=ordinals)

    def with_profiles(self, others: Mapping[int, bytes], between: bytes) -> "Batch":
        """The same records, some with another profile, by their places."""
        profiles = [others.get(place, each) for place, each in enumerate(self.profiles())]
        return Batch(
            Joined(profiles, between),
            Joined(self._originals.each(self.start, self.stop), b","),
            self.identities,
            ordinals=self.ordinals,
        )

    def row(self, place: int) -> Row:
        """One of its records."""
        at = self.start + place
        profile = self._profiles[at]
        original = profile if self._originals is self._profiles else self._originals[at]
        return Row(profile, original, self._identities[at], self.ordinals[place])

    def rows(self) -> Iterator[Row]:
        """Each record by itself."""
        return map(self.row, range(len(self)))
