"""How a batch finds its profiles."""

import pytest

from profiles_sandbox.calls.search import SEARCHES
from profiles_sandbox.testing import TOKEN
from profiles_sandbox.wire.xml_format import XML

SUBSCRIPTIONS = [
    {
        "channel": "email",
        "email": "sub@example.org",
        "resource_id": 3,
        "custom_fields": {"subscriber_id": 77, "source": "7"},
    },
    {"channel": "sms", "phone": "+7 900 000-00-02", "resource_id": 3},
    {"channel": "push", "provider": "web", "subscription_id": "abc", "resource_id": 3},
]
PROFILE = {
    "email": "Own@example.org",
    "phones": ["+79000000001", "+79000000003"],
    "crm_id": 501,
    "tags": ["tag-1", "tag-2", "tag-3"],
    "plan": "pro",
    "score": 2.0,
    "vip": True,
    "subscriptions": SUBSCRIPTIONS,
}


FINDS = [
    ("email", {"email": "own@EXAMPLE.org"}),
    ("email", {"email": "sub@example.org"}),
    ("email_profile", {"email": "own@example.org"}),
    ("email_sub", {"email": "SUB@example.org"}),
    ("phone", {"phone": "79000000001"}),
    ("phone", {"phones": ["+79999999999", "+79000000003"]}),
    ("phone", {"phone": "+79000000002"}),
    ("phone_sub", {"phones": ["+79000000002"]}),
    ("push_sub", {"provider": "web", "subscription_id": "abc"}),
    ("custom:crm_id", {"crm_id": 501}),
    ("custom:tags", {"tags": "tag-3, tag-1"}),
    ("custom:plan", {"plan": 1}),
    ("custom:score", {"score": 2}),
    ("custom:vip", {"vip": True}),
    ("custom_sub:subscriber_id", {"subscriber_id": 77}),
    ("email_phone", {"email": "own@example.org"}),
    ("email_phone", {"email": "none@example.org", "phone": "+79000000001"}),
    ("email_phone_sub", {"phone": "+79000000002"}),
    ("email_phone_sub", {"email": "sub@example.org", "phones": []}),
]

FINDS_IN_XML = [
    *FINDS,
    ("custom_sub:source", {"source": "7"}),
    ("custom:vip", {"vip": "1"}),
    ("custom:plan", {"plan": "pro"}),
]

FINDS_NOTHING = [
    ("email", {"email": "none@example.org"}),
    ("email_profile", {"email": "sub@example.org"}),
    ("email_sub", {"email": "own@example.org"}),
    ("phone", {"phone": "+79999999999"}),
    ("phone_sub", {"phone": "+79000000001"}),
    ("profile_id", {"profile_id": "65f0c0ffee000000000000ff"}),
    ("profile_id", {"profile_id": "not an id"}),
    ("push_sub", {"provider": "web", "subscription_id": "abcd"}),
    ("push_sub", {"provider": "abc", "subscription_id": "web"}),
    ("custom:crm_id", {"crm_id": 50}),
    ("custom:tags", {"tags": "tag-1, tag-9"}),
    ("custom_sub:subscriber_id", {"subscriber_id": 501}),
    ("email_phone", {"email": "sub@example.org", "phone": "+79000000002"}),
    ("email_phone_sub", {"email": "own@example.org", "phone": "+79000000001"}),
]

MISSING = [
    ("email", "email"),
    ("email_profile", "email"),
    ("email_sub", "email"),
    ("phone", "phone/phones"),
    ("phone_sub", "phone/phones"),
    ("profile_id", "profile_id"),
    ("push_sub", "provider/subscription_id"),
    ("custom:crm_id", "crm_id"),
    ("custom_sub:subscriber_id", "subscriber_id"),
    ("email_phone", "email/phone/phones"),
    ("email_phone_sub", "email/phone/phones"),
]


def matching(mode):
    name, _, field = mode.partition(":")
    return {"matching": name, **({"field_name": field} if field else {})}


@pytest.mark.parametrize(("mode", "key"), FINDS)
def test_mode_finds_profile(sandbox, mode, key):
    [profile_id] = sandbox.create(PROFILE)
    [result] = sandbox.update({**key, "_fname": "Ann"}, **matching(mode))
    assert result == {"error": 0, "error_text": "Successful operation", "profile_id": profile_id}
    assert sandbox.profile(profile_id)["_fname"] == "Ann"


