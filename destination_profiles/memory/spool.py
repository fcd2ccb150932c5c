"""What a sync adds to a memory, in files of this machine until it is merged."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from .entries import PREFIXES, RECORD, Entries, split
from .hashes import SIZE

MOST_HELD = 32_768  # records in memory


class Spool:
    """Records in the order in which they came, apart by the first byte of their identity: of one
    identity the last counts.
    """

    def __init__(self, folder: Path) -> None:
        """Use a folder; what it holds else is of no matter."""
        self._folder = folder
        self._held: list[bytes] = []
        self.count = 0

    def add(self, records: Sequence[bytes]) -> None:
        """Take some."""
        self._held += records
        self.count += len(records)
        if len(self._held) >= MOST_HELD:
            self._write()

    def clear(self) -> None:
        """Take nothing that came before."""
        for prefix in range(PREFIXES):
            self._path(prefix).unlink(missing_ok=True)
        self._held, self.count = [], 0

    def parts(self) -> Iterator[list[bytes]]:
        """What came, in PREFIXES parts."""
        self._write()
        return map(self._read, range(PREFIXES))

    def merged(self, entries: Entries | None, oldest: int) -> Iterator[list[bytes]]:
        """All that is to be kept, in the order of its bytes, in PREFIXES parts: `entries` with what
        came since, without what was sent before the day `oldest` or is to go.
        """
        self._write()
        least = max(oldest, 1).to_bytes(2)
        for prefix in range(PREFIXES):
            before = entries.records(prefix) if entries is not None else []
            kept = {each[:SIZE]: each for each in before}
            kept.update((each[:SIZE], each) for each in self._read(prefix))
            yield sorted(each for each in kept.values() if each[RECORD - 2 :] >= least)

    def _write(self) -> None:
        parts: dict[int, list[bytes]] = {}
        for each in self._held:
            parts.setdefault(each[0], []).append(each)
        self._held = []
        for prefix, records in parts.items():
            with self._path(prefix).open("ab") as file:
                file.write(b"".join(records))

    def _read(self, prefix: int) -> list[bytes]:
        path = self._path(prefix)
        return split(path.read_bytes()) if path.exists() else []

    def _path(self, prefix: int) -> Path:
        return self._folder / f"spool-{prefix:02x}"
