from collections.abc import Callable
from dataclasses import replace

import pytest

from destination_profiles.delivery.chunks import Chunk
from destination_profiles.delivery.dispatcher import Dispatcher
from destination_profiles.delivery.repeats import Repeats
from destination_profiles.errors import BadAnswer, Refused, Unavailable
from destination_profiles.service.outcome import Accepted, Halve, Outcome, Retry, Stop
from destination_profiles.service.request import Request
from unit_tests.delivery.chunks import chunk
from unit_tests.pipeline import ACCEPT, REFUSAL, Link, dispatcher, held, ids

RETRY = Retry(Unavailable("no answer"))
LOST = Retry(Unavailable("no answer"), unknown=True)
THROTTLE = Retry(Unavailable("busy"), retry_after=7.0, throttled=True)
HALVE = Halve(REFUSAL, Unavailable("refused"))
TOO_LARGE = Halve(REFUSAL, Unavailable("too large"), too_large=True)
STOP = Stop(Refused("no", code=401))


def answers(*outcomes: Outcome) -> Callable[[Request], Outcome]:
    """One outcome after the other, the last for ever."""
    queue = list(outcomes)
    return lambda _: queue.pop(0) if len(queue) > 1 else queue[0]


def refusing(*culprits: int, outcome: Outcome = HALVE) -> Callable[[Request], Outcome]:
    return lambda request: outcome if set(ids(request)) & set(culprits) else ACCEPT


def turn(made: Dispatcher, link: Link) -> list[tuple[list[int], dict]]:
    """One wait; profiles and rejections of the chunks that are resolved by it."""
    deadline = made.deadline()
    until = 0.0 if deadline is None else max(0.0, deadline - link.clock.now)
    resolved = []
    for each in made.follow(link.wait(until).answers):
        resolved.append((ids(each.chunk), each.rejected))
        made.settle(each.chunk)
    made.send_due()
    return resolved


def resolved(made: Dispatcher, link: Link) -> list[tuple[list[int], dict]]:
    """All resolutions until nothing is left, or there is a failure."""
    found = []
    while len(made) and made.failure is None:
        found += turn(made, link)
    return found


def test_retry_keeps_the_request_id() -> None:
    link = Link(answers(RETRY, RETRY, ACCEPT))
    made = dispatcher(link)
    made.dispatch([chunk(1)])
    assert resolved(made, link) == [([1], {})]
    assert (link.request_ids, made.retries) == (["request (1,)"] * 3, 2)


def test_trouble_lasts_until_a_request_is_accepted() -> None:
    link = held()
    made = dispatcher(link)
    made.dispatch([chunk(1)])
    link.reply(Retry(Unavailable(""), reason="the connection was cut"))
    turn(made, link)
    assert made.trouble == "the connection was cut"
    link.reply(ACCEPT)
    turn(made, link)
    assert made.trouble == ""


@pytest.mark.parametrize("error", [Unavailable("no answer"), BadAnswer("unreadable")])
def test_retries_end_with_their_error(error) -> None:
    link = Link(answers(Retry(error)))
    made = dispatcher(link, retry_seconds=20, backoff=lambda _: 10.0)
    made.dispatch([chunk(1)])
    assert (resolved(made, link), made.failure, len(made)) == ([], error, 1)
    assert link.clock.now == 20.0


def test_no_request_leaves_above_the_rate() -> None:
    """New ones, the same again and halves alike, however many may be sent at once."""
    times: list[float] = []

    def answer(request: Request) -> Outcome:
        times.append(link.clock.now)
        if len(times) == 2:
            return RETRY
        return HALVE if ids(request) == [3, 4] else ACCEPT

    link = Link(answer)
    made = dispatcher(link, max_per_second=2)
    made.dispatch([chunk(1), chunk(2), chunk(3, 4), chunk(5)])
    assert sorted(resolved(made, link)) == [([each], {}) for each in range(1, 6)]
    assert sorted(link.sent) == [[1], [2], [2], [3], [3, 4], [4], [5]]
    assert link.clock.now == 3.0  # seven requests, half a second apart


