import threading

import pytest

from destination_profiles.delivery.ledger import Interval
from destination_profiles.delivery.writer import ABANDON_SECONDS, INTERRUPTED_SECONDS
from destination_profiles.errors import (
    BooksDoNotBalance,
    Interrupted,
    Refused,
    StoreFailed,
    TooManyRejected,
    Unavailable,
)
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.store import NoStore
from destination_profiles.service.outcome import Action, Outcome
from unit_tests.pipeline import (
    ACCEPT,
    REFUSAL,
    USERS,
    Clock,
    Held,
    Pipeline,
    Scripted,
    config,
    ids,
    plan,
    target,
)


class FailingStore(NoStore):
    """Fails at a step of its own choice."""

    def __init__(self, step: str) -> None:
        self._step = step

    def put(self, stream: str, original: bytes, rejection: Rejection) -> None:
        if self._step == "put":
            raise StoreFailed("full")

    def flush(self) -> None:
        if self._step == "flush":
            raise StoreFailed("full")


class NotingStore(NoStore):
    """Notes what happens, in order, together with states."""

    def __init__(self) -> None:
        self.noted: list[str] = []

    def put(self, stream: str, original: bytes, rejection: Rejection) -> None:
        self.noted.append("put")

    def flush(self) -> None:
        self.noted.append("flush")


def rejecting(*bad: int):
    """A sender's answer that refuses the profiles of some ids."""

    def answer(chunk) -> Outcome:
        return Outcome(
            Action.ACCEPT,
            rejected={position: REFUSAL for position, each in enumerate(ids(chunk)) if each in bad},
        )

    return answer


def test_state_leaves_with_its_counts() -> None:
    pipeline = Pipeline(Scripted(rejecting(2)))
    pipeline.feed(1, 2, 3, "a", 4, "b")
    pipeline.writer.close()
    assert pipeline.states == [("a", 2, 1), ("b", 1, 0)]


def test_state_waits_for_the_chunk_before_it() -> None:
    sender = Held()
    pipeline = Pipeline(sender)
    pipeline.feed(1, 2, "a", 3, 4, "b")
    sender.queue(3).put(ACCEPT)
    while len(pipeline.dispatcher) > 1:
        pipeline.writer.tick()
    assert pipeline.states == []  # the later chunk is answered, the earlier is not
    sender.queue(1).put(ACCEPT)
    pipeline.writer.close()
    assert pipeline.states == [("a", 2, 0), ("b", 2, 0)]


def test_chunks_answered_together_keep_the_books() -> None:
    sender = Held()
    pipeline = Pipeline(sender)
    pipeline.feed(1, 2, "a", 3, 4, "b")
    for first in (1, 3):
        sender.queue(first).put(ACCEPT)
    threading.Event().wait(0.1)  # both answers wait for one tick
    pipeline.writer.tick()
    assert pipeline.states == [("a", 2, 0), ("b", 2, 0)]


def test_chunk_that_may_not_be_sent_yet_holds_its_state() -> None:
    sender = Held()
    plans = {"users": plan(), "people": plan("people", settings=config(target=target(2)))}
    pipeline = Pipeline(sender, plans=plans, max_in_flight=1)
    pipeline.feed(1)
    pipeline.feed(2, stream="people")
    pipeline.writer.checkpoint("g", None)
    sender.queue(1).put(ACCEPT)
    sender.queue(2).put(Outcome(Action.STOP, error=Refused("no", code=401)))
    with pytest.raises(Refused):
        pipeline.writer.flush()  # both chunks are sealed at once, and only one may be in flight
    assert (sender.sent, pipeline.states) == ([[1], [2]], [])


def test_counts_belong_to_their_stream() -> None:
    pipeline = Pipeline(
        Scripted(rejecting(3)), plans={"users": plan(), "people": plan("people")}, max_profiles=10
    )
    pipeline.feed(1, 2)
    pipeline.feed(3, 4, "p", stream="people")
    pipeline.feed("u")
    pipeline.writer.close()
    assert pipeline.states == [("p", 1, 1), ("u", 2, 0)]


def test_global_state_closes_every_stream() -> None:
    pipeline = Pipeline(
        Scripted(rejecting(3)), plans={"users": plan(), "people": plan("people")}, max_profiles=10
    )
    pipeline.feed(1, 2)
    pipeline.feed(3, stream="people")
    pipeline.writer.checkpoint("g", None)
    pipeline.writer.checkpoint("h", None)
    pipeline.writer.close()
    assert pipeline.states == [("g", 2, 1), ("h", 0, 0)]


