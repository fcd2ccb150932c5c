"""What is counted of subscriptions that a mapping makes."""

import pytest

from destination_profiles.records.status_column import WITHOUT, StatusCounts, by_word, word_of
from destination_profiles.records.table import ABSENT
from destination_profiles.statuses import KEEPS

EMAIL, SMS = ("email", 28), ("sms", 3)


def test_what_is_taken_adds_up() -> None:
    counts = StatusCounts()
    counts.tries(EMAIL, ["subscribed", "subscribed", "unsubscribed"])
    counts.tries(SMS, ["subscribed"])
    counts.take()
    counts.tries(EMAIL, ["subscribed"])
    counts.take()
    assert counts.taken == {
        ("email", 28, "subscribed"): 3,
        ("email", 28, "unsubscribed"): 1,
        ("sms", 3, "subscribed"): 1,
    }
    assert by_word(counts.taken) == {"subscribed": 4, "unsubscribed": 1}


def test_what_is_tried_and_not_taken_does_not_count() -> None:
    counts = StatusCounts()
    counts.tries(EMAIL, ["subscribed"])
    counts.drop()
    counts.take()
    assert not counts.taken
    counts.tries(EMAIL, ["unsubscribed"])
    counts.take()
    counts.take()
    assert counts.taken == {("email", 28, "unsubscribed"): 1}


def test_what_is_taken_back_does_not_count() -> None:
    counts = StatusCounts()
    counts.tries(EMAIL, ["subscribed", "subscribed", ABSENT])
    counts.take_back(EMAIL, "subscribed")
    counts.take()
    assert by_word(counts.taken) == {"subscribed": 1, WITHOUT: 1}


@pytest.mark.parametrize(
    ("status", "word"),
    [("subscribed", "subscribed"), (1, "ended"), (2, "2"), (None, WITHOUT), (ABSENT, WITHOUT), (KEEPS, WITHOUT)],
)  # fmt: skip
def test_status_is_told_by_its_word(status: object, word: str) -> None:
    assert word_of(status, {1: "ended"}) == word
    counts = StatusCounts()
    counts.tries(EMAIL, [status], {1: "ended"})
    counts.tries(EMAIL, [])
    counts.take()
    assert counts.taken == {("email", 28, word): 1}
