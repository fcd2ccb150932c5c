"""What is sent once more subscribes nobody."""

import json
from typing import Any

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import FieldConfig, StreamConfig, SubscriptionConfig
from destination_profiles.records.renewal import Renewal
from destination_profiles.service.manifest import service
from unit_tests.settings import config

INFO = StreamInfo("users", None, {"type": "object"}, "append_dedup")
ADDRESS = (FieldConfig("email", "mail"),)


def renewed(
    row: dict[str, Any], *, resubscribes: bool = False, stream: StreamConfig | None = None
) -> Any:
    """The profile, None where none is sent."""
    streams = (stream,) if stream else ()
    renewal = Renewal(INFO, config(streams=streams), service(), resubscribes=resubscribes)
    (profile,) = renewal([json.dumps(row).encode()])
    return profile and json.loads(profile)


def own(*statuses: str) -> dict[str, Any]:
    members = [
        {"channel": "email", "resource_id": 1, "email": "a@b.cd", "status": each}
        for each in statuses
    ]
    return {"id": 1, "subscriptions": members}


def statuses(profile: Any) -> list[str]:
    return [each["status"] for each in profile.get("subscriptions", [])]


def test_subscriptions_of_the_row_are_left_out() -> None:
    profile = renewed({**own("subscribed", "unsubscribed"), "_city": "Oslo"})
    assert statuses(profile) == ["unsubscribed"]
    assert profile["_city"] == "Oslo"


def test_row_goes_as_it_is_where_it_may_subscribe() -> None:
    row = own("subscribed", "unsubscribed")
    assert renewed(row, resubscribes=True) == row


@pytest.mark.parametrize(
    ("status", "left"), [("subscribed", []), ("unsubscribed", ["unsubscribed"])]
)
def test_subscriptions_of_a_mapping_are_left_out(status: str, left: list[str]) -> None:
    part = (FieldConfig("status", "status", type="status"),)
    made = SubscriptionConfig("email", 1, ADDRESS, part)
    fields = (FieldConfig("id", "id"), FieldConfig("_city", "city"))
    stream = StreamConfig("users", fields=fields, subscriptions=(made,))
    row = {"id": 1, "city": "Oslo", "mail": "a@b.cd", "status": status}
    profile = renewed(row, stream=stream)
    assert statuses(profile) == left
    assert profile["_city"] == "Oslo"
    assert statuses(renewed(row, stream=stream, resubscribes=True)) == [status]


def test_row_of_which_they_cannot_be_taken_is_not_sent() -> None:
    fields = (FieldConfig("id", "id"), FieldConfig("subscriptions", "subs"))
    stream = StreamConfig("users", fields=fields)
    row = {"id": 1, "subs": own("subscribed")["subscriptions"]}
    assert renewed(row, stream=stream) is None


def test_deleted_row_is_not_sent() -> None:
    assert renewed({"id": 1, "_ab_cdc_deleted_at": "2026-01-02"}) is None
