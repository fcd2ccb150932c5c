"""The limit on links of several kinds, in simulated time: load, expected ranges, and why."""

import heapq
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from destination_profiles.delivery.concurrency import DECREASE, MAX_CAUTION, Concurrency

Link = Callable[
    [int, random.Random], float | str
]  # chunks in flight -> seconds until the answer, or what went wrong
REFUSED, FAILED = "refused", "failed"
FAILED_AFTER = 0.01  # seconds


@dataclass
class Run:
    """What happened: seconds in all, the largest limit, mean chunks in flight, numbers of the
    requests that were refused, of all.
    """

    seconds: float
    highest: int
    in_flight: float
    refused: list[int]
    requests: int


def constant(seconds: float, noise: float = 0.0) -> Link:
    return lambda _, rng: seconds + abs(rng.gauss(0, noise))


def capacity(room: int, seconds: float) -> Link:
    return lambda in_flight, rng: (
        REFUSED if in_flight > room else seconds + abs(rng.gauss(0, seconds / 20))
    )


def flaky(seconds: float, rate: float, how: str) -> Link:
    """Some requests fail, whatever the load."""
    return lambda _, rng: how if rng.random() < rate else seconds + abs(rng.gauss(0, seconds / 20))


def slowing(seconds: float, knee: int = 1) -> Link:
    """A service that works on so many chunks at once and lets the others wait."""
    return lambda in_flight, rng: (
        seconds * max(1.0, in_flight / knee) * (1 + abs(rng.gauss(0, 0.02)))
    )


def run(link: Link, chunks: int, most: int, seed: int = 1) -> Run:
    """Send so many chunks, each as soon as the limit lets it; what was refused is sent again after
    up to a quarter of a second.
    """
    rng, limit, numbers = random.Random(seed), Concurrency(most), itertools.count(1)
    events: list[tuple[float, int, float | str]] = []
    waiting = [0.0] * chunks  # times from which a chunk may be sent
    now, used, in_flight, highest, requests = 0.0, 0.0, 0, 1, 0
    refused: list[int] = []
    while waiting or events:
        while waiting and waiting[0] <= now and in_flight < limit.limit:
            heapq.heappop(waiting)
            in_flight += 1
            requests = next(numbers)
            limit.sent(in_flight)
            seconds = link(in_flight, rng)
            heapq.heappush(
                events,
                (now + (FAILED_AFTER if isinstance(seconds, str) else seconds), requests, seconds),
            )
        following = min(
            ([events[0][0]] if events else [])
            + ([waiting[0]] if waiting and waiting[0] > now else [])
        )
        used += in_flight * (following - now)
        now = following
        while events and events[0][0] <= now:
            _, number, seconds = heapq.heappop(events)
            in_flight -= 1
            if isinstance(seconds, str):
                refused.append(number)
                limit.pressed(now, now - FAILED_AFTER, refused=seconds == REFUSED)
                heapq.heappush(waiting, now + rng.random() / 4)
            else:
                limit.accepted(now, now - seconds)
        highest = max(highest, limit.limit)
    return Run(now, highest, used / now, refused, requests)


SEEDS = range(1, 11)


@pytest.mark.parametrize(("most", "first"), [(1, 1), (3, 3), (4, 4), (8, 4)])
def test_limit_starts_at_four_or_lower(most: int, first: int) -> None:
    assert Concurrency(most).limit == first


def test_constant_link_is_used_in_full() -> None:
    """Twice as many each round: 4, and then 8 chunks a round."""
    made = run(constant(0.5), 400, 8)
    assert made.highest == 8
    assert made.seconds == pytest.approx(0.5 * (1 + (400 - 4) / 8), abs=0.5)


def test_ramp_costs_a_tenth_at_most() -> None:
    assert run(constant(0.5), 100, 8).seconds <= 1.1 * 100 / 8 * 0.5


@pytest.mark.parametrize("room", [1, 2])
def test_service_with_little_room_is_not_flooded(room: int) -> None:
    """What was sent at once lowers the limit once; then it is asked for more in turns that grow
    rare.
    """
    made = run(capacity(room, 0.1), 100 * room, 16)
    assert len([number for number in made.refused if number <= 20]) <= 6


@pytest.mark.parametrize("seed", SEEDS)
def test_noisy_link_is_used_in_full(seed: int) -> None:
    assert run(constant(0.5, noise=0.01), 600, 8, seed).seconds < 1.2 * 600 / 8 * 0.5


@pytest.mark.parametrize("seed", SEEDS)
def test_jitter_as_large_as_the_link_costs_a_third(seed: int) -> None:
    assert run(constant(0.1, noise=0.1), 400, 8, seed).in_flight > 8 * 0.65


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("room", [1, 2, 5, 12])
def test_capacity_is_used_and_seldom_exceeded(seed: int, room: int) -> None:
    """The refusals: under a tenth of the requests after the first twenty. The capacity: used to
    four fifths.
    """
    made = run(capacity(room, 0.1), 100 * room, 16, seed)
    assert room < made.highest <= 2 * room
    assert len([number for number in made.refused if number > 20]) < 0.1 * (made.requests - 20)
    assert made.in_flight > 0.8 * room


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("rate", "used"), [(0.01, 7), (0.02, 6.5), (0.05, 5.5)])
def test_errors_by_chance_cost_little(seed: int, rate: float, used: float) -> None:
    """They say nothing of the room that the service has."""
    assert run(flaky(0.2, rate, FAILED), 2000, 8, seed).in_flight > used


