"""What follows from each answer of the service, and what of its text the log may hold."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.errors import BadAnswer, ProfilesError, Refused, SystemFault, Unavailable
from destination_profiles.rejection import Rejection
from destination_profiles.service.answers import (
    FATE_UNKNOWN,
    HIDDEN,
    MAX_TEXT,
    NOT_THE_SERVICE,
    Answers,
)
from destination_profiles.service.manifest import service
from destination_profiles.service.outcome import Accepted, Halve, Outcome, Retry, Stop

CANARY = "canary-7f3a"
ANSWERS = Answers(service(), frozenset({"Custom_ID"}))
OK = {"error": 0, "error_text": "Successful operation", "profile_id": "65f0c0ffee"}
FILTERS: list[dict[str, Any]] = list(service().error_handler["response_filters"])
STOPPING = {
    code: each["error_message"]
    for each in FILTERS
    if each["action"] == "FAIL"
    for code in each["http_codes"]
}
RETRIED = [
    code
    for each in FILTERS
    if each["action"] in ("RETRY", "RATE_LIMITED")
    for code in each["http_codes"]
]
HALVED = [
    code
    for each in FILTERS
    if each["action"] == "SPLIT_REQUEST_WINDOW"
    for code in each["http_codes"]
]
UNKNOWN = service().undeclared_code["error_message"]


def outcome(status: int, answer: Any, count: int = 2, retry_after: float | None = None) -> Outcome:
    """Of a request of `count` profiles; the answer is bytes, or what the service writes as JSON."""
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return ANSWERS.interpret(status, body, count, retry_after)


def items(*results: Any, **top: Any) -> dict[str, Any]:
    return {"error": 0, "error_text": "Successful operation", "result": list(results), **top}


def item(code: int, text: str = "") -> dict[str, Any]:
    return {"error": code, "error_text": text}


def stopped(made: Outcome) -> ProfilesError:
    assert isinstance(made, Stop)
    return made.error


def told(made: Outcome) -> tuple[type, str, Rejection | None]:
    assert not isinstance(made, Accepted)
    return type(made), made.error.message, made.refusal if isinstance(made, Halve) else None


# Answers that hold a result for each profile

ACCEPTED = [
    items(OK, OK),
    items(item(0), {"error": 0}),
    {"result": [OK, OK]},
    items(OK, OK, error=None),
    items(OK, OK, error=5),
    items(OK, OK, unknown={"a": [1]}),
    items({"error": 0, "error_text": None}, OK),
    items({"error": 0, "unknown": None}, OK),
]

REJECTED = [
    (
        item(404, "Profile not found"),
        Rejection("service", "404", "Profile not found", "$", "Profile not found"),
    ),
    (
        item(400, f"field email: {CANARY}"),
        Rejection("service", "400", f"field email: {CANARY}", "$", f"field email: {HIDDEN}"),
    ),
    (
        item(5),
        Rejection("service", "5", "the service gives no text", "$", "the service gives no text"),
    ),
    (item(-1, CANARY), Rejection("service", "-1", CANARY, "$", HIDDEN)),
    (
        item(10**20),
        Rejection("service", "…", "the service gives no text", "$", "the service gives no text"),
    ),
]


@pytest.mark.parametrize("answer", ACCEPTED)
def test_zero_for_each_profile_is_success(answer: dict[str, Any]) -> None:
    assert outcome(200, answer) == Accepted()


@pytest.mark.parametrize(("result", "rejection"), REJECTED)
def test_item_error_rejects_that_profile_alone(
    result: dict[str, Any], rejection: Rejection
) -> None:
    assert outcome(200, items(OK, result, OK), count=3) == Accepted({1: rejection})


LATER = {408: True, 429: False, 500: True, 502: True, 503: True, 504: True}


@pytest.mark.parametrize(("code", "perhaps_done"), LATER.items())
def test_item_that_says_later_is_neither_accepted_nor_rejected(
    code: int, perhaps_done: bool
) -> None:
    made = outcome(200, items(OK, item(code, f"the {CANARY}")), retry_after=3)
    assert isinstance(made, Accepted) and (made.rejected, list(made.later)) == ({}, [1])
    later = made.later[1]
    assert later.code == str(code)
    assert isinstance(later.error, Unavailable) and f"(code {code}: the {HIDDEN})" in str(
        later.error
    )
    assert (later.unknown, later.throttled, later.retry_after) == (
        perhaps_done,
        not perhaps_done,
        3,
    )


def test_every_profile_may_be_rejected() -> None:
    made = outcome(200, items(item(5), item(6), error=400))
    assert isinstance(made, Accepted)
    assert {position: each.code for position, each in made.rejected.items()} == {0: "5", 1: "6"}


@pytest.mark.parametrize(
    "code", [code for code, action in service().item_actions.items() if action == "FAIL"]
)
def test_refusal_of_the_caller_stops_all_but_what_is_done(code: int) -> None:
    made = outcome(200, items(OK, item(code, f"token {CANARY}"), item(5)), count=3)
    assert isinstance(made, Accepted) and (list(made.rejected), list(made.later)) == ([2], [1])
    error = stopped(made.later[1])
    assert isinstance(error, Refused) and error.code == code
    assert error.message == f"{STOPPING[code]} (code {code}: token {HIDDEN})"


@pytest.mark.parametrize("count", [0, 1, 10_000])
def test_chunk_of_any_size_is_read(count: int) -> None:
    assert outcome(200, items(*[OK] * count), count=count) == Accepted()


# Answers that do not tell the fate of every profile

ODD: list[Any] = [
    items(OK),
    items(OK, OK, OK),
    items(),
    {"error": 0},
    {},
    items(OK, OK, error="0"),
    {"error": 0, "result": None},
    {"error": 0, "result": {"0": OK, "1": OK}},
    {"error": 0, "result": "OK"},
    items({}, {}),
    items(None, OK),
    items([], OK),
    items({"error": None}, OK),
    items({"error": "0"}, OK),
    items({"error": False}, OK),
    items({"error": 0.5}, OK),
    items({"error_text": "Successful operation"}, OK),
    {"error": 200, "result": []},
    [items(OK, OK)],
    [OK, OK],
    b"",
    b"null",
    b"0",
    b"OK",
    b"<html><body>Successful operation</body></html>",
    b"<xml><error>0</error><result><error>0</error></result><result><error>0</error></result>",
    b"<xml><error>0</error><result><error>0</error></result></xml>",
    json.dumps(items(OK, OK)).encode()[:-1],
    json.dumps(items(OK, OK)).encode() + b"}",
    json.dumps(items(OK, OK)).encode("utf-16"),
    b'{"error":0,"error_text":"\xff","result":[{"error":0},{"error":0}]}',
]


@pytest.mark.parametrize("answer", ODD, ids=lambda each: repr(each)[:40].replace("\\", ""))
def test_odd_answer_is_never_success(answer: Any) -> None:
    made = outcome(200, answer, retry_after=7)
    assert isinstance(made, Retry) and isinstance(made.error, BadAnswer)
    assert (made.retry_after, made.unknown, made.throttled) == (7, True, False)
    assert made.reason == "the answer cannot be read"
    assert made.error.message == FATE_UNKNOWN.format(2)


@pytest.mark.parametrize(
    "start", [b"[" * 100_000, b'{"unknown":' * 100_000, b'{"unknown":' + b"[" * 100_000]
)
def test_bottomless_answer_is_never_success(start: bytes) -> None:
    assert isinstance(outcome(200, start), Retry)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 500) | st.text(max_size=3),
    lambda each: (
        st.lists(each, max_size=3)
        | st.dictionaries(st.sampled_from(["error", "error_text", "result"]), each, max_size=3)
    ),
    max_leaves=8,
)


@given(st.sampled_from([200, 201, 204, 302, 400, 404, 418, 500, 503]), JSON, st.integers(1, 3))
@settings(max_examples=200)
def test_success_needs_one_zero_a_profile(status: int, answer: Any, count: int) -> None:
    made = outcome(status, answer, count)
    if isinstance(made, Accepted):
        accepted = [each for each in answer["result"] if each["error"] == 0]
        assert (status, len(accepted) + len(made.rejected) + len(made.later)) == (200, count)


@pytest.mark.parametrize(
    "status", [*STOPPING, *RETRIED, *HALVED, 100, 201, 202, 204, 207, 418, 501, 600]
)
def test_only_http_200_is_success(status: int) -> None:
    assert not isinstance(outcome(status, items(OK, OK)), Accepted)


# Answers to a whole request


def whole(code: int, text: str) -> list[Outcome]:
    """The outcomes of a code given as HTTP status and, with 200, as the body's own."""
    return [
        outcome(code, item(code, text), retry_after=3),
        outcome(200, item(code, text), retry_after=3),
    ]


