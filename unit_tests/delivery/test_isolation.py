import math

import pytest

from destination_profiles.delivery.isolation import Isolation


def halves(part: list[int]) -> list[list[int]]:
    size = 1 if len(part) <= 3 else (len(part) + 1) // 2
    return [part[start : start + size] for start in range(0, len(part), size)]


def search(count: int, culprits: set[int]) -> tuple[list[int], int]:
    """Who is found, one after the other, and in how many requests."""
    made: Isolation[list[int]] = Isolation()
    made.split([list(range(count))])
    found, requests = [], 0
    while made:
        part = made.take()
        requests += 1
        if not culprits & set(part):
            made.trust()
        elif len(part) > 1:
            made.split(halves(part))
        else:
            made.refused()
            found += part
    return found, requests


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
    assert sorted(search(1000, set(culprits))[0]) == sorted(culprits)


@pytest.mark.parametrize("profiles", [2, 3, 4, 5, 7, 9, 16, 17, 33, 100, 129])
def test_any_culprit_is_found_in_few_requests(profiles: int) -> None:
    most = 2 * math.log2(profiles) + 2
    for culprit in range(profiles):
        blamed, requests = search(profiles, {culprit})
        assert (blamed, requests <= most) == ([culprit], True)


@pytest.mark.parametrize("culprit", [0, 4999, 9999])
def test_culprit_of_ten_thousand_is_found_in_28_requests(culprit: int) -> None:
    assert search(10_000, {culprit})[1] <= 28


def test_first_to_be_found_lie_apart_while_nothing_is_accepted() -> None:
    found, _ = search(1000, set(range(1000)))
    assert found[:5] == [0, 999, 500, 499, 250]


def test_search_goes_on_beside_a_culprit_once_something_was_accepted() -> None:
    made: Isolation[list[int]] = Isolation()
    made.trust()
    made.split([[1], [2, 3, 4]])
    made.take()
    made.refused()
    made.split([[5]])
    assert (made.take(), made.take()) == ([5], [2, 3, 4])


def test_order_stays_once_something_was_accepted() -> None:
    made: Isolation[list[int]] = Isolation()
    made.trust()
    made.split([[1], [2], [3, 4, 5]])
    made.take()
    made.refused()
    assert made.take() == [2]
    made.split([[6], [7]])
    assert [made.take(), made.take(), made.take()] == [[6], [7], [3, 4, 5]]
