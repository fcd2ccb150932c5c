"""Promises 1, 2, 4, 5, 6 and 7 over the whole pipeline, with random records, states, limits,
outcomes, delays and signals, in simulated time.

A state is safe when each record before it was accepted or stored, or gave its place to one that was
(1); its counts are those of the records since the state before (2); no body exceeds a limit (4);
the updates of a profile are executed in their order, each once (5, 6), by whichever of its
identities they find it; what waits stays within the bound (7).
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from destination_profiles.config import StreamConfig
from destination_profiles.delivery.blame import Blame, Resolution
from destination_profiles.delivery.bound import Bound
from destination_profiles.delivery.checkpoint import STATE_BYTES, Checkpointer, SafeState
from destination_profiles.delivery.chunks import Chunk, ChunkPolicy
from destination_profiles.delivery.dispatcher import Dispatcher
from destination_profiles.delivery.layers import Layers
from destination_profiles.delivery.ledger import Interval
from destination_profiles.delivery.mailbox import Mail
from destination_profiles.delivery.schedule import Schedule
from destination_profiles.delivery.senders import Answer, Inspect, inspected
from destination_profiles.delivery.writer import Writer
from destination_profiles.errors import Interrupted, ProfilesError, Refused, Unavailable
from destination_profiles.records.codec import StreamCodec
from destination_profiles.rejection import Rejection
from destination_profiles.service.outcome import Accepted, Halve, Outcome, Retry, Stop
from destination_profiles.service.request import Request
from destination_profiles.sync.pump import RECORDS, Pump
from unit_tests.pipeline import ACCEPT, REFUSAL, Clock, codec, profiles
from unit_tests.settings import config, target

MINUTE = 60.0  # a wait that is longer is ended by an answer
MAX_RETRIES = 40  # a chunk that meets more of them may end the sync
# ids: a record that is no profile; a profile that is refused; one that spoils its request
UNREADABLE, REFUSED_ALWAYS, POISON = 0, 1, 2
OTHER = 1000  # more than an id, for a profile that is found in another way
RECORD_BYTES = 60  # of which each record here has fewer
STREAMS = ("users", "people", "others", "strangers")
SETTINGS = {  # users and people share their profiles, and others are found in another way there
    "users": target(),
    "people": target(),
    "others": target(field_name="other"),
    "strangers": target(2),
}

Event = tuple[str, int, bool] | tuple[str, None, bool]  # stream ("": all), id or a state, tagged


@dataclass
class Case:
    """What is drawn for one run."""

    events: list[Event]
    together: int
    seed: int
    max_profiles: int
    max_bytes: int
    max_in_flight: int
    bound: Bound
    mode: str
    stops: bool
    interrupted: bool
    put_off: float  # part of the profiles that are to be sent later
    wrong: bool  # a setting is, so that the service refuses everything


def events(streams: tuple[str, ...], ids: int, size: int) -> st.SearchStrategy[list[Event]]:
    record = st.tuples(st.sampled_from(streams), st.integers(0, ids), st.booleans())
    state = st.tuples(st.sampled_from([*streams, ""]), st.none(), st.just(False))
    return st.lists(st.one_of(record, record, record, state), max_size=size)


def cases(*kinds: st.SearchStrategy[list[Event]]) -> st.SearchStrategy[Case]:
    return st.builds(
        Case,
        events=st.one_of(*kinds),
        together=st.sampled_from([1, 1, 3, 40]),
        seed=st.integers(0, 2**32),
        max_profiles=st.integers(1, 6),
        max_bytes=st.integers(115, 220),
        max_in_flight=st.integers(1, 5),
        bound=st.builds(
            Bound,
            held=st.sampled_from([100, 3_000, 10**6]),
            records=st.sampled_from([1, 5, 20, 1000]),
            chunks=st.sampled_from([1, 3, 100]),
        ),
        mode=st.sampled_from(["append", "append_dedup"]),
        stops=st.booleans(),
        interrupted=st.sampled_from([False, False, True]),
        put_off=st.sampled_from([0.0, 0.0, 0.2]),
        wrong=st.sampled_from([False] * 5 + [True]),
    )


CASES = cases(
    events(("users", "people"), 9, 60), events(("users",), 4, 120), events(STREAMS, 5, 80)
)
OF_TWO_MATCHINGS = cases(events(("users", "others"), 4, 30))


@dataclass
class Service:
    """The service, with a link of its own kind: requests are answered in any order, and each answer
    takes some time.

    It stands for the senders and the mailbox. Of each profile it keeps the ordinals of the records
    that it executed, and those that it has acknowledged as accepted.
    """

    case: Case
    clock: Clock
    busy: int = 0
    interruption: ProfilesError | None = None
    executed: dict[tuple[int, Any], list[int]] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)
    _under_way: list[tuple[Chunk, Request, float]] = field(default_factory=list)
    _questions: list[tuple[Chunk, Inspect]] = field(default_factory=list)
    _answers: dict[str, Outcome] = field(default_factory=dict)
    _sent: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._rng = Random(self.case.seed)

    def send(self, chunk: Chunk) -> None:
        request = chunk.request()
        size = len(b"".join(request.body))  # promise 4
        assert size == request.size <= self.case.max_bytes
        assert len(profiles(request)) == request.profiles <= self.case.max_profiles
        self.busy += 1
        assert self.busy <= self.case.max_in_flight
        self._under_way.append((chunk, request, self.clock.now))

    def ask(self, chunk: Chunk, inspect: Inspect) -> None:
        self.busy += 1
        self._questions.append((chunk, inspect))

    def take(self, answer: Answer) -> Chunk:
        self.busy -= 1
        return answer.chunk

    def interrupt(self, error: ProfilesError) -> None:
        self.interruption = error

    def wait(self, seconds: float, source: int | None = None) -> Mail:
        if self.case.interrupted and self._rng.random() < 0.02:
            self.interruption = Interrupted(15)
        if self._questions and not (self._under_way and self._rng.random() < 0.5):
            chunk, inspect = self._questions.pop()
            return Mail(
                [Answer(chunk, inspected(inspect), self.clock.now, self.clock.now, asked=True)]
            )
        if not self._under_way or (seconds < MINUTE and self._rng.random() < 0.3):
            assert seconds < MINUTE * 10, "the pipeline waits for an answer that cannot come"
            self.clock.now += seconds
            return Mail()
        self.clock.now += self._rng.random()
        count = self._rng.randint(1, len(self._under_way))
        self._rng.shuffle(self._under_way)
        answered = [self._under_way.pop() for _ in range(count)]
        return Mail(
            [
                Answer(chunk, self._answer(chunk, request), sent_at, self.clock.now)
                for chunk, request, sent_at in answered
            ]
        )

    def _answer(self, chunk: Chunk, request: Request) -> Outcome:
        """An outcome that the pipeline gets to see."""
        outcome = self._outcome(chunk, request)
        if isinstance(outcome, Accepted):
            self.acknowledged.update(
                profile["n"]
                for position, profile in enumerate(profiles(request))
                if position not in outcome.rejected and position not in outcome.later
            )
        return outcome

    def _outcome(self, chunk: Chunk, request: Request) -> Outcome:
        """Something goes wrong in two of five tries, before or after the work is done; an answer
        that was lost can be had again.
        """
        self._sent[request.request_id] += 1
        chance = self._rng.random() if self._sent[request.request_id] < MAX_RETRIES else 1.0
        error = Unavailable("no answer")
        if chance < 0.1:
            return Retry(error, self._rng.choice([None, 2.0]), throttled=True)
        if chance < 0.2:
            return Retry(error)
        if chance < 0.22 and self.case.stops:
            return Stop(Refused("stop", code=401))
        if request.request_id not in self._answers:
            self._answers[request.request_id] = self._execute(chunk.target.db_id, request)
        return Retry(error, unknown=True) if chance < 0.4 else self._answers[request.request_id]

    def _execute(self, db_id: int, request: Request) -> Outcome:
        found = profiles(request)
        if self.case.wrong:
            alone = Halve(REFUSAL, Unavailable("wrong"))
            every = Accepted(dict.fromkeys(range(len(found)), REFUSAL))
            return self._rng.choice([alone, every])
        keys = [profile.get("id", profile.get("other")) for profile in found]
        if any(POISON in _numbers(key) for key in keys):
            return Halve(REFUSAL, Unavailable("poison"))
        rejected = {}
        later = {}
        for position, (profile, key) in enumerate(zip(found, keys, strict=True)):
            if self._rng.random() < self.case.put_off:
                later[position] = Retry(Unavailable("later"), throttled=True)
                continue
            if self.case.stops and self._rng.random() < 0.02:
                later[position] = Stop(Refused("stop", code=402))
                continue
            if REFUSED_ALWAYS in _numbers(key):
                rejected[position] = REFUSAL
                continue
            for number in _numbers(key):
                self.executed.setdefault((db_id, number), []).append(profile["n"])
        return Accepted(rejected, later) if rejected or later else ACCEPT


def _numbers(key: int | str) -> list[int]:
    """The profiles that a record is of: it may name several by tags."""
    return [int(each) % OTHER for each in str(key).split(",")]


@cache
def compiled(name: str, mode: str, max_bytes: int) -> StreamCodec:
    """The codec of a stream: it takes a while to make."""
    streams = tuple(StreamConfig(each, target=to) for each, to in SETTINGS.items())
    return codec(name, mode, config(max_bytes=max_bytes, streams=streams))


class Store:
    """Keeps what was put; it is safe once flushed."""

    def __init__(self) -> None:
        self.put_in: set[int] = set()
        self.safe: set[int] = set()
        self.blamed = 0  # by the service

    def put(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        assert ordinal == json.loads(bytes(original))["n"]
        assert ordinal not in self.put_in, "rejected twice"
        self.put_in.add(ordinal)
        self.blamed += rejection is REFUSAL

    def flush(self) -> None:
        self.safe = set(self.put_in)

    close = probe = flush


class Sync:
    """One run of the pipeline over a case, with the promises checked at each state."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.clock = Clock()
        self.service = Service(case, self.clock)
        self.store = Store()
        self.fed: list[tuple[str, Any]] = []  # stream and key of each record, by ordinal
        self.positions: dict[int, int] = {}  # state: records before it
        self.streams: dict[int, set[str]] = {}
        self.left: list[int] = []
        ids = iter(map(str, range(10**6)))
        dispatcher = Dispatcher(
            self.service,  # type: ignore[arg-type] - it stands for the senders
            Schedule(lambda failures: min(2.0**failures, 4.0), 10_000, Random(case.seed).random),
            max_in_flight=case.max_in_flight,
            inspect=lambda: ["a setting is wrong"] if case.wrong else [],
            clock=self.clock,
        )
        self.writer = Writer(
            {(None, name): compiled(name, case.mode, case.max_bytes) for name in STREAMS},
            policy=ChunkPolicy(case.max_profiles, case.max_bytes, 5.0),
            dispatcher=dispatcher,
            store=self.store,
            release=self.release,
            bound=case.bound,
            new_id=ids.__next__,
            clock=self.clock,
        )
        self.pump = Pump(self.writer, self.service, clock=self.clock)

    def run(self) -> None:
        blocks = self.blocks()
        try:
            for block in blocks:
                self.pump.feed(block)
                self.check_bound()
                self.pump.turn(seconds=0.0)
            self.pump.finish()
        except ProfilesError as error:
            self.pump.abandon()
            refused = "accepts nothing" in error.message or "setting is wrong" in error.message
            ended_so = self.case.stops or refused or error is self.service.interruption
            assert ended_so, error.message
        else:
            assert self.left == list(self.positions)
        self.check_order()
        self.check_blame()

    def blocks(self) -> list[bytes]:
        """The events as lines of input, so many at once."""
        lines = [self.line(number, *event) for number, event in enumerate(self.case.events)]
        step = self.case.together
        return [b"".join(lines[start : start + step]) for start in range(0, len(lines), step)]

    def line(self, number: int, stream: str, key: int | None, tagged: bool) -> bytes:
        if key is None:
            self.positions[number] = len(self.fed)
            self.streams[number] = {stream} if stream else set(STREAMS)
            one = {"stream_descriptor": {"name": stream}, "stream_state": number}
            state = {"type": "STREAM", "stream": one} if stream else {"type": "GLOBAL", "g": number}
            return json.dumps({"type": "STATE", "state": state}).encode() + b"\n"
        name, code = ("other", key + OTHER) if stream == "others" else ("id", key)
        sent = f"{code},{code + 1}" if tagged and key > POISON else code
        data = {name: None if key == UNREADABLE else sent, "n": len(self.fed)}
        self.fed.append((stream, sent))
        record = {"stream": stream, "data": data}
        return json.dumps({"type": "RECORD", "record": record}).encode() + b"\n"

    def check_bound(self) -> None:
        """Promise 7: it is passed by what was taken at once, and by nothing else."""
        load, bound, most = self.writer.load(), self.case.bound, min(RECORDS, self.case.together)
        assert load.records < bound.records + most, "more records wait than may"
        assert load.chunks < bound.chunks + most, "more chunks wait than may"
        size = RECORD_BYTES + STATE_BYTES + 200
        assert load.held < bound.held + most * size, "more bytes wait than may"

    def release(self, safe: SafeState) -> None:
        """Promises 1 and 2."""
        state = self.number(safe.state.state)
        before = self.positions[state]
        self.check_safe(state, before)
        streams = self.streams[state]
        since = {
            each: max(
                (self.positions[one] for one in self.left if each in self.streams[one]), default=0
            )
            for each in streams
        }
        counted = [
            ordinal
            for ordinal, (each, _) in enumerate(self.fed[:before])
            if each in streams and ordinal >= since[each]
        ]
        rejected = sum(ordinal in self.store.safe for ordinal in counted)
        assert (safe.delivered, safe.rejected) == (len(counted) - rejected, rejected)
        self.left.append(state)

    def number(self, state: dict[str, Any]) -> int:
        if "g" in state:
            return json.loads(bytes(state["g"]))
        return json.loads(bytes(state["stream"]))["stream_state"]

    def check_safe(self, state: int, before: int) -> None:
        for ordinal, (_, key) in enumerate(self.fed[:before]):
            assert ordinal in self.store.safe or self.is_in_place(ordinal, key), (
                f"record {ordinal} is not safe at state {state}"
            )

    def is_in_place(self, ordinal: int, key: Any) -> bool:
        """Whether the service acknowledged a record, or in dedup mode a later one of its profile
        and stream.
        """
        done = self.service.acknowledged
        if self.case.mode == "append":
            return ordinal in done
        stream = self.fed[ordinal][0]
        return any(each >= ordinal and self.fed[each] == (stream, key) for each in done)

    def check_blame(self) -> None:
        """Promise 12: nobody is blamed for a wrong setting."""
        assert not (self.case.wrong and self.store.blamed), "blamed for a wrong setting"

    def check_order(self) -> None:
        """Promise 6, and that nothing was executed twice (5)."""
        for key, done in self.service.executed.items():
            assert done == sorted(set(done)), f"profile {key} had its updates in the order {done}"