@pytest.mark.parametrize("code", STOPPING)
def test_stopping_code_has_its_sentence(code: int) -> None:
    for made in whole(code, f"the {CANARY}"):
        assert isinstance(stopped(made), Refused)
        assert stopped(made).message == f"{STOPPING[code]} (code {code}: the {HIDDEN})"


@pytest.mark.parametrize("code", RETRIED)
def test_busy_service_is_tried_again(code: int) -> None:
    for made in whole(code, CANARY):
        throttled = code in (429, 503)  # the others may come after the work is done
        assert isinstance(made, Retry) and isinstance(made.error, Unavailable)
        assert (made.throttled, made.retry_after, made.unknown) == (throttled, 3, not throttled)
        assert made.reason == f"code {code}"
        assert made.error.failure_type == "transient_error"


@pytest.mark.parametrize("code", HALVED)
def test_wrong_request_is_halved(code: int) -> None:
    refusal = Rejection("service", str(code), f"wrong {CANARY}", "$", f"wrong {HIDDEN}")
    for made in whole(code, f"wrong {CANARY}"):
        assert isinstance(made, Halve)
        assert (made.refusal, made.too_large, made.unknown) == (refusal, code == 413, False)


@pytest.mark.parametrize("code", HALVED)
@pytest.mark.parametrize("body", [b"", b"<html>", b"{}"])
def test_refusal_that_is_not_the_services_own_tells_nothing_of_earlier_tries(
    code: int, body: bytes
) -> None:
    made = ANSWERS.interpret(code, body, 2)
    assert isinstance(made, Halve) and made.unknown
    assert isinstance(made.error, SystemFault)