def test_retry_after_pauses_all_senders() -> None:
    link = held()
    made = dispatcher(link)
    made.dispatch([chunk(1)])
    link.reply(THROTTLE)
    turn(made, link)
    made.dispatch([chunk(2)])
    assert (link.sent, made.deadline()) == ([[1]], 7.0)
    link.clock.now = 7.0
    made.send_due()
    assert sorted(link.sent) == [[1], [1], [2]]


def test_throttled_chunk_is_told_with_its_wait() -> None:
    told: list[tuple[list[int], float]] = []
    link = Link(answers(THROTTLE, RETRY, ACCEPT))
    made = dispatcher(link, throttled=lambda each, wait: told.append((ids(each), wait)))
    made.dispatch([chunk(1)])
    resolved(made, link)
    assert told == [([1], 7.0)]


@pytest.mark.parametrize(("other", "told"), [(THROTTLE, [([2, 3], 7.0)]), (RETRY, [])])
def test_profiles_that_are_all_throttled_are_told(other: Retry, told: list) -> None:
    heard: list[tuple[list[int], float]] = []
    link = Link(answers(Accepted({}, {1: THROTTLE, 2: other}), ACCEPT))
    made = dispatcher(link, throttled=lambda each, wait: heard.append((ids(each), wait)))
    made.dispatch([chunk(1, 2, 3)])
    assert resolved(made, link) == [([1], {}), ([2, 3], {})]
    assert heard == told


def test_limit_follows_the_answers() -> None:
    link = Link(answers(THROTTLE, RETRY, ACCEPT))
    made, told = dispatcher(link), []
    made.concurrency.pressed = lambda *_, refused: told.append(f"pressed {refused}")
    made.concurrency.accepted = lambda *_: told.append("accepted")
    made.dispatch([chunk(1)])
    resolved(made, link)
    assert told == ["pressed True", "pressed False", "accepted"]


def test_limit_holds_chunks_back() -> None:
    link = held()
    made = dispatcher(link)
    made.concurrency.limit = 2
    made.dispatch(chunk(number, first=number) for number in (1, 2, 3))
    assert (made.sending, len(made), made.deadline()) == (2, 3, None)
    link.reply()
    turn(made, link)
    assert (made.sending, link.sent) == (2, [[1], [2], [3]])


def test_chunks_that_wait_for_a_sender_are_one() -> None:
    made = dispatcher(held(), max_in_flight=9)
    made.concurrency.limit = 2
    made.dispatch(chunk(number, first=number) for number in (1, 2, 3))
    assert not made.is_behind()
    made.dispatch([chunk(4, first=4)])
    assert made.is_behind()


def test_no_more_than_allowed_are_in_flight() -> None:
    link = held()
    made = dispatcher(link, max_in_flight=2)
    made.dispatch(chunk(number, first=number) for number in (1, 2, 3))
    assert (link.sent, made.is_behind()) == ([[1], [2]], True)


def test_chunk_that_waits_for_another_is_not_sent() -> None:
    link, first, second = held(), chunk(1), chunk(1, first=1)
    second.wait_for(first)
    made = dispatcher(link)
    made.dispatch([first, second, chunk(3, first=2)])
    assert (link.sent, made.is_behind()) == ([[1], [3]], False)
    link.reply(RETRY, to=1)
    turn(made, link)
    assert link.sent == [[1], [3], [1]]
    link.reply(to=1)
    turn(made, link)
    assert link.sent == [[1], [3], [1], [1]]


def test_refused_chunk_is_halved_to_the_culprit() -> None:
    link = Link(refusing(5))
    made = dispatcher(link)
    made.dispatch([chunk(*range(8))])
    assert sorted(resolved(made, link)) == [
        ([0, 1, 2, 3], {}),
        ([4], {}),
        ([5], {0: REFUSAL}),
        ([6, 7], {}),
    ]
    assert len(set(link.request_ids)) == len(link.sent) == 7


