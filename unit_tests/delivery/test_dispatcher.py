import math
import time
from collections.abc import Callable
from itertools import islice

import pytest

from destination_profiles.delivery.chunks import Chunk
from destination_profiles.delivery.ledger import Interval
from destination_profiles.errors import BadAnswer, Refused, SystemFault, Unavailable
from destination_profiles.records.batch import Row
from destination_profiles.service.formats import Envelope
from destination_profiles.service.outcome import Action, Outcome
from unit_tests.pipeline import ACCEPT, REFUSAL, Clock, Held, Scripted, dispatcher, ids, target

RETRY = Outcome(Action.RETRY, error=Unavailable("no answer"))
LOST = Outcome(Action.RETRY, error=Unavailable("no answer"), unknown=True)
THROTTLE = Outcome(Action.THROTTLE, error=Unavailable("busy"), retry_after=7.0)
HALVE = Outcome(Action.HALVE, refusal=REFUSAL)


def chunk(*numbers: int, db_id: int = 1, field: str = "id", first: int = 0) -> Chunk:
    made = Chunk(
        target(db_id, field_name=field),
        Envelope(b"[", b",", b"]"),
        first=first,
        opened_at=0.0,
        request_id=f"request {numbers}",
    )
    for number in numbers:
        made.add(Row(b'{"id":%d}' % number, b"", Interval("users"), (str(number),)))
    return made


def resolved(made, count: int = 1) -> list[tuple[list[int], dict]]:
    """Wait for so many resolutions; profiles and rejections of each."""
    found, until = [], time.monotonic() + 20
    while len(found) < count and made.failure is None:
        assert time.monotonic() < until, "neither a resolution nor a failure"
        for each in made.wait(10):
            found.append((ids(each.chunk), dict(each.outcome.rejected)))
            made.settled(each.chunk)
    return found


def answers(*outcomes: Outcome) -> Callable[[Chunk], Outcome]:
    """One outcome after the other, the last for ever."""
    queue = list(outcomes)
    return lambda _: queue.pop(0) if len(queue) > 1 else queue[0]


def test_retry_keeps_the_request_id() -> None:
    sender = Scripted(answers(RETRY, RETRY, ACCEPT))
    made = dispatcher(sender)
    made.dispatch(chunk(1))
    assert resolved(made) == [([1], {})]
    assert (sender.request_ids, made.retries) == (["request (1,)"] * 3, 2)


@pytest.mark.parametrize("error", [Unavailable("no answer"), BadAnswer("unreadable")])
def test_retries_end_with_their_error(error: Exception) -> None:
    made = dispatcher(
        Scripted(answers(Outcome(Action.RETRY, error=error))),
        retry_seconds=0.02,
        backoff=lambda _: 0.01,
        draw=lambda: 1.0,
    )
    made.dispatch(chunk(1))
    assert (resolved(made), made.failure, made.first()) == ([], error, 0)


def test_waits_grow_as_declared() -> None:
    clock, waits = Clock(), []
    made = dispatcher(
        Scripted(answers(RETRY)),
        clock=clock,
        backoff=lambda failure: 2.0**failure,
        draw=lambda: 0.5,
        retry_seconds=1000,
    )
    made.dispatch(chunk(1))
    for _ in range(4):
        while made.deadline() is None:
            made.wait(0.05)
        waits.append(made.deadline() - clock.now)
        clock.now = made.deadline()
        made.wait(0)
    assert waits == [0.5, 1.0, 2.0, 4.0]


def test_retry_after_takes_the_place_of_backoff() -> None:
    clock = Clock()
    made = dispatcher(
        Scripted(answers(Outcome(Action.RETRY, error=Unavailable("busy"), retry_after=7.0))),
        clock=clock,
    )
    made.dispatch(chunk(1))
    while made.deadline() is None:
        made.wait(0.05)
    assert made.deadline() == 7.0


def test_retry_after_pauses_all_senders() -> None:
    clock, sender = (
        Clock(),
        Scripted(lambda each: THROTTLE if 1 in ids(each) and not clock.now else ACCEPT),
    )
    made = dispatcher(sender, clock=clock)
    made.dispatch(chunk(1))
    while made.deadline() is None:
        made.wait(0.05)
    made.dispatch(chunk(2))
    made.wait(0.05)
    assert (sender.sent, made.deadline()) == ([[1]], 7.0)
    clock.now = 7.0
    assert sorted(resolved(made, 2)) == [([1], {}), ([2], {})]


