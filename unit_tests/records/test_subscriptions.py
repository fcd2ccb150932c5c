"""Nulls in what subscriptions are made of."""

import json
from typing import Any

import pytest

from destination_profiles.config import FieldConfig, SubscriptionConfig
from unit_tests.records.streams import codec, profile

EMAIL = SubscriptionConfig(
    "email",
    28,
    (FieldConfig("email", "mail"),),
    (FieldConfig("status", "status"), FieldConfig("priority", "rank"), FieldConfig("cats", "cats")),
    (FieldConfig("own", "own"), FieldConfig("other", "other")),
)
ROW = {
    "id": 1,
    "mail": "a@b.c",
    "status": "subscribed",
    "rank": 1,
    "cats": ["x"],
    "own": 1,
    "other": 2,
}
SENT = {
    "channel": "email",
    "resource_id": 28,
    "email": "a@b.c",
    "status": "subscribed",
    "priority": 1,
    "cats": ["x"],
    "custom_fields": {"own": 1, "other": 2},
}
COLUMNS = [None, {name: {} for name in ROW}]


def subscription(columns: Any, row: dict[str, Any], **settings: Any) -> Any:
    """The one that is sent of a row, beside another row."""
    made = codec(
        columns=columns, fields=[FieldConfig("id", "id")], subscriptions=[EMAIL], **settings
    )
    assert profile(made, json.dumps(ROW).encode())["subscriptions"] == [SENT]
    sent = profile(made, row).get("subscriptions")
    return sent and sent[0]


@pytest.mark.parametrize("null_values", ["omit", "send", "unset"])
@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize(("column", "part"), [("rank", "priority"), ("cats", "cats")])
def test_part_that_is_null_is_left_out(
    columns: Any, null_values: str, column: str, part: str
) -> None:
    expected = {name: value for name, value in SENT.items() if name != part}
    found = [{**ROW, column: None}, {name: value for name, value in ROW.items() if name != column}]
    for row in found:
        assert subscription(columns, row, null_values=null_values) == expected


@pytest.mark.parametrize("columns", COLUMNS)
def test_custom_field_that_is_null_is_as_null_values_say(columns: Any) -> None:
    row = {**ROW, "own": None}
    assert subscription(columns, row)["custom_fields"] == {"other": 2}
    assert subscription(columns, row, null_values="send")["custom_fields"] == {
        "own": None,
        "other": 2,
    }
    assert "own" in subscription(columns, row, null_values="unset")["custom_fields"]
    alone = {name: value for name, value in ROW.items() if name != "own"}
    for null_values in ("omit", "send", "unset"):
        sent = subscription(columns, alone, null_values=null_values)
        assert sent["custom_fields"] == {"other": 2}


@pytest.mark.parametrize("columns", COLUMNS)
@pytest.mark.parametrize("address", [None, "", "absent"])
def test_row_without_an_address_has_no_subscription(columns: Any, address: str | None) -> None:
    row = {**ROW, "mail": address}
    if address == "absent":
        del row["mail"]
    assert subscription(columns, row) is None
