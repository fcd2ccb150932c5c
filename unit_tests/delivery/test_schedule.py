import pytest

from destination_profiles.delivery.in_flight import Tries
from destination_profiles.delivery.schedule import Schedule
from destination_profiles.errors import Unavailable
from destination_profiles.service.outcome import Halve, Retry
from unit_tests.delivery.chunks import chunk
from unit_tests.pipeline import REFUSAL

RETRY = Retry(Unavailable("no answer"))
ONE = chunk(1)


def busy(seconds: float) -> Retry:
    return Retry(Unavailable("busy"), retry_after=seconds)


def schedule(budget: float = 1000, part: float = 1.0, longest: float | None = None) -> Schedule:
    return Schedule(
        lambda failure: 2.0**failure if longest is None else longest, budget, lambda: part
    )


def test_chunks_are_due_in_their_order() -> None:
    made, other = schedule(), chunk(2)
    made.add(other, 2.0)
    made.add(ONE, 1.0)
    assert (made.deadline(), made.take(0.9), made.take(1.0)) == (1.0, None, ONE)
    assert (made.deadline(), made.take(3.0), made.deadline()) == (2.0, other, None)


def test_waits_grow_as_declared() -> None:
    made, tries = schedule(part=0.5), Tries()
    assert [made.again(ONE, tries, RETRY, 0.0) for _ in range(4)] == [0.5, 1.0, 2.0, 4.0]


def test_wait_is_at_least_what_the_service_asks() -> None:
    assert schedule(part=0.0).again(ONE, Tries(), busy(7.0), 0.0) == 7.0


def test_wait_is_at_least_its_backoff() -> None:
    assert schedule(longest=3.0).again(ONE, Tries(), busy(0.0), 0.0) == 3.0


def test_wait_that_is_asked_for_holds_all_up() -> None:
    made = schedule(part=0.0)
    made.again(ONE, Tries(), busy(7.0), 0.0)
    made.add(chunk(2), 1.0)
    assert (made.deadline(), made.take(6.9)) == (7.0, None)


def test_budget_is_used_to_its_end() -> None:
    """A drawn wait never ends it early; only a wait that the service asks for does."""
    made, tries = schedule(budget=30, longest=100.0, part=0.9), Tries()
    assert made.again(ONE, tries, RETRY, 0.0) == 30.0
    assert made.again(ONE, tries, RETRY, 30.0) is None


def test_chunks_leave_at_their_rate() -> None:
    made = Schedule(lambda _: 0.0, 1000, max_per_second=4)
    for each in (ONE, chunk(2)):
        made.add(each, 0.0)
    assert made.take(0.0) is ONE
    made.sent(0.0)
    assert (made.deadline(), made.take(0.2)) == (0.25, None)
    assert made.take(0.25) is not None


def test_rate_shortens_no_wait_that_is_asked_for() -> None:
    made = Schedule(lambda _: 0.0, 1000, max_per_second=4)
    made.again(ONE, Tries(), busy(7.0), 0.0)
    made.sent(0.0)
    assert made.deadline() == 7.0


@pytest.mark.parametrize(("asked", "wait"), [(30.0, 30.0), (30.1, None)])
def test_wait_beyond_the_budget_ends_it(asked: float, wait: float | None) -> None:
    assert schedule(budget=30).again(ONE, Tries(), busy(asked), 0.0) == wait


def test_last_part_of_the_budget_is_waited_for() -> None:
    made, tries = schedule(budget=30, longest=100.0), Tries(failing_since=0.0)
    assert made.again(ONE, tries, RETRY, 29.5) == 0.5


def test_refusal_asks_for_no_wait() -> None:
    refusal = Halve(REFUSAL, Unavailable("refused"))
    assert schedule(part=0.0).again(ONE, Tries(), refusal, 0.0) == 0.0
