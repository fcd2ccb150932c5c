"""The service is asked about the settings while other chunks are under way."""

from collections.abc import Callable

import pytest

from destination_profiles.delivery.dispatcher import Dispatcher
from destination_profiles.errors import SystemFault, Unavailable
from destination_profiles.service.outcome import Accepted, Halve, Outcome, Retry
from unit_tests.delivery.chunks import chunk
from unit_tests.delivery.test_dispatcher import HALVE, turn
from unit_tests.pipeline import REFUSAL, Link, dispatcher, held

FOREIGN = Halve(REFUSAL, SystemFault("refused"), unknown=True)


def all_of(count: int) -> Outcome:
    return Accepted(dict.fromkeys(range(count), REFUSAL))


def silent(wait: float | None = None) -> Callable[[], list[str]]:
    """An inspection of a service that cannot be asked."""

    def inspect() -> list[str]:
        raise Unavailable("silent", reason="the host refused the connection", retry_after=wait)

    return inspect


def begun(inspect: Callable[[], list[str]], **more) -> tuple[Dispatcher, Link]:
    """The service is asked on behalf of 0 to 5; 6 to 11 are under way, and a chunk of another
    database. It tells when the test says so.
    """
    link = held()
    link.asks_long = True
    made = dispatcher(link, inspect=inspect, **{"backoff": lambda _: 10.0, **more})
    made.dispatch([chunk(*range(12)), chunk(20, first=12, db_id=2)])
    link.reply(HALVE, to=0)
    turn(made, link)
    link.reply(all_of(6), to=0)
    turn(made, link)
    assert (len(link.asked_for), link.sent) == (
        1,
        [[*range(12)], [20], [*range(6)], [*range(6, 12)]],
    )
    return made, link


def told(made: Dispatcher, link: Link) -> list[tuple[list[int], dict]]:
    """What follows once the service has told."""
    link.tell()
    return turn(made, link)


def test_nothing_is_sent_until_the_service_has_told() -> None:
    """Though somebody else made it clear who is to blame."""
    made, link = begun(list)
    link.reply(to=6)
    assert len(turn(made, link)) == 2
    made.dispatch([chunk(30, first=13)])
    assert link.sent[-1] == [*range(6, 12)]
    told(made, link)
    assert link.sent[-1] == [30]


def test_service_is_asked_one_question_at_a_time() -> None:
    made, link = begun(silent())
    told(made, link)
    link.clock.now = 10.0
    for _ in range(3):
        made.send_due()
    assert (len(link.asked_for), made.deadline()) == (1, None)


def test_service_that_cannot_tell_in_time_is_no_matter_once_it_is_clear() -> None:
    made, link = begun(silent(wait=100.0))
    link.reply(to=6)
    turn(made, link)
    told(made, link)
    assert (made.failure, made.retries) == (None, 0)


def test_answer_ends_no_question_but_that_of_its_chunk() -> None:
    made, link = begun(silent())
    told(made, link)
    link.reply(to=20)
    assert turn(made, link) == [([20], {})]
    assert (made.deadline(), link.asked_for) == (10.0, [])


def test_question_that_was_put_off_is_not_asked_once_it_is_clear() -> None:
    made, link = begun(silent())
    told(made, link)
    link.reply(to=6)
    turn(made, link)
    link.clock.now = 10.0
    made.send_due()
    made.dispatch([chunk(30, first=13)])
    assert (link.asked_for, link.sent[-1]) == ([], [30])


def test_next_question_has_a_budget_of_its_own() -> None:
    made, link = begun(silent(), retry_seconds=20.0)
    told(made, link)
    link.reply(to=6)
    turn(made, link)
    link.clock.now = 100.0
    link.reply(all_of(1), to=20)
    turn(made, link)
    assert told(made, link) == []
    assert (made.failure, made.deadline()) == (None, 110.0)


def test_chunk_that_is_refused_by_another_while_the_service_is_asked_ends_the_sync() -> None:
    """Its settings are right, so it is not the service that refuses."""
    link = held()
    link.asks_long = True
    made = dispatcher(link, inspect=list, max_in_flight=8)
    made.dispatch([chunk(*range(12))])
    for first in (0, 6, 6):
        link.reply(HALVE, to=first)
        turn(made, link)
    link.reply(all_of(6), to=0)
    turn(made, link)
    assert (len(link.asked_for), link.sent[-3:]) == (1, [[6], [7], [8]])
    link.reply(FOREIGN, to=6)
    turn(made, link)
    told(made, link)
    assert "not the service that refuses" in str(made.failure)


def test_service_that_wants_to_wait_is_not_asked_about_another_chunk() -> None:
    made, link = begun(silent(wait=25.0))
    link.reply(all_of(1), to=20)
    turn(made, link)
    told(made, link)
    link.reply(to=6)
    turn(made, link)
    assert (link.asked_for, made.deadline()) == ([], 25.0)
    link.clock.now = 25.0
    made.send_due()
    assert len(link.asked_for) == 1


@pytest.mark.parametrize("stopped", [False, True])
def test_service_that_wants_to_wait_is_heard_though_nobody_needs_to_ask(stopped: bool) -> None:
    made, link = begun(silent(wait=25.0))
    link.reply(to=6)
    turn(made, link)
    if stopped:
        made.stop()
    told(made, link)
    made.dispatch([chunk(30, first=13)])
    assert (link.sent[-1], made.deadline()) == ([*range(6, 12)], None if stopped else 25.0)
    link.clock.now = 25.0
    made.send_due()
    assert (link.sent[-1] == [30]) is not stopped


def test_stopped_sync_takes_no_note_of_a_service_that_cannot_be_asked() -> None:
    made, link = begun(silent(wait=100.0))
    made.stop()
    told(made, link)
    assert (made.failure, made.retries, made.trouble) == (None, 0, "")


@pytest.mark.parametrize("is_clear", [True, False])
def test_wait_beyond_the_budget_of_time_holds_nothing_up(is_clear: bool) -> None:
    """Where the service need not be asked, what is sent next is told by itself."""
    made, link = begun(silent(wait=86_400.0), retry_seconds=600.0)
    if is_clear:
        link.reply(to=6)
        turn(made, link)
    told(made, link)
    made.dispatch([chunk(30, first=13)])
    assert (link.sent[-1] == [30], isinstance(made.failure, Unavailable)) == (
        is_clear,
        not is_clear,
    )


def test_question_that_was_put_off_waits_as_long_as_another_request_is_told_to() -> None:
    made, link = begun(silent(), retry_seconds=600.0)
    told(made, link)
    assert made.deadline() == 10.0
    link.clock.now = 5.0
    link.reply(Retry(SystemFault("limit"), 300.0, throttled=True), to=20)
    turn(made, link)
    link.clock.now = 304.0
    made.send_due()
    assert (made.deadline(), link.asked_for) == (305.0, [])
    link.clock.now = 305.0
    made.send_due()
    assert len(link.asked_for) == 1
