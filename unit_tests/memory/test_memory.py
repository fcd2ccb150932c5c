"""A memory from sync to sync, in a folder."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from destination_profiles.errors import StoreFailed, StoreInUse, StoreUnavailable
from destination_profiles.memory import lease, spool, store
from destination_profiles.memory.about import read
from destination_profiles.memory.entries import ABSENT, OTHER, Entries
from destination_profiles.memory.lanes import Sends
from destination_profiles.memory.opening import opened
from destination_profiles.memory.spool import Spool
from destination_profiles.memory.store import Memory
from destination_profiles.storage.folder import Folder, Lock
from unit_tests.outcomes.memory import HeldLock, MemoryFolder

ABOUT, ENTRIES = "memory/crm/about.json", "memory/crm/entries.sqlite"
TODAY = 2_000
IDS = [number.to_bytes(8) for number in range(1, 6)]
ONE, TWO = b"1" * 8, b"2" * 8
USERS = [Sends("users", "https://example.com", 1, "email", frozenset("x"))]


class Killed(BaseException):
    """The process ends at once."""


class Syncs:
    """Syncs with one memory."""

    def __init__(self) -> None:
        self.folder = MemoryFolder()
        self.told: list[str] = []

    @contextmanager
    def sync(self, *, keeps: bool = True) -> Iterator[Memory]:
        self.told = []
        with opened(self.folder, "crm", self.told.append, keeps=keeps) as memory:
            memory.join(USERS)
            yield memory

    def fill(self, content: bytes = ONE) -> None:
        with self.sync() as memory:
            memory.remember([(each, content) for each in IDS], TODAY)
            memory.close(0)

    def days(self, content: bytes = ONE) -> list[int]:
        with self.sync(keeps=False) as memory:
            return memory.find(IDS, [content] * len(IDS))


@pytest.fixture
def syncs() -> Syncs:
    return Syncs()


def test_what_was_remembered_is_found_by_the_next_sync(syncs: Syncs) -> None:
    assert syncs.days() == [ABSENT] * 5
    syncs.fill()
    assert syncs.days() == [TODAY] * 5
    assert syncs.days(TWO) == [OTHER] * 5
    assert sorted(syncs.folder.things) == [ABOUT, ENTRIES]
    assert syncs.told == []


def test_what_is_not_kept_leaves_no_trace(syncs: Syncs) -> None:
    syncs.fill()
    before = dict(syncs.folder.things)
    with syncs.sync(keeps=False) as memory:
        memory.leaving(IDS[:1], ())
        memory.drop(IDS[1:2])
        memory.remember([(IDS[2], TWO)], TODAY)
        assert memory.find(IDS[:3], [ONE] * 3) == [ABSENT, OTHER, TODAY]
        memory.close(0)
    assert syncs.folder.things == before


def test_sync_that_changes_nothing_writes_nothing(syncs: Syncs) -> None:
    syncs.fill()
    before = dict(syncs.folder.things)
    syncs.folder.fails = StoreUnavailable("no write is allowed")
    with syncs.sync() as memory:
        memory.find(IDS, [ONE] * 5)
        memory.close(0)
    assert syncs.folder.things == before


def test_what_was_forgotten_does_not_count_after_a_kill(syncs: Syncs) -> None:
    syncs.fill()
    with pytest.raises(Killed), syncs.sync() as memory:
        memory.leaving(IDS[:2], ())
        memory.remember([(IDS[0], TWO)], TODAY)
        memory.leaving(IDS[3:4], ())
        raise Killed
    assert syncs.days() == [OTHER, ABSENT, TODAY, ABSENT, TODAY]
    with pytest.raises(Killed), syncs.sync() as memory:
        memory.leaving(IDS[4:], ())
        raise Killed
    assert syncs.days() == [OTHER, ABSENT, TODAY, ABSENT, ABSENT]
    with syncs.sync() as memory:
        memory.close(0)
    assert sorted(syncs.folder.things) == [ABOUT, ENTRIES]
    assert syncs.days() == [OTHER, ABSENT, TODAY, ABSENT, ABSENT]
    assert syncs.days(TWO) == [TODAY, ABSENT, OTHER, ABSENT, ABSENT]


class Shared(MemoryFolder):
    """A folder in which another does something before one of our steps."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Callable[[], None]] = []

    def read(self, name: str) -> bytes:
        self._step()
        return super().read(name)

    def names(self, prefix: str = "") -> list[str]:
        self._step()
        return super().names(prefix)

    def _step(self) -> None:
        if self.steps:
            self.steps.pop(0)()


