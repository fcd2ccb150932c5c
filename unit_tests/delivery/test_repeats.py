"""A chunk that may have been executed, and that a proxy then refuses."""

from dataclasses import replace

import pytest

from destination_profiles.delivery.repeats import FUNCTIONS, TRIGGERS, Repeats
from destination_profiles.errors import ConfigError, SystemFault, Unavailable
from destination_profiles.service.outcome import Accepted, Halve, Outcome, Retry
from destination_profiles.service.request import Request
from unit_tests.delivery.chunks import chunk
from unit_tests.delivery.test_dispatcher import answers, resolved
from unit_tests.pipeline import ACCEPT, REFUSAL, Link, dispatcher, held

LOST = Retry(Unavailable("no answer"), unknown=True)
LIMIT = Halve(REFUSAL, SystemFault("refused"), too_large=True, unknown=True)
PAGE = Halve(REFUSAL, SystemFault("refused"), unknown=True)
MAY = Repeats(starts_triggers=False)
ADDS = Repeats(lambda profile: b'"id":2' not in profile, starts_triggers=False)


def behind_a_limit(most: int, first: Outcome = LOST) -> Link:
    """The first try has no answer; then whatever holds more profiles is refused by a proxy."""
    tries = iter([first])
    return Link(lambda request: next(tries, None) or refused(request, most))


def refused(request: Request, most: int) -> Outcome:
    return LIMIT if request.profiles > most else ACCEPT


def test_what_has_the_same_effect_twice_is_halved() -> None:
    link = behind_a_limit(2)
    made = dispatcher(link, repeats=MAY)
    made.dispatch([chunk(1, 2, 3, 4)])
    assert sorted(resolved(made, link)) == [([1, 2], {}), ([3, 4], {})]
    assert (made.failure, link.sent) == (None, [[1, 2, 3, 4]] * 2 + [[1, 2], [3, 4]])


@pytest.mark.parametrize(("repeats", "why"), [(Repeats(), TRIGGERS), (ADDS, FUNCTIONS)])
def test_what_has_another_effect_twice_is_not(repeats: Repeats, why: str) -> None:
    link = behind_a_limit(2)
    made = dispatcher(link, repeats=repeats, retry_seconds=20, backoff=lambda _: 10.0)
    one = chunk(1, 2, 3, 4)
    made.dispatch([one])
    assert resolved(made, link) == []
    assert isinstance(made.failure, ConfigError)
    assert why in made.failure.message and f"of {one.size:,} bytes" in made.failure.message
    assert {tuple(each) for each in link.sent} == {(1, 2, 3, 4)}
    assert made.unknown() == 4


def test_trouble_is_not_that_of_an_earlier_try() -> None:
    link = held()
    made = dispatcher(link, repeats=Repeats())
    made.dispatch([chunk(1, 2)])
    troubles = []
    for outcome in (replace(LOST, reason="the connection was cut"), LIMIT):
        link.reply(outcome)
        list(made.follow(link.wait(0.0).answers))
        made.send_due()
        troubles.append(made.trouble)
    assert troubles == ["the connection was cut", ""]


@pytest.mark.parametrize(("repeats", "ends"), [(Repeats(), True), (MAY, False)])
def test_profiles_that_are_asked_for_once_more_may_have_been_executed(
    repeats: Repeats, ends: bool
) -> None:
    later = Accepted({}, dict.fromkeys((0, 1, 3), LOST))
    link = Link(answers(later, LIMIT, ACCEPT))
    made = dispatcher(link, repeats=repeats, retry_seconds=20, backoff=lambda _: 10.0)
    made.dispatch([chunk(1, 2, 3, 4)])
    resolved(made, link)
    assert made.failure is None
    assert link.sent[1] == [1, 2, 4]
    halves = [each for each in link.sent[2:] if len(each) < 3]
    assert bool(halves) is not ends


def test_limit_that_goes_away_is_no_failure() -> None:
    link = Link(answers(LOST, LIMIT, ACCEPT))
    made = dispatcher(link, repeats=Repeats())
    made.dispatch([chunk(1, 2, 3)])
    assert resolved(made, link) == [([1, 2, 3], {})]


def test_other_page_halves_nothing() -> None:
    link = Link(answers(LOST, PAGE))
    made = dispatcher(link, repeats=MAY, retry_seconds=20, backoff=lambda _: 10.0)
    made.dispatch([chunk(1, 2)])
    assert resolved(made, link) == []
    assert isinstance(made.failure, ConfigError)
    assert "not the service that refuses" in made.failure.message


def test_limit_below_a_single_profile_is_told() -> None:
    link = behind_a_limit(0)
    made = dispatcher(link, repeats=MAY)
    made.dispatch([chunk(1)])
    resolved(made, link)
    assert isinstance(made.failure, ConfigError)
    assert "refused as too large" in made.failure.message


def test_parts_may_have_been_executed_too() -> None:
    link = Link(answers(LOST, LIMIT, Retry(Unavailable("busy"), throttled=True)))
    made = dispatcher(link, repeats=MAY, retry_seconds=20, backoff=lambda _: 10.0)
    made.dispatch([chunk(1, 2)])
    resolved(made, link)
    assert made.unknown() == 2


def test_fate_of_an_earlier_try_stays_unknown() -> None:
    """A try that was certainly not executed says nothing of the one before it."""
    outcomes = iter([LOST, Retry(Unavailable("busy"), throttled=True)])
    link = Link(lambda request: next(outcomes, None) or refused(request, 2))
    made = dispatcher(link, repeats=Repeats(), retry_seconds=20, backoff=lambda _: 1.0)
    made.dispatch([chunk(1, 2, 3, 4)])
    assert resolved(made, link) == []
    assert isinstance(made.failure, ConfigError) and TRIGGERS in made.failure.message
