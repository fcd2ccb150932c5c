"""Between the pipeline and a memory: which records need not be sent, and what was sent."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import chain, islice

from ..memory.entries import ABSENT, OTHER
from ..memory.hashes import hashes
from ..memory.memory import Memory
from ..records.batch import Batch, Data
from ..records.route import Route
from ..service.identities import Identities
from .blame import Resolution
from .chunks import Chunk

# where one of these stands, a profile may hold a function; letters of the word may be escaped
FUNCTIONS = (b'"action"', b"<action", b"\\u006", b"\\u007")
NOTHING = b""  # to be remembered of a record
ALONE = {1}

Ids = Sequence[bytes]  # hashes of the identities of a profile


@dataclass(frozen=True, slots=True)
class Remembered:
    """A stream: seeds of the hashes of its profiles' identities, and of what is sent. `renew` gives
    what is sent of records once more after a time, None where nothing is; `keys` the identities of
    records that are not sent.
    """

    identity_seed: int
    content_seed: int
    renew: Callable[[Sequence[bytes]], Sequence[bytes | None]]
    keys: Callable[[Sequence[Data]], Sequence[Identities]]


class Remembering:
    """Asked for each batch before it goes into chunks. It forgets before a chunk leaves, and
    remembers what the service has accepted. What it holds itself is of records without a last word.
    """

    def __init__(
        self,
        memory: Memory,
        streams: Mapping[str, Remembered],
        *,
        today: int,
        resend_after_days: int,
        remembers: bool = True,
    ) -> None:
        """`streams` are those of which something is remembered, by their labels; `today` counts
        days. Where it does not `remember`, it forgets what is sent.
        """
        self._memory, self._streams, self._remembers = memory, streams, remembers
        self._today, self._every = today, resend_after_days
        self._known: set[bytes] = set()  # with an entry, of records that are changed
        self._renewed: dict[bytes, bytes] = {}  # contents that are sent once more, by identity
        self._instead: dict[int, bytes] = {}  # contents of records that are not what is sent

    def changed(
        self, batch: Batch, route: Route, unsettled: AbstractSet[str]
    ) -> tuple[Batch | None, Sequence[int]]:
        """The records that are to be sent, None where none is, and the places of the others.
        `unsettled` are identities that a chunk without a last word holds.
        """
        stream = self._streams.get(route.label)
        if stream is None:
            return batch, ()
        look = _Look(self._memory, batch, stream)
        stay = [self._stays(ids, day) for ids, day in zip(look.ids, look.days, strict=True)]
        if all(stay) and unsettled.isdisjoint(chain.from_iterable(batch.identities)):
            return None, range(len(batch))
        again = self._again(look, stay)
        sent, profiles = self._sorted_out(look, stay, again, unsettled)
        if profiles:
            batch = batch.with_profiles(profiles, route.envelope.between)
        unchanged = sorted(set(range(len(batch))).difference(sent))
        if not unchanged:
            return batch, ()
        return batch.pick(sent, route.envelope.between) if sent else None, unchanged

    def _stays(self, ids: Ids, day: int) -> bool:
        """Whether a record need not be sent. Each profile has a day of its own, by chance, on which
        it is sent again, so that not all are at once.
        """
        if day <= OTHER or not self._remembers:
            return False
        chance = int.from_bytes(ids[0][-2:])
        return day >= self._today - (self._today - chance) % self._every

    def _again(self, look: "_Look", stay: list[bool]) -> dict[int, bytes]:
        """What is sent once more of records that did not change, by their places. Those of which
        nothing can be may `stay`.
        """
        due = [
            place
            for place, day in enumerate(look.days)
            if day > OTHER and not stay[place] and self._remembers
        ]
        if not due:
            return {}
        originals = [bytes(look.batch.row(place).original) for place in due]
        again = {}
        for place, profile in zip(due, look.stream.renew(originals), strict=True):
            if profile is None:
                stay[place] = True
            else:
                again[place] = profile
        return again

    def _sorted_out(
        self,
        look: "_Look",
        stay: Sequence[bool],
        again: Mapping[int, bytes],
        unsettled: AbstractSet[str],
    ) -> tuple[list[int], dict[int, bytes]]:
        """The places of records that are sent, and the profiles of those that are sent once more. A
        record is sent as it is behind another of its profile that has no last word.
        """
        sent: list[int] = []
        profiles: dict[int, bytes] = {}
        before: set[str] = set()
        is_odd = look.batch.is_end or look.batch.holds(*FUNCTIONS)
        for place, identities in enumerate(look.batch.identities):
            if not (unsettled.isdisjoint(identities) and before.isdisjoint(identities)):
                if self._is_on_its_way(look, place):
                    continue
                self._change(look, place, is_odd=is_odd)
            elif stay[place]:
                continue
            elif place in again:
                profiles[place] = again[place]
                self._renewed.update(dict.fromkeys(look.ids[place], look.contents[place]))
                self._instead[look.batch.ordinals[place]] = look.contents[place]
            else:
                self._change(look, place, is_odd=is_odd)
            before.update(identities)
            sent.append(place)
        return sent, profiles

    def _is_on_its_way(self, look: "_Look", place: int) -> bool:
        """Whether the newest record of its profile is the same, and is sent once more."""
        return bool(self._renewed) and all(
            self._renewed.get(each) == look.contents[place] for each in look.ids[place]
        )

    def _change(self, look: "_Look", place: int, *, is_odd: bool) -> None:
        """A record is sent as it is: what is known of its profile goes before that."""
        if look.days[place] != ABSENT:
            self._known.update(look.ids[place])
        for each in look.ids[place] if self._renewed else ():
            self._renewed.pop(each, None)
        if is_odd and (look.batch.is_end or _may_hold_function(look.profiles[place])):
            self._instead[look.batch.ordinals[place]] = NOTHING

    def leaving(self, chunk: Chunk) -> None:
        """A chunk is about to be sent."""
        self._memory.check()
        if self._known and (gone := self._known.intersection(self._ids(chunk))):
            self._memory.forget(sorted(gone))
            self._known -= gone

    def answered(self, resolution: Resolution) -> None:
        """The last word on a chunk, while its records still stand in it."""
        chunk, rejected, start = resolution.chunk, resolution.rejected, 0
        for run in chunk.runs():
            stop = start + len(run.identities)
            stream = self._streams.get(run.stream)
            if stream is not None:
                ids = _ids(run.identities, stream)
                refused = {place - start for place in rejected if start <= place < stop}
                contents: Sequence[bytes] = [NOTHING] * len(ids)
                if self._remembers:
                    contents = self._contents(
                        run.ordinals, hashes(run.profiles, stream.content_seed)
                    )
                self._enter(ids, contents, refused)
            start = stop
        for _, _, row in chunk.superseded:
            self._instead.pop(row.ordinal, None)

    def _contents(self, ordinals: Sequence[int], hashed: list[bytes]) -> list[bytes]:
        """What is to be remembered of records."""
        if not self._instead:
            return hashed
        return [
            self._instead.pop(ordinal, content)
            for ordinal, content in zip(ordinals, hashed, strict=True)
        ]

    def _enter(
        self, ids: Sequence[Ids], contents: Sequence[bytes], refused: AbstractSet[int]
    ) -> None:
        """Remember what was accepted, and forget what was refused."""
        accepted: list[tuple[bytes, bytes]] = []
        gone: list[bytes] = []
        for place, (mine, content) in enumerate(zip(ids, contents, strict=True)):
            if content and place not in refused:
                accepted += [(each, content) for each in mine]
            else:
                gone += mine
        for each in chain.from_iterable(ids) if self._renewed else ():
            self._renewed.pop(each, None)
        self._memory.remember(accepted, self._today)
        if gone:
            self._memory.drop(gone)

    def unsent(self, stream: str, originals: Sequence[Data]) -> None:
        """Records were rejected or left out before they were sent."""
        known = self._streams.get(stream)
        if known is not None:
            self._memory.drop(list(chain.from_iterable(_ids(known.keys(originals), known))))

    def check(self) -> None:
        """Raise StoreUnavailable where the memory may be another's by now."""
        self._memory.check()

    def end(self, under_way: Iterable[Chunk]) -> None:
        """Nothing more is sent; what became of the chunks that are `under_way` is not known."""
        for chunk in under_way:
            self._memory.drop(list(self._ids(chunk)))

    def _ids(self, chunk: Chunk) -> Iterator[bytes]:
        for run in chunk.runs():
            if (stream := self._streams.get(run.stream)) is not None:
                yield from chain.from_iterable(_ids(run.identities, stream))


