"""A memory: what was sent to each profile, kept from sync to sync in the object storage.

Its folder holds `about.json` (who it is, and the lanes of streams), `entries.sqlite`, and in
`journal/` what was sent and accepted since these entries were written, whatever became of the sync.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path

import msgspec

from ..errors import ProfilesError, StoreUnavailable
from ..storage.folder import Folder, Lock, joined, quoted
from . import lease
from .about import About, new, new_seed, read
from .entries import ABSENT, BLANK, UNUSABLE, Entries, make, no_record
from .hashes import SIZE, seal, unseal
from .journal import FOLDER as JOURNAL
from .journal import Journal
from .lanes import Sends, settle
from .spool import MOST_HELD, Spool

FOLDER = "memory"
ABOUT, ENTRIES, MERGED = "about.json", "entries.sqlite", "merged.sqlite"
KEPT_DAYS = 365  # beyond the time after which an entry is sent again anyway
BEGUN_ANEW = "The memory {} {}, so it is begun anew: this sync sends everything."
NO_ROOM = (
    "The memory {} cannot be copied to the folder for temporary files. Make room there, or name "
    "another one in the variable TMPDIR, and run this again."
)
DAMAGED = (
    "The memory {} is damaged, or the folder for temporary files has no room for it, so what it "
    "knows counts no more: from here on this sync sends everything, and the next one begins it "
    "anew."
)


class Memory:
    """That of a name, for one sync. All methods raise ProfilesError where the storage fails, or the
    memory belongs to another by now.
    """

    def __init__(
        self,
        folder: Folder,
        name: str,
        work: Path,
        *,
        lock: Lock | None,
        tell: Callable[[str], None],
    ) -> None:
        """Read it; `work` is an empty folder of this machine. Without a `lock` nothing is kept of
        what is done with it. `tell` hears what is not as it should be.
        """
        self._folder, self._name, self._lock, self._tell = folder, name, lock, tell
        self._root, self._work = place(name), work
        self._spool = Spool(work)
        self._entries: Entries | None = None
        self._added: list[bytes] = []  # records of which the journal does not know
        self._is_damaged = False
        self._about, why = self._read_about()
        self._journal = self._new_journal()
        try:
            if why := why or self._read_entries():
                self._begin_anew(why)
        except ProfilesError:
            self._close_entries()
            raise

    @property
    def seed(self) -> int:
        """That of hashes of this memory, of which nobody knows it beforehand."""
        return self._about.seed

    def join(self, streams: Iterable[Sends]) -> dict[str, int | None]:
        """Let streams be in their lanes, from now on and for ever; gives the seed of each, None
        where nothing is remembered of it.
        """
        before = msgspec.json.encode(self._about)
        seeds = settle(self._about.databases, streams, new_seed, self._tell)
        after = msgspec.json.encode(self._about)
        if after != before or self._at(ABOUT) not in self._names():
            self._write(ABOUT, after)
        return seeds

    def lanes(self) -> frozenset[int]:
        """The seeds of all lanes, once streams are in theirs."""
        databases = self._about.databases.values()
        return frozenset(lane.seed for each in databases for lane in each.lanes)

    def find(self, identities: Sequence[bytes], contents: Sequence[bytes]) -> list[int]:
        """For each identity the day on which this content was sent; OTHER where another one was,
        ABSENT where nothing is known.
        """
        if self._entries is not None:
            try:
                return self._entries.find(identities, contents)
            except UNUSABLE:
                self._give_up()
        return [ABSENT] * len(identities)

    def leaving(self, known: Collection[bytes], others: Collection[bytes]) -> None:
        """Let the entries of identities count no more, even if this process ends at once: of those
        `known` to have one, and of `others`: a sync that lost this memory may put some late.
        """
        self.check()
        if known or others:
            self._note((*known, *others))
            self._remove(known)
            self._spool_up(list(map(no_record, known)))
            self.check()  # it may have taken a while

    def drop(self, identities: Sequence[bytes]) -> None:
        """Let entries count no more: at once, and for later syncs once this one has ended. They are
        known to have one all the same when something is sent to these identities.
        """
        self._remove(identities, BLANK)
        self._add(list(map(no_record, identities)))

    def remember(self, entries: Iterable[tuple[bytes, bytes]], day: int) -> None:
        """Keep what was sent to identities on a day, for later syncs."""
        ends = day.to_bytes(2)
        self._add([identity + content + ends for identity, content in entries])

    def check(self) -> None:
        """Raise StoreUnavailable where another may own the memory by now."""
        if self._lock is not None:
            lease.check(self._lock, self._name)

    def close(self, oldest: int) -> None:
        """Keep all that was done, without what was sent before the day `oldest`."""
        if self._lock is None or self._is_damaged:
            return
        if not (self._spool.count or self._journal):
            return
        try:
            path = self._merged(oldest)
        except UNUSABLE:
            self._give_up()
            return
        self.check()
        seal(path)
        self._folder.store(self._at(ENTRIES), path)
        try:
            self.check()
        except StoreUnavailable:  # those of another may have been there: nothing counts any more
            self._folder.remove(self._at(ABOUT))
            raise
        self._journal.remove()

    def _merged(self, oldest: int) -> Path:
        """A file of the entries with what came since."""
        entries, spool = self._entries, self._spool
        if entries is not None and entries.has_room(spool.count):
            entries.merge(spool.parts(), oldest)
            return self._work / ENTRIES
        path = self._work / MERGED
        most = spool.count + (entries.count if entries is not None else 0)
        make(path, self._about.owner, spool.merged(entries, oldest), most)
        return path

    def let_go(self) -> None:
        """Let others have it."""
        self._close_entries()
        if self._lock is not None:
            self._lock.release()

    def _names(self) -> list[str]:
        return self._folder.names(f"{self._root}/")

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _write(self, name: str, content: bytes) -> None:
        if self._lock is not None:
            self._folder.write(self._at(name), content)

    def _remove(self, identities: Collection[bytes], instead: bytes = b"") -> None:
        if self._entries is not None:
            try:
                self._entries.remove(identities, instead)
            except UNUSABLE:
                self._give_up()

    def _add(self, records: Sequence[bytes]) -> None:
        self._spool_up(records)
        self._added += records
        if len(self._added) >= MOST_HELD:
            self._note(())

    def _spool_up(self, records: Sequence[bytes]) -> None:
        if not self._is_damaged:
            try:
                self._spool.add(records)
            except OSError:
                self._give_up()

    def _note(self, gone: Iterable[bytes]) -> None:
        """Put what was added in the journal, and which identities count no more behind that."""
        newest = {each[:SIZE]: each for each in self._added}
        self._added = []
        if self._lock is not None:
            self._journal.write(sorted(newest.values()), sorted(gone))

    def _read_about(self) -> tuple[About, str]:
        """What a memory is, or a new one and why: it has been there, and cannot be used."""
        names = self._names()
        if self._at(ABOUT) not in names:
            parts = (self._at(ENTRIES), self._at(JOURNAL))
            is_there = any(name.startswith(parts) for name in names)
            return new(), "has lost a part" if is_there else ""
        about, why = read(self._folder.read(self._at(ABOUT)))
        return about or new(), why

    def _read_entries(self) -> str:
        """Fetch the entries, with what the journal says; tells why they cannot be used."""
        path = self._work / ENTRIES
        try:
            if self._at(ENTRIES) in self._names():
                with path.open("wb") as file:
                    file.writelines(self._folder.blocks(self._at(ENTRIES)))
                unseal(path)
                self._entries = Entries(path, self._about.owner)
                self._journal.generation = self._entries.generation
            for records in self._journal.replay():
                self._spool.add(records)
            if self._spool.count:
                merged = self._merged(0)
                self._close_entries()
                self._entries = Entries(merged.replace(path), self._about.owner)
                self._spool.clear()
        except OSError:
            raise StoreUnavailable(NO_ROOM.format(self._name)) from None
        except UNUSABLE:
            return "cannot be read, or is of another time"
        return ""

    def _new_journal(self) -> Journal:
        return Journal(self._folder, self._root, self._about.owner, self._about.seed)

    def _close_entries(self) -> None:
        if self._entries is not None:
            self._entries.close()
        self._entries = None

    def _begin_anew(self, why: str) -> None:
        self._tell(BEGUN_ANEW.format(self._name, why))
        self._close_entries()
        self._spool.clear()
        self._about = new()
        if self._lock is not None:
            self._write(ABOUT, msgspec.json.encode(self._about))
            self._folder.remove(self._at(ENTRIES))
            self._journal.remove()
        self._journal = self._new_journal()

    def _give_up(self) -> None:
        """The file is damaged, or there is no room: nothing of it counts any more, and nothing that
        is sent from now on is remembered.
        """
        self._tell(DAMAGED.format(self._name))
        self._close_entries()
        self._is_damaged = True
        if self._lock is not None:
            self._folder.remove(self._at(ABOUT))


def place(name: str) -> str:
    """The folder of a memory."""
    return joined(FOLDER, quoted(name))
