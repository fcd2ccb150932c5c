"""What fields of a profile take, and what each refusal says."""

import pytest

from profiles_sandbox.profiles.fields import SYSTEM_FIELDS

EMAIL = {"email": "a@example.org"}


TAKEN = [
    ("_fname", "Борис & <Ко>"),
    ("_bdate", "2001-12-31"),
    ("_regdate", "2024-05-27T12:00:00+03:00"),
    ("_sex", "female"),
    ("_ip", "192.0.2.1"),
    ("_regip", "2001:db8::1"),
    ("_tz", "Europe/Moscow"),
    ("_status", 0),
    ("phones", ["+7 (900) 000-00-01"]),
    ("crm_id", 2**64 + 1),
    ("score", 1.5),
    ("score", 2),
    ("vip", False),
    ("plan", "basic"),
    ("last_seen", "2024-05-27T12:00:00Z"),
    ("tags", []),
    ("address", {"city": "Rome", "action": "moved"}),
    ("devices", [{"os": "x"}]),
]

REFUSED = [
    ("_fname", 1, "_fname: string expected, int given"),
    ("_bdate", "31.12.2001", "_bdate: a date (2001-12-31) or a date-time with offset expected"),
    ("_bdate", "2001-02-31", "_bdate: a date (2001-12-31) or a date-time with offset expected"),
    (
        "last_seen",
        "2024-05-27T12:00:00",
        "last_seen: a date (2001-12-31) or a date-time with offset expected",
    ),
    ("last_seen", 1716811200, "last_seen: string expected, int given"),
    ("_sex", "other", "_sex: one of male, female expected"),
    ("_ip", "256.0.0.1", "_ip: an IP address expected"),
    ("_tz", "Moscow", "_tz: an IANA time zone expected"),
    ("_status", "0", "_status: int expected, string given"),
    ("phones", "+79000000001", "phones: array expected, string given"),
    ("phones", ["+79000000001", "none"], "phones[1]: a phone number expected"),
    ("crm_id", "501", "crm_id: int expected, string given"),
    ("crm_id", 501.0, "crm_id: int expected, float given"),
    ("crm_id", True, "crm_id: int expected, boolean given"),
    ("score", "1.5", "score: float expected, string given"),
    ("vip", 1, "vip: boolean expected, int given"),
    ("plan", "free", "plan: one of basic, pro expected"),
    ("plan", 2, "plan: option 0 to 1 expected"),
    ("tags", "a, b", "tags: array expected, string given"),
    ("tags", ["a", 1], "tags[1]: string expected, int given"),
    ("address", ["Rome"], "address: object expected, array given"),
    ("devices", [[]], "devices[0]: object expected, array given"),
    ("source", {"a": 1}, "source: string expected, object given"),
    ("nickname", "x", "nickname: unknown field of database 1"),
    ("profile_id", "x", "profile_id: unknown field of database 1"),
    ("subscriptions", {}, "subscriptions: array expected, object given"),
]


@pytest.mark.parametrize(("name", "value"), TAKEN)
def test_value_is_stored(sandbox, name, value):
    [profile_id] = sandbox.create(EMAIL)
    assert sandbox.update({**EMAIL, name: value})[0]["error"] == 0
    assert sandbox.profile(profile_id)[name] == value


@pytest.mark.parametrize(("name", "value", "text"), REFUSED)
def test_value_is_refused_by_name(sandbox, name, value, text):
    [profile_id] = sandbox.create(EMAIL)
    before = sandbox.profile(profile_id)
    assert sandbox.update({**EMAIL, "language": "en", name: value}) == [
        {"error": 400, "error_text": text}
    ]
    assert sandbox.profile(profile_id) == before


@pytest.mark.parametrize(("position", "option"), [(0, "basic"), (1, "pro")])
def test_enum_position_becomes_its_option(sandbox, position, option):
    [profile_id] = sandbox.create({**EMAIL, "plan": position})
    assert sandbox.profile(profile_id)["plan"] == option


def test_wrong_email_is_refused(sandbox):
    assert sandbox.update({"email": "a"}) == [
        {"error": 400, "error_text": "email: an email address expected"}
    ]


def test_item_that_is_no_object_is_refused(sandbox):
    sandbox.create(EMAIL)
    results = sandbox.update(EMAIL, [])
    assert [result["error"] for result in results] == [0, 400]
    assert results[1]["error_text"] == "data[1]: object expected, array given"


def test_system_fields_are_those_documented():
    documented = (
        "email phones _fname _lname _bdate _regdate _sex _ip _regip _city _region "
        "_country _regcity _regcountry"
        " _regurl _postal_code _tz _vendor _browser _os _status"
    )
    assert set(SYSTEM_FIELDS) == set(documented.split())


@pytest.mark.parametrize(("null", "stored"), [("keep", "x"), ("clear", None)])
def test_null_keeps_or_clears(open_sandbox, null, stored):
    sandbox = open_sandbox(null=null)
    [profile_id] = sandbox.create({**EMAIL, "source": "x"})
    assert sandbox.update({**EMAIL, "source": None, "subscriptions": None})[0]["error"] == 0
    assert sandbox.profile(profile_id).get("source") == stored


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("source", "source: string expected, null given"),
        ("subscriptions", "subscriptions: array expected, null given"),
    ],
)
def test_null_may_be_an_error(open_sandbox, name, text):
    sandbox = open_sandbox(null="error")
    sandbox.create(EMAIL)
    assert sandbox.update({**EMAIL, name: None}) == [{"error": 400, "error_text": text}]


def test_unknown_field_may_be_ignored(open_sandbox):
    sandbox = open_sandbox(unknown_field="ignore")
    [profile_id] = sandbox.create(EMAIL)
    assert sandbox.update({**EMAIL, "nickname": "x", "source": "y"})[0]["error"] == 0
    assert sandbox.profile(profile_id)["source"] == "y"
    assert "nickname" not in sandbox.profile(profile_id)


CODES = [
    ("not_found_code", {"email": "none@example.org"}),
    ("bad_value_code", {**EMAIL, "points": "x"}),
    ("unknown_field_code", {**EMAIL, "nickname": "x"}),
    ("missing_key_code", {"points": 1}),
    ("many_found_code", {"email": "twice@example.org"}),
]


@pytest.mark.parametrize(("switch", "item"), CODES)
def test_code_of_refusal_is_a_switch(open_sandbox, switch, item):
    sandbox = open_sandbox(**{switch: 777})
    twin = {"email": "twice@example.org"}
    sandbox.create(
        {**EMAIL, "crm_id": 1}, {**twin, "crm_id": 2}, {**twin, "crm_id": 3}, **BY_CRM_ID
    )
    assert sandbox.update(item)[0]["error"] == 777


BY_CRM_ID = {"matching": "custom", "field_name": "crm_id"}


def test_oldest_of_many_may_be_taken(open_sandbox):
    sandbox = open_sandbox(many_found_code=0)
    oldest, _ = sandbox.create({**EMAIL, "crm_id": 1}, {**EMAIL, "crm_id": 2}, **BY_CRM_ID)
    assert sandbox.update(EMAIL)[0]["profile_id"] == oldest
