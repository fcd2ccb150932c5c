"""What the service has after a sync with a memory is what it has after one without: of each field,
what the last accepted record of the sync says that has it. Random tables, streams, changes,
refusals, deletions, functions, kills at each step, damage, two ways to find profiles and two owners
on simulated time; parts are broken on purpose, and each break is caught.
"""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import Config, FieldConfig, StreamConfig
from destination_profiles.delivery.chunks import Chunk, ChunkPolicy
from destination_profiles.delivery.dispatcher import Dispatcher
from destination_profiles.delivery.mailbox import Mail
from destination_profiles.delivery.open_chunks import OpenChunks
from destination_profiles.delivery.remembering import Remembering
from destination_profiles.delivery.schedule import Schedule
from destination_profiles.delivery.senders import Answer, Inspect, inspected
from destination_profiles.delivery.writer import Writer
from destination_profiles.errors import ProfilesError, StoreUnavailable, Unavailable
from destination_profiles.memory import about, entries, journal, lease
from destination_profiles.memory.hashes import SIZE
from destination_profiles.memory.journal import COUNT, NOTHING, Journal
from destination_profiles.memory.lanes import Sends
from destination_profiles.memory.opening import opened
from destination_profiles.memory.store import Memory
from destination_profiles.records.codec import StreamCodec
from destination_profiles.records.key_reader import KeyReader
from destination_profiles.service.manifest import service
from destination_profiles.service.outcome import Accepted, Outcome, Retry
from destination_profiles.service.request import Request
from destination_profiles.storage.folder import Folder, Lock
from destination_profiles.storage.settings import MemorySetting
from destination_profiles.sync.memory_opening import kept_at_end
from destination_profiles.sync.pump import Pump
from destination_profiles.sync.sync_memory import SyncMemory
from unit_tests.outcomes.memory import HeldLock, MemoryFolder
from unit_tests.pipeline import ACCEPT, REFUSAL, Clock, profiles
from unit_tests.rejects.memory import MemoryStore
from unit_tests.settings import config, target

START = datetime(2026, 1, 2, tzinfo=UTC)
OTHER = 100  # more than an id, for a profile that is found in another way
REFUSED = 9  # a value that the service refuses
SETTING = MemorySetting("crm", resend_after_days=3)
DRAWING: tuple[Any, ...] = (about, entries, journal)  # modules that draw numbers
FIELDS = {"users": "ab", "people": "b", "points": "c", "strangers": "ab", "others": "a"}
TARGETS = {"strangers": target(2), "others": target(field_name="other")}


@cache
def reader(name: str) -> KeyReader:
    return KeyReader(info(name), configured(), service())


@pytest.fixture(autouse=True)
def _readers_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def made(info: StreamInfo, *_: Any) -> KeyReader:
        return reader(info.name)

    monkeypatch.setattr("destination_profiles.sync.sync_memory.KeyReader", made)
    for each in DRAWING:  # that of a world goes with the test
        monkeypatch.setattr(each, "randbits", each.randbits)


class Killed(BaseException):
    """The process ends at once."""


@dataclass(frozen=True)
class Row:
    """A record; of its kind `plain`, `function` (it adds to a number), `deleted`, or `invalid`."""

    stream: str
    number: int
    value: int
    kind: str


@dataclass(frozen=True)
class Turn:
    """A sync of a table, after some days; something may happen at a step: it is killed, another
    sync with the same name takes its memory, the storage fails.
    """

    rows: tuple[Row, ...]
    days: int = 0
    step: int = 0
    happens: str = ""
    damage: str = ""
    together: int = 3
    seed: int = 0


def by_stream(name: str) -> StreamConfig:
    key = "other" if name == "others" else "id"
    fields = [FieldConfig(key, "id"), *(FieldConfig(each, each) for each in FIELDS[name])]
    if name == "points":
        fields.append(FieldConfig("n", "n", action="incr"))
    return StreamConfig(name, target=TARGETS.get(name, target()), fields=tuple(fields))


@cache
def configured() -> Config:
    return config(streams=tuple(map(by_stream, FIELDS)))


def info(name: str) -> StreamInfo:
    return StreamInfo(name, None, {"type": "object"}, "append")


