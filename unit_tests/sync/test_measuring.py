import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from destination_profiles.delivery.senders import Answer
from destination_profiles.errors import NobodyReads, Unavailable
from destination_profiles.protocol.figures import FIGURES, STARTED, Figures, Started
from destination_profiles.rejection import Rejection
from destination_profiles.service.outcome import (
    ACCEPTED,
    Accepted,
    Cleared,
    Halve,
    Outcome,
    Retry,
    Stop,
    Unasked,
)
from destination_profiles.sync import measuring as module
from destination_profiles.sync.measuring import Measuring
from destination_profiles.sync.requests import MAX_REQUESTS, Requests
from unit_tests.delivery.chunks import chunk
from unit_tests.pipeline import REFUSAL, Clock, Link, Pipeline, held
from unit_tests.settings import config

DAY = 86_400
LIMIT = 1_000  # messages of a sync that the platform takes
FAILURE = Unavailable("the service is away", reason="the host refused the connection")


class Told:
    """What was told, and how a sync is measured in simulated time."""

    def __init__(self, mask: Callable[[str], str] = str) -> None:
        self.clock = Clock()
        self.told: list[tuple[str, Started | Figures]] = []
        self.measuring = Measuring(
            lambda *told: self.told.append(msgspec.json.decode(msgspec.json.encode(told))),
            lambda _: None,
            mask=mask,
            clock=self.clock,
        )

    def figures(self) -> list[Any]:
        return [value for kind, value in self.told if kind == FIGURES]

    def run(self, pipeline: Pipeline, *seconds: float) -> None:
        """Look at a pipeline at some times, within a sync."""
        with self.measuring.of(pipeline.writer, config(), "2026"):
            for each in seconds:
                self.clock.now = each
                self.measuring(pipeline.writer)


def test_sync_begins_and_ends_with_a_message() -> None:
    told = Told()
    told.run(Pipeline(Link()))
    assert [kind for kind, _ in told.told] == [STARTED, FIGURES]
    started, figures = (value for _, value in told.told)
    assert (started["max_profiles"], started["sync"]) == (10_000, "2026")
    assert (figures["ended"], figures["failure"], len(figures["samples"])) == (True, None, 1)


def test_samples_come_together_every_two_seconds() -> None:
    told = Told()
    told.run(Pipeline(Link()), *(number / 4 for number in range(1, 17)))
    assert [[each[0] for each in one["samples"]] for one in told.figures()] == [
        [250, 500, 750, 1000, 1250, 1500, 1750, 2000],
        [2250, 2500, 2750, 3000, 3250, 3500, 3750, 4000],
        [4000],
    ]


def test_messages_of_a_week_are_fewer_than_the_platform_takes() -> None:
    told, pipeline = Told(), Pipeline(Link())
    with told.measuring.of(pipeline.writer, config(), None):
        while told.clock.now < 7 * DAY:
            told.clock.now += max(told.measuring(pipeline.writer), 0.001)
    assert LIMIT / 2 < len(told.told) < LIMIT


def test_counts_are_those_of_the_books() -> None:
    told, pipeline = Told(), Pipeline(Link(lambda _: Accepted({0: REFUSAL})), max_profiles=2)
    pipeline.feed(1, 2, 3)
    pipeline.pump.finish()
    told.run(pipeline)
    (figures,) = told.figures()
    counts = figures["streams"]["users"]
    assert {name: count for name, count in counts.items() if count} == {
        "read": 3,
        "accepted": 1,
        "rejected": 2,
    }
    assert [(each["code"], each["count"]) for each in figures["reasons"]] == [("404", 2)]
    assert figures["samples"] == [[0, 3, 1, 2, 0, 4, 0]]


def test_reason_is_told_with_its_shapes() -> None:
    told, pipeline = Told(), Pipeline(Link())
    for shape in ("99.99", "99.99", "Aa"):
        refused = Rejection("conversion", "date", "", "$", "$.born must be a date", shape=shape)
        pipeline.writer.tally.add("users", refused)
    told.run(pipeline)
    (reason,) = told.figures()[0]["reasons"]
    assert (reason["shapes"], reason["other_shapes"]) == ([["99.99", 2], ["Aa", 1]], 0)


def test_few_reasons_are_told_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_REASONS", 2)
    told, pipeline = Told(), Pipeline(Link())
    for code, times in (("a", 1), ("b", 3), ("c", 2)):
        for _ in range(times):
            pipeline.writer.tally.add("users", Rejection("schema", code, "", "$", "$"))
    told.run(pipeline)
    (figures,) = told.figures()
    assert [each["code"] for each in figures["reasons"]] == ["b", "c"]
    assert figures["other_reasons"] == 1


