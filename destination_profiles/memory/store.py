"""A memory: what was sent to each profile, kept from sync to sync in the object storage.

Its folder holds `about.json` (who it is, and the lanes of streams), `entries.sqlite`, and in
`forgotten/` what was sent since these entries were written: no entry of that counts, whatever
became of the sync.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import randbits

import msgspec

from ..errors import StoreFailed
from ..storage.folder import Folder, Lock, joined, quoted
from . import lease
from .entries import ABSENT, BLANK, UNUSABLE, Entries, make, no_record
from .hashes import SIZE, hashes, seal, unseal
from .lanes import Database, Sends, settle
from .spool import Spool

FOLDER = "memory"
ABOUT, ENTRIES, FORGOTTEN = "about.json", "entries.sqlite", "forgotten/"
VERSION = 1
KEPT_DAYS = 365  # beyond the time after which an entry is sent again anyway
NOT_KEPT = "The object storage does not list or give back what was written to its folder memory."
BEGUN_ANEW = "The memory {} {}, so it is begun anew: this sync sends everything."
DAMAGED = (
    "The memory {} is damaged, or the folder for temporary files has no room for it, so what it "
    "knows counts no more: from here on this sync sends everything, and the next one begins it "
    "anew."
)


class About(msgspec.Struct):
    """What a memory is: `owner` stands in all that belongs to it."""

    version: int
    owner: str
    seed: int
    databases: dict[str, Database] = {}


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
        spooled = work / "spool"
        spooled.mkdir()
        self._spool = Spool(spooled)
        self._forgotten = [name for name in self._names() if name.startswith(self._at(FORGOTTEN))]
        self._entries: Entries | None = None
        self._is_damaged = False
        self._about, why = self._read_about()
        if not why:
            why = self._read_entries()
        if why:
            self._begin_anew(why)

    @property
    def seed(self) -> int:
        """That of hashes of this memory, of which nobody knows it beforehand."""
        return self._about.seed

    def join(self, streams: Iterable[Sends]) -> dict[str, int | None]:
        """Let streams be in their lanes, from now on and for ever; gives the seed of each, None
        where nothing is remembered of it.
        """
        before = msgspec.json.encode(self._about)
        seeds = settle(self._about.databases, streams, _new_seed, self._tell)
        after = msgspec.json.encode(self._about)
        if after != before or self._at(ABOUT) not in self._names():
            self._write(ABOUT, after)
        return seeds

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

    def forget(self, identities: Sequence[bytes]) -> None:
        """Let entries count no more, even if this process ends at once."""
        self.check()
        name = f"{FORGOTTEN}{randbits(64):016x}"  # that no other owner takes
        content = b"".join((self._about.owner.encode(), *identities))
        self._write(name, content + self._digest(content))
        self._forgotten.append(self._at(name))
        self._remove(identities)

    def drop(self, identities: Sequence[bytes]) -> None:
        """Let entries count no more: at once, and for later syncs once this one has ended. They are
        to be forgotten all the same before anything is sent to these identities.
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
        entries, path = self._entries, self._work / "merged.sqlite"
        if not (self._spool.count or self._forgotten or (entries and entries.changed)):
            return
        try:
            if entries is not None and entries.has_room(self._spool.count):
                entries.merge(self._spool.parts(), oldest)
                path = self._work / ENTRIES
            else:
                most = self._spool.count + (entries.count if entries is not None else 0)
                make(path, self._about.owner, self._spool.merged(entries, oldest), most)
        except (*UNUSABLE, OSError):
            self._give_up()
            return
        self.check()
        seal(path)
        self._folder.store(self._at(ENTRIES), path)
        for name in self._forgotten:
            self._folder.remove(name)

    def let_go(self) -> None:
        """Let others have it."""
        if self._entries is not None:
            self._entries.close()
        if self._lock is not None:
            self._lock.release()

    def _names(self) -> list[str]:
        return self._folder.names(f"{self._root}/")

    def _at(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _write(self, name: str, content: bytes) -> None:
        if self._lock is not None:
            self._folder.write(self._at(name), content)

    def _remove(self, identities: Sequence[bytes], instead: bytes = b"") -> None:
        if self._entries is not None:
            try:
                self._entries.remove(identities, instead)
            except UNUSABLE:
                self._give_up()

    def _add(self, records: Sequence[bytes]) -> None:
        if not self._is_damaged:
            try:
                self._spool.add(records)
            except OSError:
                self._give_up()

    def _read_about(self) -> tuple[About, str]:
        """What a memory is, or a new one and why: it has been there, and cannot be used."""
        names, new = self._names(), About(VERSION, f"{randbits(64):016x}", _new_seed())
        if self._at(ABOUT) not in names:
            is_there = any(name.startswith(self._at(ENTRIES)) for name in names)
            return new, "has lost a part" if is_there else ""
        try:
            about = msgspec.json.decode(self._folder.read(self._at(ABOUT)), type=About)
        except msgspec.MsgspecError:
            return new, "cannot be read"
        if about.version != VERSION:
            return new, "was written by another version"
        return about, ""

    def _read_entries(self) -> str:
        """Fetch the entries but for what was forgotten since; tells why they cannot be used."""
        if self._at(ENTRIES) not in self._names():
            return ""
        path = self._work / ENTRIES
        self._folder.fetch(self._at(ENTRIES), path)
        try:
            unseal(path)
            self._entries = Entries(path, self._about.owner)
            for name in self._forgotten:
                self._entries.remove(list(self._read_forgotten(name)))
        except UNUSABLE:
            return "cannot be read, or is of another time"
        return ""

    def _read_forgotten(self, name: str) -> Iterator[bytes]:
        content = self._folder.read(name)
        content, digest = content[:-SIZE], content[-SIZE:]
        owner = self._about.owner.encode()
        if not content.startswith(owner) or digest != self._digest(content):
            raise ValueError
        for at in range(len(owner), len(content), SIZE):
            yield content[at : at + SIZE]

    def _digest(self, content: bytes) -> bytes:
        """By which it shows that a part is whole."""
        (digest,) = hashes([content], self._about.seed)
        return digest

    def _begin_anew(self, why: str) -> None:
        self._tell(BEGUN_ANEW.format(self._name, why))
        if self._entries is not None:
            self._entries.close()
            self._entries = None
        self._about = About(VERSION, f"{randbits(64):016x}", _new_seed())
        if self._lock is not None:
            self._write(ABOUT, msgspec.json.encode(self._about))
            for name in (self._at(ENTRIES), *self._forgotten):
                self._folder.remove(name)
        self._forgotten = []

    def _give_up(self) -> None:
        """The file is damaged, or there is no room: nothing of it counts any more, and nothing that
        is sent from now on is remembered.
        """
        self._tell(DAMAGED.format(self._name))
        self._is_damaged, self._entries = True, None
        if self._lock is not None:
            self._folder.remove(self._at(ABOUT))


def place(name: str) -> str:
    """The folder of a memory."""
    return joined(FOLDER, quoted(name))


def probe(folder: Folder, name: str) -> None:
    """Do once all that is done with a memory. Raises StoreFailed where nothing comes back."""
    at, content = f"{place(name)}/probe-{randbits(64):016x}", b"probe"
    folder.write(at, content)
    is_kept = at in folder.names(f"{place(name)}/") and folder.read(at) == content
    folder.remove(at)
    if not is_kept:
        raise StoreFailed(NOT_KEPT)


@contextmanager
def opened(
    folder: Folder,
    name: str,
    tell: Callable[[str], None],
    *,
    keeps: bool = True,
    take: Callable[[Folder, str, str], Lock] = lease.take,
) -> Iterator[Memory]:
    """A memory for the time of a sync. It is waited for while another sync has it, but where this
    one `keeps` nothing.
    """
    lock = take(folder, name, place(name)) if keeps else None
    with tempfile.TemporaryDirectory(prefix="destination-profiles-") as work:
        memory = None
        try:
            memory = Memory(folder, name, Path(work), lock=lock, tell=tell)
            yield memory
        finally:
            if memory is not None:
                memory.let_go()
            elif lock is not None:
                lock.release()


def _new_seed() -> int:
    return randbits(64)