@pytest.mark.parametrize("code", [-5, 7, 100, 201, 204, 207, 418, 600, 999, 99_999])
def test_undeclared_code_stops_the_sync(code: int) -> None:
    for made in whole(code, f"the {CANARY}"):
        assert isinstance(stopped(made), SystemFault)
        assert stopped(made).message == f"{UNKNOWN} (code {code}: the {HIDDEN})"


def test_undeclared_code_may_pass_with_time() -> None:
    declared = {**service().undeclared_code, "failure_type": "transient_error"}
    made = Answers(dataclasses.replace(service(), undeclared_code=declared))
    assert isinstance(stopped(made.interpret(200, b'{"error":418}', 1)), Unavailable)


@pytest.mark.parametrize(
    ("status", "code", "decides"),
    [
        (500, 401, 401),
        (404, 429, 429),
        (401, 403, 403),
        (500, 7, 500),
        (404, 7, 404),
    ],
)
def test_declared_code_of_body_comes_first(status: int, code: int | None, decides: int) -> None:
    plain = outcome(decides, {"error": decides})
    made = outcome(status, {"error": code})
    assert told(made) == told(plain)


@pytest.mark.parametrize("body", [b"", b"<html>canary-7f3a</html>", b"canary-7f3a", b"\xff\xfe"])
@pytest.mark.parametrize("status", [400, 401, 407, 418, 500])
def test_body_without_an_answer_stays_untold(status: int, body: bytes) -> None:
    assert CANARY not in repr(outcome(status, body))


