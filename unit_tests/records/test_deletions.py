"""Rows that the source has deleted, and columns that Airbyte adds to a stream."""

import json
from dataclasses import replace
from typing import Any

import pytest

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import FieldConfig, StreamConfig, SubscriptionConfig
from destination_profiles.errors import ConfigError
from destination_profiles.records.batch import Batch, Rejected
from destination_profiles.records.changes import Change
from destination_profiles.records.codec import BATCH, StreamCodec
from destination_profiles.records.deletions import Deleted
from destination_profiles.records.status_column import by_word
from destination_profiles.service.manifest import service
from destination_profiles.statuses import StatusRule
from unit_tests.records.streams import codec, profile, rejection
from unit_tests.settings import config

WHEN = "2026-11-01T10:00:00Z"
COLUMNS: dict[str, Any] = {
    "id": {"type": "integer"},
    "city": {"type": ["null", "string"]},
    "mail": {"type": ["null", "string"]},
    "tel": {"type": ["null", "string"]},
    "_ab_cdc_deleted_at": {"type": ["null", "string"]},
    "_ab_cdc_lsn": {"type": ["null", "number"]},
}
FIELDS = (FieldConfig("id", "id"), FieldConfig("_city", "city"))
EMAIL = SubscriptionConfig(
    "email",
    28,
    (FieldConfig("email", "mail", type="string"),),
    (FieldConfig("status", value="subscribed"), FieldConfig("cats", value=["news"])),
)
SMS = SubscriptionConfig(
    "sms",
    3,
    (FieldConfig("phone", "tel", type="string"),),
    (FieldConfig("status", "city", type="status"),),
    (FieldConfig("source", value="w"),),
    StatusRule(only_opt_out=True),
)


def cdc(on_delete: Any = None, *, schema: Any = None, **parts: Any) -> StreamCodec:
    stream = StreamConfig("users", on_delete=on_delete, **{"fields": FIELDS, **parts})
    declared = {"type": "object", "properties": COLUMNS} if schema is None else schema
    info = StreamInfo("users", None, declared, "append_dedup")
    return StreamCodec(info, config(streams=(stream,)), service())


def row(number: int, when: Any = WHEN, **more: Any) -> bytes:
    return json.dumps({"id": number, "_ab_cdc_deleted_at": when, **more}).encode()


def taken(made: StreamCodec, *rows: bytes) -> list[Any]:
    """What becomes of rows: ids that are sent, or how many are left out."""
    found: list[Any] = []
    for each in made.take(rows):
        if isinstance(each, Batch):
            found.append([json.loads(sent.profile)["id"] for sent in each.rows()])
        elif isinstance(each, Deleted):
            found.append(f"{len(each.originals)} deleted")
        else:
            found.append(each)
    return found


ROWS = [row(1, None), row(2), row(3), row(4, None), row(5)]


def test_deleted_rows_are_left_out() -> None:
    assert taken(cdc(), *ROWS) == [[1], "2 deleted", [4], "1 deleted"]


def test_deleted_rows_may_be_sent() -> None:
    assert taken(cdc("send"), *ROWS) == [[1, 2, 3, 4, 5]]


@pytest.mark.parametrize("on_delete", ["skip", "reject", "send", "unsubscribe"])
def test_all_of_many_rows_are_taken(on_delete: str) -> None:
    rows = [row(number, None if number % 3 else WHEN) for number in range(3 * BATCH + 7)]
    found = taken(cdc(on_delete, subscriptions=(EMAIL,)), *rows)
    sent = [number for each in found if isinstance(each, list) for number in each]
    are_sent = on_delete in ("send", "unsubscribe")
    assert sent == [number for number in range(len(rows)) if number % 3 or are_sent]


def test_deleted_rows_may_be_rejected() -> None:
    found = taken(cdc("reject"), *ROWS[:2])
    assert (found[0], type(found[1]), found[1].original) == ([1], Rejected, ROWS[1])
    reason = found[1].rejection
    assert (reason.reason, reason.code, reason.path) == (
        "deleted",
        "on_delete",
        "$._ab_cdc_deleted_at",
    )


