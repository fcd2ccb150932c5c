"""All that is wrong with a row, each fault with the column that it comes from."""

import json
from dataclasses import replace
from typing import Any

import pytest

from destination_profiles.config import FieldConfig, StreamConfig, SubscriptionConfig
from destination_profiles.records.batch import Rejected
from destination_profiles.records.explain import MAX_FAULTS
from destination_profiles.records.salvage import TOO_DEEP
from destination_profiles.records.trace import Trace
from unit_tests.records.streams import codec, profile, rejection, row, taken

ID = FieldConfig("id", "key")
MAIL = SubscriptionConfig(
    "email",
    3,
    (FieldConfig("email", "mail", type="string"),),
    (FieldConfig("status", "newsletter"), FieldConfig("priority", "rank", type="int")),
    (FieldConfig("shoe", "size", type="float"),),
)
SHOES = SubscriptionConfig(
    "email", 3, (FieldConfig("email", "mail"),), (), (FieldConfig("shoe", "size"),)
)
SMS = SubscriptionConfig("sms", 4, (FieldConfig("phone", "mobile", type="string"),))


def faults(made: Any, record: dict[str, Any]) -> list[tuple[Any, ...]]:
    found = rejection(made, record).all_faults()
    return [(each.step, each.column, each.field, each.rule) for each in found]


def test_faults_that_follow_from_others_are_told_by_whole_columns() -> None:
    """Of a path into a column too, and of several columns; a column of a like name is another."""
    fields = [
        ID,
        FieldConfig("n", "in.a", type="int"),
        FieldConfig("_city", "in.b.c"),
        FieldConfig("_fname", "in2"),
        FieldConfig("_lname", columns=("x.y", "z")),
        FieldConfig("m", "z.w", type="float"),
        FieldConfig("_region", columns=("u.v", "t")),
    ]
    made = codec(fields=fields)
    record = {"key": 1, "in": {"a": "?", "b": {"c": 5}}, "in2": 5, "z": {"w": "?"}}
    found = faults(made, {**record, "x": {"y": 1}, "u": {"v": 1}, "t": 2})
    assert (found[:2], sorted(found[2:])) == (
        [("conversion", "in.a", "$.n", "int"), ("conversion", "z.w", "$.m", "float")],
        [("profile", "in2", "$._fname", "type"), ("profile", "u.v, t", "$._region", "type")],
    )
    columns = {"key": {}, "in": {"required": ["a"]}}
    schema = {"type": "object", "properties": columns, "required": ["key"]}
    both = codec(schema, fields=[ID, FieldConfig("_city", "in.b")])
    assert faults(both, {"key": 1, "in": {"b": 5}}) == [("schema", "in", "$._city", "required")]
    assert faults(both, {"in": {"a": 1}})[0] == ("schema", None, None, "required")


def test_address_that_the_service_does_not_take_names_its_column() -> None:
    made = codec(
        fields=[ID], subscriptions=[replace(MAIL, address=(FieldConfig("email", "mail"),))]
    )
    record = {"key": 1, "newsletter": "subscribed"}
    assert faults(made, {**record, "mail": 5}) == [
        ("profile", "mail", "$.subscriptions[0].email", "type")
    ]
    assert faults(made, {**record, "mail": "a@b", "rank": -5}) == [
        ("profile", "rank", "$.subscriptions[0].priority", "minimum")
    ]


def test_fault_of_a_column_names_the_field_it_goes_to() -> None:
    number = {"type": "integer"}
    columns = {"key": {}, "b": number, "in": {"properties": {"c": number}}, "size": number}
    fields = [ID, FieldConfig("a", "b"), FieldConfig("d", "in.c")]
    made = codec(columns={**columns, "mail": {}}, fields=fields, subscriptions=[SHOES])
    record = {"key": 1, "mail": "a@b", "b": "x", "in": {"c": "x"}, "size": "x"}
    assert {(column, field) for _, column, field, _ in faults(made, record)} == {
        ("b", "$.a"),
        ("in", "$.d"),
        ("size", "$.subscriptions[0].custom_fields.shoe"),
    }


def test_field_of_several_columns_names_them_all() -> None:
    made = codec(fields=[ID, FieldConfig("_city", columns=("town", "village"))])
    assert faults(made, {"key": 1, "town": "a", "village": "b"}) == [
        ("profile", "town, village", "$._city", "type")
    ]


def test_subscriptions_as_a_whole_come_from_their_column() -> None:
    made = codec(fields=[ID, FieldConfig("subscriptions", "own")])
    assert faults(made, {"key": 1, "own": "x"}) == [("profile", "own", "$.subscriptions", "type")]