def test_throttled_chunk_is_told_with_its_wait() -> None:
    told: list[tuple[list[int], float]] = []
    made = dispatcher(
        Scripted(answers(THROTTLE, RETRY, ACCEPT)),
        clock=Clock(),
        throttled=lambda each, wait: told.append((ids(each), wait)),
    )
    made.dispatch(chunk(1))
    while made.deadline() is None:
        made.wait(0.05)
    made._clock.now = 7.0
    resolved(made)
    assert told == [([1], 7.0)]


def test_limit_follows_the_answers() -> None:
    made = dispatcher(Scripted(answers(THROTTLE, ACCEPT)), clock=Clock())
    told: list[str] = []
    made.concurrency.pressed = lambda *_, refused: told.append(f"pressed {refused}")
    made.concurrency.accepted = lambda *_: told.append("accepted")
    made.dispatch(chunk(1))
    while made.deadline() is None:
        made.wait(0.05)
    made._clock.now = 7.0
    resolved(made)
    assert told == ["pressed True", "accepted"]


def test_limit_holds_chunks_back() -> None:
    sender = Held()
    made = dispatcher(sender)
    made.concurrency.limit = 2
    for number in (1, 2, 3):
        made.dispatch(chunk(number))
    assert (made.sending, len(made), made.deadline()) == (2, 3, None)
    sender.queue(1).put(ACCEPT)
    resolved(made)
    assert (made.sending, len(made)) == (2, 2)


def test_chunks_that_wait_are_no_more_than_needed() -> None:
    made = dispatcher(Held(), max_in_flight=9)
    made.concurrency.limit = 2
    for number in (1, 2, 3):
        assert made.admits(chunk(number))
        made.dispatch(chunk(number))
    assert not made.admits(chunk(4))


def test_budget_is_used_to_its_end() -> None:
    """A drawn wait never ends it early; only a wait that the service asks for does."""
    clock = Clock()
    made = dispatcher(
        Scripted(answers(RETRY)),
        clock=clock,
        backoff=lambda _: 100.0,
        draw=lambda: 0.9,
        retry_seconds=30,
    )
    made.dispatch(chunk(1))
    while made.deadline() is None:
        made.wait(0.05)
    assert made.deadline() == 30.0
    clock.now = 30.0
    resolved(made)
    assert (str(made.failure), made.retries) == ("no answer", 1)


def test_wait_beyond_the_budget_fails_at_once() -> None:
    made = dispatcher(
        Scripted(answers(Outcome(Action.RETRY, error=Unavailable("busy"), retry_after=61.0))),
        retry_seconds=60,
    )
    made.dispatch(chunk(1))
    resolved(made)
    assert str(made.failure) == "busy"


def test_chunks_of_one_profile_are_not_in_flight_together() -> None:
    made = dispatcher(Held())
    made.dispatch(chunk(1, 2))
    assert not made.admits(chunk(2, 3))
    assert made.admits(chunk(3, 4))
    assert made.admits(chunk(1, 2, db_id=7))


def test_other_matchings_of_a_database_wait() -> None:
    made = dispatcher(Held())
    made.dispatch(chunk(1))
    assert not made.admits(chunk(2, field="other"))


def test_profile_stays_taken_while_its_chunk_is_retried() -> None:
    made = dispatcher(
        Scripted(answers(RETRY)), backoff=lambda _: 1000.0, draw=lambda: 1.0, retry_seconds=5000
    )
    made.dispatch(chunk(1))
    while made.sending:
        made.wait(0.05)
    assert not made.admits(chunk(1))


def test_no_more_than_allowed_are_in_flight() -> None:
    made = dispatcher(Held(), max_in_flight=2)
    made.dispatch(chunk(1))
    made.dispatch(chunk(2))
    assert not made.admits(chunk(3))


def test_refused_chunk_is_halved_to_the_culprit() -> None:
    sender = Scripted(lambda each: HALVE if 5 in ids(each) else ACCEPT)
    made = dispatcher(sender)
    made.dispatch(chunk(*range(8)))
    assert sorted(resolved(made, 4)) == [
        ([0, 1, 2, 3], {}),
        ([4], {}),
        ([5], {0: REFUSAL}),
        ([6, 7], {}),
    ]
    assert len(set(sender.request_ids)) == len(sender.sent) == 7