def test_batch_of_ended_subscriptions_is_marked() -> None:
    made = cdc("unsubscribe", subscriptions=(EMAIL,))
    found = [each for each in made.take(ROWS) if isinstance(each, Batch)]
    assert [(len(each), each.is_end) for each in found] == [
        (1, False),
        (2, True),
        (1, False),
        (1, True),
    ]


def test_streams_own_setting_comes_first() -> None:
    stream = StreamConfig("users", fields=FIELDS, on_delete="send")
    info = StreamInfo("users", None, {"type": "object", "properties": COLUMNS}, "append")
    made = StreamCodec(info, config(streams=(stream,), on_delete="reject"), service())
    assert taken(made, row(1)) == [[1]]


@pytest.mark.parametrize("when", ["", 0, False, {}, WHEN])
def test_whatever_is_not_null_says_deleted(when: Any) -> None:
    assert taken(cdc(), row(1, when)) == ["1 deleted"]


@pytest.mark.parametrize("broken", [b'{"id":1e400,"_ab_cdc_deleted_at":null}', b"[1]"])
def test_row_that_cannot_be_read_is_not_deleted(broken: bytes) -> None:
    found = taken(cdc(), row(1, None), broken, row(2))
    assert (found[0], found[2]) == ([1], "1 deleted")
    assert found[1].rejection.reason == "json"


LEAN = {
    "type": "object",
    "properties": {"id": {}, "city": {}, "mail": {}},
}  # of a catalog that is old


@pytest.mark.parametrize(
    ("on_delete", "schema"),
    [("skip", {"type": "object"}), ("skip", LEAN), ("unsubscribe", LEAN)],
)
def test_rows_are_looked_at_whatever_the_schema_names(on_delete: Any, schema: Any) -> None:
    assert taken(cdc(on_delete, schema=schema), row(1), row(2, None)) == ["1 deleted", [2]]


@pytest.mark.parametrize("place", range(len("_ab_cdc_deleted_at")))
def test_key_may_be_written_with_escapes(place: int) -> None:
    name = "_ab_cdc_deleted_at"
    key = f"{name[:place]}\\u{ord(name[place]):04x}{name[place + 1 :]}"
    assert taken(cdc(), f'{{"id":1,"{key}":"{WHEN}"}}'.encode(), row(2, None)) == ["1 deleted", [2]]


@pytest.mark.parametrize("change", ["TRUNCATED", "NULLED"])
def test_mark_that_the_source_changed_is_a_mark(change: str) -> None:
    made = cdc()
    (found,) = made.take_changed(row(1), [Change("_ab_cdc_deleted_at", change)])
    assert isinstance(found, Deleted) and len(found.originals) == 1


def test_lean_schema_ends_subscriptions_of_deleted_rows() -> None:
    made = cdc("unsubscribe", schema=LEAN, subscriptions=(EMAIL,))
    assert profile(made, {"id": 1, "mail": "a@b", "_ab_cdc_deleted_at": WHEN}) == {
        "id": 1,
        "subscriptions": [OVER_EMAIL],
    }


def ended(record: dict[str, Any], **parts: Any) -> Any:
    made = cdc("unsubscribe", **{"subscriptions": (EMAIL, SMS), **parts})
    return profile(made, {"id": 1, "_ab_cdc_deleted_at": WHEN, **record})


OUT = {"status": "unsubscribed"}
OVER_EMAIL = {"channel": "email", "resource_id": 28, "email": "a@b", **OUT}
OVER_SMS = {"channel": "sms", "resource_id": 3, "phone": "7", **OUT}
ENDED = [
    ({"city": "Oslo", "mail": "a@b", "tel": "7"}, [OVER_EMAIL, OVER_SMS]),
    ({"city": None, "mail": "a@b", "tel": None}, [OVER_EMAIL]),
    (
        {"city": None, "mail": None, "tel": None},
        [
            {"channel": "email", "resource_id": 28, **OUT},
            {"channel": "sms", "resource_id": 3, **OUT},
        ],
    ),
]


@pytest.mark.parametrize(("record", "subscriptions"), ENDED)
@pytest.mark.parametrize("fields", [FIELDS, None])
def test_deleted_customer_is_unsubscribed(record: Any, subscriptions: Any, fields: Any) -> None:
    assert ended(record, fields=fields) == {"id": 1, "subscriptions": subscriptions}


