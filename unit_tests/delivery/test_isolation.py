import math

import pytest

from destination_profiles.delivery.isolation import MAX_REFUSED, Isolation
from unit_tests.pipeline import REFUSAL


def halves(part: list[int]) -> list[list[int]]:
    size = 1 if len(part) <= 3 else (len(part) + 1) // 2
    return [part[start : start + size] for start in range(0, len(part), size)]


def search(count: int, culprits: set[int]) -> tuple[list[int], int, bool]:
    """Who is blamed, in how many requests, and whether the search was given up."""
    made: Isolation[list[int]] = Isolation()
    made.split([list(range(count))])
    blamed, requests = [], 0
    while made:
        part = made.take()
        requests += 1
        if not culprits & set(part):
            made.accepted()
        elif len(part) > 1:
            made.split(halves(part))
        elif made.blame(REFUSAL) is None:
            blamed += part
        else:
            return blamed, requests, True
    return sorted(blamed), requests, False


CULPRITS = [
    range(5),
    range(995, 1000),
    range(500, 505),
    range(0, 1000, 200),
    range(0, 1000, 250),
    [0, 500, 250, 750, 125, 625],
]


@pytest.mark.parametrize("culprits", CULPRITS)
def test_culprits_are_found_wherever_they_are(culprits) -> None:
    """The first profiles to be found are not taken for all there are."""
    assert search(1000, set(culprits))[::2] == (sorted(culprits), False)


@pytest.mark.parametrize("profiles", [2, 3, 4, 5, 7, 9, 16, 17, 33, 100, 129])
def test_any_culprit_is_found_in_few_requests(profiles: int) -> None:
    most = 2 * math.log2(profiles) + 2
    for culprit in range(profiles):
        blamed, requests, _ = search(profiles, {culprit})
        assert (blamed, requests <= most) == ([culprit], True)


@pytest.mark.parametrize("culprit", [0, 4999, 9999])
def test_culprit_of_ten_thousand_is_found_in_28_requests(culprit: int) -> None:
    assert search(10_000, {culprit})[1] <= 28


def test_request_that_is_always_refused_is_given_up() -> None:
    blamed, requests, given_up = search(1000, set(range(1000)))
    assert (len(blamed), given_up, requests < 80) == (MAX_REFUSED - 1, True, True)


def test_error_names_the_code() -> None:
    made: Isolation[list[int]] = Isolation()
    *_, error = (made.blame(REFUSAL) for _ in range(MAX_REFUSED))
    assert str(error).startswith(
        "The service accepts nothing: it refused 5 profiles in requests of their own (code 404: "
        "not found)."
    )


def test_refused_profiles_are_to_blame_once_something_was_accepted() -> None:
    made: Isolation[list[int]] = Isolation()
    made.accepted()
    assert [made.blame(REFUSAL) for _ in range(20)] == [None] * 20
