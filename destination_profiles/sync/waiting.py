"""The rejected records that wait in the store, in the order in which they may be sent again."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from ..records.batch import Batch
from ..records.codec import StreamCodec
from ..records.deletions import Deleted
from ..rejects.line import Kept, read
from ..rejects.parts import Part, Stream, lines
from ..storage.folder import Folder

PARTS_HELD = 3  # in memory, of 8 MB at most each as they are written


class Waiting(msgspec.Struct, gc=False):
    """A record in the store: the number of its part and of its line; where it stood in its sync;
    what it has in common with other records of its profile, if that is known.
    """

    part: int
    line: int
    sync: str
    row: int
    profile: bytes | None = None

    def place(self) -> tuple[str, int]:
        """What is larger is later."""
        return self.sync, self.row


@dataclass
class Shelf:
    """Parts of a store, with their lines as they are read; those of some are `given`, by name."""

    folder: Folder
    parts: list[Part]
    labels: Mapping[Stream, str]
    given: dict[str, list[bytes]] = field(default_factory=dict)
    _held: dict[int, list[bytes]] = field(default_factory=dict)

    def lines(self, number: int) -> list[bytes]:
        """Those of a part, by its number."""
        if (name := self.parts[number].name) in self.given:
            return self.given[name]
        if number not in self._held:
            while len(self._held) >= PARTS_HELD:
                del self._held[next(iter(self._held))]
            self._held[number] = lines(self.folder, self.parts[number])
        return self._held[number]

    def kept(self, waiting: Waiting) -> Kept:
        """A record of them."""
        return read(self.lines(waiting.part)[waiting.line])

    def stream(self, waiting: Waiting) -> Stream:
        """The stream of a record."""
        return self.parts[waiting.part].stream

    def label(self, waiting: Waiting) -> str:
        """How a person knows its stream."""
        return self.labels[self.stream(waiting)]


@dataclass
class Queue:
    """What was found: records to be sent, in order; `replaced` are those of which a part that was
    written later has another version; `unreadable` counts lines that are no records.
    """

    waiting: list[Waiting] = field(default_factory=list)
    replaced: list[Waiting] = field(default_factory=list)
    unreadable: Counter[str] = field(default_factory=Counter)


def queue(
    shelf: Shelf,
    codecs: Mapping[Stream, StreamCodec],
    takes: Callable[[int, Kept], bool],
    gone: Callable[[int, int], bool],
) -> Queue:
    """The records that `takes(part, record)`, but for lines that are `gone(part, line)`. Records of
    one profile follow each other, the earlier first, so that a later one may stand for them.
    """
    found = Queue()
    newest: dict[tuple[Stream, str, int], Waiting] = {}
    for number, part in enumerate(shelf.parts):
        rows = []
        for each, kept in _rows(shelf, number, gone, found):
            if each.row:  # of one that a person has edited, only what was written last counts
                before = newest.get((part.stream, *each.place()))
                found.replaced += [] if before is None else [before]
                newest[part.stream, *each.place()] = each
            if takes(number, kept):
                rows.append((each, kept.original))
        _find_profiles(codecs[part.stream], rows)
        found.waiting += [each for each, _ in rows]
    replaced = set(map(id, found.replaced))
    found.waiting = [each for each in found.waiting if id(each) not in replaced]
    first: dict[bytes, tuple[str, int]] = {}
    for each in found.waiting:
        if each.profile is not None:
            first[each.profile] = min(each.place(), first.get(each.profile, each.place()))
    found.waiting.sort(
        key=lambda each: (
            first[each.profile] if each.profile is not None else each.place(),
            each.profile or b"",
            each.place(),
        )
    )
    return found


def _rows(
    shelf: Shelf, number: int, gone: Callable[[int, int], bool], found: Queue
) -> Iterator[tuple[Waiting, Kept]]:
    for place, text in enumerate(shelf.lines(number)):
        if not text.strip() or gone(number, place):
            continue
        try:
            kept = read(text)
        except ValueError:  # msgspec's errors are
            found.unreadable[shelf.labels[shelf.parts[number].stream]] += 1
            continue
        yield Waiting(number, place, kept.origin.sync, kept.origin.row), kept


def _find_profiles(codec: StreamCodec, rows: Sequence[tuple[Waiting, bytes]]) -> None:
    """Tell the profiles of records apart, where each has one that can be told."""
    place = 0
    for taken in codec.take([original for _, original in rows]):
        if isinstance(taken, Batch):
            for (each, _), identities in zip(rows[place:], taken.identities, strict=False):
                each.profile = _digest(codec, identities)
            place += len(taken)
        else:
            place += len(taken.originals) if isinstance(taken, Deleted) else 1


def _digest(codec: StreamCodec, identities: tuple[str, ...]) -> bytes | None:
    if len(identities) != 1:
        return None
    text = f"{codec.route.target.db_id} {identities[0]}"
    return hashlib.blake2b(text.encode(), digest_size=8).digest()