def check(
    examples: int,
    *phases: Phase,
    steady: bool = True,
    drawn: st.SearchStrategy[Case] = CASES,
) -> Callable[[], None]:
    @settings(
        max_examples=examples, phases=phases or tuple(Phase), derandomize=steady, database=None
    )
    @given(drawn)
    def holds(case: Case) -> None:
        Sync(case).run()

    return holds


def test_promises_hold_whatever_happens() -> None:
    check(300)()


@pytest.mark.soak
def test_promises_hold_for_long() -> None:
    check(5000, steady=False)()


def broken(
    monkeypatch: pytest.MonkeyPatch,
    *replaced: tuple[type, str, Any],
    drawn: st.SearchStrategy[Case] = CASES,
) -> str:
    """What the property says when parts of the pipeline are replaced."""
    for owner, name, replacement in replaced:
        monkeypatch.setattr(owner, name, replacement)
    with pytest.raises(AssertionError) as raised:
        check(1500, Phase.generate, drawn=drawn)()
    return str(raised.value)


def always_safe(checkpointer: Checkpointer) -> bool:
    return bool(checkpointer._waiting)


UNSAFE = (Checkpointer, "is_safe", always_safe)


def test_broken_checkpointer_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    unchecked = (Interval, "check", lambda _: None)  # else the books are a second line of defence
    assert "is not safe at state" in broken(monkeypatch, UNSAFE, unchecked)


