"""The rejected records that wait in the store, in the order in which they may be sent again."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from ..records.key_reader import KeyReader
from ..rejects.journal import Place
from ..rejects.line import Kept, read
from ..rejects.parts import Part, Stream, lines
from ..service.identities import Identities
from ..storage.folder import Folder

PARTS_HELD = 3  # in memory, of 8 MB at most each as they are written


class Waiting(msgspec.Struct, gc=False):
    """A record in the store: the number of its part and of its line; where it stood in its sync;
    the identities of its profile, as far as they can be read.
    """

    part: int
    line: int
    sync: str
    row: int
    identities: Identities = ()

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

    def place(self, waiting: Waiting) -> Place:
        """Where a record stands."""
        return self.parts[waiting.part].name, waiting.line

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
    readers: Mapping[Stream, KeyReader],
    takes: Callable[[Waiting, Kept], bool],
    gone: Callable[[int, int], bool],
) -> Queue:
    """The records that it `takes`, but for lines that are `gone(part, line)`. Records of
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
            if takes(each, kept):
                rows.append((each, kept.original))
        keys = readers[part.stream].keys([original for _, original in rows])
        for (each, _), identities in zip(rows, keys, strict=True):
            each.identities = identities
            found.waiting.append(each)
    replaced = set(map(id, found.replaced))
    found.waiting = _in_order(
        [each for each in found.waiting if id(each) not in replaced],
        lambda each: (readers[shelf.stream(each)].target.db_id, *each.identities),
    )
    return found


def _in_order(
    waiting: Sequence[Waiting], profile: Callable[[Waiting], tuple[int | str, ...]]
) -> list[Waiting]:
    """Those of one profile together, in the place of the first of them. Where one may have several
    profiles, all stay as they came.
    """
    ordered = sorted(waiting, key=Waiting.place)
    if any(len(each.identities) > 1 for each in waiting):
        return ordered
    groups: dict[tuple[int | str, ...], list[Waiting]] = {}
    for number, each in enumerate(ordered):
        key = profile(each) if each.identities else ("alone", number)
        groups.setdefault(key, []).append(each)
    return [each for group in groups.values() for each in group]


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
