"""Who is blamed for a refusal, and what is asked before."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from destination_profiles.delivery.blame import ALL_REFUSED, NOT_ITS_OWN, Blame, Resolution, foreign
from destination_profiles.delivery.blame import TOO_LARGE as TOO_LARGE_SENTENCE
from destination_profiles.delivery.chunks import Chunk
from destination_profiles.delivery.dispatcher import Dispatcher
from destination_profiles.delivery.repeats import Repeats
from destination_profiles.errors import ConfigError, Refused, SystemFault, Unavailable
from destination_profiles.service.outcome import Accepted, Halve, Outcome, Retry
from destination_profiles.service.request import Request
from unit_tests.delivery.chunks import chunk
from unit_tests.delivery.test_dispatcher import HALVE, TOO_LARGE, answers, refusing, resolved, turn
from unit_tests.pipeline import ACCEPT, REFUSAL, Link, dispatcher, held, ids

FOREIGN = Halve(REFUSAL, SystemFault("refused"), unknown=True)
WRONG = "Database 1 has no field crm_idd."
BUSY = Retry(SystemFault("busy"), unknown=True)
LIMITED = Retry(SystemFault("limit"), throttled=True)


def asked(answer: Callable[[Request], Outcome], *problems: str, **more) -> tuple[Dispatcher, Link]:
    """A dispatcher whose inspection finds these problems, and counts how often it is made."""
    link = Link(answer)
    link.asked = 0

    def inspect() -> list[str]:
        link.asked += 1
        return list(problems)

    return dispatcher(link, inspect=inspect, **more), link


def every_profile(request: Request) -> Outcome:
    return Accepted(dict.fromkeys(range(request.profiles), REFUSAL))


def after(count: int, answer: Callable[[Request], Outcome]) -> Callable[[Request], Outcome]:
    """A service that is well for so many requests."""
    left = iter(range(count))
    return lambda request: ACCEPT if next(left, None) is not None else answer(request)


def run(made: Dispatcher, link: Link, *chunks: Chunk) -> list[tuple[list[int], dict]]:
    made.dispatch(chunks)
    return resolved(made, link)


@pytest.mark.parametrize("answer", [answers(HALVE), every_profile])
def test_four_refused_rows_of_a_wrong_setting_are_not_blamed(answer) -> None:
    made, link = asked(answer, WRONG)
    assert run(made, link, chunk(1, 2, 3, 4)) == []
    assert isinstance(made.failure, ConfigError) and WRONG in made.failure.message


def test_all_wrong_settings_are_told() -> None:
    made, link = asked(answers(HALVE), WRONG, "Resource 2 is not known.")
    run(made, link, chunk(1))
    assert f"(1) {WRONG} (2) Resource 2 is not known. No record" in str(made.failure)


@pytest.mark.parametrize("answer", [answers(HALVE), every_profile])
def test_refused_rows_are_blamed_where_the_settings_are_right(answer) -> None:
    made, link = asked(answer)
    found = run(made, link, chunk(1, 2, 3, 4))
    assert sorted(each for numbers, _ in found for each in numbers) == [1, 2, 3, 4]
    assert all(len(numbers) == len(rejected) for numbers, rejected in found)
    assert (link.asked, made.failure) == (1, None)


@pytest.mark.parametrize("answer", [answers(HALVE), every_profile])
def test_service_that_turns_bad_is_noticed_after_five_refusals(answer) -> None:
    made, link = asked(after(1, answer), WRONG)
    found = run(made, link, chunk(0), chunk(*range(1, 1001), first=1))
    assert (found, link.asked) == ([([0], {})], 1)
    assert WRONG in str(made.failure) and len(link.sent) < 80


def test_five_that_are_refused_lie_apart() -> None:
    made, link = asked(after(1, answers(HALVE)), WRONG, max_in_flight=1)
    run(made, link, chunk(0), chunk(*range(1, 1001), first=1))
    alone = [sent[0] for sent in link.sent[1:] if len(sent) == 1]
    assert alone == [1, 1000, 501, 500, 251]


def test_few_refused_rows_are_blamed_once_something_was_accepted() -> None:
    made, link = asked(after(1, answers(HALVE)), WRONG)
    found = run(made, link, chunk(0), chunk(1, 2, 3, first=1))
    assert (len(found), link.asked, made.failure) == (4, 0, None)


def test_culprit_waits_until_a_neighbour_is_accepted() -> None:
    made, link = asked(lambda request: HALVE if 1 in ids(request) else ACCEPT, WRONG)
    found = run(made, link, chunk(1, 2, 3))
    assert sorted(found) == [([1], {0: REFUSAL}), ([2], {}), ([3], {})]
    assert link.asked == 0


@pytest.mark.parametrize("answer", [answers(HALVE), every_profile])
def test_nobody_is_asked_while_another_chunk_may_be_accepted(answer) -> None:
    link, asked_for = held(), []
    made = dispatcher(link, inspect=lambda: asked_for.append(1) or [])
    made.dispatch([chunk(1), chunk(2, first=1)])
    link.reply(answer(Request((), 0, 1, "")), to=1)
    assert (turn(made, link), asked_for) == ([], [])
    link.reply(to=2)
    assert sorted(turn(made, link)) == [([1], {0: REFUSAL}), ([2], {})]
    assert asked_for == []


def test_proxy_that_refuses_ends_the_sync_without_asking() -> None:
    made, link = asked(answers(FOREIGN))
    assert run(made, link, chunk(1, 2)) == []
    assert "not the service that refuses" in str(made.failure) and link.asked == 0


def test_limit_below_that_of_the_service_is_said() -> None:
    made, link = asked(answers(TOO_LARGE))
    assert run(made, link, chunk(1)) == []
    assert f"Requests of {chunk(1).size:,} bytes" in str(made.failure)


def test_inspection_that_fails_ends_the_sync_with_its_error() -> None:
    link, error = Link(answers(HALVE)), Refused("token", code=401)

    def inspect() -> list[str]:
        raise error

    made = dispatcher(link, inspect=inspect)
    assert run(made, link, chunk(1)) == [] and made.failure is error


def silent(
    times: int, *problems: str, wait: float | None = None, **more
) -> tuple[Dispatcher, Link]:
    """A dispatcher whose service refuses all, and is asked in vain so many times."""
    link = Link(answers(HALVE))
    link.asked = []

    def inspect() -> list[str]:
        link.asked.append(link.clock.now)
        if len(link.asked) <= times:
            raise Unavailable("silent", reason="the host refused the connection", retry_after=wait)
        return list(problems)

    return dispatcher(link, inspect=inspect, **{"backoff": lambda _: 10.0, **more}), link


def test_service_that_cannot_be_asked_is_asked_again() -> None:
    made, link = silent(2)
    assert run(made, link, chunk(1)) == [([1], {0: REFUSAL})]
    assert (link.asked, link.sent, made.retries) == ([0.0, 10.0, 20.0], [[1]], 2)
    assert made.trouble == "the host refused the connection"


def test_wrong_setting_is_found_once_it_can_be_asked_for() -> None:
    made, link = silent(1, WRONG)
    assert run(made, link, chunk(1)) == []
    assert WRONG in str(made.failure) and link.asked == [0.0, 10.0]


def test_asking_ends_with_the_budget_of_time() -> None:
    made, link = silent(99, retry_seconds=20)
    assert run(made, link, chunk(1)) == []
    assert isinstance(made.failure, Unavailable) and link.asked == [0.0, 10.0, 20.0]


def test_wait_that_an_asked_service_asks_for_is_kept() -> None:
    made, link = silent(1, wait=25.0)
    run(made, link, chunk(1))
    assert link.asked == [0.0, 25.0]


@pytest.mark.parametrize("finds", ["nothing", "no answer", "a wrong setting"])
def test_part_that_is_accepted_while_the_service_is_asked_ends_the_doubt(finds: str) -> None:
    """The others are blamed at once, and what the service says of settings comes later."""
    link = held()

    def inspect() -> list[str]:
        if finds == "no answer":
            raise Unavailable("silent")
        return [WRONG] if finds == "a wrong setting" else []

    made = dispatcher(link, inspect=inspect)
    link.asks_long = True
    made.dispatch([chunk(*range(12)), chunk(20, first=12)])
    link.reply(HALVE, to=0)
    link.reply(to=20)
    assert turn(made, link) == [([20], {})]
    link.reply(every_profile(Request((), 0, 6, "")), to=0)
    assert turn(made, link) == []
    assert len(link.asked_for) == 1
    link.reply(to=6)
    refused = dict.fromkeys(range(6), REFUSAL)
    assert sorted(turn(made, link)) == [([*range(6)], refused), ([*range(6, 12)], {})]
    made.dispatch([chunk(30, first=13)])
    link.tell()
    assert (turn(made, link), made.deadline()) == ([], None)
    if finds == "a wrong setting":
        assert WRONG in str(made.failure)
        return
    assert (made.failure, link.sent[-1]) == (None, [30])
    link.reply()
    assert (turn(made, link), len(made)) == ([([30], {})], 0)


def test_service_is_not_asked_again_once_it_is_clear_who_is_to_blame() -> None:
    made, link = silent(99)
    link.held = True
    made.dispatch([chunk(*range(12)), chunk(20, first=12)])
    link.reply(HALVE, to=0)
    turn(made, link)
    link.reply(every_profile(Request((), 0, 6, "")), to=0)
    turn(made, link)
    turn(made, link)
    assert (link.asked, made.deadline(), made.retries) == ([0.0], 10.0, 1)
    link.reply(to=6)
    assert len(turn(made, link)) == 2
    made.dispatch([chunk(30, first=13)])
    assert (link.sent[-1], link.asked, link.clock.now) == ([30], [0.0], 0.0)


def test_nothing_is_sent_until_the_service_could_be_asked() -> None:
    made, link = silent(1)
    made.dispatch([chunk(1)])
    turn(made, link)
    turn(made, link)
    made.dispatch([chunk(2, first=1)])
    assert (link.sent, made.deadline()) == ([[1]], 10.0)


def test_stopped_sync_asks_no_more() -> None:
    made, link = silent(99)
    made.dispatch([chunk(1)])
    turn(made, link)
    turn(made, link)
    made.stop()
    link.clock.now = 10.0
    made.send_due()
    assert (link.asked, made.deadline(), made.sending) == ([0.0], None, 0)


def test_service_that_accepts_nothing_is_given_up() -> None:
    made, link = asked(answers(HALVE))
    assert run(made, link, chunk(*range(1000))) == []
    assert str(made.failure).startswith(
        "The service accepts nothing: it refused 5 profiles in requests of their own (code 404: "
        "not found)."
    )


def test_profiles_put_off_are_sent_in_a_request_of_their_own() -> None:
    first = Accepted({0: REFUSAL}, {1: LIMITED, 3: LIMITED})
    made, link = asked(answers(first, ACCEPT))
    assert run(made, link, chunk(1, 2, 3, 4)) == [([1, 3], {0: REFUSAL}), ([2, 4], {})]
    assert link.sent == [[1, 2, 3, 4], [2, 4]] and len(set(link.request_ids)) == 2


def test_all_profiles_put_off_are_sent_under_another_request_id() -> None:
    made, link = asked(answers(Accepted({}, {0: BUSY}), ACCEPT))
    assert run(made, link, chunk(1)) == [([1], {})] and len(set(link.request_ids)) == 2


def test_later_chunk_waits_for_what_was_put_off() -> None:
    first, second = chunk(1, 2), chunk(1, first=2)
    second.wait_for(first)
    made, link = asked(answers(Accepted({}, {0: LIMITED}), ACCEPT))
    run(made, link, first, second)
    assert link.sent == [[1, 2], [1], [1]]


def test_profiles_put_off_for_too_long_end_the_sync() -> None:
    made, link = asked(
        lambda request: Accepted({}, dict.fromkeys(range(request.profiles), LIMITED)),
        retry_seconds=20,
        backoff=lambda _: 10.0,
    )
    assert run(made, link, chunk(1)) == [] and made.failure is LIMITED.error
    assert (link.clock.now, made.unknown()) == (20.0, 0)


def test_function_that_may_have_been_executed_is_not_sent_again() -> None:
    made, link = asked(answers(Accepted({}, {0: BUSY})), repeats=Repeats(lambda _: False))
    assert run(made, link, chunk(1, 2)) == [([2], {})]
    assert "must not be executed twice" in str(made.failure)
    assert (made.unknown(), len(link.sent)) == (1, 1)


def test_function_that_was_not_executed_is_sent_again() -> None:
    made, link = asked(
        answers(Accepted({}, {0: LIMITED}), ACCEPT), repeats=Repeats(lambda _: False)
    )
    assert run(made, link, chunk(1, 2)) == [([2], {}), ([1], {})]


# A service that turns bad: attacks


def small(count: int, first: int = 1) -> list[Chunk]:
    """Chunks of four profiles, as a slow source makes them."""
    return [chunk(*range(n, n + 4), first=n) for n in range(first, first + count, 4)]


def rejected_by(found: list[tuple[list[int], dict]]) -> int:
    return sum(len(refused) for _, refused in found)


@pytest.mark.parametrize("answer", [answers(HALVE), every_profile])
@pytest.mark.parametrize("well", [1, 2, 100])
def test_small_chunks_hide_no_service_that_turns_bad(answer, well: int) -> None:
    made, link = asked(after(well, answer), WRONG, max_in_flight=1)
    found = run(made, link, *small(4 * well + 4000))
    assert rejected_by(found) <= 4 and link.asked == 1
    assert WRONG in str(made.failure)


def test_small_refused_chunks_are_blamed_where_the_settings_are_right() -> None:
    made, link = asked(after(1, every_profile), max_in_flight=1)
    assert rejected_by(run(made, link, *small(44))) == 40
    assert (link.asked, made.failure) == (5, None)  # once for two chunks


def test_service_that_is_bad_on_and_off_is_asked() -> None:
    turns = iter([ACCEPT, *[every_profile] * 2] * 10)

    def answer(request: Request) -> Outcome:
        turn = next(turns)
        return turn if turn is ACCEPT else turn(request)

    made, link = asked(answer, WRONG, max_in_flight=1)
    found = run(made, link, *small(100))
    assert (rejected_by(found), link.asked) == (4, 1) and WRONG in str(made.failure)


@pytest.mark.parametrize("answer", [answers(HALVE), every_profile])
def test_one_database_says_nothing_of_another(answer) -> None:
    bad = chunk(1, 2, 3, first=2, db_id=2)
    made, link = asked(after(1, answer), WRONG, max_in_flight=1)
    found = run(made, link, chunk(0), bad)
    assert (found, link.asked) == ([([0], {})], 1) and WRONG in str(made.failure)


def test_database_that_accepts_nothing_is_given_up() -> None:
    made, link = asked(lambda request: ACCEPT if request.profiles == 7 else HALVE)
    found = run(made, link, chunk(*range(7)), chunk(*range(10, 1010), first=7, db_id=2))
    assert rejected_by(found) == 0 and "accepts nothing" in str(made.failure)


@pytest.mark.parametrize("well", [1, 2, 100])
def test_service_that_refuses_every_request_is_given_up(well: int) -> None:
    """Though it finds nothing wrong with the settings."""
    made, link = asked(after(well, answers(HALVE)), max_in_flight=1)
    chunks = [chunk(n, first=n) for n in range(well)]
    found = run(made, link, *chunks, chunk(*range(1000, 2000), first=1000))
    assert (rejected_by(found), link.asked) == (0, 1)
    assert "accepts nothing" in str(made.failure)


@pytest.mark.parametrize("well", [0, 1, 2])
def test_few_rows_are_not_blamed_for_the_page_of_a_proxy(well: int) -> None:
    made, link = asked(after(well, answers(FOREIGN)), max_in_flight=1)
    found = run(made, link, *(chunk(n, first=n) for n in range(well)), chunk(8, 9, first=8))
    assert rejected_by(found) == 0
    assert "not the service that refuses" in str(made.failure)


def test_proxy_that_turns_bad_in_a_search_is_noticed() -> None:
    """Beside an honest bad row, whose neighbours were accepted."""
    well = after(3, answers(FOREIGN))

    def answer(request: Request) -> Outcome:
        return HALVE if 0 in ids(request) and request.profiles > 1 else well(request)

    made, link = asked(answer, max_in_flight=1)
    found = run(made, link, chunk(*range(1000)))
    assert rejected_by(found) <= 5 and "not the service that refuses" in str(made.failure)


def test_filter_that_refuses_one_record_is_no_bad_proxy() -> None:
    made, link = asked(lambda request: FOREIGN if 5 in ids(request) else ACCEPT)
    assert rejected_by(run(made, link, chunk(*range(100)))) == 1
    assert made.failure is None


def test_honest_bad_rows_beside_each_other_cost_no_sync() -> None:
    made, link = asked(refusing(*range(10, 30)))
    assert rejected_by(run(made, link, chunk(0, first=0), chunk(*range(1, 101), first=1))) == 20
    assert made.failure is None


def single(whole: Chunk) -> list[Chunk]:
    """Each profile of a chunk by itself."""
    return whole.divided([[place] for place in range(len(whole))])


def test_fifth_page_behind_each_other_is_no_records_fault() -> None:
    blame, whole = Blame(), chunk(*range(7))
    parts = single(whole)
    blame.case(whole)
    blame.accept(parts[0])
    blamed = []
    for part in parts[1:]:
        blame.suspect_alone(part, FOREIGN)
        blamed.append([ids(each.chunk) for each in blame.blamed()])
    assert blamed == [[[1]], [[2]], [[3]], [[4]], [], []]


@pytest.mark.parametrize(("accepted", "ends"), [(False, True), (True, False)])
def test_refusals_of_several_chunks_count_together_while_none_is_accepted(
    accepted: bool, ends: bool
) -> None:
    blame, chunks = Blame(), [chunk(1, 2, 3), chunk(4, 5, first=3)]
    if accepted:
        blame.accept(chunk(9))
    for code, whole in zip(("404", "400"), chunks, strict=True):
        for number, part in enumerate(single(whole)):
            refusal = replace(REFUSAL, code=f"{code}{number}")
            blame.suspect_alone(part, replace(HALVE, refusal=refusal))
    error = blame.clear()
    assert str(error) == (ALL_REFUSED.format(5, "4042", REFUSAL.loggable) if ends else "None")


def test_service_is_asked_once_nothing_but_suspects_is_under_way() -> None:
    blame, chunks = Blame(), [chunk(1), chunk(2, first=1), chunk(3, db_id=2, first=2)]
    for each in chunks:
        blame.suspect_alone(each, HALVE)
    assert blame.to_ask({1: 3, 2: 2}) is None  # another of each database may be accepted
    assert blame.to_ask({1: 3, 2: 1}) is chunks[2]
    assert blame.to_ask({1: 2, 2: 1}) is chunks[0]


def test_foreign_refusal_tells_size_and_code() -> None:
    one = chunk(1)
    assert str(foreign(one, TOO_LARGE)) == TOO_LARGE_SENTENCE.format(one.size, "404")
    assert str(foreign(one, FOREIGN)) == NOT_ITS_OWN.format("404")
    assert foreign(one, HALVE) is None


def refused(made: Chunk) -> Resolution:
    return Resolution(made, dict.fromkeys(range(len(made)), REFUSAL))


def test_five_refusals_since_the_last_acceptance_are_asked_about() -> None:
    blame = Blame()
    blame.accept(chunk(0))
    for count, numbers in ((1, [1, 2]), (1, [3, 4]), (0, [5]), (0, [6])):
        made = chunk(*numbers)
        blame.suspect(refused(made))
        assert len(list(blame.blamed())) == count
        assert (blame.to_ask({1: 1}) is None) == bool(count)
        blame.close(made)


@pytest.mark.parametrize(("count", "blamed"), [(4, 1), (5, 0)])
def test_five_refusals_of_one_chunk_are_asked_about(count: int, blamed: int) -> None:
    blame, made = Blame(), chunk(*range(count))
    blame.accept(chunk(9))
    blame.suspect(refused(made))
    assert len(list(blame.blamed())) == blamed


def test_last_word_on_a_chunk_closes_its_case() -> None:
    blame, made = Blame(), chunk(1)
    blame.suspect(refused(made))
    blame.close(made)
    assert blame.case(made).suspects == []


@pytest.mark.parametrize("expects", [False, True])
def test_refusals_of_all_are_no_surprise_where_all_was_refused_before(expects: bool) -> None:
    blame = Blame(expects_refusals=expects)
    for number in range(5):
        blame.suspect_alone(chunk(number), Halve(REFUSAL, SystemFault("refused")))
    assert (blame.clear() is None) == expects


def test_no_case_is_left_at_the_end() -> None:
    made, link = asked(answers(HALVE))
    run(made, link, chunk(1, 2, 3, 4))
    assert made._blame._cases == {}
