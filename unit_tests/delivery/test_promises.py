"""Promises 1, 2, 4 and 6 over the whole pipeline, with random records, states, limits, outcomes and
delays, in simulated time.

A state is safe when each record before it was accepted or stored, or gave its place to one that was
(1); its counts are those of the records since the state before (2); no body exceeds a limit (4);
the updates of a profile are executed in their order (6).
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from destination_profiles.delivery.checkpoint import Checkpointer, SafeState
from destination_profiles.delivery.chunks import Chunk, Chunker, ChunkPolicy
from destination_profiles.delivery.dispatcher import Dispatcher
from destination_profiles.delivery.ledger import Interval
from destination_profiles.delivery.senders import Answer
from destination_profiles.delivery.writer import Writer
from destination_profiles.errors import ProfilesError, Refused, Unavailable
from destination_profiles.rejection import Rejection
from destination_profiles.service.outcome import Action, Outcome
from unit_tests.pipeline import ACCEPT, REFUSAL, Clock, config, plan

MINUTE = 60.0  # a wait that is longer is ended by an answer
MAX_RETRIES = 40  # a chunk that meets more of them may end the sync
UNREADABLE, REFUSED_ALWAYS, POISON = (
    0,
    1,
    2,
)  # ids: a record that is no profile; a profile that is refused; one that spoils its request

Event = (
    tuple[str, int] | tuple[str, None]
)  # a record of a stream with an id; a state of a stream, or of all (stream "")


@dataclass
class Case:
    """What is drawn for one run."""

    events: list[Event]
    seed: int
    max_profiles: int
    max_bytes: int
    max_in_flight: int
    mode: str
    stops: bool


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["users", "people"]), st.integers(0, 9)),
        st.tuples(st.sampled_from(["users", "people", ""]), st.none()),
    ),
    max_size=60,
)
CASES = st.builds(
    Case,
    events=EVENTS,
    seed=st.integers(0, 2**32),
    max_profiles=st.integers(1, 6),
    max_bytes=st.integers(95, 170),
    max_in_flight=st.integers(1, 5),
    mode=st.sampled_from(["append", "append_dedup"]),
    stops=st.booleans(),
)


@dataclass
class Service:
    """The service, with a link of its own kind: chunks are answered in any order, and each answer
    takes some time.

    It has the interface of Senders. Of each profile it keeps the ordinals of the records that it
    executed, and those that it has acknowledged as accepted.
    """

    case: Case
    clock: Clock
    busy: int = 0
    executed: dict[int, list[int]] = field(default_factory=dict)
    acknowledged: set[int] = field(default_factory=set)
    _under_way: list[tuple[Chunk, float]] = field(default_factory=list)
    _answers: dict[str, Outcome] = field(default_factory=dict)
    _sent: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._rng = Random(self.case.seed)

    def send(self, chunk: Chunk) -> None:
        body = json.loads(b"".join(chunk.body()))  # promise 4
        assert len(b"".join(chunk.body())) == chunk.size <= self.case.max_bytes
        assert len(body["data"]) == len(chunk) <= self.case.max_profiles
        self.busy += 1
        assert self.busy <= self.case.max_in_flight
        self._under_way.append((chunk, self.clock.now))

    def answers(self, seconds: float | None) -> list[Answer]:
        if not self._under_way or (
            seconds is not None and seconds < MINUTE and self._rng.random() < 0.3
        ):
            assert seconds is not None, "the pipeline waits for an answer that cannot come"
            self.clock.now += seconds
            return []
        self.clock.now += self._rng.random()
        count = self._rng.randint(1, len(self._under_way))
        self._rng.shuffle(self._under_way)
        answered = [self._under_way.pop() for _ in range(count)]
        self.busy -= count
        return [
            Answer(chunk, self._answer(chunk), sent_at, self.clock.now)
            for chunk, sent_at in answered
        ]

    def poke(self) -> None:
        raise AssertionError("nobody interrupts here")

    def _answer(self, chunk: Chunk) -> Outcome:
        """An outcome that the pipeline gets to see."""
        outcome = self._outcome(chunk)
        if outcome.action is Action.ACCEPT:
            profiles = [
                json.loads(bytes(row.profile))
                for position, row in enumerate(chunk.rows)
                if position not in outcome.rejected
            ]
            self.acknowledged.update(profile["n"] for profile in profiles)
        return outcome

    def _outcome(self, chunk: Chunk) -> Outcome:
        """Something goes wrong in two of five tries, before or after the work is done; an answer
        that was lost can be had again.
        """
        self._sent[chunk.request_id] += 1
        chance = self._rng.random() if self._sent[chunk.request_id] < MAX_RETRIES else 1.0
        error = Unavailable("no answer")
        if chance < 0.1:
            return Outcome(Action.THROTTLE, error=error, retry_after=self._rng.choice([None, 2.0]))
        if chance < 0.2:
            return Outcome(Action.RETRY, error=error)
        if chance < 0.22 and self.case.stops:
            return Outcome(Action.STOP, error=Refused("stop", code=401))
        if chunk.request_id not in self._answers:
            self._answers[chunk.request_id] = self._execute(chunk)
        return (
            Outcome(Action.RETRY, error=error, unknown=True)
            if chance < 0.4
            else self._answers[chunk.request_id]
        )

    def _execute(self, chunk: Chunk) -> Outcome:
        profiles = [json.loads(bytes(row.profile)) for row in chunk.rows]
        if any(profile["id"] == POISON for profile in profiles):
            return Outcome(Action.HALVE, refusal=REFUSAL)
        for profile in profiles:
            if profile["id"] != REFUSED_ALWAYS:
                self.executed.setdefault(profile["id"], []).append(profile["n"])
        refused = {
            position: REFUSAL
            for position, profile in enumerate(profiles)
            if profile["id"] == REFUSED_ALWAYS
        }
        return Outcome(Action.ACCEPT, rejected=refused) if refused else ACCEPT


class Store:
    """Keeps what was put; it is safe once flushed."""

    def __init__(self) -> None:
        self.put_in: set[int] = set()
        self.safe: set[int] = set()

    def put(self, stream: str, original: bytes, rejection: Rejection) -> None:
        ordinal = json.loads(bytes(original))["n"]
        assert ordinal not in self.put_in, "rejected twice"
        self.put_in.add(ordinal)

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
        self.fed: list[tuple[str, int]] = []  # stream and id of each record, by ordinal
        self.positions: dict[int, int] = {}  # state: records before it
        self.streams: dict[int, set[str]] = {}
        self.left: list[int] = []
        ids = iter(map(str, range(10**6)))
        rng = Random(case.seed + 1)
        settings_ = config(max_bytes=case.max_bytes)
        self.writer = Writer(
            {(None, name): plan(name, case.mode, settings_) for name in ("users", "people")},
            chunker=Chunker(
                ChunkPolicy(case.max_profiles, case.max_bytes, 5.0),
                new_id=ids.__next__,
                clock=self.clock,
            ),
            dispatcher=Dispatcher(
                self.service,  # type: ignore[arg-type] - it stands for the senders
                backoff=lambda failures: min(2.0**failures, 4.0),
                max_in_flight=case.max_in_flight,
                retry_seconds=10_000,
                clock=self.clock,
                draw=rng.random,
                new_id=ids.__next__,
            ),
            store=self.store,
            release=self.release,
            clock=self.clock,
        )

    def run(self) -> None:
        try:
            for number, (stream, key) in enumerate(self.case.events):
                self.feed(number, stream, key)
                self.writer.tick()
            self.writer.close()
        except ProfilesError as error:
            self.writer.abandon()
            assert self.case.stops or "accepts nothing" in error.message
        else:
            assert self.left == list(self.positions)
        self.check_order()

    def feed(self, number: int, stream: str, key: int | None) -> None:
        if key is None:
            self.positions[number] = len(self.fed)
            self.streams[number] = {stream} if stream else {"users", "people"}
            self.writer.checkpoint(number, (None, stream) if stream else None)
        else:
            data = {"id": None if key == UNREADABLE else key, "n": len(self.fed)}
            self.fed.append((stream, key))
            self.writer.records((None, stream), [json.dumps(data).encode()])

    def release(self, safe: SafeState) -> None:
        """Promises 1 and 2."""
        before = self.positions[safe.state]
        for ordinal, (_, key) in enumerate(self.fed[:before]):
            assert ordinal in self.store.safe or self.is_in_place(ordinal, key), (
                f"record {ordinal} is not safe at state {safe.state}"
            )
        streams = self.streams[safe.state]
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
        self.left.append(safe.state)

    def is_in_place(self, ordinal: int, key: int) -> bool:
        """Whether the service acknowledged a record, or in dedup mode a later one of its profile
        and stream.
        """
        done = self.service.acknowledged
        if self.case.mode == "append":
            return ordinal in done
        stream = self.fed[ordinal][0]
        return any(each >= ordinal and self.fed[each] == (stream, key) for each in done)

    def check_order(self) -> None:
        """Promise 6, and that nothing was executed twice (5)."""
        for key, done in self.service.executed.items():
            assert done == sorted(set(done)), f"profile {key} had its updates in the order {done}"


def check(examples: int, *phases: Phase, steady: bool = True) -> Callable[[], None]:
    @settings(
        max_examples=examples, phases=phases or tuple(Phase), derandomize=steady, database=None
    )
    @given(CASES)
    def holds(case: Case) -> None:
        Sync(case).run()

    return holds


def test_promises_hold_whatever_happens() -> None:
    check(300)()


@pytest.mark.soak
def test_promises_hold_for_long() -> None:
    check(5000, steady=False)()


def broken(monkeypatch: pytest.MonkeyPatch, *replaced: tuple[type, str, Any]) -> str:
    """What the property says when parts of the pipeline are replaced."""
    for owner, name, replacement in replaced:
        monkeypatch.setattr(owner, name, replacement)
    with pytest.raises(AssertionError) as raised:
        check(1500, Phase.generate)()
    return str(raised.value)


def always_safe(checkpointer: Checkpointer, _: int | None) -> bool:
    return bool(checkpointer._waiting)


def test_broken_checkpointer_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    unchecked = (Interval, "check", lambda _: None)  # else the books are a second line of defence
    assert "is not safe at state" in broken(
        monkeypatch, (Checkpointer, "is_safe", always_safe), unchecked
    )


def test_broken_checkpointer_is_caught_by_the_books(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "The books of stream" in broken(monkeypatch, (Checkpointer, "is_safe", always_safe))


def test_broken_order_rule_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "had its updates in the order" in broken(
        monkeypatch, (Chunk, "shares_profile", lambda *_: False)
    )


def test_broken_limit_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "max_bytes" in broken(monkeypatch, (Chunk, "fits", lambda *_: True))


def test_broken_request_id_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry under another id is executed once more."""

    def retry(dispatcher: Dispatcher, chunk: Chunk, outcome: Outcome) -> None:
        chunk.request_id = f"{chunk.request_id} again"
        kept(dispatcher, chunk, outcome)

    kept = Dispatcher._retry
    assert "had its updates in the order" in broken(monkeypatch, (Dispatcher, "_retry", retry))