@pytest.mark.parametrize("body", [b"", b"<html>403</html>", b'{"error":0}', b'{"error":null}'])
@pytest.mark.parametrize("status", [401, 402, 403, 404, 405, 418, 501, 505, 511])
def test_status_of_another_blames_no_token(status: int, body: bytes) -> None:
    error = stopped(outcome(status, body))
    assert isinstance(error, Refused) and (error.code, error.spoken) == (status, False)
    assert error.message.startswith(f"{OTHER} {status} and ") and "token" not in error.message


def test_manifest_says_which_statuses_are_of_another() -> None:
    answers = Answers(dataclasses.replace(service(), foreign_statuses=[506]))
    assert isinstance(stopped(answers.interpret(506, b"", 2)), Refused)
    assert isinstance(answers.interpret(501, b"", 2), Retry)


def test_stopping_code_of_an_item_is_declared() -> None:
    codes = {code for code, action in service().item_actions.items() if action == "FAIL"}
    assert codes and codes <= set(STOPPING)


@pytest.mark.parametrize("code", STOPPING)
def test_sentence_of_each_code_is_whole(code: int) -> None:
    assert STOPPING[code].endswith(".") and STOPPING[code].count(".") in (1, 2)


def test_tariff_and_token_say_so() -> None:
    assert "tariff" in STOPPING[402] and "token" in STOPPING[401] and "right" in STOPPING[403]


@pytest.mark.parametrize(
    ("asked", "believed"),
    [(0.0, 0.0), (86_399.0, 86_399.0), (86_400.0, None), (float("inf"), None), (None, None)],
)
def test_wait_of_a_day_is_not_believed(asked: float | None, believed: float | None) -> None:
    for status in (429, 200):
        made = ANSWERS.interpret(status, b"", 1, asked)
        assert isinstance(made, Retry) and made.retry_after == believed


@pytest.mark.parametrize("left", [True, False])
def test_no_answer_is_tried_again(left: bool) -> None:
    made = ANSWERS.no_answer("the host name is not known", left=left)
    assert made.unknown == left and isinstance(made.error, Unavailable)
    assert made.reason == "the host name is not known"
    assert (
        made.error.message
        == "The service did not answer: the host name is not known. Run the sync again later."
    )


# Answers to a read call

OTHER = "Something other than the service answers, with HTTP status"
READS: list[tuple[int, bytes, type[ProfilesError], str]] = [
    (200, b"{}", BadAnswer, NOT_THE_SERVICE),
    (200, b"", BadAnswer, NOT_THE_SERVICE),
    (200, b"<html>canary-7f3a</html>", BadAnswer, NOT_THE_SERVICE),
    (200, b"[]", BadAnswer, NOT_THE_SERVICE),
    (200, b'{"error":"0"}', BadAnswer, NOT_THE_SERVICE),
    (200, b'{"error":null}', BadAnswer, NOT_THE_SERVICE),
    (200, b'{"error":401,"error_text":"canary-7f3a"}', Refused, STOPPING[401]),
    (200, b'{"error":402}', Refused, STOPPING[402]),
    (403, b"", Refused, f"{OTHER} 403 and an empty answer: a firewall"),
    (404, b"<html>canary-7f3a</html>", Refused, f"{OTHER} 404 and a page of HTML: a firewall"),
    (400, b"canary-7f3a", Refused, f"{OTHER} 400 and another text: a firewall"),
    (400, b"X", Refused, f"{OTHER} 400 and another text: a firewall"),
    (404, b"\r\n <html>", Refused, f"{OTHER} 404 and a page of HTML: a firewall"),
    (401, b'{"message":"canary-7f3a"}', Refused, f"{OTHER} 401 and JSON of another form: a"),
    (511, b"<html>", Refused, f"{OTHER} 511 and a page of HTML: a firewall"),
    (407, b"<html>", Refused, "A proxy on the way to the service asks for a user and a password"),
    (200, b'{"error":403}', Refused, STOPPING[403]),
    (404, b'{"error":404}', Refused, STOPPING[404]),
    (301, b"", Refused, STOPPING[301]),
    (
        200,
        b'{"error":400,"error_text":"canary-7f3a"}',
        Refused,
        "The service refuses the request as wrong.",
    ),
    (500, b'{"error":0}', Unavailable, ""),
    (429, b"", Unavailable, ""),
    (200, b'{"error":7,"error_text":"canary-7f3a"}', SystemFault, UNKNOWN),
    (418, b"", Refused, f"{OTHER} 418 and an empty answer"),
]


