"""What a memory knows of the records of a batch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from ..memory.entries import ABSENT, OTHER
from ..memory.hashes import hashes
from ..memory.store import Memory
from ..records.batch import Batch, Data
from ..service.identities import Identities

ALONE = {1}

Ids = Sequence[bytes]  # hashes of the identities of a profile
Profiles = Sequence[bytes | None]


@dataclass(frozen=True, slots=True)
class StreamMemory:
    """A stream: seeds of the hashes of its profiles' identities, and of what is sent. `renew` gives
    what is sent of records once more after a time, None where nothing is; `keys` the identities of
    records that are not sent; `others` the other bytes in which profiles may have been sent, where
    these depend on the records that come with them.
    """

    identity_seed: int
    content_seed: int
    renew: Callable[[Sequence[bytes]], Profiles]
    keys: Callable[[Sequence[Data]], Sequence[Identities]]
    others: Callable[[Sequence[bytes]], Iterable[Profiles]] | None = None


class Look:
    """A batch, its hashes, and when each profile was sent: by the earliest entry of its identities;
    OTHER where one of them is not of this content, ABSENT where none has an entry.
    """

    def __init__(self, memory: Memory, batch: Batch, stream: StreamMemory) -> None:
        """Look it up."""
        self.batch, self.stream = batch, stream
        self.ids = ids_of(batch.identities, stream)
        self.contents = contents_of(batch.profiles(), stream)
        self.days = _days(memory, self.ids, self.contents)
        if stream.others is not None and OTHER in self.days and not batch.is_end:
            self._look_for_others(memory, stream.others)

    def _look_for_others(
        self, memory: Memory, others: Callable[[Sequence[bytes]], Iterable[Profiles]]
    ) -> None:
        """What was sent in other bytes has its day, and their hash."""
        places = [place for place, day in enumerate(self.days) if day == OTHER]
        originals = [bytes(self.batch.row(place).original) for place in places]
        for profiles in others(originals):
            contents = contents_of([profile or b"" for profile in profiles], self.stream)
            made = [
                (place, content)
                for place, profile, content in zip(places, profiles, contents, strict=True)
                if profile is not None and content != self.contents[place]
            ]
            found = _days(memory, [self.ids[place] for place, _ in made], [to for _, to in made])
            for (place, content), day in zip(made, found, strict=True):
                if day != OTHER:
                    self.days[place], self.contents[place] = day, content


def _days(memory: Memory, ids: Sequence[Ids], contents: Sequence[bytes]) -> list[int]:
    if set(map(len, ids)) == ALONE:
        return memory.find([each for (each,) in ids], contents)
    each_content = [content for mine, content in zip(ids, contents, strict=True) for _ in mine]
    found = iter(memory.find(list(chain.from_iterable(ids)), each_content))
    return [_earliest(list(islice(found, len(mine)))) for mine in ids]


def contents_of(profiles: Iterable[bytes], stream: StreamMemory) -> list[bytes]:
    """The hashes of profiles."""
    return hashes(profiles, stream.content_seed)


def _earliest(days: Sequence[int]) -> int:
    if all(day == ABSENT for day in days):
        return ABSENT
    return max(OTHER, min(days))


def ids_of(identities: Sequence[Identities], stream: StreamMemory) -> Sequence[Ids]:
    """The hashes of identities, those of each profile together."""
    found = hashes(chain.from_iterable(identities), stream.identity_seed)
    if set(map(len, identities)) == ALONE:
        return list(zip(found, strict=True))
    left = iter(found)
    return [list(islice(left, len(each))) for each in identities]
