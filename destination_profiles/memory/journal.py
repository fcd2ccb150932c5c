"""What became of a memory since its entries were written, in parts that are put while syncs run: of
a sync that is killed, they are what the next one knows.

The name of a part tells the run of the sync among those since the entries, who ran it, and the
number of the part. In it are the owner of the memory, the generation of the entries, the number of
records, the records, the identities that are forgotten behind them, and a hash of all that.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from secrets import randbits

from ..storage.folder import Folder
from .entries import RECORD, no_record, split
from .hashes import SIZE, hashes

FOLDER = "journal/"
COUNT = 4  # bytes
NOTHING = bytes(SIZE)  # the generation where there are no entries


class Journal:
    """The parts of a memory, in the order in which they were put."""

    def __init__(self, folder: Folder, root: str, owner: str, seed: int) -> None:
        """Read their names, and begin a run."""
        self._folder, self._root, self._owner, self._seed = folder, root, owner.encode(), seed
        self._names = folder.names(f"{root}/{FOLDER}")
        runs = [int(each) for each, _ in map(_run, self._names) if each.isdigit()]
        self._run = f"{max(runs, default=0) + 1:06}-{randbits(64):016x}"
        self._written = 0
        self.generation = NOTHING

    def __len__(self) -> int:
        """Parts."""
        return len(self._names)

    def replay(self) -> Iterator[list[bytes]]:
        """What parts do to the entries of a `generation`. Of a run that another one was beside, and
        of one that began with other entries, only what was forgotten counts. Raises ValueError
        where a part is damaged.
        """
        writers: defaultdict[str, set[str]] = defaultdict(set)
        for run, writer in map(_run, self._names):
            writers[run].add(writer)
        for name in self._names:
            generation, records, gone = self._read(name)
            if generation == self.generation and len(writers[_run(name)[0]]) == 1:
                yield records
            yield list(map(no_record, gone))

    def write(self, records: Sequence[bytes], gone: Sequence[bytes]) -> None:
        """Put a part: records, and the identities that count no more behind them."""
        name = f"{self._root}/{FOLDER}{self._run}-{self._written:010}"
        count = len(records).to_bytes(COUNT)
        content = b"".join((self._owner, self.generation, count, *records, *gone))
        self._folder.write(name, content + self._digest(content))
        self._names.append(name)
        self._written += 1

    def remove(self) -> None:
        """Take the parts away: entries are written that hold what they say."""
        for name in self._names:
            self._folder.remove(name)
        self._names = []

    def _read(self, name: str) -> tuple[bytes, list[bytes], list[bytes]]:
        """The generation, the records and the forgotten identities of a part."""
        content = self._folder.read(name)
        content, digest = content[:-SIZE], content[-SIZE:]
        if digest != self._digest(content) or not content.startswith(self._owner):
            raise ValueError
        at = len(self._owner)
        generation, begin = content[at : at + SIZE], at + SIZE + COUNT
        end = begin + int.from_bytes(content[begin - COUNT : begin]) * RECORD
        gone = [content[place : place + SIZE] for place in range(end, len(content), SIZE)]
        return generation, split(content[begin:end]), gone

    def _digest(self, content: bytes) -> bytes:
        """By which it shows that a part is whole."""
        (digest,) = hashes([content], self._seed)
        return digest


def _run(name: str) -> tuple[str, str]:
    """The number of the run that a part is of, and who ran it."""
    run, _, rest = name.rpartition("/")[2].partition("-")
    return run, rest.partition("-")[0]