def test_halves_are_no_more_in_flight_than_allowed() -> None:
    most, made = [0], None

    def answer(each: Chunk) -> Outcome:
        most[0] = max(most[0], made.sending)
        return HALVE if len(each) > 1 else ACCEPT

    made = dispatcher(Scripted(answer), max_in_flight=2)
    made.dispatch(chunk(*range(16)))
    assert len(resolved(made, 16)) == 16
    assert most[0] <= 2


def test_stop_sends_nothing_new() -> None:
    sender = Scripted(answers(Outcome(Action.STOP, error=Refused("no", code=401))))
    made = dispatcher(sender)
    made.dispatch(chunk(1))
    resolved(made)
    made.dispatch(chunk(2))
    made.wait(0.05)
    assert (sender.sent, made.first(), len(made)) == ([[1]], 0, 2)


def test_defect_of_the_sender_ends_the_sync() -> None:
    def answer(_: Chunk) -> Outcome:
        raise ZeroDivisionError("canary")

    made = dispatcher(Scripted(answer))
    made.dispatch(chunk(1))
    resolved(made)
    assert isinstance(made.failure, SystemFault)
    assert str(made.failure) == "The sender failed with ZeroDivisionError."


def test_first_is_that_of_the_oldest_unresolved() -> None:
    made = dispatcher(Held())
    made.dispatch(chunk(1, first=5))
    made.dispatch(chunk(2, first=3))
    assert made.first() == 3


def test_resolved_chunk_counts_until_it_is_settled() -> None:
    made = dispatcher(Scripted())
    made.dispatch(chunk(1, first=4))
    (resolution,) = made.wait(10)
    assert made.first() == 4
    made.settled(resolution.chunk)
    assert (made.first(), len(made)) == (None, 0)


def test_request_that_is_always_refused_stops_the_sync() -> None:
    sender = Scripted(lambda _: HALVE)
    made = dispatcher(sender, max_in_flight=1)
    made.dispatch(chunk(*range(1000)))
    assert len(resolved(made, 1000)) == 4
    assert str(made.failure).startswith(
        "The service accepts nothing: it refused 5 profiles in requests of "
        "their own (code 404: not found)."
    )
    assert len(sender.sent) < 80


CULPRITS = [
    range(5),
    range(995, 1000),
    range(500, 505),
    range(0, 1000, 200),
    range(0, 1000, 250),
    [0, 500, 250, 750, 125, 625],
]


@pytest.mark.parametrize("culprits", CULPRITS)
def test_culprits_do_not_stop_the_sync(culprits: list[int]) -> None:
    """Wherever they are: the first profiles to be found are not taken for all there are."""
    sender = Scripted(lambda each: HALVE if set(ids(each)) & set(culprits) else ACCEPT)
    made = dispatcher(sender, max_in_flight=1)
    made.dispatch(chunk(*range(1000)))
    refused = []
    while len(made) and made.failure is None:
        refused += [numbers[0] for numbers, rejected in resolved(made) if rejected]
    assert (made.failure, sorted(refused)) == (None, sorted(culprits))


@pytest.mark.parametrize("profiles", [2, 3, 4, 5, 7, 9, 16, 17, 33, 100, 129])
def test_any_culprit_is_found_in_few_requests(profiles: int) -> None:
    most = 0
    for culprit in range(profiles):
        sender = Scripted(lambda each, culprit=culprit: HALVE if culprit in ids(each) else ACCEPT)
        made = dispatcher(sender, max_in_flight=1)
        made.dispatch(chunk(*range(profiles)))
        while len(made):
            assert all(not rejected or numbers == [culprit] for numbers, rejected in resolved(made))
        most = max(most, len(sender.sent))
    assert most <= 2 * math.log2(profiles) + 2


@pytest.mark.parametrize("culprit", [0, 4999, 9999])
def test_culprit_of_ten_thousand_is_found_in_28_requests(culprit: int) -> None:
    sender = Scripted(lambda each: HALVE if culprit in ids(each) else ACCEPT)
    made = dispatcher(sender, max_in_flight=1)
    made.dispatch(chunk(*range(10_000)))
    while len(made):
        resolved(made)
    assert len(sender.sent) <= 28


def test_too_large_body_lowers_the_limit() -> None:
    made = dispatcher(
        Scripted(
            lambda each: (
                Outcome(Action.HALVE, refusal=REFUSAL, too_large=True) if len(each) > 2 else ACCEPT
            )
        )
    )
    whole = chunk(*range(8))
    assert made.max_bytes is None
    made.dispatch(whole)
    while made.max_bytes is None:
        made.wait(10)
    assert made.max_bytes == whole.size // 2
    resolved(made, 4)
    (half, _) = whole.parts(str)
    (quarter, _) = half.parts(str)
    assert made.max_bytes == quarter.size > half.size // 2


