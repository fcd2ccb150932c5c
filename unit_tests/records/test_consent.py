"""Statuses of subscriptions that are made from columns: what is sent, left out and refused."""

import json
from typing import Any

import pytest

from destination_profiles.config import FieldConfig, SubscriptionConfig
from destination_profiles.errors import ConfigError
from destination_profiles.records.changes import Change
from destination_profiles.records.codec import StreamCodec
from destination_profiles.records.status_column import by_word
from destination_profiles.statuses import StatusRule
from unit_tests.records.streams import codec, profile, rejection, taken

KEY = FieldConfig("id", "id")
ADDRESS = FieldConfig("email", "mail", type="string")
YES_NO = (("1", "subscribed"), ("0", "unsubscribed"))


def stream(rule: StatusRule, status: Any = None, **more: Any) -> StreamCodec:
    part = FieldConfig("status", "news", type="status") if status is None else status
    parts = (part,) if part else ()
    made = SubscriptionConfig("email", 28, (ADDRESS,), parts, status=rule)
    return codec(subscriptions=(made,), **more)


def statuses(made: StreamCodec, *values: Any) -> list[Any]:
    """What is sent for each value of the column: a status, `without` one, or `nothing`."""
    rows = [{"id": place, "mail": "a@b", "news": value} for place, value in enumerate(values)]
    sent = [profile(made, each).get("subscriptions") for each in rows]
    return [each[0].get("status", "without") if each else "nothing" for each in sent]


IN, OUT = "subscribed", "unsubscribed"
SENT = [
    (StatusRule(), [IN, " Unsubscribed", "", None], [IN, OUT, "nothing", "nothing"]),
    (StatusRule(keeps_null=True), [IN, " ", None], [IN, "without", "without"]),
    (StatusRule(YES_NO), [1, 0, "1.0", 0.0, None], [IN, OUT, IN, OUT, "nothing"]),
    (StatusRule((*YES_NO, ("*", "suspended"))), [True, "x", None], ["suspended"] * 2 + ["nothing"]),
    (StatusRule(codes=True), [0, "1", -1, IN], [0, 1, "nothing", IN]),
    (StatusRule(codes=True, keeps_null=True), [-1, None], ["without", "without"]),
    (StatusRule(only_opt_out=True), [IN, OUT, "unconfirmed"], ["nothing", OUT, "nothing"]),
    (StatusRule(codes=True, only_opt_out=True), [0, 1, 4, 6], ["nothing", 1, "nothing", 6]),
]


@pytest.mark.parametrize("fields", [(KEY,), None])
@pytest.mark.parametrize(("rule", "values", "sent"), SENT)
def test_status_is_sent_where_it_is_told(
    rule: StatusRule, values: list[Any], sent: list[Any], fields: Any
) -> None:
    assert statuses(stream(rule, fields=fields), *values) == sent


@pytest.mark.parametrize("fields", [(KEY,), None])
@pytest.mark.parametrize("value", [1, True, "Y", "cleaned", [], {"a": 1}, 0])
def test_value_that_says_no_status_rejects_its_row(value: Any, fields: Any) -> None:
    found = rejection(stream(StatusRule(), fields=fields), {"id": 1, "mail": "a", "news": value})
    assert (found.reason, found.code, found.path) == ("conversion", "status", "$.news")
    assert found.loggable == f"$.news: {found.message}"


@pytest.mark.parametrize("keeps", [True, False])
@pytest.mark.parametrize("fields", [(KEY,), None])
def test_row_without_the_column_of_a_status_makes_no_subscription(keeps: bool, fields: Any) -> None:
    """`keep` is what the user says of nulls: of what is not there nobody says anything."""
    made = stream(StatusRule(keeps_null=keeps), fields=fields)
    rows = [{"id": 1, "mail": "a@b"}, {"id": 2, "mail": "c@d", "news": IN}, {"id": 3}]
    found = taken(made, [json.dumps(each).encode() for each in rows])
    assert [b"subscriptions" in each.profile for each in found] == [False, True, False]
    (lost,) = made.take_changed(b'{"id":1,"mail":"a@b","news":null}', [Change("news", "NULLED")])
    assert [bytes(each) for each in lost.profiles()] == (
        [b'{"id":1}'] if fields else [b'{"id":1,"mail":"a@b"}']
    )


def test_status_behind_json_that_cannot_be_read_rejects_its_row() -> None:
    part = FieldConfig("status", "prefs.news", type="status")
    made = stream(StatusRule((("true", IN), ("false", OUT))), part, fields=(KEY,))
    for text in ("{'news': False}", '{"news": fal'):
        found = rejection(made, {"id": 1, "mail": "a@b", "prefs": text})
        assert (found.code, found.path) == ("json", "$.prefs.news")
        assert "False" not in f"{found}"
    sent = profile(made, {"id": 1, "mail": "a@b", "prefs": '{"news": false}'})
    assert sent["subscriptions"][0]["status"] == OUT