def test_lone_fault_is_told_as_before() -> None:
    found = rejection(codec(fields=[ID, FieldConfig("n", "m", type="int")]), {"key": 1, "m": "x"})
    assert (found.message, found.loggable) == (
        "n must be int, and this string cannot be read as one",
        "$.m n must be int, and this string cannot be read as one",
    )


def test_all_steps_are_looked_at() -> None:
    fields = [
        ID,
        FieldConfig("a", "a"),
        FieldConfig("n", "m", type="int"),
        FieldConfig("_city", "c"),
    ]
    made = codec(columns={"key": {}, "a": {"type": "string"}, "m": {}, "c": {}}, fields=fields)
    record = {"key": 1, "a": 5, "m": "x", "c": 5}
    assert faults(made, record) == [
        ("schema", "a", "$.a", "type"),
        ("conversion", "m", "$.n", "int"),
        ("profile", "c", "$._city", "type"),
    ]
    assert rejection(made, record).message.endswith("not integer (the first of 3 faults)")


def test_place_in_the_profile_tells_its_column() -> None:
    found = rejection(codec(fields=[ID, FieldConfig("_city", "town")]), {"key": 1, "town": 5})
    assert found.message == (
        "must be string, not integer (it comes from the column town; `type: string` sends it as text)"
    )
    assert found.loggable == f"$._city {found.message}"


@pytest.mark.parametrize("value", [5, 1.5, True])
def test_number_where_a_text_is_wanted_tells_the_cure(value: Any) -> None:
    field, record = FieldConfig("_city", "town"), {"key": 1, "town": value}
    assert (
        "`type: string` sends it as text)" in rejection(codec(fields=[ID, field]), record).message
    )
    made = codec(fields=[ID, replace(field, type="string")])
    assert isinstance(profile(made, record)["_city"], str)


@pytest.mark.parametrize(("field", "value"), [("_city", [5]), ("phones", 5)])
def test_what_is_no_number_or_need_be_no_text_tells_no_cure(field: str, value: Any) -> None:
    found = rejection(codec(fields=[ID, FieldConfig(field, "town")]), {"key": 1, "town": value})
    assert found.message.endswith(" (it comes from the column town)")


def test_key_that_is_missing_tells_its_column() -> None:
    made = codec(fields=[ID, FieldConfig("a", "b")])
    assert faults(made, {"key": None}) == [("profile", "key", "$", "required")]


def test_fault_that_follows_from_another_is_not_told() -> None:
    made = codec(fields=[FieldConfig("id", "key", type="int"), FieldConfig("a", "b")])
    assert faults(made, {"key": "x"}) == [("conversion", "key", "$.id", "int")]


def test_parts_of_subscriptions_have_their_columns() -> None:
    made = codec(fields=[ID], subscriptions=[SMS, MAIL])
    record = {"key": 1, "mail": "a@b.c", "newsletter": "maybe", "rank": -5, "size": "large"}
    assert faults(made, record) == [
        ("conversion", "newsletter", "$.subscriptions[1].status", "status"),
        ("conversion", "size", "$.subscriptions[1].custom_fields.shoe", "float"),
        ("profile", "rank", "$.subscriptions[0].priority", "minimum"),
    ]


def test_own_subscriptions_come_from_their_column() -> None:
    made = codec(fields=[ID, FieldConfig("subscriptions", "own")], subscriptions=[MAIL])
    record = {"key": 1, "own": [{"channel": "fax"}], "mail": "a@b.c", "newsletter": "maybe"}
    columns = {fault[2]: fault[1] for fault in faults(made, record)}
    assert columns["$.subscriptions[0].channel"] == "own"
    assert columns["$.subscriptions[0].status"] == "newsletter"


def test_record_as_it_comes_has_its_own_names() -> None:
    found = rejection(codec(), {"id": 1, "_city": 5, "phones": "1"})
    assert {(each.column, each.field) for each in found.all_faults()} == {
        ("_city", "$._city"),
        ("phones", "$.phones"),
    }
    assert "comes from" not in found.message


def test_each_part_of_a_subscription_has_its_own_column() -> None:
    """Its address where none is known."""
    made = SubscriptionConfig(
        "push",
        5,
        (FieldConfig("cc_data.token", "token"), FieldConfig("provider.name", "browser")),
        (FieldConfig("custom", "part"), FieldConfig("status", "news")),
        (FieldConfig("shoe", "size"), FieldConfig("hat", "head"), FieldConfig("status", "mood")),
    )
    trace = Trace(StreamConfig("users", fields=(ID,), subscriptions=(made,)))
    columns = {
        ("cc_data", "token"): "token",
        ("provider",): "browser",
        ("custom",): "part",
        ("status",): "news",
        ("custom_fields", "shoe"): "size",
        ("custom_fields", "hat", 3): "head",
        ("custom_fields", "status"): "mood",
        ("custom_fields",): "token",
        ("channel",): "token",
        (): "token",
    }
    profile: dict[str, Any] = {"subscriptions": [{}]}
    found = {path: trace.column(("subscriptions", 0, *path), profile, [[{}]]) for path in columns}
    assert found == columns