@pytest.mark.parametrize("step", range(11))
def test_sync_that_ends_meanwhile_is_no_failure_of_who_only_looks(step: int) -> None:
    syncs = Syncs()
    syncs.folder = folder = Shared()
    syncs.fill()
    with syncs.sync() as memory:
        for number, content in ((0, TWO), (1, TWO), (2, TWO)):
            memory.leaving(IDS[number : number + 1], ())
            memory.remember([(IDS[number], content)], TODAY)
        memory.leaving(IDS[3:4], ())
        folder.steps = [lambda: None] * step + [lambda: memory.close(0)]
        assert syncs.days(TWO) == [TODAY] * 3 + [ABSENT, OTHER]
        assert folder.steps == []
    assert syncs.told == []


def test_part_that_cannot_be_read_is_a_failure_of_who_only_looks(syncs: Syncs) -> None:
    with pytest.raises(Killed), syncs.sync() as memory:
        memory.leaving((), IDS[:1])
        raise Killed
    folder = Shared()
    folder.things = syncs.folder.things
    syncs.folder = folder

    def fail() -> None:
        raise StoreFailed("no right to read it")

    folder.steps = [lambda: None] * 4 + [fail]
    with pytest.raises(StoreFailed), syncs.sync(keeps=False):
        pass


def test_what_was_accepted_counts_after_a_kill(syncs: Syncs) -> None:
    """But for what came behind the last part that was put."""
    with pytest.raises(Killed), syncs.sync() as memory:
        memory.leaving([], IDS[:2])
        memory.remember([(each, ONE) for each in IDS[:2]], TODAY)
        memory.leaving([], IDS[1:3])
        memory.remember([(each, TWO) for each in IDS[1:3]], TODAY)
        raise Killed
    assert sorted(syncs.folder.things)[0] == ABOUT
    assert len(syncs.folder.names("memory/crm/journal/")) == 2
    assert syncs.days() == [TODAY, ABSENT, ABSENT, ABSENT, ABSENT]
    with pytest.raises(Killed), syncs.sync() as memory:
        memory.leaving(IDS[:1], ())
        memory.remember([(IDS[0], TWO)], TODAY)
        memory.leaving([], IDS[3:4])
        raise Killed
    assert syncs.days() == [OTHER, ABSENT, ABSENT, ABSENT, ABSENT]
    assert syncs.days(TWO) == [TODAY, ABSENT, ABSENT, ABSENT, ABSENT]
    assert syncs.told == []