def test_row_without_an_address_is_asked_for_no_status() -> None:
    assert profile(stream(StatusRule(), fields=(KEY,)), {"id": 1, "mail": "", "news": 7}) == {
        "id": 1
    }


def test_equal_values_of_other_types_are_told_apart() -> None:
    made = stream(StatusRule((("true", IN), ("1", OUT))), fields=(KEY,))
    assert statuses(made, True, 1, "true", 1.0) == [IN, OUT, IN, OUT]


def test_constant_status_is_that_of_all() -> None:
    made = stream(StatusRule(only_opt_out=True), FieldConfig("status", value=5), fields=(KEY,))
    assert statuses(made, None, 1) == [5, 5]


def test_statuses_are_counted_by_word() -> None:
    made = stream(StatusRule(codes=True, keeps_null=True), fields=(KEY,))
    values = [0, 1, 1, "subscribed", -1, None, 7, True]
    rows = [{"id": n, "mail": "a@b", "news": value} for n, value in enumerate(values)]
    taken(made, [json.dumps(row).encode() for row in rows])
    assert by_word(made.subscriptions) == {IN: 2, OUT: 2, "without a status": 2}


def test_statuses_of_rejected_rows_do_not_count() -> None:
    parts = [FieldConfig("status", name, type="status") for name in ("news", "more")]
    both = [
        SubscriptionConfig("email", place, (ADDRESS,), (each,)) for place, each in enumerate(parts)
    ]
    made = codec(fields=(KEY,), subscriptions=both)
    rows = [{"id": 1, "mail": "a", "news": IN, "more": more} for more in (OUT, 7)]
    taken(made, [json.dumps(row).encode() for row in rows])
    assert by_word(made.subscriptions) == {IN: 1, OUT: 1}
    assert made.subscriptions == {("email", 0, IN): 1, ("email", 1, OUT): 1}


NO_WORD = [
    (
        {"type": "integer"},
        "integer",
        '[{from: "1", to: subscribed}, {from: "0", to: unsubscribed}]',
    ),
    ({"type": ["null", "number"]}, "number", '[{from: "1", to: subscribed},'),
    (
        {"type": ["boolean", "null"]},
        "boolean",
        '[{from: "true", to: subscribed}, {from: "false", to: unsubscribed}]',
    ),
    ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "integer", '[{from: "1",'),
    ({"oneOf": [{"type": "boolean"}, {"type": "integer"}]}, "boolean or integer", '[{from: "true"'),
]
OPEN: list[dict[str, Any]] = [
    {},
    {"type": "string"},
    {"type": ["string", "integer", "null"]},
    {"oneOf": [{"type": "integer"}, {}]},
    {"type": "null"},
]


@pytest.mark.parametrize(("column", "kind", "example"), NO_WORD)
def test_column_without_words_needs_a_meaning(column: Any, kind: str, example: str) -> None:
    with pytest.raises(ConfigError) as raised:
        stream(StatusRule(), fields=(KEY,), columns={"id": {}, "mail": {}, "news": column})
    assert raised.value.message.startswith(
        f"The column news of the stream users is {kind} by its schema, and what that says of "
        "consent is not guessed: to the service 0 means subscribed and 1 means unsubscribed. Say "
        f"what its values mean, such as {{status_from: news, status_values: {example}"
    )
    stream(StatusRule(YES_NO), fields=(KEY,), columns={"id": {}, "mail": {}, "news": column})


@pytest.mark.parametrize("column", OPEN)
def test_column_that_may_hold_words_is_taken(column: Any) -> None:
    stream(StatusRule(), fields=(KEY,), columns={"id": {}, "mail": {}, "news": column})


def test_example_follows_the_name_of_the_column() -> None:
    part = FieldConfig("status", "opt_out", type="status")
    with pytest.raises(ConfigError, match=r'from: "true", to: unsubscribed'):
        stream(
            StatusRule(),
            part,
            fields=(KEY,),
            columns={"id": {}, "mail": {}, "opt_out": {"type": "boolean"}},
        )


def test_member_of_an_object_needs_a_meaning_too() -> None:
    part = FieldConfig("status", "consent.mail", type="status")
    inner = {"type": ["null", "object"], "properties": {"mail": {"type": "integer"}}}
    with pytest.raises(
        ConfigError, match=r"The column consent\.mail of the stream users is integer"
    ):
        stream(StatusRule(), part, fields=(KEY,), columns={"id": {}, "mail": {}, "consent": inner})


def test_booleans_are_no_codes() -> None:
    with pytest.raises(ConfigError):
        columns = {"id": {}, "mail": {}, "news": {"type": "boolean"}}
        stream(StatusRule(codes=True), fields=(KEY,), columns=columns)