@pytest.mark.parametrize(("status", "body", "kind", "sentence"), READS)
def test_refused_read_says_why(
    status: int, body: bytes, kind: type[ProfilesError], sentence: str
) -> None:
    error = ANSWERS.refusal_of_call(status, body)
    assert type(error) is kind and error.message.startswith(sentence)
    assert CANARY not in error.message


@pytest.mark.parametrize("code", [400, 402])
def test_refused_read_tells_code_and_text(code: int) -> None:
    body = json.dumps(item(code, f"wrong {CANARY}")).encode()
    error = ANSWERS.refusal_of_call(200, body)
    detail = f"(code {code}: wrong {HIDDEN})"
    assert isinstance(error, Refused) and (error.code, error.detail) == (code, detail)
    assert error.message.endswith(f". {detail}")


@pytest.mark.parametrize(
    ("asked", "told"),
    [(3600.0, " It asks to wait 3,600 seconds."), (0.0, ""), (86_400.0, ""), (None, "")],
)
def test_wait_that_is_asked_for_is_told(asked: float | None, told: str) -> None:
    later = outcome(200, items(OK, item(429, "later")), retry_after=asked)
    assert isinstance(later, Accepted)
    whole = outcome(503, item(429, "later"), retry_after=asked)
    assert isinstance(whole, Retry)
    read = ANSWERS.refusal_of_call(429, b'{"error":429,"error_text":"later"}', asked)
    sentence = "The service asks for fewer requests. Run the sync again later, with fewer requests"
    for error in (later.later[1].error, whole.error, read):
        assert error is not None
        assert error.message.startswith(sentence)
        assert error.message.partition(")")[2] == told


def test_read_that_is_put_off_tells_code_and_wait() -> None:
    error = ANSWERS.refusal_of_call(503, b"", 3.0)
    assert isinstance(error, Unavailable)
    assert (error.reason, error.retry_after) == ("code 503", 3.0)


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (
            407,
            "A proxy on the way to the service asks for a user and a password (code 407). Check "
            "the proxy, and the variable HTTPS_PROXY where the connector runs.",
        ),
        (
            403,
            f"{OTHER} 403 and an empty answer: a firewall, a proxy or another program. Check the "
            "API URL, and what is in between.",
        ),
    ],
)
def test_refusal_by_another_is_not_the_services(status: int, sentence: str) -> None:
    error = ANSWERS.refusal_of_call(status, b"")
    assert isinstance(error, Refused)
    assert (error.message, error.code, error.spoken) == (sentence, status, False)


@pytest.mark.parametrize(
    "body",
    [
        b'{"error":0}',
        b'{"error":0,"data":{"id":1}}',
        b'{"error":0,"result":null,"error_text":"Successful"}',
    ],
)
def test_read_that_succeeds_says_nothing(body: bytes) -> None:
    assert ANSWERS.refusal_of_call(200, body) is None