@pytest.mark.parametrize(("mode", "key"), FINDS_IN_XML)
def test_mode_finds_profile_in_xml(sandbox, mode, key):
    [profile_id] = sandbox.create(PROFILE)
    request = {"token": TOKEN, "format": "json", "db_id": 1, **matching(mode)}
    [result] = sandbox.post_xml(
        "profiles/update_batch", XML.encode({**request, "data": [key]})
    ).message["result"]
    assert result == {"error": 0, "error_text": "Successful operation", "profile_id": profile_id}
    searched = {"field_value": next(iter(key.values()))} if ":" in mode else key
    assert (
        sandbox.post_xml("profiles/get", XML.encode(request | searched)).message["data"]["id"]
        == profile_id
    )


@pytest.mark.parametrize(("mode", "key"), FINDS_NOTHING)
def test_mode_does_not_find_profile(sandbox, mode, key):
    sandbox.create(PROFILE)
    [result] = sandbox.update({**key, "_fname": "Ann"}, **matching(mode))
    assert result["error"] == 404
    assert result["error_text"].endswith(f": no profile found by {mode.partition(':')[0]}")
    assert result["error_text"].split(":")[0] in {name for _, name in MISSING} | {"tags"}


@pytest.mark.parametrize(("mode", "names"), MISSING)
def test_item_without_key_fails(sandbox, mode, names):
    [result] = sandbox.update({"_fname": "Ann"}, **matching(mode))
    text = f"{names}: missing, matching {mode.partition(':')[0]} needs it"
    assert result == {"error": 400, "error_text": text}


WRONG_KEYS = [
    ("email", {"email": {}}, "email: string expected, object given"),
    ("phone", {"phones": "+79000000001"}, "phones: array expected, string given"),
    ("phone", {"phone": 79000000001}, "phone: string expected, int given"),
    ("phone", {"phones": ["+79000000001", "x"]}, "phones[1]: a phone number expected"),
    ("profile_id", {"profile_id": 1}, "profile_id: string expected, int given"),
    (
        "push_sub",
        {"provider": "web", "subscription_id": 1},
        "subscription_id: string expected, int given",
    ),
    ("custom:crm_id", {"crm_id": "501"}, "crm_id: int expected, string given"),
    (
        "custom:tags",
        {"tags": ["tag-1"]},
        "tags: string (tags joined by a comma) expected, array given",
    ),
]


@pytest.mark.parametrize(("mode", "key", "text"), WRONG_KEYS)
def test_key_of_another_type_is_refused(sandbox, mode, key, text):
    sandbox.create(PROFILE)
    assert sandbox.update(key, **matching(mode)) == [{"error": 400, "error_text": text}]


def test_tables_cover_all_modes():
    tested = {mode.partition(":")[0] for mode, _ in FINDS} | {"profile_id"}
    assert tested == set(SEARCHES) == {mode.partition(":")[0] for mode, _ in MISSING}
    assert len(SEARCHES) == 11


def test_profile_id_finds_profile(sandbox):
    [profile_id] = sandbox.create(PROFILE)
    [result] = sandbox.update({"profile_id": profile_id, "_fname": "Ann"}, matching="profile_id")
    assert result["profile_id"] == profile_id
    assert sandbox.profile(profile_id)["_fname"] == "Ann"


def test_profile_of_other_database_is_not_found(sandbox):
    [profile_id] = sandbox.create(PROFILE)
    [by_id] = sandbox.update({"profile_id": profile_id}, matching="profile_id", db_id=2)
    [by_email] = sandbox.update({"email": "own@example.org"}, db_id=2)
    assert (by_id["error"], by_email["error"]) == (404, 404)


def test_email_is_the_default_mode(sandbox):
    [profile_id] = sandbox.create(PROFILE)
    assert sandbox.update({"email": "own@example.org"})[0]["profile_id"] == profile_id


def test_own_email_wins_over_subscription(sandbox):
    sandbox.create({"email": "one@example.org", "subscriptions": SUBSCRIPTIONS})
    [own] = sandbox.create({"email": "sub@example.org"}, matching="email_profile")
    assert sandbox.update({"email": "sub@example.org"})[0]["profile_id"] == own