def test_broken_checkpointer_is_caught_by_the_books(monkeypatch: pytest.MonkeyPatch) -> None:
    """They alone: else it is chance who finds it first."""
    unchecked = (Sync, "check_safe", lambda *_: None)
    assert "The books of stream" in broken(monkeypatch, UNSAFE, unchecked)


def test_broken_order_rule_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    waits = (Chunk, "wait_for", lambda *_: None)
    assert "had its updates in the order" in broken(monkeypatch, waits)


def test_broken_layers_are_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """All records into the lowest: an update overtakes another, or its chunk waits for itself."""
    lowest = (Layers, "_index", lambda *_: 0)
    found = broken(monkeypatch, lowest, (Layers, "_any_open", lambda *_: False))
    assert "had its updates in the order" in found or "an answer that cannot come" in found


def test_broken_matching_rule_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    never = (Layers, "_match", lambda *_: [])
    assert "had its updates in the order" in broken(monkeypatch, never, drawn=OF_TWO_MATCHINGS)


def test_broken_limit_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_profiles_alone(policy: ChunkPolicy, records: int, *_: int) -> bool:
        return records <= policy.max_profiles

    assert "max_bytes" in broken(monkeypatch, (ChunkPolicy, "allows", of_profiles_alone))


def test_broken_bound_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "wait than may" in broken(monkeypatch, (Pump, "_wait_for_room", lambda _: None))


def test_broken_request_id_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry under another id is executed once more."""

    def retry(dispatcher: Dispatcher, chunk: Chunk, outcome: Retry) -> None:
        chunk.request_id = f"{chunk.request_id} again"
        kept(dispatcher, chunk, outcome)

    kept = Dispatcher._retry
    assert "had its updates in the order" in broken(monkeypatch, (Dispatcher, "_retry", retry))


def test_broken_rule_of_blame_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:

    def blamed(blame: Blame) -> Iterator[Resolution]:
        for case in list(blame._cases.values()):
            while case.suspects:
                yield case.suspects.pop(0)

    assert "blamed for a wrong setting" in broken(monkeypatch, (Blame, "blamed", blamed))


def test_broken_halving_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for a refused chunk waits for all of its parts, not for the first."""

    kept = Chunk.parts

    def parts(chunk: Chunk) -> list[Chunk]:
        made = kept(chunk)
        chunk.whole.parts_left -= len(made) - 1
        return made

    assert broken(monkeypatch, (Chunk, "parts", parts))