# The log

MASKED = [
    ("", ""),
    ("Profile not found", "Profile not found"),
    ("PROFILE Not Found!", "PROFILE Not Found!"),
    (f"Profile {CANARY} not found", f"Profile {HIDDEN} not found"),
    (f"{CANARY} {CANARY}", HIDDEN),
    (f"value {CANARY} {CANARY}, {CANARY} is wrong", f"value {HIDDEN} is wrong"),
    (
        "Field 'email': value 'ann@example.org' is invalid",
        f"Field 'email': value {HIDDEN} is invalid",
    ),
    ("field (_fname) is too long", "field (_fname) is too long"),
    ("field Custom_ID custom_id", "field Custom_ID custom_id"),
    ("subscriptions[0].email is invalid", "subscriptions[*].email is invalid"),
    ("subscriptions[123456].email", HIDDEN),
    (f"subscriptions[{CANARY}].email", HIDDEN),
    (f"email.{CANARY} {CANARY}.email", HIDDEN),
    (f"email:{CANARY} email={CANARY} email,{CANARY}", HIDDEN),
    ("79000000001 5 1.5 2001-12-31", HIDDEN),
    ("... ' () []", HIDDEN),
    (f"not\nfound\t{CANARY}\r\nerror", f"not found {HIDDEN} error"),
    (f"email\u00a0{CANARY}\u2028not", f"email {HIDDEN} not"),
    ("\u202eemail email\u200b", HIDDEN),
]


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_unknown_words_are_three_dots(text: str, masked: str) -> None:
    assert ANSWERS.loggable(text) == masked


@pytest.mark.parametrize("name", [*service().system_fields, *service().matching_modes, "custom_id"])
def test_names_of_fields_may_be_told(name: str) -> None:
    assert ANSWERS.loggable(f"field {name}") == f"field {name}"


def test_all_names_of_a_sync_may_be_told() -> None:
    made = Answers(service(), frozenset({"Custom_ID"}))
    names = ["Custom_ID", *service().system_fields, *service().matching_modes]
    assert {made.loggable(name) for name in names} == set(names)


def test_name_of_another_sync_is_hidden() -> None:
    assert Answers(service()).loggable("field Custom_ID") == f"field {HIDDEN}"


@pytest.mark.parametrize("text", ["not " * 1000, "not" * 1000, f"{'not ' * 74}not{CANARY}"])
def test_long_text_is_cut(text: str) -> None:
    assert len(ANSWERS.loggable(text)) <= MAX_TEXT
    assert CANARY not in ANSWERS.loggable(text)


@given(
    st.lists(
        st.sampled_from(["email", "not", "'", ".", ",", ":", "[0]", "(", " ", "\n", "=", CANARY]),
        max_size=12,
    )
)
@settings(max_examples=200)
def test_log_never_holds_an_unknown_word(parts: list[str]) -> None:
    told = ANSWERS.loggable("".join(parts))
    assert CANARY not in told and "\n" not in told


@given(st.integers(0, 1000), st.text(max_size=20))
@settings(max_examples=100)
def test_no_outcome_tells_the_text(code: int, text: str) -> None:
    made = outcome(200, item(code, f"{text} {CANARY}{text}"))
    assert isinstance(made, Accepted) or CANARY not in made.error.message
    assert not isinstance(made, Halve) or CANARY not in made.refusal.loggable


# Backoff


def test_wait_doubles_from_half_a_second() -> None:
    assert [ANSWERS.backoff(attempt) for attempt in range(7)] == [0.5, 1, 2, 4, 8, 16, 32]


@pytest.mark.parametrize("attempt", [7, 8, 30, 31, 1000, 10**9])
def test_wait_never_exceeds_its_cap(attempt: int) -> None:
    assert ANSWERS.backoff(attempt) == service().max_backoff_seconds == 60


