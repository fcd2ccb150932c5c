"""No state passes what is not safe, though nobody waits for it."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from destination_profiles.delivery.blame import Resolution
from destination_profiles.delivery.checkpoint import Checkpointer
from destination_profiles.delivery.chunks import Chunk
from destination_profiles.delivery.keeping import Keeping
from destination_profiles.errors import StoreFailed, StoreUnavailable
from destination_profiles.records.batch import Batch, Data, Joined
from destination_profiles.rejection import Rejection
from unit_tests.delivery.chunks import chunk
from unit_tests.pipeline import REFUSAL, codec


class AllButTheFirst:
    """A memory that knows the first record of each batch, or belongs to another by now."""

    def __init__(self) -> None:
        self.lost = False
        self.heard: list[object] = []
        self.asked: list[object] = []

    def answered(self, resolution: Resolution) -> None:
        self.heard.append(resolution)

    def unsent(self, stream: str, originals: Sequence[Data]) -> None:
        self.heard.append((stream, originals))

    def changed(self, batch: Batch, *more: object) -> tuple[Batch | None, list[int]]:
        self.asked.append((batch, *more))
        return batch.part(1, len(batch)), [0]

    def settle(self) -> None:
        if self.lost:
            raise StoreUnavailable("lost")


class Slow:
    """A recorder of which the test says what is `safe`."""

    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.begun = self.safe = 0
        self.fails: StoreFailed | None = None

    def answered(self, resolution: Resolution) -> None:
        self.heard.append(resolution)

    def put_off(self, chunk: Chunk, code: str) -> None:
        self.heard.append(chunk)

    def unsent(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        self.heard.append(ordinal)

    def unchanged(self, stream: str, identities: object, ordinals: Sequence[int]) -> None:
        self.heard += ordinals

    def deleted(self, stream: str, originals: Sequence[Data], first: int) -> None:
        self.heard.append(first)

    def attach(self, wake: Callable[[], None]) -> None:
        pass

    def begin(self) -> int:
        self.begun += 1
        return self.begun

    def kept(self) -> int:
        if self.fails is not None:
            raise self.fails
        return self.safe

    def close(self) -> None:
        self.safe = self.begun


class Hearing(Slow):
    """A recorder that keeps all that it is told of what was never sent."""

    def unsent(self, *told: object) -> None:
        self.heard.append(told)

    def unchanged(self, *told: object) -> None:
        self.heard.append(told)

    def deleted(self, *told: object) -> None:
        self.heard.append(told)


def made(recorder: Slow | None) -> tuple[Checkpointer, Keeping]:
    checkpointer = Checkpointer()
    return checkpointer, Keeping(checkpointer, recorder)


def test_nothing_waits_without_a_recorder() -> None:
    checkpointer, keeping = made(None)
    token = checkpointer.track(0)
    checkpointer.hold("a", 1, [])
    keeping.answered(Resolution(chunk(1), {}))
    keeping.resolve(token)
    keeping.unsent("users", b"", REFUSAL, 1)
    keeping.begin()
    checkpointer.hold("b", 2, [])
    assert [each.state for each in checkpointer.release()] == ["a", "b"]
    assert len(keeping) == 0


def test_state_waits_until_its_chunk_is_safe() -> None:
    slow = Slow()
    checkpointer, keeping = made(slow)
    tokens = [checkpointer.track(0), checkpointer.track(1)]
    checkpointer.hold("a", 1, [])
    checkpointer.hold("b", 2, [])
    for token in tokens:
        keeping.resolve(token)
    keeping.settle()
    assert not checkpointer.is_safe()
    slow.safe = 1
    keeping.settle()
    assert [each.state for each in checkpointer.release()] == ["a"]
    assert len(keeping) == 1
    keeping.close()
    keeping.settle()
    assert [each.state for each in checkpointer.release()] == ["b"]


@pytest.mark.parametrize("kind", ["unsent", "deleted"])
def test_state_waits_for_what_was_never_sent(kind: str) -> None:
    slow = Slow()
    checkpointer, keeping = made(slow)
    for ordinal in (0, 1):
        if kind == "unsent":
            keeping.unsent("users", b"", REFUSAL, ordinal)
        else:
            keeping.deleted("users", [b""], ordinal)
    keeping.begin()
    checkpointer.hold("a", 2, [])
    assert (slow.heard, slow.begun) == ([0, 1], 1)
    keeping.settle()
    assert not checkpointer.is_safe()
    slow.safe = 1
    keeping.settle()
    assert checkpointer.is_safe()


def test_recorder_hears_what_was_never_sent() -> None:
    hearing = Hearing()
    keeping = Keeping(Checkpointer(), hearing, AllButTheFirst())  # type: ignore[arg-type]
    keeping.unsent("users", b"a", REFUSAL, 3)
    keeping.changed(three(), codec().route, frozenset())
    keeping.deleted("people", [b"b", b"c"], 7)
    assert hearing.heard == [
        ("users", b"a", REFUSAL, 3),
        ("users", [("1",)], [4]),
        ("people", [b"b", b"c"], 7),
    ]


def test_failure_lets_nothing_pass() -> None:
    slow = Slow()
    checkpointer, keeping = made(slow)
    token = checkpointer.track(0)
    checkpointer.hold("a", 1, [])
    keeping.resolve(token)
    slow.fails = StoreFailed("full")
    with pytest.raises(StoreFailed):
        keeping.settle()
    assert not checkpointer.is_safe()


def three() -> Batch:
    joined = Joined([b"1", b"2", b"3"], b",")
    return Batch(joined, joined, [("1",), ("2",), ("3",)], ordinals=range(4, 7))


def test_no_state_passes_what_did_not_change_before_it_is_kept() -> None:
    checkpointer, slow = Checkpointer(), Slow()
    keeping = Keeping(checkpointer, slow, AllButTheFirst())  # type: ignore[arg-type]
    changed, unchanged = keeping.changed(three(), codec().route, frozenset())
    assert changed is not None
    assert (list(changed.ordinals), unchanged, slow.heard) == ([5, 6], 1, [4])
    keeping.begin()
    checkpointer.hold("state", 7, [])
    assert not checkpointer.is_safe()
    slow.safe = slow.begun
    keeping.settle()
    assert checkpointer.is_safe()


def test_all_is_sent_without_a_memory() -> None:
    batch = three()
    keeping = Keeping(Checkpointer(), None)
    assert keeping.changed(batch, codec().route, frozenset()) == (batch, 0)


def test_memory_hears_of_each_last_word() -> None:
    memory = AllButTheFirst()
    keeping = Keeping(Checkpointer(), None, memory)  # type: ignore[arg-type]
    answered = Resolution(chunk(1), {})
    keeping.answered(answered)
    keeping.unsent("users", b"a", REFUSAL, 1)
    keeping.deleted("people", [b"b", b"c"], 2)
    assert memory.heard == [answered, ("users", [b"a"]), ("people", [b"b", b"c"])]


def test_memory_is_asked_what_did_not_change() -> None:
    batch, route, unsettled = three(), codec().route, frozenset({"1"})
    memory = AllButTheFirst()
    keeping = Keeping(Checkpointer(), None, memory)  # type: ignore[arg-type]
    changed, unchanged = keeping.changed(batch, route, unsettled)
    assert changed is not None
    assert (list(changed.ordinals), unchanged) == ([5, 6], 1)
    assert memory.asked == [(batch, route, unsettled)]


def test_memory_that_is_lost_stops_the_states() -> None:
    memory = AllButTheFirst()
    keeping = Keeping(Checkpointer(), None, memory)  # type: ignore[arg-type]
    keeping.settle()
    memory.lost = True
    with pytest.raises(StoreUnavailable):
        keeping.settle()
