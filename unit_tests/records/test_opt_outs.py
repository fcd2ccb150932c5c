"""Rows and configurations without any subscription that is no opt-out."""

import json
from typing import Any

import pytest

from destination_profiles.config import FieldConfig, StreamConfig, SubscriptionConfig
from destination_profiles.records.opt_outs import OwnSubscriptions, only_opt_outs
from destination_profiles.service.manifest import service
from destination_profiles.statuses import StatusRule
from unit_tests.settings import config

AS_IT_COMES = OwnSubscriptions(StreamConfig("users"), service())


def left(*statuses: Any) -> tuple[list[Any], int]:
    """The statuses that stay, and how many do not."""
    members = [{"resource_id": 28, "status": status} for status in statuses]
    row, count = AS_IT_COMES.without(json.dumps({"id": 1, "subscriptions": members}).encode())
    kept = json.loads(row).get("subscriptions", [])
    return [each["status"] for each in kept], count


@pytest.mark.parametrize(
    "status",
    ["unsubscribed", "Complained ", "hardbounced", "suspended", "invalid", 1, 2, 3, 5, 6, "1"],
)
def test_opt_out_stays(status: Any) -> None:
    assert left(status) == ([status], 0)


@pytest.mark.parametrize(
    "status", ["subscribed", "unconfirmed", 0, 4, -1, None, "", True, 1.5, [1], {"a": 1}]
)
def test_others_are_left_out(status: Any) -> None:
    assert left(status, "invalid") == (["invalid"], 1)


def test_rest_of_the_row_stays_as_it_came() -> None:
    row = b'{"b": 1.50,"a":12345678901234567890,"subscriptions":[{"status":0},{"status": 1}]}'
    assert AS_IT_COMES.without(row) == (
        b'{"b":1.50,"a":12345678901234567890,"subscriptions":[{"status": 1}]}',
        1,
    )


def test_no_empty_list_is_sent() -> None:
    """It may mean that all subscriptions end."""
    assert AS_IT_COMES.without(b'{"a":1,"subscriptions":[{"status":0}]}') == (b'{"a":1}', 1)


@pytest.mark.parametrize(
    "row", [b'{"a": 1}', b'{"subscriptions": null}', b'{"subscriptions": [{"status": 1}]}']
)
def test_row_without_any_is_the_same_object(row: bytes) -> None:
    kept, count = AS_IT_COMES.without(row)
    assert kept is row and count == 0


@pytest.mark.parametrize("row", [b"[1]", b'{"subscriptions": 7}', b'{"subscriptions": {"a": 1}}'])
def test_what_has_another_form_is_held(row: bytes) -> None:
    with pytest.raises(ValueError):
        AS_IT_COMES.without(row)


@pytest.mark.parametrize("member", ["unsubscribed", 1, None, [1]])
def test_member_of_another_form_is_no_opt_out(member: Any) -> None:
    row = json.dumps({"subscriptions": [member, {"status": 1}]}).encode()
    assert AS_IT_COMES.without(row) == (b'{"subscriptions":[{"status": 1}]}', 1)


def test_each_column_that_a_mapping_takes_is_looked_at() -> None:
    fields = tuple(FieldConfig("subscriptions", name) for name in ("first", "second"))
    own = OwnSubscriptions(StreamConfig("users", fields=fields), service())
    with pytest.raises(ValueError):
        own.without(b'{"id":1,"second":[{"status":0}]}')


@pytest.mark.parametrize("source", ["subs", "more.subs"])
def test_those_that_a_mapping_takes_are_held(source: str) -> None:
    stream = StreamConfig("users", fields=(FieldConfig("subscriptions", source),))
    own = OwnSubscriptions(stream, service())
    with pytest.raises(ValueError):
        own.without(b'{"subs":[{"status":0}],"more":{"subs":[{"status":0}]}}')
    assert own.without(b'{"id":1}') == (b'{"id":1}', 0)


def test_those_that_several_columns_make_are_held() -> None:
    field = FieldConfig("subscriptions", columns=("news", "offers"))
    own = OwnSubscriptions(StreamConfig("users", fields=(field,)), service())
    with pytest.raises(ValueError):
        own.without(b'{"id":1,"offers":{"status":1}}')
    assert own.without(b'{"id":1,"news":null}') == (b'{"id":1,"news":null}', 0)


def test_mapping_without_them_looks_at_none() -> None:
    own = OwnSubscriptions(StreamConfig("users", fields=(FieldConfig("id", "id"),)), service())
    assert own.without(b'{"subscriptions": 7}') == (b'{"subscriptions": 7}', 0)


def test_mapped_subscriptions_are_only_opt_outs() -> None:
    made = SubscriptionConfig(
        "email", 28, (), (FieldConfig("status", "news"),), (), StatusRule(keeps_null=True)
    )
    changed = only_opt_outs(config(streams=(StreamConfig("users", subscriptions=(made,)),)))
    (entry,) = changed.streams[0].subscriptions
    assert entry.status == StatusRule(only_opt_out=True)