def test_cap_is_the_manifests() -> None:
    made = Answers(dataclasses.replace(service(), max_backoff_seconds=1.5))
    assert [made.backoff(attempt) for attempt in range(4)] == [0.5, 1, 1.5, 1.5]


NAMED = Answers(service(), ids=True)
IDS = [
    (items(OK, OK), ["65f0c0ffee"] * 2),
    (items({"error": 0, "profile_id": 7}, {"error": 0}), ["7", None]),
    (items({"error": 0, "profile_id": "a"}, item(404, "none")), ["a", None]),
    (items({"error": 0, "profile_id": {}}, {"error": 0, "profile_id": ""}), [None, None]),
    (
        b"<xml><error>0</error><result><error>0</error><profile_id> 007 </profile_id></result>"
        b"<result><error>404</error></result></xml>",
        ["007", None],
    ),
]


@pytest.mark.parametrize(("answer", "ids"), IDS)
def test_ids_are_read_where_they_are_wanted(answer: Any, ids: list[str | None]) -> None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    accepted, plain = NAMED.interpret(200, body, 2), ANSWERS.interpret(200, body, 2)
    assert isinstance(accepted, Accepted)
    assert isinstance(plain, Accepted)
    assert list(accepted.ids) == ids
    assert plain == dataclasses.replace(accepted, ids=())


def test_ids_of_another_number_are_no_success() -> None:
    assert isinstance(NAMED.interpret(200, json.dumps(items(OK)).encode(), 2), Retry)


# An answer that says two things


def say(body: str, *, ids: bool = False) -> Outcome:
    return Answers(service(), ids=ids).interpret(200, body.encode(), 1)


@pytest.mark.parametrize("ids", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        '{"result":[{"error":5,"error":0}]}',
        '{"result":[{"error":0,"error":5}]}',
        '{"result":[{"error":5,"err\\u006fr":0}]}',
        '{"error":0,"error":0,"result":[{"error":0}]}',
        '{"result":[{"error":5}],"result":[{"error":0}]}',
        '{"result":[{"error":5}],"r\\u0065sult":[{"error":0}]}',
        '{"result":[],"result":[{"error":0}]}',
        '{"result":[{"error":0,"error_text":"\\u0041","error":0}]}',
        "<xml><result><error>0<!-- -->5</error></result></xml>",
        "<xml><result><error>0<?a?>5</error></result></xml>",
        "<xml><result><error>0&f;</error></result></xml>",
        "<xml><result><error>5</error><error>0</error></result></xml>",
        "<xml><error>5</error><error>0</error><result><error>0</error></result></xml>",
        "<xml><result><error>0<b>5</b></error></result></xml>",
    ],
)
def test_answer_that_says_two_things_is_unknown(body: str, ids: bool) -> None:
    outcome = say(body, ids=ids)
    assert isinstance(outcome, Retry) and outcome.unknown
    assert isinstance(outcome.error, BadAnswer)


@pytest.mark.parametrize("ids", [False, True])
@pytest.mark.parametrize(
    "body",
    [
        '{"error":null,"result":[{"error":0}]}',
        '{"error":0,"result":[{"error":0,"error_text":"error"}]}',
        '{"error":0,"result":[{"error":0,"error_text":"\\u0432\\u0441\\u0451 \\u00e9"}]}',
        '{"error":0,"result":[{"error":0,"error_text":"say \\"error\\":5"}]}',
        '{"error":0,"result":[{"error":0,"x":{"error":5,"result":[]}}]}',
        "<xml><!-- made by a service --><error>0</error><result><error> 0 </error></result></xml>",
        "\n <xml><error>0</error><result><error>0</error></result></xml>",
    ],
)
def test_answer_that_says_it_once_is_read(body: str, ids: bool) -> None:
    outcome = say(body, ids=ids)
    assert isinstance(outcome, Accepted) and not outcome.rejected