class _Look:
    """A batch, its hashes, and when each profile was sent: by the earliest entry of its identities;
    OTHER where one of them is not of this content, ABSENT where none has an entry.
    """

    def __init__(self, memory: Memory, batch: Batch, stream: Remembered) -> None:
        self.batch, self.stream = batch, stream
        self.profiles = batch.profiles()
        self.ids = _ids(batch.identities, stream)
        self.contents = hashes(self.profiles, stream.content_seed)
        if set(map(len, self.ids)) == ALONE:
            self.days = memory.find([each for (each,) in self.ids], self.contents)
            return
        each_content = [
            content for mine, content in zip(self.ids, self.contents, strict=True) for _ in mine
        ]
        found = iter(memory.find(list(chain.from_iterable(self.ids)), each_content))
        self.days = [_earliest(list(islice(found, len(mine)))) for mine in self.ids]


def _earliest(days: Sequence[int]) -> int:
    if all(day == ABSENT for day in days):
        return ABSENT
    return max(OTHER, min(days))


def _ids(identities: Sequence[Identities], stream: Remembered) -> Sequence[Ids]:
    """The hashes of identities, those of each profile together."""
    found = hashes(chain.from_iterable(identities), stream.identity_seed)
    if set(map(len, identities)) == ALONE:
        return list(zip(found, strict=True))
    left = iter(found)
    return [list(islice(left, len(each))) for each in identities]


def _may_hold_function(profile: bytes) -> bool:
    return any(each in profile for each in FUNCTIONS)
