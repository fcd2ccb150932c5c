"""What subscriptions take, and how they merge."""

import pytest

from profiles_sandbox.profiles.subscriptions import STATUSES
from profiles_sandbox.testing import LocalSandbox

EMAIL = {"email": "a@example.org"}
SMS = {"channel": "sms", "phone": "+79000000001", "resource_id": 3}

ADDRESSES = {
    "email": {"email_data": {"email": "a@example.org"}},
    "sms": {"phone": "+79000000001"},
    "push": {"provider": "web", "subscription_id": "abc"},
    "telegram_bot": {"cc_data": {"id": 12345}},
    "whatsapp": {"cc_data": {"phone": "+79000000001"}},
    "viber": {"cc_data": {"phone": "+79000000001"}},
}


def subscribe(sandbox, *subscriptions, **parameters):
    [result] = sandbox.update({**EMAIL, "subscriptions": list(subscriptions)}, **parameters)
    return result


def stored(sandbox, profile_id):
    return sandbox.profile(profile_id)["subscriptions"]


@pytest.mark.parametrize("channel", ADDRESSES)
def test_channel_is_stored(sandbox, channel):
    [profile_id] = sandbox.create(EMAIL)
    given = {
        "channel": channel,
        "resource_id": 28,
        "status": "suspended",
        "priority": 7,
        "custom_fields": {"source": "warehouse"},
        "cats": ["news"],
        **ADDRESSES[channel],
    }
    assert subscribe(sandbox, given)["error"] == 0
    assert stored(sandbox, profile_id) == [{**given, "status": 5}]


BARE = {"channel": "sms", "resource_id": 3, "status": "unsubscribed"}


@pytest.fixture
def lenient(tmp_path):
    """A sandbox that takes a subscription without an address."""
    sandbox = LocalSandbox(tmp_path / "lenient.db", subscription_without_address="update")
    yield sandbox
    sandbox.close()


def test_subscription_without_address_updates_those_of_its_resource(lenient):
    [profile_id] = lenient.create(EMAIL)
    others = [
        {**SMS, "resource_id": 28},
        {"channel": "email", "resource_id": 3, "email": "s@example.org"},
    ]
    subscribe(lenient, {**SMS, "priority": 7}, {**SMS, "phone": "+79000000002"}, *others)
    assert subscribe(lenient, BARE)["error"] == 0
    found = [
        (each["resource_id"], each.get("phone"), each["status"], each["priority"])
        for each in stored(lenient, profile_id)
    ]
    assert found == [
        (3, "+79000000001", 1, 7),
        (3, "+79000000002", 1, 0),
        (28, "+79000000001", 0, 0),
        (3, None, 0, 0),
    ]


@pytest.mark.parametrize("more", [{"phone": "no number"}, {"resource_id": 28}])
def test_subscription_without_address_needs_one_that_is_there(lenient, more):
    lenient.create(EMAIL)
    subscribe(lenient, SMS)
    result = subscribe(lenient, {**BARE, **more})
    assert result["error"] == 400 and "phone" in result["error_text"]


def test_subscription_without_address_is_an_error_by_default(sandbox):
    sandbox.create(EMAIL)
    subscribe(sandbox, SMS)
    assert subscribe(sandbox, BARE)["error"] == 400


def test_email_has_two_forms(sandbox):
    [profile_id] = sandbox.create(EMAIL)
    subscribe(sandbox, {"channel": "email", "resource_id": 3, "email": "s@example.org"})
    subscribe(
        sandbox, {"channel": "email", "resource_id": 3, "email_data": {"email": "S@example.org"}}
    )
    assert len(stored(sandbox, profile_id)) == 1


@pytest.mark.parametrize(("number", "word"), list(enumerate(STATUSES)))
def test_status_is_a_word_or_a_number(sandbox, number, word):
    [profile_id] = sandbox.create(EMAIL)
    subscribe(sandbox, {**SMS, "status": word})
    assert stored(sandbox, profile_id)[0]["status"] == number
    subscribe(sandbox, {**SMS, "status": number})
    assert stored(sandbox, profile_id)[0]["status"] == number


@pytest.mark.parametrize(
    ("given", "status", "priority"),
    [
        ({}, 1, 5),
        ({"status": -1, "priority": -1}, 1, 5),
        ({"status": None, "priority": None}, 1, 5),
        ({"status": 0, "priority": 0}, 0, 0),
        ({"status": "subscribed"}, 0, 5),
    ],
)
def test_zero_applies_and_minus_one_keeps(sandbox, given, status, priority):
    [profile_id] = sandbox.create({**EMAIL, "subscriptions": [{**SMS, "status": 1, "priority": 5}]})
    subscribe(sandbox, {**SMS, **given})
    [subscription] = stored(sandbox, profile_id)
    assert (subscription["status"], subscription["priority"]) == (status, priority)


