"""What a memory knows of the records of a batch."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import msgspec

from ..conversion import decode_exact
from ..memory.entries import ABSENT, OTHER
from ..memory.hashes import hashes
from ..memory.store import Memory
from ..records.batch import Batch, Data
from ..service.identities import Identities

ALONE = {1}
_encode = msgspec.json.Encoder(order="sorted", decimal_format="number").encode

Ids = Sequence[bytes]  # hashes of the identities of a profile


@dataclass(frozen=True, slots=True)
class Remembered:
    """A stream: seeds of the hashes of its profiles' identities, and of what is sent. `renew` gives
    what is sent of records once more after a time, None where nothing is; `keys` the identities of
    records that are not sent. `varies`: the bytes of a profile depend on those of the records that
    come with it, as with records that are sent as they come.
    """

    identity_seed: int
    content_seed: int
    renew: Callable[[Sequence[bytes]], Sequence[bytes | None]]
    keys: Callable[[Sequence[Data]], Sequence[Identities]]
    varies: bool = False


class Look:
    """A batch, its hashes, and when each profile was sent: by the earliest entry of its identities;
    OTHER where one of them is not of this content, ABSENT where none has an entry.
    """

    def __init__(self, memory: Memory, batch: Batch, stream: Remembered) -> None:
        """Look it up."""
        self.batch, self.stream = batch, stream
        self.profiles = batch.profiles()
        self.ids = ids_of(batch.identities, stream)
        self.contents = contents_of(self.profiles, stream)
        if set(map(len, self.ids)) == ALONE:
            self.days = memory.find([each for (each,) in self.ids], self.contents)
            return
        each_content = [
            content for mine, content in zip(self.ids, self.contents, strict=True) for _ in mine
        ]
        found = iter(memory.find(list(chain.from_iterable(self.ids)), each_content))
        self.days = [_earliest(list(islice(found, len(mine)))) for mine in self.ids]


def contents_of(profiles: Iterable[bytes], stream: Remembered) -> list[bytes]:
    """The hashes of profiles."""
    return hashes(map(_in_order, profiles) if stream.varies else profiles, stream.content_seed)


def _in_order(profile: bytes) -> bytes:
    """A profile in JSON with its fields in one order."""
    try:
        return _encode(decode_exact(profile))
    except (msgspec.MsgspecError, ValueError):
        return profile


def _earliest(days: Sequence[int]) -> int:
    if all(day == ABSENT for day in days):
        return ABSENT
    return max(OTHER, min(days))


def ids_of(identities: Sequence[Identities], stream: Remembered) -> Sequence[Ids]:
    """The hashes of identities, those of each profile together."""
    found = hashes(chain.from_iterable(identities), stream.identity_seed)
    if set(map(len, identities)) == ALONE:
        return list(zip(found, strict=True))
    left = iter(found)
    return [list(islice(left, len(each))) for each in identities]