def test_superseded_record_waits_for_the_answer() -> None:
    sender = Held()
    pipeline = Pipeline(sender, plans={"users": plan(sync_mode="append_dedup")}, max_profiles=3)
    pipeline.feed(1, "a", 1, "b", 2)
    assert pipeline.states == []
    sender.queue(1).put(ACCEPT)
    pipeline.writer.close()
    assert (sender.sent, pipeline.states) == ([[1, 2]], [("a", 1, 0), ("b", 1, 0)])


def test_rejections_are_stored_before_the_state() -> None:
    store = NotingStore()
    pipeline = Pipeline(Scripted(rejecting(1)), store=store)
    pipeline.writer._release_state = lambda safe: store.noted.append(safe.state)
    pipeline.feed(1, 2, "a")
    pipeline.writer.close()
    assert store.noted == ["put", "flush", "a"]


@pytest.mark.parametrize("step", ["put", "flush"])
def test_no_state_after_a_failed_store(step: str) -> None:
    pipeline = Pipeline(Scripted(rejecting(1)), store=FailingStore(step))
    with pytest.raises(StoreFailed):
        pipeline.feed(1, 2, "a", 3, 4, "b")
        pipeline.writer.close()
    assert pipeline.states == []


def test_failed_chunk_holds_every_later_state() -> None:
    refusal = Outcome(Action.STOP, error=Refused("no", code=401))
    pipeline = Pipeline(
        Scripted(lambda chunk: refusal if 3 in ids(chunk) else ACCEPT), max_in_flight=1
    )
    with pytest.raises(Refused):
        pipeline.feed(1, 2, "a", 3, 4, "b", 5, 6, "c")
        pipeline.writer.close()
    pipeline.writer.abandon()
    assert pipeline.states == [("a", 2, 0)]


def test_abandon_awaits_what_is_in_flight() -> None:
    sender = Held()
    pipeline = Pipeline(sender)
    pipeline.feed(1, 2, "a", 3, 4, "b")
    sender.queue(3).put(Outcome(Action.STOP, error=Refused("no", code=401)))
    with pytest.raises(Refused):
        while True:
            pipeline.writer.tick()
    sender.queue(1).put(ACCEPT)
    pipeline.writer.abandon()
    assert (sender.sent, pipeline.states) == ([[1, 2], [3, 4]], [("a", 2, 0)])


def test_interrupted_wait_for_an_answer_ends() -> None:
    clock = Clock()
    pipeline = Pipeline(Held(), clock=clock)
    pipeline.feed(1, 2)
    pipeline.writer.interrupt(Interrupted(15))
    threading.Timer(0.05, setattr, [clock, "now", INTERRUPTED_SECONDS]).start()
    pipeline.writer._heartbeat = lambda _: 0.01
    pipeline.writer.abandon()
    assert (pipeline.dispatcher.sending, pipeline.dispatcher.unknown()) == (1, 2)


def test_wait_for_an_answer_is_long_without_an_interruption() -> None:
    clock, sender = Clock(), Held()
    pipeline = Pipeline(sender, clock=clock)
    pipeline.feed(1, 2, "a")
    threading.Timer(0.05, setattr, [clock, "now", ABANDON_SECONDS - 1]).start()
    threading.Timer(0.2, sender.queue(1).put, [ACCEPT]).start()
    pipeline.writer._heartbeat = lambda _: 0.01
    pipeline.writer.abandon()
    assert pipeline.states == [("a", 2, 0)]


def test_too_many_rejections_end_the_sync() -> None:
    pipeline = Pipeline(Scripted(), max_profiles=10, max_rejected=2)
    for _ in range(2):
        pipeline.writer.records(USERS, [b"{}"])
    with pytest.raises(
        TooManyRejected,
        match=r"More than 2 records .* The most frequent reasons: 3 of users \(profile required",
    ):
        pipeline.writer.records(USERS, [b"{}"])


def test_chunk_is_entered_whole_before_too_many_rejections_end_the_sync() -> None:
    store = NotingStore()
    pipeline = Pipeline(Scripted(rejecting(1, 2, 3)), store=store, max_profiles=4, max_rejected=0)
    with pytest.raises(TooManyRejected):
        pipeline.feed(1, 2, 3, 4, "a")
        pipeline.writer.close()
    pipeline.writer.abandon()
    assert (store.noted, pipeline.states) == (["put"] * 3 + ["flush"], [("a", 1, 3)])


