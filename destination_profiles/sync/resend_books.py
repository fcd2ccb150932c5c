"""The books of a resend: what became of each record that was fed in, and the store made to say
it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from ..delivery.blame import Resolution
from ..delivery.chunks import Chunk
from ..delivery.recorder import Recorder
from ..records.batch import Data
from ..rejection import Rejection
from ..rejects.journal import Journal, Place
from ..rejects.line import again, line, read, with_unknown_fate
from ..rejects.parts import replace
from ..service.identities import Identities
from .resent import Resent, Sums
from .waiting import Shelf, Waiting


class Books:
    """A Recorder. Each request is noted in the journal before it leaves, and its answer before
    anything follows from it; nothing is where `journal` is None.
    """

    def __init__(
        self, shelf: Shelf, journal: Journal | None, told: Resent, now: Callable[[], datetime]
    ) -> None:
        """Count in `told`."""
        self.outcomes: Recorder | None = None  # hears it too, before the journal does
        self._shelf, self._journal, self._told, self._now = shelf, journal, told, now
        self._fed: list[Waiting] = []  # by their number in the pipeline's input
        self._executed: set[Place] = set()  # where those stand that have an answer
        self._gone: dict[int, set[int]] = {}  # lines that leave the store, by their part
        self._rejected: dict[int, dict[int, Rejection]] = {}
        self._doubtful: dict[int, set[int]] = {}

    def feed(self, waiting: Waiting) -> None:
        """A record is the next of the input."""
        self._fed.append(waiting)

    def drop(self, waiting: Waiting) -> None:
        """A record leaves the store."""
        self._gone.setdefault(waiting.part, set()).add(waiting.line)

    def doubt(self, waiting: Waiting) -> None:
        """It will never be known whether a record was executed."""
        self._doubtful.setdefault(waiting.part, set()).add(waiting.line)

    def leaving(self, chunk: Chunk) -> None:
        """A request is about to be sent."""
        if self._journal is not None:
            self._journal.sent(chunk.request_id, self._places(sorted(_ordinals(chunk))))

    def answered(self, resolution: Resolution) -> None:
        """The last word on a chunk: those that a later record took the place of share its fate."""
        chunk, rejected = resolution.chunk, resolution.rejected
        self._executed.update(self._places(_ordinals(chunk)))  # whatever fails from here on
        if self.outcomes is not None:
            self.outcomes.answered(resolution)
            self.outcomes.close()
        accepted = [row for place, row in enumerate(chunk.rows) if place not in rejected]
        superseded = [row for place, _, row in chunk.superseded if place not in rejected]
        refused = [(chunk.rows[place], reason) for place, reason in rejected.items()]
        refused += [
            (row, rejected[place]) for place, _, row in chunk.superseded if place in rejected
        ]
        if self._journal is not None:
            self._journal.answered(
                self._places(row.ordinal for row in (*accepted, *superseded)),
                self._places(row.ordinal for row, _ in refused),
            )
        for row in accepted:
            self._settle(row.ordinal).accepted += 1
        for row in superseded:
            self._settle(row.ordinal).superseded += 1
        for row, reason in refused:
            self._reject(row.ordinal, reason)

    def put_off(self, chunk: Chunk, code: str) -> None:
        """It is sent once more."""
        if self.outcomes is not None:
            self.outcomes.put_off(chunk, code)

    def unsent(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        """A record is rejected again before it is sent."""
        if self.outcomes is not None:
            self.outcomes.unsent(stream, original, rejection, ordinal)
        self._reject(ordinal, rejection)

    def unchanged(
        self, stream: str, identities: Sequence[Identities], ordinals: Sequence[int]
    ) -> None:
        """Nothing is left out for that: rows are sent again whatever is remembered."""

    def deleted(self, stream: str, originals: Sequence[Data], first: int) -> None:
        """Records are left out, as their source has deleted them."""
        if self.outcomes is not None:
            self.outcomes.deleted(stream, originals, first)
        for ordinal in range(first, first + len(originals)):
            self._settle(ordinal).deleted += 1

    def attach(self, wake: Callable[[], None]) -> None:
        """Nothing is waited for: no state is given back."""

    def begin(self) -> int:
        """Everything is in the journal."""
        return 0

    def kept(self) -> int:
        """Likewise."""
        return 0

    def close(self) -> None:
        """Let outcomes be safe."""
        if self.outcomes is not None:
            self.outcomes.close()

    def end(self, in_doubt: Iterable[Chunk], others: Iterable[Waiting]) -> None:
        """Bring the store up to date; `others` leave it too. `in_doubt` are the requests of which
        nobody knows whether they were executed.
        """
        doubtful = set(self._places(each for chunk in in_doubt for each in _ordinals(chunk)))
        settled = {
            place for lines in (self._gone, self._rejected) for place in self._all_places(lines)
        }
        doubtful |= self._executed - settled  # the answer came, and could not be noted
        self._told.unknown = len(doubtful)
        if self._journal is None:
            return
        numbers = {part.name: number for number, part in enumerate(self._shelf.parts)}
        doubtful |= self._journal.open - settled  # by an earlier run
        for found, places in (
            (self._gone, self._journal.arrived),
            (self._doubtful, doubtful),
        ):
            for name, place in places:
                if name in numbers:
                    found.setdefault(numbers[name], set()).add(place)
        for each in others:
            self.drop(each)
        for number in sorted({*self._gone, *self._rejected, *self._doubtful}):
            part = self._shelf.parts[number]
            replace(self._shelf.folder, part, self._lines(number))
        self._journal.end()

    def _all_places(self, lines: Mapping[int, Iterable[int]]) -> Iterator[Place]:
        for number, places in lines.items():
            yield from ((self._shelf.parts[number].name, place) for place in places)

    def _lines(self, number: int) -> list[bytes]:
        """What stands in a part from now on."""
        gone = self._gone.get(number, set())
        rejected = self._rejected.get(number, {})
        doubtful = self._doubtful.get(number, set())
        kept = []
        for place, text in enumerate(self._shelf.lines(number)):
            if place in gone:
                continue
            if place in rejected:
                before = read(text)
                kept.append(line(before.original, rejected[place], self._now(), again(before)))
            elif place in doubtful:
                kept.append(with_unknown_fate(text))
            else:
                kept.append(text)
        return kept

    def _settle(self, ordinal: int) -> Sums:
        waiting = self._fed[ordinal]
        self.drop(waiting)
        return self._told.of(self._shelf.label(waiting))

    def _reject(self, ordinal: int, rejection: Rejection) -> None:
        waiting = self._fed[ordinal]
        self._rejected.setdefault(waiting.part, {})[waiting.line] = rejection
        label = self._shelf.label(waiting)
        self._told.of(label).rejected += 1
        self._told.reasons[label, rejection.reason, rejection.code, rejection.loggable] += 1

    def _places(self, ordinals: Iterable[int]) -> list[Place]:
        return [self._shelf.place(self._fed[ordinal]) for ordinal in ordinals]

    def place(self, ordinal: int) -> tuple[str, int]:
        """Where a record stood in its own sync."""
        return self._fed[ordinal].place()


def _ordinals(chunk: Chunk) -> Iterator[int]:
    """The numbers of its records, those that a later one took the place of among them."""
    yield from (row.ordinal for row in chunk.rows)
    yield from (row.ordinal for _, _, row in chunk.superseded)