def test_rows_with_and_without_an_address_are_ended_together() -> None:
    made = cdc("unsubscribe", subscriptions=(EMAIL,))
    (batch,) = made.take([row(1, mail="a@b"), row(2), row(3, mail="c@d"), row(4), row(5)])
    assert isinstance(batch, Batch)
    found = [json.loads(each)["subscriptions"] for each in batch.profiles()]
    bare = {"channel": "email", "resource_id": 28, **OUT}
    assert found == [[OVER_EMAIL], [bare], [{**OVER_EMAIL, "email": "c@d"}], [bare], [bare]]
    assert by_word(made.subscriptions) == {"unsubscribed": 5}


def test_rule_of_the_users_statuses_is_none_of_the_end() -> None:
    """Its words name values of a column; a customer who has opted out is out all the same."""
    rules = StatusRule((("1", "subscribed"),)), StatusRule(codes=True, keeps_null=True)
    for rule in rules:
        assert ended({"mail": "a@b"}, subscriptions=(replace(EMAIL, status=rule),)) == {
            "id": 1,
            "subscriptions": [OVER_EMAIL],
        }


def test_deleted_row_without_a_key_is_rejected() -> None:
    made = cdc("unsubscribe", subscriptions=(EMAIL,), fields=(FieldConfig("id", "city"),))
    found = rejection(made, {"city": None, "mail": "a", "_ab_cdc_deleted_at": WHEN})
    assert (found.reason, found.code) == ("profile", "required")


def test_unsubscribing_needs_subscriptions() -> None:
    with pytest.raises(ConfigError, match="on_delete is unsubscribe, but its mapping makes") as no:
        cdc("unsubscribe")
    assert no.value.stream == "users"
    assert no.value.message.endswith(
        "its mapping makes no subscriptions. Add them, or choose skip, reject or send."
    )
    cdc("unsubscribe", schema={"type": "object", "properties": {"id": {}, "city": {}}})


def test_statuses_of_deleted_rows_count() -> None:
    made = cdc("unsubscribe", subscriptions=(EMAIL,))
    taken(made, row(1, mail="a"), row(2, None, mail="b"))
    assert by_word(made.subscriptions) == {"subscribed": 1, "unsubscribed": 1}


def test_statuses_without_an_address_count() -> None:
    made = cdc("unsubscribe", subscriptions=(EMAIL, SMS))
    taken(made, row(1), row(2, mail="b"))
    assert by_word(made.subscriptions) == {"unsubscribed": 3}


# Columns that Airbyte adds

ADDED = {
    "_ab_cdc_lsn": 7,
    "_ab_cdc_deleted_at": None,
    "_ab_cdc_cursor": 5,
    "_airbyte_raw_id": "x",
    "_airbyte_meta": {"a": 1},
}
OWN = {"id": 1, "city": "Oslo"}
DECLARED = {"id": {"type": "integer"}, "city": {"type": "string"}}


@pytest.mark.parametrize("nulls", ["omit", "send", "unset"])
@pytest.mark.parametrize(
    "columns",
    [None, DECLARED, {**DECLARED, **{name: {"type": ["null", "string"]} for name in ADDED}}],
)
def test_added_columns_are_no_fields(columns: Any, nulls: Any) -> None:
    made = codec(columns=columns, null_values=nulls)
    assert profile(made, {**ADDED, **OWN}) == OWN
    assert profile(made, OWN) == OWN


def test_added_column_that_is_required_is_not_missed() -> None:
    columns = {**DECLARED, "_ab_cdc_lsn": {"type": "integer"}}
    schema = {"type": "object", "properties": columns, "required": ["id", "_ab_cdc_lsn"]}
    assert profile(codec(schema), OWN) == OWN
    assert profile(codec(schema), {**OWN, "_ab_cdc_lsn": "x"}) == OWN


def test_added_column_may_be_mapped() -> None:
    fields = [FieldConfig("id", "id"), FieldConfig("lsn", "_ab_cdc_lsn")]
    assert profile(codec(fields=fields), {**ADDED, "id": 1}) == {"id": 1, "lsn": 7}