@pytest.mark.parametrize("seed", SEEDS)
def test_refusals_by_chance_do_not_stop_the_work(seed: int) -> None:
    """A service that refuses one in fifty by a rule of its own, not by the load, is still used by
    several requests at once.
    """
    assert run(flaky(0.2, 0.02, REFUSED), 2000, 8, seed).in_flight > 3


@pytest.mark.parametrize("seed", SEEDS)
def test_service_that_slows_down_is_not_pressed_further(seed: int) -> None:
    """It does one chunk after the other, however many wait: the limit may creep up, but stays far
    from what is allowed.
    """
    made = run(slowing(0.1), 200, 32, seed)
    assert made.in_flight < 9
    assert made.highest <= 12
    assert made.seconds < 1.05 * 200 * 0.1


@pytest.mark.parametrize("seed", SEEDS)
def test_knee_is_reached(seed: int) -> None:
    assert run(slowing(0.1, knee=4), 200, 16, seed).seconds < 1.15 * 200 / 4 * 0.1


def settled_at(limit: int, most: int = 16) -> Concurrency:
    """A controller that was pressed once, and has seen quick answers since until it allowed so
    many.
    """
    made, now = Concurrency(most), 0.0
    made.pressed(0.0, 0.0, refused=False)
    while made.limit < limit:
        made.sent(made.limit)
        made.accepted(now + 0.1, now)
        now += 0.1
    return made


def doubled(rounds: int, seconds: float = 1.0) -> Concurrency:
    """A controller that has seen so many quick rounds and no pressure."""
    made = Concurrency(64)
    for now in range(rounds):
        made.sent(made.limit)
        made.accepted(now + seconds, now)
    return made


def test_limit_doubles_until_the_service_is_pressed() -> None:
    assert [doubled(rounds).limit for rounds in range(8)] == [4, 8, 16, 32, 64, 64, 64, 64]


@pytest.mark.parametrize("refused", [True, False])
def test_first_pressure_takes_the_last_doubling_back(refused: bool) -> None:
    made = doubled(3)
    made.pressed(100.0, 99.0, refused=refused)
    assert made.limit == 16
    assert rounds_until(made, 17, 200.0) == 1


@pytest.mark.parametrize(("times", "limit"), [(1.4, 32), (1.6, 8)])
def test_doubling_that_gains_nothing_is_taken_back(times: float, limit: int) -> None:
    made = doubled(2)
    made.sent(16)
    made.accepted(100.0 + times, 100.0)
    assert made.limit == limit


def test_unused_limit_is_not_doubled() -> None:
    made = doubled(1)
    made.sent(3)
    made.accepted(100.0, 99.0)
    assert made.limit == 8


def test_first_answer_does_not_raise_an_unused_limit() -> None:
    made = Concurrency(8)
    made.sent(1)
    made.accepted(1.0, 0.0)
    assert made.limit == 4


def test_refusals_of_one_limit_lower_it_once() -> None:
    made = settled_at(10)
    for _ in range(5):
        made.pressed(100.0, 99.0, refused=True)
    assert made.limit == 9
    made.pressed(101.0, 100.5, refused=True)  # sent under the lower limit
    assert made.limit == 8


def test_limit_never_falls_below_one() -> None:
    made = settled_at(2)
    for now in range(10, 20):
        made.pressed(now, now, refused=True)
    assert made.limit == 1


def rounds_until(made: Concurrency, limit: int, start: float) -> int:
    """Quick rounds, each of one answer, until the limit is this."""
    for rounds in range(1, 1000):
        made.sent(made.limit)
        made.accepted(start + rounds, start + rounds - 0.1)
        if made.limit >= limit:
            return rounds
    return 1000


def test_refused_limit_is_approached_with_caution() -> None:
    made = settled_at(3)
    waits = []
    for turn in range(4):
        made.pressed(1000.0 * (turn + 1), 1000.0 * (turn + 1), refused=True)
        waits.append(rounds_until(made, 3, 1000.0 * (turn + 1)))
    assert waits == [4, 8, 16, MAX_CAUTION]


def test_caution_ends_when_the_service_has_room_again() -> None:
    made = settled_at(9)
    for turn in range(9):
        made.pressed(1000.0 + turn, 1000.0 + turn, refused=True)
    assert made.limit == 1
    assert rounds_until(made, 9, 2000.0) == 4 + 2 + 1 + 1 + 1 + 1 + 1 + 1


def test_unused_limit_is_not_raised() -> None:
    made = settled_at(4)
    for now in range(100, 120):
        made.sent(2)
        made.accepted(now, now - 0.1)
    assert made.limit == 4


def test_slow_round_lowers_the_limit() -> None:
    made = settled_at(10)
    made.accepted(100.0, 99.5)
    assert made.limit == 9


def test_small_noise_lowers_nothing() -> None:
    made = settled_at(10)
    made.accepted(100.0, 99.896)
    assert made.limit == 10


def test_limit_stays_within_what_is_allowed() -> None:
    made = settled_at(4, most=4)
    rounds_until(made, 5, 100.0)
    assert made.limit == 4


def test_half_of_an_odd_limit_is_rounded_down() -> None:
    limit = Concurrency(3)
    limit.pressed(1.0, 0.0, refused=True)
    assert (limit.limit, type(limit.limit)) == (1, int)


def test_noise_of_long_ago_hides_no_slow_round() -> None:
    limit, now = Concurrency(10_000), 0.0
    limit.pressed(0.0, 0.0, refused=False)  # no doubling from now on
    for seconds in [*[1.0, 3.0] * 10, *[1.0] * 40]:
        limit.sent(limit.limit)
        limit.accepted(now + seconds, now)
        now += seconds
    calm = limit.limit
    limit.accepted(now + 1.5, now)
    assert limit.limit == int(calm * DECREASE) < calm
