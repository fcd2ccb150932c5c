"""Results of profiles that are found by the service's own id."""

import json
from typing import Any

import pytest

from destination_profiles.errors import BadAnswer
from destination_profiles.service.answers import Answers
from destination_profiles.service.manifest import service
from destination_profiles.service.outcome import Accepted, Outcome, Retry

IDS = ["a1", "b2", "c3"]


def result(profile_id: Any, error: int = 0, text: str = "") -> dict[str, Any]:
    return {"error": error, "error_text": text, "profile_id": profile_id}


def interpreted(*results: dict[str, Any], ids: list[str] = IDS, told: bool = False) -> Outcome:
    body = json.dumps({"error": 0, "result": results}).encode()
    return Answers(service(), ids=told).interpret(200, body, len(ids), None, ids)


def rejected(outcome: Outcome) -> list[int]:
    assert isinstance(outcome, Accepted)
    return sorted(outcome.rejected)


REFUSED = result("b2", 400, "wrong")
NOT_FOUND = result("", 404, "not found")


@pytest.mark.parametrize(
    ("results", "places"),
    [
        ([result("a1"), REFUSED, result("c3")], [1]),
        ([result("c3"), REFUSED, result("a1")], [1]),
        ([REFUSED, result("c3"), result("a1")], [1]),
        ([result("A1 "), REFUSED, result("c3")], [1]),
        ([result(None), REFUSED, result(None)], [1]),
        ([result("a1"), NOT_FOUND, NOT_FOUND], [1, 2]),
        ([NOT_FOUND, NOT_FOUND, result("a1")], [1, 2]),
        ([NOT_FOUND, result("c3"), result("a1")], [1]),
    ],
)
def test_results_are_of_the_profiles_that_they_name(
    results: list[dict[str, Any]], places: list[int]
) -> None:
    assert rejected(interpreted(*results)) == places


@pytest.mark.parametrize(
    "results",
    [
        [result("a1"), REFUSED, result("d4")],
        [result("d4"), result("e5"), result("f6")],
        [result("a1"), result("a1"), result("c3")],
        [result("b2"), result("a1"), result("a1")],
        [NOT_FOUND, result("", 400, "wrong"), result("a1")],  # which of them is which?
    ],
)
def test_results_of_other_profiles_cannot_be_read(results: list[dict[str, Any]]) -> None:
    outcome = interpreted(*results)
    assert isinstance(outcome, Retry) and outcome.unknown
    assert isinstance(outcome.error, BadAnswer)


def test_numbers_are_ids_too() -> None:
    assert rejected(interpreted(result(2, 400), result(1), ids=["1", "2"])) == [1]


def test_ids_are_given_back_in_the_order_of_the_profiles() -> None:
    outcome = interpreted(*map(result, reversed(IDS)), told=True)
    assert isinstance(outcome, Accepted) and list(outcome.ids) == IDS