@cache
def compiled(name: str) -> StreamCodec:
    """It takes a while to make."""
    return StreamCodec(info(name), configured(), service())


def data(row: Row) -> bytes:
    shift = OTHER if row.stream == "others" else 0
    made: dict[str, Any] = {"id": row.number + shift}
    made |= dict.fromkeys(FIELDS[row.stream], row.value)
    if row.kind == "function" and row.stream == "points":
        made["n"] = 1
    if row.kind == "deleted":
        made["_ab_cdc_deleted_at"] = "2026-01-02"
    if row.kind == "invalid":
        made["id"] = None
    return json.dumps(made).encode()


class Service:
    """Executes requests when they are sent or later, each once, and may lose its answers. It stands
    for the senders and the mailbox.
    """

    def __init__(self) -> None:
        self.content: dict[tuple[int, int], dict[str, int]] = {}
        self.added: Counter[int] = Counter()
        self.requests = 0
        self.interruption: ProfilesError | None = None
        self.start(Turn(()), lambda: None)

    def start(self, turn: Turn, step: Any) -> None:
        """A sync begins; what the last one had under way may be executed yet."""
        for chunk, request in getattr(self, "_under_way", ()):
            if self._rng.random() < 0.5:
                self._answer(chunk, request)
        self.clock, self.busy, self._step = Clock(), 0, step
        self._rng = Random(turn.seed)
        self._under_way: list[tuple[Chunk, Request]] = []
        self._answers: dict[str, Outcome] = {}
        self._asked: list[Answer] = []

    def send(self, chunk: Chunk) -> None:
        self._step()
        self.busy += 1
        self.requests += 1
        request = chunk.request()
        self._under_way.append((chunk, request))
        if self._rng.random() < 0.5:
            self._answer(chunk, request)
        self._step()

    def ask(self, chunk: Chunk, inspect: Inspect) -> None:
        self.busy += 1
        self._asked.append(
            Answer(chunk, inspected(inspect), self.clock.now, self.clock.now, asked=True)
        )

    def take(self, answer: Answer) -> Chunk:
        self.busy -= 1
        return answer.chunk

    def wait(self, seconds: float, source: int | None = None) -> Mail:
        self._step()
        if self._asked:
            return Mail([self._asked.pop()])
        if not self._under_way or self._rng.random() < 0.2:
            self.clock.now += min(seconds, 10.0)
            return Mail()
        chunk, request = self._under_way.pop(self._rng.randrange(len(self._under_way)))
        outcome = self._answer(chunk, request)
        if self._rng.random() < 0.2:
            outcome = Retry(Unavailable("no answer"), unknown=True)
        return Mail([Answer(chunk, outcome, self.clock.now, self.clock.now)])

    def _answer(self, chunk: Chunk, request: Request) -> Outcome:
        if request.request_id not in self._answers:
            self._answers[request.request_id] = self._execute(chunk.target.db_id, request)
        return self._answers[request.request_id]

    def _execute(self, db_id: int, request: Request) -> Outcome:
        rejected = {}
        for place, profile in enumerate(profiles(request)):
            number = profile.get("id", profile.get("other")) % OTHER
            if REFUSED in profile.values():
                rejected[place] = REFUSAL
                continue
            if "n" in profile:
                self.added[number] += 1
            said = {name: profile[name] for name in "abc" if name in profile}
            self.content.setdefault((db_id, number), {}).update(said)
        return Accepted(rejected) if rejected else ACCEPT


