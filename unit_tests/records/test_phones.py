"""Phone numbers as addresses of subscriptions, in the spelling of a country."""

from typing import Any

import pytest

from destination_profiles.cells import Cell
from destination_profiles.config import FieldConfig, SubscriptionConfig
from destination_profiles.conversion import Form
from destination_profiles.records.codec import StreamCodec
from destination_profiles.statuses import StatusRule
from unit_tests.records.streams import codec, profile, rejection, taken

KEY = FieldConfig("id", "id")
STATUS = (FieldConfig("status", "news", type="status"),)


def stream(key: str = "phone", fields: Any = (KEY,), **rule: Any) -> StreamCodec:
    address = FieldConfig(key, "mobile", type="phone", cell=Cell(form=Form(region="DE")))
    channel = "sms" if key == "phone" else "whatsapp"
    made = SubscriptionConfig(channel, 3, (address,), STATUS, status=StatusRule(**rule))
    return codec(subscriptions=(made,), fields=fields)


def row(mobile: Any, news: str = "subscribed") -> dict[str, Any]:
    return {"id": 1, "mobile": mobile, "news": news}


SENT = [
    ("030 123456", "+4930123456"),
    ("(0151) 234 567-89", "+4915123456789"),
    ("+1 202 555 0123", "+12025550123"),
    ("0049 30 123456", "+4930123456"),
    (30123456.0, "+4930123456"),
]


@pytest.mark.parametrize("fields", [(KEY,), None])
@pytest.mark.parametrize(("mobile", "sent"), SENT)
def test_number_of_any_spelling_is_one_of_the_world(mobile: Any, sent: str, fields: Any) -> None:
    (found,) = profile(stream(fields=fields), row(mobile))["subscriptions"]
    assert found == {"channel": "sms", "resource_id": 3, "phone": sent, "status": "subscribed"}


def test_number_of_a_messenger_is_read_too() -> None:
    (found,) = profile(stream("cc_data.phone"), row("030 123456"))["subscriptions"]
    assert found["cc_data"] == {"phone": "+4930123456"}


@pytest.mark.parametrize("mobile", [None, "", "  "])
def test_empty_number_leaves_its_subscription_out(mobile: Any) -> None:
    assert profile(stream(), row(mobile)) == {"id": 1}


@pytest.mark.parametrize("mobile", ["call me", "1", ["030 123456"], True])
def test_number_that_cannot_be_read_rejects_its_row(mobile: Any) -> None:
    reason = rejection(stream(), row(mobile))
    assert (reason.reason, reason.code, reason.path) == ("conversion", "phone", "$.mobile")
    ((fault),) = reason.faults
    assert (fault.column, fault.field) == ("mobile", "$.subscriptions[0].phone")


@pytest.mark.parametrize("mobile", ["call me", "1", ["030 123456"], True])
def test_number_that_cannot_be_read_may_cost_its_subscription_alone(mobile: Any) -> None:
    cell = Cell(form=Form(region="DE"), omits=True)
    number = FieldConfig("phone", "mobile", type="phone", cell=cell)
    sms = SubscriptionConfig("sms", 3, (number,), STATUS)
    email = SubscriptionConfig("email", 3, (FieldConfig("email", "mail"),), STATUS)
    made = codec(subscriptions=(sms, email), fields=(KEY,))
    sent = profile(made, row(mobile) | {"mail": "ann@example.org"})
    assert [each["channel"] for each in sent["subscriptions"]] == ["email"]
    assert profile(made, row(mobile)) == {"id": 1}
    assert [kind[:2] for kind in made.notes.counted.elements()] == [("conversion", "phone")] * 2


def test_number_that_is_not_sent_is_not_read() -> None:
    made = stream(only_opt_out=True)
    assert profile(made, row("call me")) == {"id": 1}
    assert rejection(made, row("call me", "unsubscribed")).path == "$.mobile"


def test_number_and_status_that_cannot_be_read_are_told_at_once() -> None:
    reason = rejection(stream(), row("call me", "maybe"))
    assert sorted(str(each.column) for each in reason.faults) == ["mobile", "news"]


def test_bad_number_costs_no_row_beside_it() -> None:
    rows = [
        b'{"id":%d,"mobile":"%s","news":"unsubscribed"}' % (n, b"x" if n == 7 else b"030 123456")
        for n in range(20)
    ]
    found = taken(stream(), rows)
    assert [n for n, each in enumerate(found) if not hasattr(each, "profile")] == [7]