def test_halves_are_no_more_in_flight_than_allowed() -> None:
    link = Link(lambda request: HALVE if request.profiles > 1 else ACCEPT)
    made = dispatcher(link, max_in_flight=2)
    made.dispatch([chunk(*range(16))])
    told = []
    while len(made):
        told += turn(made, link)
        assert made.sending <= 2
    assert sorted(told) == [([number], {}) for number in range(16)]


def test_parts_are_sent_before_all_else() -> None:
    link = Link(refusing(1))
    made = dispatcher(link, max_in_flight=1)
    made.dispatch([chunk(1, 2, 3, 4), chunk(5, first=1)])
    resolved(made, link)
    assert link.sent == [[1, 2, 3, 4], [1, 2], [1], [3, 4], [2], [5]]


def test_parts_wait_while_the_service_asks_for_patience() -> None:
    link = held()
    made = dispatcher(link)
    made.dispatch([chunk(1, 2), chunk(3, first=1)])
    link.reply(THROTTLE, to=3)
    link.reply(HALVE, to=1)
    turn(made, link)
    assert (link.sent, made.deadline()) == ([[1, 2], [3]], 7.0)


def test_stop_sends_nothing_new() -> None:
    link = Link(answers(STOP))
    made = dispatcher(link)
    made.dispatch([chunk(1)])
    resolved(made, link)
    made.dispatch([chunk(2)])
    assert (link.sent, len(made), made.failure) == ([[1]], 2, STOP.error)


def test_too_large_body_lowers_the_limit() -> None:
    link = Link(lambda request: TOO_LARGE if request.profiles > 2 else ACCEPT)
    whole = chunk(*range(8))
    size, made = whole.size, dispatcher(link)
    assert made.body_limit.max_bytes is None
    made.dispatch([whole])
    turn(made, link)
    assert made.body_limit.max_bytes == size // 2
    resolved(made, link)
    assert made.body_limit.max_bytes == chunk(1, 2).size


def test_other_refusals_lower_nothing() -> None:
    link = Link(lambda request: HALVE if request.profiles > 1 else ACCEPT)
    made = dispatcher(link)
    made.dispatch([chunk(1, 2)])
    resolved(made, link)
    assert made.body_limit.max_bytes is None


def test_refusal_after_an_unknown_outcome_halves_nothing() -> None:
    """Something before the service refuses a request that the service may have executed."""
    foreign = Halve(REFUSAL, Unavailable("too large"), unknown=True)
    link = Link(answers(LOST, foreign, ACCEPT))
    made = dispatcher(link)
    made.dispatch([chunk(1, 2, 3)])
    assert resolved(made, link) == [([1, 2, 3], {})]
    assert len(set(link.request_ids)) == 1


@pytest.mark.parametrize("first", [LOST, RETRY])
def test_refusal_by_the_service_itself_halves(first: Outcome) -> None:
    """It would have given the first answer again, had it executed the request."""
    link = Link(answers(first, HALVE, ACCEPT))
    made = dispatcher(link)
    made.dispatch([chunk(1, 2)])
    assert sorted(resolved(made, link)) == [([1], {}), ([2], {})]


def test_unknown_counts_what_may_have_been_executed() -> None:
    link = Link(answers(LOST, THROTTLE))
    made = dispatcher(link, retry_seconds=5)
    made.dispatch([chunk(1, 2, 3)])
    resolved(made, link)
    assert (str(made.failure), made.unknown()) == ("busy", 3)


@pytest.mark.parametrize("outcome", [RETRY, Retry(Unavailable("no"), throttled=True)])
def test_what_was_not_executed_is_not_unknown(outcome: Outcome) -> None:
    link = Link(answers(outcome))
    made = dispatcher(link, retry_seconds=0)
    made.dispatch([chunk(1)])
    resolved(made, link)
    assert made.unknown() == 0


def test_each_chunk_is_seen_once_before_it_is_sent() -> None:
    seen: list[Chunk] = []
    link = Link(answers(RETRY, HALVE, ACCEPT))
    made, one = dispatcher(link, leaving=seen.append), chunk(1, 2)
    made.dispatch([one])
    resolved(made, link)
    assert seen == [one]


