"""Refusals of whole requests, and switches of the answer."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles_sandbox.calls.search import SEARCHES
from profiles_sandbox.calls.service import CALLS
from profiles_sandbox.testing import JSON_HEADERS, TOKEN
from profiles_sandbox.wire.xml_format import XML

UPDATE = "profiles/update_batch"
EMAIL = {"email": "a@example.org"}


REFUSED = [
    ({"token": "other"}, 401, "token: not a known one"),
    ({"token": 7}, 401, "token: not a known one"),
    ({"token": None}, 401, "token: missing"),
    ({"db_id": 9}, 404, "db_id: no such database"),
    ({"db_id": 2**80}, 404, "db_id: no such database"),
    ({"db_id": None}, 400, "db_id: missing"),
    ({"db_id": "1"}, 400, "db_id: int expected, string given"),
    ({"db_id": True}, 400, "db_id: int expected, boolean given"),
    ({"data": None}, 400, "data: missing"),
    ({"data": {}}, 400, "data: array expected, object given"),
    ({"matching": "name"}, 400, "matching: one of " + ", ".join(SEARCHES) + " expected"),
    ({"matching": 1}, 400, "matching: string expected, int given"),
    ({"matching": "custom"}, 400, "field_name: missing, matching custom needs it"),
    (
        {"matching": "custom", "field_name": "nickname"},
        400,
        "field_name: nickname is not a custom field",
    ),
    (
        {"matching": "custom", "field_name": "_fname"},
        400,
        "field_name: _fname is not a custom field",
    ),
    (
        {"matching": "custom_sub", "field_name": "crm_id"},
        400,
        "field_name: crm_id is not a custom field",
    ),
    (
        {"matching": "custom", "field_name": "address"},
        400,
        "field_name: address is of type object, profiles are not found by it",
    ),
    ({"resource_id": 9}, 400, "resource_id: no such resource"),
    ({"resource_id": "3"}, 400, "resource_id: int expected, string given"),
    ({"skip_triggers": "true"}, 400, "skip_triggers: boolean expected, string given"),
    (
        {"skip_invalid_subscriptions": 1},
        400,
        "skip_invalid_subscriptions: boolean expected, int given",
    ),
    ({"skip_trigger": True}, 400, "skip_trigger: not a parameter of this call"),
]


@pytest.mark.parametrize(("changed", "code", "text"), REFUSED)
def test_request_is_refused_by_name(sandbox, changed, code, text):
    sandbox.create(EMAIL)
    reply = sandbox.post(UPDATE, **{"db_id": 1, "data": [EMAIL], **changed})
    assert (reply.status, reply.message) == (200, {"error": code, "error_text": text})


@pytest.mark.parametrize(("changed", "code", "text"), REFUSED)
def test_http_status_may_be_that_of_the_error(open_sandbox, changed, code, text):
    reply = open_sandbox(error_http_status="same").post(
        UPDATE, **{"db_id": 1, "data": [EMAIL], **changed}
    )
    assert (reply.status, reply.message["error"]) == (code, code)


def test_token_may_come_in_a_header(sandbox):
    right, wrong = {"Authorization": "Bearer sandbox-token"}, {"Authorization": "Bearer other"}
    request = {"token": None, "id": 1}
    assert sandbox.post("databases/get", right, **request).message["error"] == 0
    assert sandbox.post("databases/get", wrong, **request).message["error"] == 401


BODIES = [
    (b"", "the body is not JSON: Input data was truncated"),
    (b"{", "the body is not JSON: Input data was truncated"),
    (b'{"a":"\xff"}', "the body is not JSON: a byte is not UTF-8"),
    (
        b"[" * 100_000,
        "the body is not JSON: maximum recursion depth exceeded while deserializing an object",
    ),
    (b"[]", "the body is not an object"),
]


@pytest.mark.parametrize(("body", "text"), BODIES, ids=[text for _, text in BODIES])
def test_unreadable_body_is_refused(sandbox, body, text):
    reply = sandbox.send(UPDATE, body, JSON_HEADERS)
    assert (reply.status, reply.message) == (200, {"error": 400, "error_text": text})


@pytest.mark.parametrize("content_type", ["application/yaml", "text/plain", ""])
def test_other_content_types_are_refused(sandbox, content_type):
    reply = sandbox.post(UPDATE, {"Content-Type": content_type}, db_id=1, data=[])
    assert reply.message == {
        "error": 400,
        "error_text": "Content-Type: one of application/json, application/xml, text/xml expected",
    }


def test_content_type_may_name_its_charset(sandbox):
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert sandbox.post(UPDATE, headers, db_id=1, data=[]).message["error"] == 0


def test_unknown_call_is_not_found(sandbox):
    reply = sandbox.post("profiles/nothing")
    assert (reply.status, reply.message) == (404, {"error": 404, "error_text": "no such call"})


def test_unknown_parameter_may_be_ignored(open_sandbox):
    reply = open_sandbox(unknown_field="ignore").post(UPDATE, db_id=1, data=[], detail=True)
    assert reply.message["error"] == 0


def test_more_profiles_are_refused(open_sandbox):
    sandbox = open_sandbox(max_profiles=2, too_many_code=777)
    sandbox.create(EMAIL)
    assert [result["error"] for result in sandbox.update(EMAIL, EMAIL)] == [0, 0]
    reply = sandbox.post(UPDATE, db_id=1, data=[EMAIL] * 3)
    assert reply.message == {"error": 777, "error_text": "data: 3 profiles, 2 are allowed"}


def test_default_limits_are_those_of_the_page(sandbox):
    assert sandbox.post(UPDATE, db_id=1, data=[{}] * 10_000).message["error"] == 0
    assert sandbox.post(UPDATE, db_id=1, data=[{}] * 10_001).message["error"] == 400
    assert sandbox.send(UPDATE, b" " * 10_000_000, JSON_HEADERS).status == 200
    assert sandbox.send(UPDATE, b" " * 10_000_001, JSON_HEADERS).status == 413


@pytest.mark.parametrize(("status", "code"), [(413, 413), (400, 400), (200, 413)])
def test_larger_body_gets_the_oversize_status(open_sandbox, status, code):
    reply = open_sandbox(max_bytes=10, oversize_status=status).send(UPDATE, b" " * 11, JSON_HEADERS)
    text = "the body holds 11 bytes, 10 are allowed"
    assert (reply.status, reply.message) == (status, {"error": code, "error_text": text})


@pytest.mark.parametrize(
    ("code", "text"), [(0, "Successful operation"), (777, "1 of 2 profiles failed")]
)
def test_failed_items_may_show_at_the_top(open_sandbox, code, text):
    sandbox = open_sandbox(failed_items_top_level_error=code)
    sandbox.create(EMAIL)
    message = sandbox.post(UPDATE, db_id=1, data=[EMAIL, {}]).message
    assert (message["error"], message["error_text"]) == (code, text)
    assert [result["error"] for result in message["result"]] == [0, 400]
    assert sandbox.post(UPDATE, db_id=1, data=[EMAIL]).message["error"] == 0


def test_results_may_be_reversed(open_sandbox):
    sandbox = open_sandbox(result_order="reverse")
    sandbox.create(EMAIL)
    assert [result["error"] for result in sandbox.update(EMAIL, {}, {})] == [400, 400, 0]


def test_no_text_holds_a_value(sandbox):
    secret = "s3cret-value"
    items = [
        {"email": secret},
        {"email": f"{secret}@example.org"},
        {"email": [secret]},
        {**EMAIL, "plan": secret},
    ]
    sandbox.create(EMAIL)
    reply = sandbox.post(UPDATE, db_id=1, data=items)
    assert all(result["error"] for result in reply.message["result"])
    assert secret not in reply.body.decode()


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = {name for searches in SEARCHES.values() for _, names in searches for name in names}
SUBSCRIPTION_KEYS = {
    "channel",
    "resource_id",
    "status",
    "priority",
    "custom_fields",
    "cats",
    "email_data",
    "cc_data",
}
FUNCTION_KEYS = {"action", "value", "submatch"}
FIELDS = {"crm_id", "tags", "plan", "points", "address", "devices", "last_seen", "_tz"}
NAMES = st.sampled_from(sorted(KEYS | SUBSCRIPTION_KEYS | FUNCTION_KEYS | FIELDS))
ITEMS = st.dictionaries(
    NAMES, JSON_VALUES | st.dictionaries(NAMES, JSON_VALUES, max_size=4), max_size=5
)
SUBSCRIBED = st.fixed_dictionaries(
    {"email": st.just("a@example.org"), "subscriptions": st.lists(ITEMS, max_size=2)}
)
REQUESTS = st.fixed_dictionaries(
    {
        "db_id": st.just(1) | JSON_VALUES,
        "data": st.lists(ITEMS | SUBSCRIBED | JSON_VALUES, max_size=4) | JSON_VALUES,
    },
    optional={
        "matching": st.sampled_from(list(SEARCHES)) | JSON_VALUES,
        "field_name": NAMES,
        "field_value": JSON_VALUES,
    },
)


@given(call=st.sampled_from(CALLS), request=REQUESTS)
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_request_gets_an_answer(sandbox, call, request):
    message = sandbox.post(call, **request).message
    assert isinstance(message["error"], int)
    if "result" in message:
        assert len(message["result"]) == len(request["data"])
    in_xml = sandbox.post_xml(call, XML.encode({"token": TOKEN, **request})).message
    assert in_xml["error"].isdecimal()
