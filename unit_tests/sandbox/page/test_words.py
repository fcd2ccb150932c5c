import time

import pytest

from profiles_sandbox.page import words


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (None, "–"),
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (2_260_607, "2.3 MB"),
        (3_100_000_000, "3.1 GB"),
        (5_000_000_000_000, "5,000.0 GB"),
    ],
)
def test_size(count, text):
    assert words.size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "–"), (0, "0 ms"), (0.0374, "37 ms"), (2.414, "2.41 s"), (200.2, "3 min 20 s")],
)
def test_duration(seconds, text):
    assert words.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        ("<b>", "<b>"),
        (True, "true"),
        (1.5, "1.5"),
        (["a", "b"], '["a","b"]'),
        ({"a": None}, '{"a":null}'),
        ("x" * 201, "x" * 199 + "…"),
        ("x" * 200, "x" * 200),
    ],
)
def test_value(value, text):
    assert words.value(value) == text


def test_moments_are_those_of_this_machine(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    seconds = 1_700_000_000.25
    assert (words.day(seconds), words.clock(seconds)) == ("2023-11-15", "03:43:20.250")
    assert words.moment(seconds) == "2023-11-14T22:13:20.250+00:00"
    monkeypatch.undo()
    time.tzset()


COMMON = {"resource_id": 3, "status": 0, "priority": 0, "cats": [], "custom_fields": {}}


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"channel": "email", "email_data": {"email": "a@b.org"}}, "email a@b.org"),
        ({"channel": "sms", "phone": "+4912345"}, "sms +4912345"),
        ({"channel": "push", "provider": "fcm", "subscription_id": "x"}, "push fcm x"),
        ({"channel": "telegram_bot", "cc_data": {"id": 5}}, "telegram_bot 5"),
        ({"channel": "viber", "cc_data": {"phone": "+49"}}, "viber +49"),
    ],
)
def test_subscription_tells_its_address(given, text):
    assert words.subscription({**COMMON, **given}) == f"{text} on resource 3: subscribed"


def test_subscription_tells_what_it_has():
    given = {"channel": "sms", "phone": "1", "status": 2, "priority": 4, "cats": ["a", "b"]}
    told = words.subscription({**COMMON, **given, "custom_fields": {"source": "x"}})
    assert told == 'sms 1 on resource 3: complained; priority 4; cats a, b; {"source":"x"}'
    assert words.status(9) == "9"