@dataclass
class World:
    """A service, a storage, and syncs one after the other."""

    folder: MemoryFolder = field(default_factory=MemoryFolder)
    service: Service = field(default_factory=Service)
    today: int = 0
    locks: list[HeldLock] = field(default_factory=list)

    def __post_init__(self) -> None:
        for each in DRAWING:
            each.randbits = Random(7).getrandbits

    def play(self, turns: list[Turn]) -> None:
        for place, turn in enumerate(turns):
            self.today += turn.days
            self.damage(turn.damage)
            self.sync(turn, turns[place - 1])

    def damage(self, what: str) -> None:
        """Half of a thing is left."""
        parts = [name for name in self.folder.things if what and what in name]
        for name in parts[:1]:
            content = self.folder.things[name]
            self.folder.things[name] = content[: len(content) - len(content) // 2]

    def sync(self, turn: Turn, other: Turn | None = None) -> None:
        """Check what the service has, if the sync ends well."""
        steps = 0

        def step() -> None:
            nonlocal steps
            steps += 1
            if steps != turn.step:
                return
            if turn.happens == "kill":
                raise Killed
            if turn.happens == "fail":
                self.folder.fails = StoreUnavailable("the storage fails")
            if turn.happens == "other owner" and other is not None:
                self.take_over(other)

        added = Counter(self.service.added)
        mine = self.service
        try:
            self.run(turn, step)
        except (Killed, StoreUnavailable):
            self.folder.held.clear()
            self.folder.fails = None
            return
        finally:
            self.service = mine
        if turn.happens != "other owner":
            self.check_added(turn, added)
        self.check(turn)

    def take_over(self, other: Turn) -> None:
        """The lease expires, and another sync with the name runs from its start to its end."""
        for each in self.locks:
            each.lost = True
        self.folder.held.clear()
        mine, beside = self.service, Service()
        beside.content, beside.added = mine.content, mine.added
        self.service = beside
        self.sync(Turn(other.rows, seed=other.seed))
        self.service = mine

    def run(self, turn: Turn, step: Any) -> None:
        names = [name for name in FIELDS if any(row.stream == name for row in turn.rows)]
        if not names:
            return
        self.service.start(turn, step)
        with opened(self.folder, "crm", lambda _: None, take=self.take) as memory:
            streams = [info(name) for name in names]
            now = START + timedelta(days=self.today)
            kept = SyncMemory(memory, self.folder, configured(), SETTING, streams, now=now)
            pump = self.pump(kept, turn)
            with kept_at_end(kept, pump):
                for start in range(0, len(turn.rows), turn.together):
                    for row in turn.rows[start : start + turn.together]:
                        pump.records((None, row.stream), [data(row)])
                        if turn.seed % 2:
                            pump.turn(seconds=0.0)
                    pump.writer.checkpoint(start, None)
                pump.finish()

    def take(self, folder: Folder, _: str, where: str) -> Lock:
        assert isinstance(folder, MemoryFolder)
        self.locks.append(folder.lock(alone=True, where=where))
        return self.locks[-1]

    def pump(self, kept: SyncMemory, turn: Turn) -> Pump:
        link: Any = self.service
        dispatcher = Dispatcher(
            link,
            Schedule(lambda _: 1.0, 10_000, Random(turn.seed).random),
            max_in_flight=3,
            leaving=kept.link.leaving,
            inspect=list,
            clock=self.service.clock,
        )
        names = iter(range(10**6))
        dispatcher_ids = f"{id(kept)}-"
        writer = Writer(
            {(None, name): compiled(name) for name in FIELDS},
            policy=ChunkPolicy(turn.seed % 3 + 1, 10_000, 5.0),
            dispatcher=dispatcher,
            store=MemoryStore(),
            remembering=kept.link,
            release=lambda _: None,
            new_id=lambda: f"{dispatcher_ids}{next(names)}",
            clock=self.service.clock,
        )
        return Pump(writer, link, clock=self.service.clock)

    def check(self, turn: Turn) -> None:
        wanted: dict[tuple[int, int, str], int] = {}
        for row in turn.rows:
            if row.kind not in ("deleted", "invalid") and row.value != REFUSED:
                db_id = TARGETS.get(row.stream, target()).db_id
                wanted |= {(db_id, row.number, name): row.value for name in FIELDS[row.stream]}
        for (db_id, number, name), value in wanted.items():
            found = self.service.content[db_id, number].get(name)
            assert found == value, f"profile {number} of database {db_id} has {name}: {found}"

    def check_added(self, turn: Turn, before: Counter[int]) -> None:
        wanted = Counter(
            row.number
            for row in turn.rows
            if (row.kind, row.stream) == ("function", "points") and row.value != REFUSED
        )
        assert self.service.added - before == wanted, "a function was not executed once a row"


def rows(streams: tuple[str, ...]) -> st.SearchStrategy[tuple[Row, ...]]:
    row = st.builds(
        Row,
        st.sampled_from(streams),
        st.integers(1, 3),
        st.sampled_from([1, 1, 1, 2, 2, REFUSED]),
        st.sampled_from(["plain"] * 5 + ["function", "deleted", "invalid"]),
    )
    return st.lists(row, max_size=8).map(tuple)


def worlds(
    *streams: tuple[str, ...],
    happens: tuple[str, ...] = ("", "", "", "kill", "kill", "fail", "other owner"),
    damage: tuple[str, ...] = (*[""] * 8, "about.json", "entries.sqlite", "journal/"),
) -> st.SearchStrategy[list[Turn]]:
    turn = st.builds(
        Turn,
        rows=st.one_of(*map(rows, streams)),
        days=st.sampled_from([0, 0, 0, 1, 4]),
        step=st.integers(1, 12),
        happens=st.sampled_from(happens),
        damage=st.sampled_from(damage),
        together=st.sampled_from([1, 3, 8]),
        seed=st.integers(0, 2**16),
    )
    return st.lists(turn, min_size=2, max_size=7)


USERS = ("users",)
ALL = worlds(USERS, ("users", "people"), ("users", "points", "strangers"), tuple(FIELDS))


def check(
    examples: int,
    *phases: Phase,
    steady: bool = True,
    drawn: st.SearchStrategy[list[Turn]] = ALL,
) -> Any:
    @settings(
        max_examples=examples,
        phases=phases or tuple(Phase),
        derandomize=steady,
        database=None,
        deadline=None,
    )
    @given(drawn)
    def holds(turns: list[Turn]) -> None:
        World().play(turns)

    return holds


def test_content_is_that_without_a_memory() -> None:
    check(150)()


@pytest.mark.soak
def test_content_is_that_without_a_memory_for_long() -> None:
    check(5000, steady=False)()


def plain(*values: int, stream: str = "users") -> tuple[Row, ...]:
    """Records of one profile."""
    return tuple(Row(stream, 1, value, "plain") for value in values)


def sent(*turns: Turn) -> list[int]:
    """The requests of each sync."""
    world, counts = World(), []
    for turn in turns:
        before = world.service.requests
        world.play([turn])
        counts.append(world.service.requests - before)
    return counts


def test_what_did_not_change_is_not_sent() -> None:
    table = Turn((*plain(1), *plain(1, stream="points"), *plain(1, stream="strangers")))
    assert sent(table, table)[1] == 0


@pytest.mark.parametrize("days", [-20_000, 70_000])
def test_clock_of_another_century_does_no_harm(days: int) -> None:
    first, second, third = sent(Turn(plain(1), days=days), Turn(plain(1)), Turn(plain(2)))
    assert (first > 0, second, third > 0) == (True, 0, True)


def test_what_others_send_of_other_fields_does_not_matter() -> None:
    first, second = Turn(plain(1)), Turn(plain(2, stream="points"))
    assert sent(first, second, first, second)[2:] == [0, 0]


def test_what_others_send_of_the_same_fields_does() -> None:
    first, second = Turn(plain(1)), Turn(plain(2, stream="people"))
    assert 0 not in sent(first, second, first, second)


def broken(
    monkeypatch: pytest.MonkeyPatch,
    *replaced: tuple[Any, str, Any],
    drawn: st.SearchStrategy[list[Turn]] = ALL,
) -> str:
    """What the property says when parts are replaced."""
    for owner, name, replacement in replaced:
        monkeypatch.setattr(owner, name, replacement)
    with pytest.raises(AssertionError) as raised:
        check(1500, Phase.generate, drawn=drawn)()
    return str(raised.value)


KILLED = worlds(USERS, happens=("", "kill"), damage=("",))


def test_forgetting_too_late_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 1: durably, before a chunk leaves."""

    def leaving(memory: Memory, known: list[bytes], _: list[bytes]) -> None:
        memory._remove(known)

    assert "profile" in broken(monkeypatch, (Memory, "leaving", leaving), drawn=KILLED)


def test_forgetting_what_was_there_before_alone_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 1: what was accepted in this sync is in the journal by now."""

    def leaving(memory: Memory, known: list[bytes], _: list[bytes]) -> None:
        memory._note(known)
        memory._remove(known)

    assert "profile" in broken(monkeypatch, (Memory, "leaving", leaving), drawn=KILLED)


def test_forgetting_before_the_last_word_on_others_is_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rule 1: what is accepted of a profile meanwhile stands behind that in the journal."""

    def admit(dispatcher: Dispatcher) -> None:
        leaving, dispatcher._leaving = dispatcher._leaving, lambda _: None
        admitted(dispatcher)
        dispatcher._leaving = leaving

    def dispatch(dispatcher: Dispatcher, chunks: list[Chunk]) -> None:
        for chunk in chunks:
            dispatcher._leaving(chunk)
        dispatched(dispatcher, chunks)

    admitted, dispatched = Dispatcher._admit, Dispatcher.dispatch
    early = (Dispatcher, "_admit", admit), (Dispatcher, "dispatch", dispatch)
    others = tuple(Row("users", number, 1, "plain") for number in (2, 3))
    rows = (*others[:1], *plain(1, 2), *others[1:])
    killed = st.builds(
        Turn,
        st.just(rows),
        step=st.integers(8, 24),
        happens=st.just("kill"),
        together=st.just(1),
        seed=st.integers(0, 2**16),
    )
    back = killed.map(lambda turn: [turn, Turn(plain(1))])
    check(100, Phase.generate, drawn=back)()
    assert "profile" in broken(monkeypatch, *early, drawn=back)


def test_skipping_behind_an_open_record_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 2."""
    nothing = (OpenChunks, "holding", lambda *_: frozenset())
    assert "profile" in broken(monkeypatch, nothing, drawn=worlds(USERS, happens=("",)))


def entries_of_each_stream(memory: Memory, streams: list[Sends]) -> dict[str, int | None]:
    """Lanes as if no stream sent what another does, and each found profiles in its own way."""
    kept(memory, streams)
    return {each.stream: sum(each.stream.encode()) for each in streams}


kept = Memory.join
APART = (Memory, "join", entries_of_each_stream)


def test_entries_of_a_stream_alone_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 3: what another stream sends of the same fields counts."""
    assert "profile" in broken(
        monkeypatch, APART, drawn=worlds(("users", "people"), happens=("",), damage=("",))
    )


def test_entries_where_profiles_are_found_in_two_ways_are_caught(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rule 3."""
    assert "profile" in broken(monkeypatch, APART, drawn=worlds(("users", "others")))


def test_remembered_functions_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 4."""
    never = ("destination_profiles.delivery.remembering._may_hold_function", lambda _: False)
    monkeypatch.setattr(*never)
    assert "a function" in broken(
        monkeypatch, drawn=worlds(("points",), happens=("",), damage=("",))
    )


def test_remembered_refusals_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 4: what was refused is not what the service has, and may pass the next time."""

    def enter(link: Remembering, ids: Any, contents: Any, _: Any) -> None:
        kept(link, ids, contents, frozenset())

    kept = Remembering._enter
    refused = Turn(plain(REFUSED))
    assert sent(refused, refused)[1] > 0
    monkeypatch.setattr(Remembering, "_enter", enter)
    assert sent(refused, refused)[1] == 0


def test_trust_in_what_is_cut_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 5: of what was forgotten a part is lost."""

    def read(journal: Journal, name: str) -> tuple[bytes, list[bytes], list[bytes]]:
        """A part without records, without a look at its hash."""
        content = journal._folder.read(name)[len(journal._owner) + SIZE + COUNT :]
        whole = range(0, len(content) - SIZE + 1, SIZE)
        return NOTHING, [], [content[at : at + SIZE] for at in whole]

    def whole_again(damage: str) -> None:
        """One is sent, the next is accepted, the process ends, and the source goes back."""
        killed = Turn(plain(2), step=4, happens="kill")
        World().play([Turn(plain(1)), killed, Turn(plain(1), damage=damage)])

    whole_again("journal/")
    monkeypatch.setattr(Journal, "_read", read)
    whole_again("")
    with pytest.raises(AssertionError, match="profile 1 of database 1 has a: 2"):
        whole_again("journal/")


def test_owner_that_goes_on_without_its_lease_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule 6."""
    drawn = worlds(USERS, happens=("", "other owner"), damage=("",))
    assert "profile" in broken(monkeypatch, (lease, "check", lambda *_: None), drawn=drawn)