def test_chunk_that_is_never_sent_is_not_seen() -> None:
    """Once there is a failure, or somebody asked to stop."""
    for outcome in (ACCEPT, STOP):
        seen: list[Chunk] = []
        link = held()
        made = dispatcher(link, leaving=seen.append, max_in_flight=2)
        made.dispatch([chunk(1), chunk(2), chunk(3)])
        link.reply(outcome, to=2)
        link.reply(ACCEPT, to=1)
        if outcome is ACCEPT:
            made.stop()
        turn(made, link)
        assert [ids(each) for each in seen] == [[1], [2]]


BUSY = Retry(Unavailable("busy"), code="429")


def test_ids_go_with_what_was_said() -> None:
    link = Link(
        answers(Accepted({2: REFUSAL}, {0: BUSY}, ids=[None, "b", None, "d"]), Accepted(ids=["a"]))
    )
    made = dispatcher(link)
    made.dispatch([chunk(1, 2, 3, 4)])
    found = []
    while len(made):
        for each in made.follow(link.wait(0).answers):
            found.append((ids(each.chunk), dict(each.rejected), list(each.ids)))
            made.settle(each.chunk)
        made.send_due()
    assert found == [([2, 3, 4], {1: REFUSAL}, ["b", None, "d"]), ([1], {}, ["a"])]


def test_what_is_sent_once_more_is_told_with_its_code() -> None:
    told: list[tuple[list[int], str]] = []
    link = Link(answers(Accepted({}, {1: BUSY, 2: BUSY}), ACCEPT))
    made = dispatcher(link, put_off=lambda chunk, code: told.append((ids(chunk), code)))
    made.dispatch([chunk(1, 2, 3)])
    assert resolved(made, link) == [([1], {}), ([2, 3], {})]
    assert told == [([2, 3], "429")]


def test_what_is_not_sent_once_more_is_not_told() -> None:
    told: list[str] = []
    link = Link(answers(Accepted({}, {0: BUSY})))
    made = dispatcher(link, retry_seconds=0.0, put_off=lambda _, code: told.append(code))
    made.dispatch([chunk(1)])
    resolved(made, link)
    assert (made.failure, told) == (BUSY.error, [])


@pytest.mark.parametrize(
    ("first", "last", "unknown"),
    [(LOST, STOP, 2), (RETRY, STOP, 0), (RETRY, replace(STOP, unknown=True), 2)],
)
def test_fate_is_unknown_where_that_of_any_try_is(
    first: Outcome, last: Outcome, unknown: int
) -> None:
    link = Link(answers(first, last))
    made = dispatcher(link)
    made.dispatch([chunk(1, 2)])
    assert (resolved(made, link), made.unknown()) == ([], unknown)


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize(("other", "perhaps"), [(STOP, False), (BUSY, False), (LOST, True)])
def test_what_is_done_counts_where_one_item_stops_all(
    other: Retry | Stop, perhaps: bool, lost: bool
) -> None:
    """Of the others none is sent again, and that they are not done is no guess."""
    answer = Accepted({2: REFUSAL}, {3: other, 1: STOP})
    link = Link(answers(*([LOST] if lost else []), answer))
    made = dispatcher(link, repeats=Repeats(lambda _: False))
    made.dispatch([chunk(1, 2, 3, 4)])
    assert resolved(made, link) == [([1, 3], {1: REFUSAL})]
    assert made.failure is STOP.error
    assert made.unknown() == (2 if perhaps or lost else 0)
    assert (link.sent[1:], len(made)) == ([[1, 2, 3, 4]] * lost, 1)


def test_where_all_items_stop_nothing_has_a_last_word() -> None:
    link = Link(answers(Accepted({}, {0: STOP, 1: STOP})))
    made = dispatcher(link)
    made.dispatch([chunk(1, 2)])
    assert (resolved(made, link), made.failure) == ([], STOP.error)
    assert (made.unknown(), len(made)) == (0, 1)