def test_custom_field_of_a_subscription_is_held_to_what_the_service_takes() -> None:
    custom = (FieldConfig("shoe", "size"), FieldConfig("hat", "head"))
    made = codec(fields=[ID], subscriptions=[replace(MAIL, custom_fields=custom)])
    record = {"key": 1, "mail": "a@b.c", "newsletter": "subscribed"}
    half = {"action": "incr"}  # the service's function, without its value
    assert faults(made, {**record, "size": half, "head": {"x": 1}}) == [
        ("profile", "size", "$.subscriptions[0].custom_fields.shoe", "required")
    ]


def test_profile_that_fits_into_no_request_is_told_its_size() -> None:
    made = codec(fields=[ID, FieldConfig("a", "text")], max_bytes=300)
    found = rejection(made, {"key": 1, "text": "x" * 400})
    size = len(json.dumps({"id": 1, "a": "x" * 400}, separators=(",", ":")))
    room = int(found.message.rpartition(" ")[2])
    assert 100 < room < 300
    assert (found.reason, found.code, found.path) == ("size", "max_bytes", "$")
    assert found.message == f"is {size} bytes as a profile; a request has room for {room}"
    assert found.loggable == f"larger than the {room} bytes that a request has room for"
    fits = {"key": 1, "text": "x" * (400 - size + room)}
    assert len(row(made, json.dumps(fits).encode()).profile) == room
    assert rejection(made, {**fits, "text": fits["text"] + "x"}).code == "max_bytes"


@pytest.mark.parametrize("fields", [[ID, FieldConfig("a", "text")], None])
def test_profile_that_fits_into_no_request_is_found_among_others(fields: Any) -> None:
    made = codec(fields=fields, max_bytes=300)
    rows = [{"key": number, "id": number, "text": "x" * 100} for number in range(6)]
    rows[3]["text"] = "x" * 400
    found = taken(made, [json.dumps(each).encode() for each in rows])
    told = [each.rejection.code if isinstance(each, Rejected) else each.ordinal for each in found]
    assert [isinstance(each, Rejected) for each in found] == [place == 3 for place in range(6)]
    assert told[3] == "max_bytes"


@pytest.mark.parametrize("fields", [[ID, FieldConfig("a", "b")], None])
def test_what_xml_cannot_carry_has_its_column(fields: Any) -> None:
    key, column = ("key", "b") if fields else ("id", "a")
    found = rejection(codec(fields=fields, wire_format="xml"), {key: 1, column: {"x": []}})
    from_column = " (it comes from the column b)" if fields else ""
    assert (found.reason, found.code) == ("xml", "empty")
    assert found.message.endswith(
        f"is an empty array, which XML cannot tell from none{from_column}"
    )
    assert found.loggable.endswith(from_column)
    assert [(each.step, each.column, each.field, each.rule) for each in found.all_faults()] == [
        ("xml", column, "$.a.x", "empty")
    ]


OUT = (FieldConfig("status", value="unsubscribed"),)


def test_what_xml_cannot_carry_in_a_subscription_has_its_column() -> None:
    """Of the entry that made it, where another made none of the row."""
    entries = [
        SubscriptionConfig(
            "email", 3, (FieldConfig("email", mail),), OUT, (FieldConfig("x", extra),)
        )
        for mail, extra in (("work", "first"), ("home", "second"))
    ]
    made = codec(fields=[ID], subscriptions=entries, wire_format="xml")
    row = {"key": 1, "work": None, "home": "a@b", "first": {"x": []}, "second": {"x": []}}
    found = rejection(made, row)
    assert (found.reason, [each.column for each in found.all_faults()]) == ("xml", ["second"])


class TooDeep:
    """A reader that goes less deep than those that explain."""

    def encode(self, _: Any) -> Any:
        raise RecursionError


def test_record_that_a_reader_goes_not_deep_enough_for_is_rejected_for_that() -> None:
    made = codec(columns={"id": {}})
    row(made, b'{"id":1}')
    encoders = made._encoding._encoders
    encoders[:] = [TooDeep()]
    made._encoding._others = iter(())
    assert rejection(made, {"id": 1}) == TOO_DEEP


@pytest.mark.parametrize("count", [MAX_FAULTS - 1, MAX_FAULTS, MAX_FAULTS + 1, 300])
def test_faults_are_not_too_many(count: int) -> None:
    fields = [ID, *(FieldConfig(f"n{each}", f"m{each}", type="int") for each in range(count))]
    record = {"key": 1, **{f"m{each}": "x" for each in range(count)}}
    assert len(faults(codec(fields=fields), record)) == min(count, MAX_FAULTS)