def test_subscriptions_merge_by_address(sandbox):
    first = {**SMS, "cats": ["news"], "custom_fields": {"source": "x"}}
    [profile_id] = sandbox.create({**EMAIL, "subscriptions": [first]})
    subscribe(sandbox, {**SMS, "custom_fields": {"subscriber_id": 7}}, {**SMS, "resource_id": 28})
    one, two = stored(sandbox, profile_id)
    assert (one["cats"], one["custom_fields"]) == (["news"], {"source": "x", "subscriber_id": 7})
    assert (two["resource_id"], two["cats"]) == (28, [])


REFUSED = [
    ([], "subscriptions[1]: object expected, array given"),
    (
        {**SMS, "channel": "notify"},
        "channel: one of email, sms, push, telegram_bot, whatsapp, viber expected",
    ),
    ({**SMS, "resource_id": 9}, "resource_id: unknown resource"),
    ({**SMS, "resource_id": "3"}, "resource_id: int expected, string given"),
    ({**SMS, "phone": "none"}, "phone: a phone number expected"),
    ({**SMS, "phone": None}, "phone: string expected, null given"),
    ({**SMS, "email": "a@example.org"}, "email: not a key of a subscription to sms"),
    ({**SMS, "status": "gone"}, "status: int or status word expected, string given"),
    ({**SMS, "status": 7}, "status: out of range"),
    ({**SMS, "status": True}, "status: int or status word expected, boolean given"),
    ({**SMS, "priority": "0"}, "priority: int expected, string given"),
    ({**SMS, "priority": -2}, "priority: out of range"),
    ({**SMS, "cats": "news"}, "cats: array expected, string given"),
    ({**SMS, "cats": ["news", 1]}, "cats[1]: string expected, int given"),
    ({**SMS, "custom_fields": []}, "custom_fields: object expected, array given"),
    ({**SMS, "custom_fields": {"color": 1}}, "custom_fields.color: unknown field of resource 3"),
    ({**SMS, "custom_fields": {"source": 1}}, "custom_fields.source: string expected, int given"),
    ({"channel": "email", "resource_id": 3, "email": "a"}, "email: an email address expected"),
    (
        {
            "channel": "email",
            "resource_id": 3,
            "email": "a@example.org",
            "email_data": {"email": "b@example.org"},
        },
        "email: differs from email_data.email",
    ),
    (
        {"channel": "email", "resource_id": 3, "email_data": {}},
        "email_data.email: string expected, null given",
    ),
    (
        {"channel": "push", "resource_id": 3, "provider": "web"},
        "subscription_id: string expected, null given",
    ),
    ({"channel": "telegram_bot", "resource_id": 3}, "cc_data: object expected, null given"),
    (
        {"channel": "telegram_bot", "resource_id": 3, "cc_data": {"phone": "+79000000001"}},
        "cc_data.phone: not a key of cc_data",
    ),
    (
        {"channel": "viber", "resource_id": 3, "cc_data": {"phone": 1}},
        "cc_data.phone: string expected, int given",
    ),
]


@pytest.mark.parametrize(("subscription", "text"), REFUSED)
def test_invalid_subscription_fails_its_profile(sandbox, subscription, text):
    [profile_id] = sandbox.create(EMAIL)
    result = subscribe(sandbox, SMS, subscription)
    prefix = "" if text.startswith("subscriptions") else "subscriptions[1]."
    assert result == {"error": 400, "error_text": prefix + text}
    assert stored(sandbox, profile_id) == []


@pytest.mark.parametrize("subscription", [subscription for subscription, _ in REFUSED])
def test_invalid_subscription_may_be_skipped(sandbox, subscription):
    [profile_id] = sandbox.create(EMAIL)
    result = subscribe(sandbox, subscription, SMS, skip_invalid_subscriptions=True)
    assert result["error"] == 0
    assert [kept["channel"] for kept in stored(sandbox, profile_id)] == ["sms"]


def test_null_key_may_be_an_error(tmp_path):
    sandbox = LocalSandbox(tmp_path / "data.db", null="error")
    sandbox.create(EMAIL)
    assert (
        subscribe(sandbox, {**SMS, "status": None})["error_text"]
        == "subscriptions[0].status: null given"
    )
    sandbox.close()


def test_channel_must_be_one_of_the_resource(tmp_path):
    setup = tmp_path / "setup.yaml"
    setup.write_text(
        "databases: [{id: 1, name: A}]\nresources: [{id: 3, name: B, channels: [email]}]"
    )
    sandbox = LocalSandbox(tmp_path / "data.db", setup=setup)
    sandbox.create(EMAIL)
    assert (
        subscribe(sandbox, SMS)["error_text"]
        == "subscriptions[0].channel: resource 3 has no channel sms"
    )
    sandbox.close()