@pytest.mark.parametrize(
    ("mode", "item"),
    [
        ("email", {"email": "sub@example.org"}),
        ("email_sub", {"email": "sub@example.org"}),
        ("phone", {"phone": "+79000000002"}),
        ("phone_sub", {"phones": ["+79000000002"]}),
        ("email_phone_sub", {"phone": "+79000000002"}),
    ],
)
def test_resource_narrows_subscriptions(sandbox, mode, item):
    sandbox.create(PROFILE)
    assert sandbox.update(item, matching=mode, resource_id=3)[0]["error"] == 0
    assert sandbox.update(item, matching=mode, resource_id=28)[0]["error"] == 404


def test_key_with_several_profiles_fails(sandbox):
    sandbox.create(
        {"email": "a@example.org", "source": "x"}, {"email": "b@example.org", "source": "x"}
    )
    [result] = sandbox.update(
        {"source": "x", "_fname": "Ann"}, matching="custom", field_name="source"
    )
    assert result == {"error": 409, "error_text": "source: several profiles found by custom"}


def test_key_of_subscription_is_not_written(sandbox):
    [profile_id] = sandbox.create(PROFILE)
    sandbox.update({"email": "sub@example.org", "_fname": "Ann"})
    profile = sandbox.profile(profile_id)
    assert (profile["email"], profile["_fname"]) == ("Own@example.org", "Ann")


def test_changed_key_finds_and_old_does_not(sandbox):
    sandbox.create(PROFILE)
    sandbox.update(
        {"crm_id": 501, "email": "new@example.org"}, matching="custom", field_name="crm_id"
    )
    results = sandbox.update({"email": "own@example.org"}, {"email": "new@example.org"})
    assert [result["error"] for result in results] == [404, 0]


def test_long_int_key_is_kept_digit_for_digit(sandbox):
    large = 2**70 + 1
    [profile_id] = sandbox.create({"email": "a@example.org", "crm_id": large})
    by_custom = {"matching": "custom", "field_name": "crm_id"}
    results = sandbox.update({"crm_id": large}, {"crm_id": large - 1}, **by_custom)
    assert [result["error"] for result in results] == [0, 404]
    assert sandbox.profile(profile_id)["crm_id"] == large


def test_update_never_creates(sandbox):
    sandbox.update({"email": "a@example.org"}, {"email": "b@example.org"})
    assert sandbox.update({"email": "a@example.org"})[0]["error"] == 404


def test_import_creates_what_is_missing(sandbox):
    first, second = sandbox.create({"email": "a@example.org"}, {"email": "b@example.org"})
    again, third = sandbox.create(
        {"email": "a@example.org", "_fname": "Ann"}, {"email": "c@example.org"}
    )
    assert first == again
    assert len({first, second, third}) == 3


@pytest.mark.parametrize("mode", ["phone", "phone_sub", "email_phone"])
def test_import_gives_new_profile_its_phone(sandbox, mode):
    [profile_id] = sandbox.create({"phone": "+79000000009"}, matching=mode)
    assert sandbox.profile(profile_id)["phones"] == ["+79000000009"]


@pytest.mark.parametrize(("mode", "stored"), [("custom", "x"), ("custom_sub", None)])
def test_key_of_a_profile_is_its_value(sandbox, mode, stored):
    [profile_id] = sandbox.create(
        {"source": "x", "_fname": "Ann"}, matching=mode, field_name="source"
    )
    assert sandbox.profile(profile_id).get("source") == stored


def test_import_does_not_create_by_profile_id(sandbox):
    reply = sandbox.post(
        "profiles/import_batch",
        db_id=1,
        matching="profile_id",
        data=[{"profile_id": "65f0c0ffee00000000000009"}],
    )
    assert reply.message["result"][0]["error"] == 404


def test_items_for_one_profile_apply_in_order(sandbox):
    [profile_id] = sandbox.create({"email": "a@example.org"})
    item = {"email": "a@example.org"}
    sandbox.update({**item, "source": "x", "_fname": "Ann"}, {**item, "source": "y"})
    profile = sandbox.profile(profile_id)
    assert (profile["source"], profile["_fname"]) == ("y", "Ann")


def test_results_are_in_input_order(sandbox):
    ids = sandbox.create(*({"email": f"{name}@example.org"} for name in "abc"))
    results = sandbox.update(*({"email": f"{name}@example.org"} for name in "cxba"))
    assert [result.get("profile_id") for result in results] == [ids[2], None, ids[1], ids[0]]
