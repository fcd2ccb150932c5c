"""The rejected records that wait in the store, in the order in which they may be sent again."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from ..records.key_reader import KeyReader
from ..rejects.journal import Place
from ..rejects.line import Kept, read
from ..rejects.parts import Part, lines
from ..service.identities import Identities
from ..storage.folder import Folder
from ..stream_key import StreamKey

FETCHED = 20_000  # records that are in memory at once
FAULTS = (ValueError, RecursionError)  # of a line that is no record; msgspec's are ValueErrors


class Waiting(msgspec.Struct, gc=False):
    """A record in the store: the number of its part and of its line; where it stood in its sync;
    the identities of its profile, as far as they can be read. `doubtful`: it may have been executed
    since. `altered`: parts of it are not what came.
    """

    part: int
    line: int
    sync: str
    row: int
    identities: Identities = ()
    doubtful: bool = False
    altered: bool = False

    def place(self) -> tuple[str, int]:
        """What is larger is later."""
        return self.sync, self.row


@dataclass
class Shelf:
    """Parts of a store; the lines of some are `given`, by name."""

    folder: Folder
    parts: list[Part]
    labels: Mapping[StreamKey, str]
    given: dict[str, list[bytes]] = field(default_factory=dict)

    def lines(self, number: int) -> list[bytes]:
        """Those of a part, by its number."""
        part = self.parts[number]
        return self.given[part.name] if part.name in self.given else lines(self.folder, part)

    def fetched(self, waiting: Iterable[Waiting]) -> Iterator[tuple[Waiting, bytes]]:
        """Records as they came, in their order: many at once, so that each part is read seldom."""
        left = iter(waiting)
        while some := list(islice(left, FETCHED)):
            found: dict[tuple[int, int], bytes] = {}
            for number in sorted({each.part for each in some}):
                of_part = self.lines(number)
                for each in some:
                    if each.part == number:
                        found[number, each.line] = read(of_part[each.line]).original
            yield from ((each, found[each.part, each.line]) for each in some)

    def place(self, waiting: Waiting) -> Place:
        """Where a record stands."""
        return self.parts[waiting.part].name, waiting.line

    def stream(self, waiting: Waiting) -> StreamKey:
        """The stream of a record."""
        return self.parts[waiting.part].stream

    def label(self, waiting: Waiting) -> str:
        """How a person knows its stream."""
        return self.labels[self.stream(waiting)]


@dataclass
class Queue:
    """What was found: records to be sent, in order; `replaced` are those of which a person has
    edited another version, which counts; `unreadable` counts lines that are no records.
    """

    waiting: list[Waiting] = field(default_factory=list)
    replaced: list[Waiting] = field(default_factory=list)
    unreadable: Counter[str] = field(default_factory=Counter)


@dataclass
class Versions:
    """All lines of one record: it has one, unless a person has edited it. `doubtful`: one of them
    may have been executed.
    """

    newest: Waiting
    doubtful: bool


def queue(
    shelf: Shelf,
    readers: Mapping[StreamKey, KeyReader],
    takes: Callable[[Waiting, Kept], bool],
    gone: Callable[[Place], bool],
    doubtful: Callable[[Place], bool],
) -> Queue:
    """The records that it `takes`, but for those that are `gone`. Records of one profile follow
    each other, the earlier first, so that a later one may stand for them.
    """
    found = Queue()
    known: dict[tuple[StreamKey, str, int], Versions] = {}
    taken = []
    for number, part in enumerate(shelf.parts):
        rows = []
        for each, kept in _rows(shelf, number, found):
            is_gone, in_doubt = gone(shelf.place(each)), doubtful(shelf.place(each))
            each.doubtful = in_doubt or kept.origin.fate is not None
            if each.row:  # what was written last counts
                at = part.stream, *each.place()
                before = known.get(at)
                found.replaced += [before.newest] if before else []
                known[at] = Versions(each, in_doubt or (before is not None and before.doubtful))
            if not is_gone and takes(each, kept):
                rows.append((each, kept.original))
        keys = readers[part.stream].keys([original for _, original in rows])
        for (each, _), identities in zip(rows, keys, strict=True):
            each.identities = identities
            taken.append(each)
    replaced = set(map(id, found.replaced))
    for each in taken:
        versions = known.get((shelf.stream(each), *each.place()))
        each.doubtful = each.doubtful or (versions is not None and versions.doubtful)
    found.waiting = _in_order(
        [each for each in taken if id(each) not in replaced],
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


def _rows(shelf: Shelf, number: int, found: Queue) -> Iterator[tuple[Waiting, Kept]]:
    for place, text in enumerate(shelf.lines(number)):
        if not text.strip():
            continue
        try:
            kept = read(text)
        except FAULTS:
            found.unreadable[shelf.labels[shelf.parts[number].stream]] += 1
            continue
        sync, row = sys.intern(kept.origin.sync), kept.origin.row
        yield Waiting(number, place, sync, row, altered=kept.is_altered()), kept
