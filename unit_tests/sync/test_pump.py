import json
import os
from collections.abc import Iterator

import pytest

from destination_profiles.delivery.bound import Bound
from destination_profiles.delivery.mailbox import Mail
from destination_profiles.errors import BrokenInput, Interrupted
from destination_profiles.protocol.pipes import LineReader
from destination_profiles.rejection import Rejection
from unit_tests.pipeline import Link, Pipeline
from unit_tests.rejects.memory import MemoryStore


def record(number: int) -> bytes:
    return (
        json.dumps(
            {"type": "RECORD", "record": {"stream": "users", "data": {"id": number}}}
        ).encode()
        + b"\n"
    )


STATE = (
    json.dumps(
        {
            "type": "STATE",
            "state": {"type": "STREAM", "stream": {"stream_descriptor": {"name": "users"}}},
        }
    ).encode()
    + b"\n"
)


class Readable(Link):
    """A link beside an input that can be read whenever it is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[bool] = []

    def wait(self, seconds: float, source: int | None = None) -> Mail:
        self.asked.append(source is not None)
        if source is None:
            return super().wait(seconds)
        return Mail(super().wait(0.0).answers, readable=True)


@pytest.fixture
def ends() -> Iterator[tuple[int, int]]:
    made = os.pipe()
    yield made
    os.close(made[0])


def test_input_is_delivered_to_its_end(ends: tuple[int, int]) -> None:
    link = Readable()
    pipeline = Pipeline(link)
    os.write(ends[1], record(1) + record(2) + record(1) + STATE)
    os.close(ends[1])
    pipeline.pump.run(LineReader(ends[0]))
    assert (link.sent, len(pipeline.states)) == ([[1, 2], [1]], 1)


def test_what_came_before_a_broken_line_is_delivered(ends: tuple[int, int]) -> None:
    link = Readable()
    pipeline = Pipeline(link)
    os.write(ends[1], record(1) + STATE + b'{"type": "RECORD", \n')
    os.close(ends[1])
    with pytest.raises(BrokenInput):
        pipeline.pump.run(LineReader(ends[0]))
    assert (link.sent, len(pipeline.states)) == ([[1]], 1)


def test_input_is_not_read_while_the_bound_is_reached(ends: tuple[int, int]) -> None:
    link = Readable()
    link.held = True
    pipeline = Pipeline(link, max_profiles=10, bound=Bound(10**6, 2, 100))
    pipeline.feed(1, 1, 1, 1)
    os.write(ends[1], record(2))
    os.close(ends[1])
    link.held = False
    pipeline.pump.run(LineReader(ends[0]))
    assert link.asked == [False, False, True, True]
    assert link.sent == [[1], [1], [1], [1, 2]]


def test_row_larger_than_the_bound_passes_alone() -> None:
    link = Link()
    pipeline = Pipeline(link, max_profiles=10, bound=Bound(5, 100, 100))
    for number in (1, 2, 3):
        pipeline.pump.feed(record(number))
    assert link.sent == [[1], [2], [3]]


def test_waits_end_when_something_is_due() -> None:
    link = Link()
    pipeline = Pipeline(link, heartbeat=lambda _: 7.0)
    pipeline.pump.turn()
    pipeline.pump.turn(seconds=2.0)
    assert link.waits == [7.0, 2.0]


class Interrupting(MemoryStore):
    """A store in the middle of whose records a signal comes."""

    def __init__(self, link: Link, at: int) -> None:
        super().__init__()
        self.link, self.at = link, at

    def put(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        super().put(stream, original, rejection, ordinal)
        if ordinal == self.at:
            self.link.interrupt(Interrupted(15))


def test_signal_counts_between_two_records_that_are_explained() -> None:
    """Each may take a while, and hundreds of them stand in one block of input."""
    link = Link()
    pipeline = Pipeline(link, store=Interrupting(link, at=2))
    lines = b"".join(record(number).replace(b'"id"', b'"no id"') for number in range(300))
    with pytest.raises(Interrupted):
        pipeline.pump.feed(lines)
    assert pipeline.writer.read == 3


def test_signal_counts_between_two_parts_of_a_block() -> None:
    link = Link()
    pipeline = Pipeline(link, max_profiles=1000)
    link.interrupt(Interrupted(15))
    with pytest.raises(Interrupted):
        pipeline.pump.feed(b"".join(map(record, range(300))))
    assert pipeline.writer.read == 0