def test_limit_stays_above_what_was_accepted() -> None:
    """A refusal of a body that is smaller than an accepted one is not for its size."""
    made = dispatcher(
        Scripted(
            lambda each: (
                Outcome(Action.HALVE, refusal=REFUSAL, too_large=True) if 7 in ids(each) else ACCEPT
            )
        )
    )
    accepted, spoilt = chunk(*range(100, 104)), chunk(*range(8))
    made.dispatch(accepted)
    resolved(made)
    made.dispatch(spoilt)
    resolved(made, 4)
    assert made.max_bytes == accepted.size


def test_limit_rises_with_what_is_accepted_later() -> None:
    """The first profile is refused for another reason than its size, in every part that holds
    it.
    """
    made = dispatcher(
        Scripted(
            lambda each: (
                Outcome(Action.HALVE, refusal=REFUSAL, too_large=True) if 0 in ids(each) else ACCEPT
            )
        )
    )
    whole = chunk(*range(16))
    half = next(islice(whole.parts(str), 1, None))
    made.dispatch(whole)
    resolved(made, 5)
    assert made.max_bytes == half.size


def test_refusal_after_an_unknown_outcome_halves_nothing() -> None:
    """Something before the service refuses a request that the service may have executed."""
    foreign = Outcome(Action.HALVE, refusal=REFUSAL, error=Unavailable("too large"), unknown=True)
    sender = Scripted(answers(LOST, foreign, ACCEPT))
    made = dispatcher(sender)
    made.dispatch(chunk(1, 2, 3))
    assert resolved(made) == [([1, 2, 3], {})]
    assert len(set(sender.request_ids)) == 1


@pytest.mark.parametrize("first", [LOST, RETRY])
def test_refusal_by_the_service_itself_halves(first: Outcome) -> None:
    """It would have given the first answer again, had it executed the request."""
    sender = Scripted(answers(first, HALVE, ACCEPT))
    made = dispatcher(sender)
    made.dispatch(chunk(1, 2))
    assert sorted(resolved(made, 2)) == [([1], {}), ([2], {})]


def test_other_refusals_lower_nothing() -> None:
    made = dispatcher(Scripted(lambda each: HALVE if len(each) > 1 else ACCEPT))
    made.dispatch(chunk(1, 2))
    resolved(made, 2)
    assert made.max_bytes is None


def test_unknown_counts_what_may_have_been_executed() -> None:
    made = dispatcher(Scripted(answers(LOST, THROTTLE)), clock=Clock(), retry_seconds=5)
    made.dispatch(chunk(1, 2, 3))
    resolved(made)
    assert (str(made.failure), made.unknown()) == (
        "busy",
        3,
    )  # the first request may have been executed, the second was not


def test_unknown_counts_what_a_sender_has() -> None:
    made = dispatcher(Held(), max_in_flight=1)
    made.dispatch(chunk(1, 2))
    assert made.unknown() == 2


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Action.RETRY, error=Unavailable("no"), unknown=False),
        Outcome(Action.THROTTLE, error=Unavailable("no")),
    ],
)
def test_what_was_not_executed_is_not_unknown(outcome: Outcome) -> None:
    made = dispatcher(
        Scripted(answers(outcome)), retry_seconds=0, backoff=lambda _: 1.0, draw=lambda: 1.0
    )
    made.dispatch(chunk(1))
    resolved(made)
    assert made.unknown() == 0


def test_no_wait_is_shorter_than_its_backoff() -> None:
    clock = Clock()
    hurried = Outcome(Action.RETRY, error=Unavailable("busy"), retry_after=0.0)
    made = dispatcher(
        Scripted(answers(hurried)), clock=clock, backoff=lambda _: 3.0, draw=lambda: 1.0
    )
    made.dispatch(chunk(1))
    while made.deadline() is None:
        made.wait(0.05)
    assert made.deadline() == 3.0


def test_interruption_is_the_failure_that_counts() -> None:
    made = dispatcher(Scripted(answers(Outcome(Action.STOP, error=Refused("no", code=401)))))
    made.dispatch(chunk(1))
    resolved(made)
    made.interrupt(Unavailable("stop"))
    assert str(made.failure) == "stop"