def test_many_without_a_request_are_noted_too(
    syncs: Syncs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as rows that are left out: else they would wait in memory."""
    syncs.fill()
    monkeypatch.setattr(store, "MOST_HELD", 2)
    with pytest.raises(Killed), syncs.sync() as memory:
        for each in IDS:
            memory.drop([each])
        raise Killed
    assert len(syncs.folder.names("memory/crm/journal/")) == 2
    assert syncs.days() == [ABSENT] * 4 + [TODAY]


# Parts that are not of the entries that are there


def late_part(syncs: Syncs) -> tuple[str, bytes]:
    """A part of a sync that lost its memory, which it puts when others have ended: it has accepted
    one thing, and forgotten another.
    """
    with pytest.raises(Killed), syncs.sync() as memory:
        memory.remember([(IDS[0], TWO)], TODAY)
        memory.leaving(IDS[1:2], ())
        raise Killed
    (name,) = syncs.folder.names("memory/crm/journal/")
    return name, syncs.folder.things.pop(name)


def test_late_part_of_other_entries_only_forgets(syncs: Syncs) -> None:
    syncs.fill()
    name, content = late_part(syncs)
    with syncs.sync() as memory:
        memory.remember([(IDS[4], ONE)], TODAY)
        memory.close(0)
    syncs.folder.things[name] = content
    assert syncs.days() == [TODAY, ABSENT, TODAY, TODAY, TODAY]


def test_late_part_of_the_same_run_only_forgets(syncs: Syncs) -> None:
    """Which of both came last is not known."""
    syncs.fill()
    name, content = late_part(syncs)
    with pytest.raises(Killed), syncs.sync() as memory:
        memory.remember([(IDS[2], TWO)], TODAY)
        memory.leaving(IDS[3:4], ())
        raise Killed
    syncs.folder.things[name] = content
    assert syncs.days() == [TODAY, ABSENT, TODAY, ABSENT, TODAY]


def test_late_part_of_an_earlier_run_is_older_than_what_was_sent_since(syncs: Syncs) -> None:
    """The second sync knew nothing of what it sent."""
    with pytest.raises(Killed), syncs.sync() as memory:
        memory.leaving([], IDS[:1])
        memory.remember([(IDS[0], TWO)], TODAY)
        memory.leaving([], IDS[1:2])
        raise Killed
    *_, late = syncs.folder.names("memory/crm/journal/")
    content = syncs.folder.things.pop(late)
    with pytest.raises(Killed), syncs.sync() as memory:
        assert memory.find(IDS[:1], [ONE]) == [ABSENT]
        memory.leaving([], IDS[:1])
        raise Killed
    syncs.folder.things[late] = content
    assert syncs.days(TWO) == [ABSENT] * 5


def test_what_is_forgotten_is_safe_at_once(syncs: Syncs) -> None:
    syncs.fill()
    with syncs.sync() as memory:
        memory.leaving(IDS[:2], ())
        (part,) = syncs.folder.names("memory/crm/journal/")
        assert IDS[0] + IDS[1] in syncs.folder.things[part]


def test_kill_between_the_entries_and_what_was_forgotten_is_safe(syncs: Syncs) -> None:
    syncs.fill()
    removed = syncs.folder.remove
    with pytest.raises(Killed), syncs.sync() as memory:
        memory.leaving(IDS[:1], ())
        memory.remember([(IDS[0], TWO)], TODAY)

        def remove(_: str) -> None:
            raise Killed

        syncs.folder.remove = remove  # type: ignore[method-assign]
        memory.close(0)
    syncs.folder.remove = removed  # type: ignore[method-assign]
    assert syncs.days(TWO) == [ABSENT, OTHER, OTHER, OTHER, OTHER]  # it is sent once more


def test_what_is_dropped_does_not_come_back(syncs: Syncs) -> None:
    syncs.fill()
    with syncs.sync() as memory:
        memory.drop(IDS[:1])
        memory.remember([(IDS[1], TWO)], TODAY)
        memory.drop(IDS[1:2])
        assert memory.find(IDS[:1], [ONE]) == [OTHER]  # there is something to be forgotten yet
        memory.close(0)
    assert syncs.days() == [ABSENT, ABSENT, TODAY, TODAY, TODAY]


def test_old_entries_go(syncs: Syncs) -> None:
    syncs.fill()
    with syncs.sync() as memory:
        memory.remember([(IDS[0], ONE)], TODAY + 1)
        memory.close(TODAY + 1)
    assert syncs.days() == [TODAY + 1] + [ABSENT] * 4


# What is damaged


def cut(content: bytes) -> bytes:
    return content[: len(content) // 2]


@pytest.mark.parametrize("name", [ABOUT, ENTRIES])
def test_what_is_cut_is_begun_anew(syncs: Syncs, name: str) -> None:
    syncs.fill()
    syncs.folder.things[name] = cut(syncs.folder.things[name])
    with syncs.sync() as memory:
        assert memory.find(IDS, [ONE] * 5) == [ABSENT] * 5
        assert len(syncs.told) == 1
        assert syncs.told[0].startswith("The memory crm ")
        assert "begun anew: this sync sends everything" in syncs.told[0]
    syncs.fill(TWO)
    assert (syncs.told, syncs.days(TWO)) == ([], [TODAY] * 5)


class Clinging(MemoryFolder):
    """Lets nothing go."""

    def remove(self, name: str) -> None:
        raise StoreUnavailable("not now")


def test_memory_that_is_begun_anew_is_another_before_anything_of_the_old_one_goes() -> None:
    syncs = Syncs()
    syncs.fill()
    owner = read(syncs.folder.things[ABOUT])[0]
    syncs.folder.things[ENTRIES] = cut(syncs.folder.things[ENTRIES])
    clinging = Clinging()
    clinging.things, syncs.folder = syncs.folder.things, clinging
    with pytest.raises(StoreUnavailable), syncs.sync():
        pass
    assert sorted(clinging.things) == [ABOUT, ENTRIES]
    now, why = read(clinging.things[ABOUT])
    assert (why, now is None, now == owner) == ("", False, False)


def test_part_of_the_journal_that_is_damaged_begins_anew(syncs: Syncs) -> None:
    """Wherever it is, and where it was cut behind a whole hash too."""
    syncs.fill()
    with pytest.raises(Killed), syncs.sync() as memory:
        memory.remember([(IDS[3], ONE)], TODAY)
        memory.leaving(IDS[:2], ())
        raise Killed
    (part,) = syncs.folder.names("memory/crm/journal/")
    whole = syncs.folder.things[part]
    flipped = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :] for at in range(len(whole))]
    for content in (*flipped, *(whole[:at] for at in range(len(whole)))):
        syncs.folder.things[part] = content
        assert syncs.days() == [ABSENT] * 5
        assert "begun anew" in syncs.told[0]


def test_damaged_entries_begin_anew(syncs: Syncs) -> None:
    """A bit may be another, wherever it is: of a record that was forgotten too."""
    syncs.fill()
    whole = syncs.folder.things[ENTRIES]
    places = [place for place, byte in enumerate(whole) if byte]
    assert len(places) > 300
    for at in places[::3]:
        syncs.folder.things[ENTRIES] = whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :]
        assert syncs.days() == [ABSENT] * 5
        assert "begun anew" in syncs.told[0]


def test_about_that_is_lost_begins_anew(syncs: Syncs) -> None:
    syncs.fill()
    del syncs.folder.things[ABOUT]
    assert syncs.days() == [ABSENT] * 5
    assert "has lost a part" in syncs.told[0]


def test_entries_of_another_time_are_not_trusted(syncs: Syncs) -> None:
    syncs.fill()
    old = syncs.folder.things[ENTRIES]
    syncs.folder.things[ABOUT] = b"{"
    syncs.fill(TWO)
    syncs.folder.things[ENTRIES] = old
    assert syncs.days() == [ABSENT] * 5
    assert "of another time" in syncs.told[0]


def test_another_version_is_begun_anew(syncs: Syncs) -> None:
    syncs.fill()
    about = syncs.folder.things[ABOUT]
    syncs.folder.things[ABOUT] = about.replace(b'"version":1', b'"version":2')
    assert syncs.days() == [ABSENT] * 5
    assert "another version" in syncs.told[0]


def test_damage_that_shows_later_lets_everything_be_sent(syncs: Syncs) -> None:
    with syncs.sync() as memory:
        some = [(each * 0x0123_4567_89AB_CDEF % 2**64).to_bytes(8) for each in range(5_000)]
        memory.remember([(each, ONE) for each in some], TODAY)
        memory.close(0)
    with syncs.sync() as memory:
        file = memory._work / "entries.sqlite"
        file.write_bytes(b"\xff" * file.stat().st_size)
        assert memory.find(some, [ONE] * len(some)) == [TODAY] * len(some)  # a copy is read
        memory.remember([(some[0], ONE)], TODAY)
        memory.close(0)
        assert "from here on this sync sends everything" in syncs.told[0]
        assert len(syncs.told) == 1
        assert memory.find(some[:1], [ONE]) == [ABSENT]
    assert syncs.days() == [ABSENT] * 5
    assert "begun anew" in syncs.told[0]


def test_temporary_folder_without_room_for_a_copy_keeps_the_memory(
    syncs: Syncs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    syncs.fill()
    before = dict(syncs.folder.things)
    monkeypatch.setattr(Entries, "_copied", full)
    with pytest.raises(StoreUnavailable) as raised, syncs.sync():
        pass
    assert "cannot be copied to the folder for temporary files" in str(raised.value)
    assert (syncs.folder.things, syncs.folder.held) == (before, set())
    monkeypatch.undo()
    assert syncs.days() == [TODAY] * 5


@pytest.mark.parametrize("ends", [False, True])
def test_temporary_folder_without_room_lets_everything_be_sent(
    syncs: Syncs, monkeypatch: pytest.MonkeyPatch, *, ends: bool
) -> None:
    """It shows when what was sent is written, or at the end."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    syncs.fill()
    monkeypatch.setattr(Spool, "_write", full)
    monkeypatch.setattr(spool, "MOST_HELD", 100 if ends else 1)
    with syncs.sync() as memory:
        memory.remember([(IDS[0], TWO)], TODAY)
        memory.drop(IDS[1:2])
        memory.close(0)
        assert [each.startswith("The memory crm is damaged, or") for each in syncs.told] == [True]
    monkeypatch.undo()
    assert syncs.days() == [ABSENT] * 5


# Two owners


def test_two_owners_forget_apart(syncs: Syncs) -> None:
    """One has lost its lease: at its end it takes away what it has forgotten itself, alone."""
    syncs.fill()
    with syncs.sync() as late:
        syncs.folder.held.clear()
        with syncs.sync() as memory:
            memory.leaving(IDS[:1], ())
            late.leaving(IDS[1:2], ())
            late.close(0)
        syncs.folder.held.clear()
    assert syncs.days() == [ABSENT, ABSENT, TODAY, TODAY, TODAY]


class Time:
    """Time that passes in waits alone; somebody lets go at a time."""

    def __init__(self, other: Lock, until: float) -> None:
        self.now, self._other, self._until = 0.0, other, until

    def clock(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.now += seconds
        if self.now >= self._until:
            self._other.release()


def taken(folder: Folder, until: float) -> float:
    """The seconds after which a second owner has a memory."""
    first = lease.take(folder, "crm", "memory/crm")
    time = Time(first, until)
    lease.take(folder, "crm", "memory/crm", clock=time.clock, pause=time.pause)
    return time.now


class Asked(MemoryFolder):
    """Notes who holds it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[tuple[bool, str]] = []

    def lock(self, *, alone: bool, where: str = "") -> HeldLock:
        self.asked.append((alone, where))
        return super().lock(alone=alone, where=where)


def test_owner_is_alone_in_the_folder_of_the_memory() -> None:
    folder = Asked()
    for keeps in (True, False):
        with opened(folder, "crm", print, keeps=keeps):
            pass
    assert folder.asked == [(True, "memory/crm")]


@pytest.mark.parametrize("keeps", [True, False])
def test_nothing_is_left_on_this_machine(
    syncs: Syncs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keeps: bool
) -> None:
    syncs.fill()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with syncs.sync(keeps=keeps):
        assert list(tmp_path.iterdir())
    assert not list(tmp_path.iterdir())


def test_second_owner_waits_for_the_first() -> None:
    assert taken(MemoryFolder(), 37.0) == 40.0


def test_second_owner_waits_no_longer_than_two_minutes() -> None:
    with pytest.raises(StoreInUse) as raised:
        taken(MemoryFolder(), 130.0)
    assert str(raised.value).startswith(
        "The memory crm is in use: another sync with this name runs"
    )
    assert raised.value.failure_type == "transient_error"


class Unreachable(MemoryFolder):
    """Of a storage that does not answer."""

    def lock(self, *, alone: bool, where: str = "") -> HeldLock:
        raise StoreUnavailable("cannot be reached")


def test_storage_that_does_not_answer_is_not_taken_for_another_owner() -> None:
    paused: list[float] = []
    with pytest.raises(StoreUnavailable, match=r"^cannot be reached$") as raised:
        lease.take(
            Unreachable(),
            "crm",
            "memory/crm",
            clock=lambda: 100.0 * len(paused),
            pause=paused.append,
        )
    assert (type(raised.value), paused) == (StoreUnavailable, [])


def test_owner_that_lost_its_lease_writes_nothing(syncs: Syncs) -> None:
    syncs.fill()
    locks: list[HeldLock] = []

    def take(folder: Folder, name: str, where: str) -> Lock:
        assert isinstance(folder, MemoryFolder)
        locks.append(folder.lock(alone=True, where=where))
        return locks[0]

    with opened(syncs.folder, "crm", syncs.told.append, take=take) as memory:
        memory.join(USERS)
        memory.remember([(IDS[0], TWO)], TODAY)
        before = dict(syncs.folder.things)
        locks[0].lost = True
        acts = (memory.check, lambda: memory.leaving(IDS, ()), lambda: memory.close(0))
        for act in acts:
            with pytest.raises(StoreUnavailable) as raised:
                act()
            assert "is not held any more" in str(raised.value)
    assert syncs.folder.things == before


def test_entries_that_are_put_late_count_no_more(
    syncs: Syncs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another sync has ended meanwhile, and what it has put is gone."""
    syncs.fill()
    stored = syncs.folder.store

    def store_late(name: str, path: Path) -> None:
        monkeypatch.undo()
        monkeypatch.setattr(late._lock, "lost", True)
        syncs.folder.held.clear()
        with syncs.sync() as memory:
            memory.leaving(IDS[:1], ())
            memory.close(0)
        stored(name, path)

    with syncs.sync() as late:
        late.remember([(IDS[0], TWO)], TODAY)
        monkeypatch.setattr(syncs.folder, "store", store_late)
        with pytest.raises(StoreUnavailable):
            late.close(0)
    assert syncs.days(TWO) == [ABSENT] * 5
    assert "has lost a part" in syncs.told[0]


def test_owner_that_loses_its_lease_as_it_notes_sends_nothing(
    syncs: Syncs, monkeypatch: pytest.MonkeyPatch
) -> None:
    with syncs.sync() as memory:

        def write(*_: object) -> None:
            monkeypatch.setattr(memory._lock, "lost", True)

        monkeypatch.setattr(syncs.folder, "write", write)
        with pytest.raises(StoreUnavailable):
            memory.leaving([], IDS[:1])