def test_lowered_byte_limit_reaches_the_chunker() -> None:
    refusal = Outcome(Action.HALVE, refusal=REFUSAL, too_large=True)
    sender = Scripted(lambda chunk: refusal if chunk.size > 150 else ACCEPT)
    pipeline = Pipeline(sender, max_profiles=100, max_in_flight=1)
    pipeline.feed(*range(100, 200), "a")
    pipeline.writer.flush()
    pipeline.feed(*range(200, 300), "b")
    pipeline.writer.close()
    assert len(sender.sent[0]) == 100
    assert max(len(sent) for sent in sender.sent if sent[0] >= 200) < 12  # a body of 150 bytes
    assert pipeline.states == [("a", 100, 0), ("b", 100, 0)]


def test_interrupt_ends_a_wait() -> None:
    pipeline = Pipeline(Held(), max_in_flight=1)
    pipeline.feed(1, 2)
    threading.Timer(0.05, pipeline.writer.interrupt, [Unavailable("stop")]).start()
    with pytest.raises(Unavailable):
        pipeline.feed(3, 4, 5, 6)  # blocks: one chunk is in flight and no more may be


def test_unbalanced_books_stop_the_state() -> None:
    pipeline = Pipeline(Scripted())
    pipeline.feed(1)
    pipeline.writer.ledger.interval("users").read += 1  # a record that never came
    pipeline.feed("a")
    with pytest.raises(
        BooksDoNotBalance, match="out by 1: 2 read, 1 accepted, 0 rejected, 0 superseded"
    ):
        pipeline.writer.close()
    assert pipeline.states == []


def test_unbalanced_books_fail_the_end() -> None:
    pipeline = Pipeline(Scripted())
    pipeline.feed(1)
    pipeline.writer.ledger.settle(Interval("users"), accepted=1)
    with pytest.raises(BooksDoNotBalance, match="out by -1"):
        pipeline.writer.close()


def test_invalid_record_is_rejected_alone() -> None:
    sender = Scripted()
    pipeline = Pipeline(sender, max_profiles=10)
    for data in (b'{"id":1}', b'{"id":null}', b"[]", b'{"id":2}'):
        pipeline.writer.records(USERS, [data])
    pipeline.feed("a")
    pipeline.writer.close()
    assert (sender.sent, pipeline.states, pipeline.writer.tally.total) == (
        [[1, 2]],
        [("a", 2, 2)],
        2,
    )


def test_patience_ends_when_a_chunk_is_due() -> None:
    pipeline = Pipeline(Scripted())
    pipeline.writer._heartbeat = lambda _: 1000.0
    assert 999 < pipeline.writer.patience() <= 1000
    pipeline.feed(1)
    assert 59 < pipeline.writer.patience() <= 60


def test_memory_is_bounded_by_what_is_in_flight() -> None:
    sender = Held()
    pipeline = Pipeline(sender, max_in_flight=2, max_profiles=1)
    feeding = threading.Thread(target=pipeline.feed, args=(1, 2, 3, 4, 5))
    feeding.start()
    feeding.join(0.2)
    assert (feeding.is_alive(), pipeline.writer.read) == (
        True,
        3,
    )  # two in flight, one waits, nothing more is taken
    for each in range(1, 6):
        sender.queue(each).put(ACCEPT)
    feeding.join(5)
    pipeline.writer.close()
    assert pipeline.writer.read == 5


def test_record_nested_too_deeply_is_rejected_alone() -> None:
    def recurse(*_: object) -> None:
        raise RecursionError

    deep = plan("deep")
    deep._map = recurse  # stands for any step that recurses
    pipeline = Pipeline(Scripted(), plans={"users": plan(), "deep": deep})
    pipeline.feed(1)
    pipeline.feed(2, "a", stream="deep")
    pipeline.writer.close()
    assert (pipeline.states, list(pipeline.writer.tally.table())) == (
        [("a", 0, 1)],
        [
            "stream  step  code   records  reason",
            "deep    json  depth        1  is nested too deeply",
        ],
    )


def test_superseded_record_shares_a_rejection() -> None:
    pipeline = Pipeline(
        Scripted(rejecting(1)), plans={"users": plan(sync_mode="append_dedup")}, max_profiles=9
    )
    pipeline.feed(1, 2, 1, "a")
    pipeline.writer.close()
    assert pipeline.states == [("a", 1, 2)]
    assert pipeline.writer.tally.table()[2].split()[:4] == ["users", "superseded", "rejected", "1"]


def test_abandon_sends_nothing_more() -> None:
    retry = Outcome(Action.RETRY, error=Unavailable("no answer"))
    sender = Scripted(lambda _: retry)
    pipeline = Pipeline(sender, backoff=lambda _: 0.01, retry_seconds=60)
    pipeline.feed(1, 2)
    pipeline.writer.abandon()
    sent = len(sender.sent)
    pipeline.writer.abandon()
    assert len(sender.sent) == sent