def test_streams_beyond_some_are_told_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_STREAMS", 2)
    told, pipeline = Told(), Pipeline(Link())
    for name, times in (("a", 1), ("b", 3), ("c", 2)):
        pipeline.writer.ledger.interval(name).read += times
    told.run(pipeline)
    (figures,) = told.figures()
    assert {name: each["read"] for name, each in figures["streams"].items()} == {
        "b": 3,
        "2 further streams": 3,
    }


def test_secrets_are_masked() -> None:
    told, pipeline = Told(lambda text: text.replace("secret", "****")), Pipeline(Link())
    pipeline.writer.tally.add("users", Rejection("schema", "a", "", "$", "$.secret is odd"))
    with pytest.raises(Unavailable), told.measuring.of(pipeline.writer, config(), None):
        raise Unavailable("secret is away")
    (figures,) = told.figures()
    assert (figures["reasons"][0]["text"], figures["failure"]) == ("$.**** is odd", "**** is away")


def test_defect_ends_with_figures_too() -> None:
    told, pipeline = Told(), Pipeline(Link())
    with pytest.raises(KeyError), told.measuring.of(pipeline.writer, config(), None):
        raise KeyError("a value")
    assert told.figures()[0]["failure"] == "A defect of the connector ended the sync."


def test_gone_reader_hides_no_error() -> None:
    def gone(kind: str, _: Started | Figures) -> None:
        if kind == FIGURES:
            raise NobodyReads

    measuring, pipeline = Measuring(gone, lambda _: None, clock=Clock()), Pipeline(Link())
    with pytest.raises(Unavailable), measuring.of(pipeline.writer, config(), None):
        raise FAILURE


def test_longest_wait_for_a_state_is_told() -> None:
    told, pipeline = Told(), Pipeline(Link())
    with told.measuring.of(pipeline.writer, config(), None):
        for at in (1.0, 4.5, 5.0):
            told.clock.now = at
            told.measuring.state(None)  # type: ignore[arg-type] - it is given on as it is
        told.clock.now = 6.0
    (figures,) = told.figures()
    assert (figures["states"], figures["longest_wait"]) == (3, [3500, 1000])


def test_unknown_fate_is_told_at_the_end() -> None:
    told, pipeline = Told(), Pipeline(held())
    pipeline.feed(1, 2)
    told.run(pipeline, 3.0)
    assert [each["unknown"] for each in told.figures()] == [0, 2]


def test_troubles_are_counted() -> None:
    told, pipeline = Told(), Pipeline(Link())
    with told.measuring.of(pipeline.writer, config(), None):
        for reason in ("cut", "cut", ""):
            outcome = Retry(FAILURE, reason=reason)
            told.measuring.answered(Answer(chunk(1), outcome, 0.0, 0.1))
    assert told.figures()[0]["troubles"] == {"cut": 2, "its answer cannot be read": 1}


@pytest.mark.parametrize(
    ("outcome", "word", "refused"),
    [
        (ACCEPTED, "accepted", 0),
        (Accepted({0: REFUSAL}), "accepted", 1),
        (Accepted(later={0: Retry(FAILURE)}), "later", 0),
        (Accepted({0: REFUSAL}, {1: Stop(FAILURE)}), "stopped", 1),
        (Retry(FAILURE, throttled=True), "throttled", 0),
        (Retry(FAILURE), "failed", 0),
        (Halve(REFUSAL, FAILURE), "halved", 0),
        (Stop(FAILURE), "stopped", 0),
    ],
)
def test_request_is_told_with_what_became_of_it(outcome: Outcome, word: str, refused: int) -> None:
    requests, sent = Requests(1.0), chunk(1, 2)
    requests.add(Answer(sent, outcome, 1.5, 1.75))
    told, every, answered = requests.take()
    assert json.loads(msgspec.json.encode(told)) == [[500, 250, 2, sent.size, word, refused]]
    assert (every, answered, requests.take()) == (1, 1, ([], 1, 0))


@pytest.mark.parametrize("outcome", [Cleared(), Unasked(Retry(FAILURE)), Stop(FAILURE)])
def test_question_about_settings_is_no_request(outcome: Outcome) -> None:
    requests = Requests(0.0)
    requests.add(Answer(chunk(1), outcome, 0.0, 0.1, asked=True))
    assert requests.take() == ([], 1, 0)


def test_of_many_requests_an_even_part_is_told() -> None:
    requests, sent = Requests(0.0), chunk(1)
    for number in range(1_000):
        requests.add(Answer(sent, ACCEPTED, number / 1000, 1.0))
    told, every, answered = requests.take()
    assert (every, answered) == (16, 1_000)
    assert [each.at for each in told] == list(range(0, 1_000, 16))
    assert len(told) <= MAX_REQUESTS
