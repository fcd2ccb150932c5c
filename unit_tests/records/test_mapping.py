"""How a record becomes its profile: columns, paths, constants, types, and what becomes of nulls."""

import json
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.config import FieldConfig, NullValues, StreamConfig, SubscriptionConfig
from destination_profiles.errors import ConfigError, InvalidRecord
from destination_profiles.records.checks import ColumnCheck
from destination_profiles.records.columns import Converted
from destination_profiles.records.mapping import Mapper, mapper, require_key
from destination_profiles.records.paths import Declared
from destination_profiles.rejection import Rejection
from destination_profiles.service.manifest import MatchingMode
from destination_profiles.service.matching import Matching
from destination_profiles.shapes import shape_of
from destination_profiles.statuses import StatusRule

CANARY = "canary-7f3a"
BY_TAGS = Matching(
    MatchingMode("custom", "M", "m", (("{field_name}",),), ("field_name",), (), "profile"),
    {"field_name": "tags"},
)
UNSET = {"action": "unset"}
RULES: tuple[NullValues, ...] = ("omit", "unset", "send")


def found_by(*names: str) -> Matching:
    """A matching by these fields, each an alternative; none by `name` alone is the user's own."""
    return Matching(MatchingMode("m", "M", "m", tuple((name,) for name in names), (), ()))


def one(made: Mapper) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The profile of one record."""
    return lambda record: made([record])[0]


def columns_of(*names: str) -> Declared:
    return Declared({"properties": {name: {} for name in names}})


def compiled(
    *fields: FieldConfig,
    nulls: NullValues = "omit",
    columns: tuple[str, ...] = (),
    keep: tuple[str, ...] = (),
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The mapper of a stream `users` with these columns (none: not known); without fields, of a
    stream that is sent as it comes.
    """
    return one(
        mapper(
            StreamConfig("users", fields=fields or None),
            nulls,
            declared=columns_of(*columns),
            matching=found_by(),
            keep=frozenset(keep),
        )
    )


def column(source: str, to: str = "to", kind: str | None = None) -> FieldConfig:
    return FieldConfig(to, source=source, type=kind)


def refusal(record: dict[str, Any], field: FieldConfig) -> Rejection:
    with pytest.raises(InvalidRecord) as raised:
        compiled(field)(record)
    return raised.value.rejection


NULLS = [
    ("omit", {"a": 1, "b": None}, {"a": 1}),
    ("omit", {"a": None}, {}),
    ("omit", {"id": None, "a": 1}, {"a": 1}),
    ("omit", {"a": {"b": None}, "c": [None]}, {"a": {"b": None}, "c": [None]}),
    (
        "omit",
        {"a": 0, "b": "", "c": False, "d": [], "e": {}},
        {"a": 0, "b": "", "c": False, "d": [], "e": {}},
    ),
    ("unset", {"a": 1, "b": None}, {"a": 1, "b": UNSET}),
    ("unset", {"id": None, "a": None}, {"a": UNSET}),
    ("unset", {"a": {"b": None}, "c": None}, {"a": {"b": None}, "c": UNSET}),
    ("unset", {"id": 1}, {"id": 1}),
    ("send", {"a": 1, "b": None}, {"a": 1, "b": None}),
    ("send", {"id": None}, {"id": None}),
]

PATHS = [
    ("name", {"name": "Ann", "other": 1}, {"to": "Ann"}),
    ("name", {"other": 1}, {}),
    ("address.city", {"address": {"city": "Rome", "zip": 1}}, {"to": "Rome"}),
    ("a.b.c", {"a": {"b": {"c": [1]}}}, {"to": [1]}),
    ("address.city", {"address": {"zip": 1}}, {}),
    ("address.city", {"address": None}, {}),
    ("address.city", {"address": "Rome"}, {}),
    ("address.city", {"address": [{"city": "Rome"}, None, {}]}, {"to": ["Rome"]}),
    ("address.city", {"address.city": "Rome"}, {"to": "Rome"}),
    ("a.b.c", {"a": [{"b": [{"c": 1}, {"c": None}]}, {"b": {"c": 2}}]}, {"to": [1, 2]}),
    ("a.1.c", {"a": [{"c": 1}, {"c": 2}]}, {"to": 2}),
    ("a.2.c", {"a": [{"c": 1}, {"c": 2}]}, {}),
    ("a.0", {"a": {"0": "named"}}, {"to": "named"}),
    ("a.b", {"a": '{"b": 1.5}'}, {"to": 1.5}),
    ("a.b.c", {"a": {"b": ' {"c": "x"}'}}, {"to": "x"}),
    ("a.0.c", {"a": '[{"c": "x"}]'}, {"to": "x"}),
    ("address", {"address": {"city": "Rome"}}, {"to": {"city": "Rome"}}),
]

TYPED = [
    ("string", 5, "5"),
    ("int", "5", 5),
    ("float", "1.5", 1.5),
    ("boolean", "yes", True),
    ("date", "2001-12-31T10:00:00Z", "2001-12-31"),
    ("datetime", "2001-12-31", "2001-12-31T00:00:00Z"),
    ("tags", "vip, beta", ["vip", "beta"]),
]

REFUSED = [
    ("int", CANARY, "string"),
    ("int", 1.5, "number"),
    ("int", [CANARY], "array"),
    ("float", True, "boolean"),
    ("boolean", 2, "integer"),
    ("date", CANARY, "string"),
    ("datetime", {CANARY: 1}, "object"),
    ("string", {CANARY: 1}, "object"),
    ("tags", [[CANARY]], "array"),
]


@pytest.mark.parametrize(("rule", "record", "profile"), NULLS)
def test_null_follows_the_users_rule(
    rule: NullValues, record: dict[str, Any], profile: dict[str, Any]
) -> None:
    assert compiled(nulls=rule, keep=("id",))(record) == profile


@pytest.mark.parametrize(("rule", "record", "profile"), NULLS)
def test_mapped_null_follows_the_same_rule(
    rule: NullValues, record: dict[str, Any], profile: dict[str, Any]
) -> None:
    fields = [column(name, to=name) for name in record]
    assert compiled(*fields, nulls=rule, keep=("id",))(record) == profile


@pytest.mark.parametrize("rule", RULES)
def test_record_without_nulls_is_itself(rule: NullValues) -> None:
    record = {"a": 1, "b": {"c": None}}
    assert compiled(nulls=rule)(record) is record


@pytest.mark.parametrize("rule", RULES)
def test_record_is_never_changed_itself(rule: NullValues) -> None:
    record = {"a": None, "b": 1}
    compiled(nulls=rule)(record)
    assert record == {"a": None, "b": 1}


@pytest.mark.parametrize(("source", "record", "profile"), PATHS)
def test_column_is_read_along_its_path(
    source: str, record: dict[str, Any], profile: dict[str, Any]
) -> None:
    assert compiled(column(source))(record) == profile


def test_long_texts_are_not_remembered() -> None:
    """They repeat less, and a field would hold thousands of them."""
    asked: list[Any] = []
    texts = Converted(lambda text: asked.append(text) or text)
    for _ in range(2):
        assert texts.of(["x" * 64, "y" * 65, None]) == ["x" * 64, "y" * 65, None]
    assert asked == ["x" * 64, "y" * 65, None, "y" * 65]


def test_long_texts_that_satisfy_a_schema_are_not_remembered() -> None:
    check = ColumnCheck([{"type": "string", "pattern": "^(?=x)"}])
    assert check.holds(["x" * 64, "x" * 65])
    assert check._known == {"x" * 64}


GARBLED = ['{"b": ', "{'b': 1}", "[1", '{"b": 1e-999999999}x']


@pytest.mark.parametrize("text", GARBLED)
@pytest.mark.parametrize("around", [lambda text: text, lambda text: [{"b": 1}, text]])
def test_json_on_the_way_that_cannot_be_read_rejects_the_record(
    text: str, around: Callable[[str], Any]
) -> None:
    with pytest.raises(InvalidRecord) as raised:
        compiled(column("a.b"))({"a": around(text)})
    rejection = raised.value.rejection
    assert (rejection.reason, rejection.code, rejection.path) == ("conversion", "json", "$.a.b")
    assert rejection.message == "to is taken from a.b, and a holds JSON that cannot be read"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("record", [{}, {"b": {}}, {"b": 5}, {"b": None}, {"b": "1"}])
def test_absent_column_is_never_null(rule: NullValues, record: dict[str, Any]) -> None:
    assert compiled(column("a"), column("b.c", to="other"), nulls=rule)(record) == {}


def test_nothing_but_fields_is_sent() -> None:
    made = compiled(column("id", to="Custom_ID"), column("name", to="_fname"))
    assert made({"id": 5, "name": "Ann", "secret": CANARY}) == {"Custom_ID": 5, "_fname": "Ann"}


def test_one_column_may_go_twice() -> None:
    assert compiled(column("id", to="a"), column("id", to="b", kind="string"))({"id": 5}) == {
        "a": 5,
        "b": "5",
    }


@pytest.mark.parametrize("value", ["warehouse", "", 0, False, 1.5, 2**64 + 1])
def test_constant_stands_in_every_profile(value: Any) -> None:
    made = compiled(FieldConfig("source", value=value))
    assert made({}) == made({"source": CANARY}) == {"source": value}


def test_column_with_dots_comes_first() -> None:
    made = compiled(column("a.b"), columns=("a.b", "a"))
    assert (made({"a.b": 1, "a": {"b": 2}}), made({"a": {"b": 2}})) == ({"to": 1}, {})


@pytest.mark.parametrize("source", ["nam", "nam.first", "Name", "address.city"])
def test_missing_column_names_stream_and_column(source: str) -> None:
    with pytest.raises(ConfigError) as raised:
        compiled(column(source), columns=("name", "first"))
    assert (
        raised.value.message
        == f"The stream users has no column {source}, which a field of its mapping is taken from."
    )
    assert raised.value.stream == "users"


@pytest.mark.parametrize("source", ["name", "name.first", "name.not.declared"])
def test_path_is_checked_by_its_column(source: str) -> None:
    assert compiled(column(source), columns=("name",))({}) == {}


def test_stream_without_known_columns_takes_any() -> None:
    assert compiled(column("anything.at.all"))({"anything": {"at": {"all": 1}}}) == {"to": 1}


@pytest.mark.parametrize(("kind", "value", "expected"), TYPED)
def test_typed_field_is_converted(kind: str, value: Any, expected: Any) -> None:
    assert compiled(column("a.b", kind=kind))({"a": {"b": value}}) == {"to": expected}


@pytest.mark.parametrize("kind", [kind for kind, *_ in TYPED])
def test_null_and_absence_are_not_converted(kind: str) -> None:
    made = compiled(column("a", kind=kind), column("b", to="other", kind=kind), nulls="send")
    assert made({"a": None}) == {"to": None}


@pytest.mark.parametrize(("kind", "value", "met"), REFUSED)
def test_unconvertible_value_rejects_the_record(kind: str, value: Any, met: str) -> None:
    message = f"to must be {kind}, and this {met} cannot be read as one"
    assert refusal({"a": {"b": value}}, column("a.b", kind=kind)) == Rejection(
        "conversion", kind, message, "$.a.b", f"$.a.b {message}", shape=shape_of(value)
    )


def test_refusal_says_no_value_itself() -> None:
    with pytest.raises(InvalidRecord) as raised:
        compiled(column("a", kind="int"))({"a": CANARY})
    assert str(raised.value) == "conversion: int"
    assert raised.value.__suppress_context__


@given(
    st.dictionaries(
        st.sampled_from("abc"), st.none() | st.booleans() | st.integers() | st.text(max_size=3)
    )
)
@settings(max_examples=60)
def test_omitting_keeps_all_that_is_there(record: dict[str, Any]) -> None:
    assert compiled()(record) == {
        name: value for name, value in record.items() if value is not None
    }


# Subscriptions

KEPT = StatusRule(keeps_null=True)
EMAIL_28 = SubscriptionConfig(
    "email", 28, (FieldConfig("email", "mail", type="string"),), status=KEPT
)
FULL = SubscriptionConfig(
    "push",
    3,
    (
        FieldConfig("subscription_id", "device.id", type="string"),
        FieldConfig("provider", "maker", type="string"),
    ),
    (
        FieldConfig("status", "state", type="status"),
        FieldConfig("priority", value=0),
        FieldConfig("cats", "cats", type="tags"),
    ),
    (FieldConfig("source", value="warehouse"), FieldConfig("seen", "seen", type="date")),
    KEPT,
)

BUILT = [
    ((EMAIL_28,), {"mail": "a@b"}, [{"channel": "email", "resource_id": 28, "email": "a@b"}]),
    ((EMAIL_28,), {"mail": None}, None),
    ((EMAIL_28,), {"mail": ""}, None),
    ((EMAIL_28,), {}, None),
    (
        (
            SubscriptionConfig(
                "email", 28, (FieldConfig("email_data.email", "mail", type="string"),), status=KEPT
            ),
        ),
        {"mail": "a@b"},
        [{"channel": "email", "resource_id": 28, "email_data": {"email": "a@b"}}],
    ),
    (
        (SubscriptionConfig("sms", 3, (FieldConfig("phone", "tel", type="string"),), status=KEPT),),
        {"tel": 79000000001},
        [{"channel": "sms", "resource_id": 3, "phone": "79000000001"}],
    ),
    (
        (SubscriptionConfig("telegram_bot", 3, (FieldConfig("cc_data.id", "chat"),), status=KEPT),),
        {"chat": 5},
        [{"channel": "telegram_bot", "resource_id": 3, "cc_data": {"id": 5}}],
    ),
    (
        (FULL,),
        {
            "device": {"id": "d1"},
            "maker": "Firefox",
            "state": " Subscribed",
            "cats": "news, offers",
            "seen": "2024-05-27T12:00:00Z",
        },
        [
            {
                "channel": "push",
                "resource_id": 3,
                "subscription_id": "d1",
                "provider": "Firefox",
                "status": "subscribed",
                "priority": 0,
                "cats": ["news", "offers"],
                "custom_fields": {"source": "warehouse", "seen": "2024-05-27"},
            }
        ],
    ),
    (
        (FULL,),
        {"device": {"id": "d1"}, "maker": "Firefox", "state": None, "seen": None},
        [
            {
                "channel": "push",
                "resource_id": 3,
                "subscription_id": "d1",
                "provider": "Firefox",
                "priority": 0,
                "custom_fields": {"source": "warehouse"},
            }
        ],
    ),
    ((FULL,), {"device": {"id": "d1"}, "maker": None}, None),
    ((FULL,), {"device": {"id": "d1"}, "maker": "  "}, None),
    ((EMAIL_28,), {"mail": " \t"}, None),
    ((FULL,), {"device": None, "maker": "Firefox"}, None),
    (
        (EMAIL_28, EMAIL_28),
        {"mail": "a"},
        [{"channel": "email", "resource_id": 28, "email": "a"}] * 2,
    ),
]


OWN = tuple(FieldConfig(name, name) for name in ("id", "mail", "subscriptions"))


def subscribed(
    *subscriptions: SubscriptionConfig,
    fields: tuple[FieldConfig, ...] | None = (),
    nulls: NullValues = "omit",
) -> Callable[[dict[str, Any]], dict[str, Any]]:
    stream = StreamConfig("users", fields=fields, subscriptions=subscriptions)
    return one(mapper(stream, nulls, matching=found_by("id"), keep=frozenset()))


@pytest.mark.parametrize(("subscriptions", "record", "expected"), BUILT)
def test_subscriptions_come_from_columns(
    subscriptions: tuple[SubscriptionConfig, ...],
    record: dict[str, Any],
    expected: list[dict[str, Any]] | None,
) -> None:
    assert subscribed(*subscriptions)(record) == (
        {} if expected is None else {"subscriptions": expected}
    )


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (
            {"subscriptions": [{"channel": "sms", "phone": "7"}]},
            [{"channel": "sms", "phone": "7"}, "built"],
        ),
        ({"subscriptions": None}, ["built"]),
        ({"subscriptions": []}, ["built"]),
        ({}, ["built"]),
        ({"subscriptions": "x"}, "x"),
    ],
)
@pytest.mark.parametrize("nulls", RULES)
@pytest.mark.parametrize("fields", [None, OWN])
def test_built_subscriptions_follow_the_records_own(
    own: dict[str, Any], expected: Any, nulls: NullValues, fields: Any
) -> None:
    built = {"channel": "email", "resource_id": 28, "email": "a"}
    record = {"id": 1, "mail": "a", **own}
    wanted = (
        [built if each == "built" else each for each in expected]
        if isinstance(expected, list)
        else expected
    )
    assert subscribed(EMAIL_28, fields=fields, nulls=nulls)(record) == {
        "id": 1,
        "mail": "a",
        "subscriptions": wanted,
    }
    assert record == {"id": 1, "mail": "a", **own}


@pytest.mark.parametrize("own", [{}, {"subscriptions": None}, {"subscriptions": ["own"]}])
@pytest.mark.parametrize("fields", [None, OWN])
def test_records_own_subscriptions_stay_where_none_is_built(
    own: dict[str, Any], fields: Any
) -> None:
    expected = {name: value for name, value in own.items() if value}
    assert subscribed(EMAIL_28, fields=fields)({"id": 1, **own}) == {"id": 1, **expected}


@pytest.mark.parametrize(
    ("nulls", "fields"),
    [
        ("omit", {}),
        ("unset", {"custom_fields": {"n": UNSET}}),
        ("send", {"custom_fields": {"n": None}}),
    ],
)
def test_nulls_of_custom_fields_follow_the_rule(nulls: NullValues, fields: dict[str, Any]) -> None:
    made = subscribed(
        SubscriptionConfig(
            "sms", 3, (FieldConfig("phone", "tel"),), (), (FieldConfig("n", "n"),), KEPT
        ),
        nulls=nulls,
    )
    assert made({"tel": "7", "n": None}) == {
        "subscriptions": [{"channel": "sms", "resource_id": 3, "phone": "7", **fields}]
    }


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"device": {"id": [CANARY]}}, "$.device.id", "string"),
        ({"maker": {CANARY: 1}}, "$.maker", "string"),
        ({"state": [CANARY]}, "$.state", "status"),
        ({"state": True}, "$.state", "status"),
        ({"state": None, "seen": CANARY}, "$.seen", "date"),
    ],
)
def test_part_that_cannot_be_read_rejects_the_record(
    change: dict[str, Any], path: str, code: str
) -> None:
    with pytest.raises(InvalidRecord) as raised:
        subscribed(FULL)({"device": {"id": "d1"}, "maker": "Firefox", **change})
    rejection = raised.value.rejection
    assert (rejection.reason, rejection.path, rejection.code) == ("conversion", path, code)
    assert CANARY not in f"{rejection}{raised.value}"


def test_address_of_an_unknown_column_is_told() -> None:
    with pytest.raises(ConfigError, match="The stream users has no column mail"):
        mapper(
            StreamConfig("users", subscriptions=(EMAIL_28,)),
            "omit",
            declared=columns_of("email"),
            matching=found_by(),
            keep=frozenset(),
        )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("vip,beta", "vip, beta"),
        (["vip", "beta"], "vip, beta"),
        ("vip", "vip"),
        (["a", "b", "a"], "a, b"),
    ],
)
def test_tags_that_a_profile_is_found_by_are_one_text(value: Any, text: str) -> None:
    fields = (
        FieldConfig("tags", "labels", type="tags"),
        FieldConfig("more", "labels", type="tags"),
    )
    made = one(
        mapper(
            StreamConfig("users", fields=fields),
            "omit",
            matching=BY_TAGS,
            keep=frozenset(),
        )
    )
    assert made({"labels": value}) == {"tags": text, "more": text.split(", ")}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(["x", "y"], "x, y"), ("x, y", "x, y"), (["x", 1], ["x", 1]), ([], ""), (5, 5)],
)
def test_tags_of_a_record_as_it_comes_are_one_text(value: Any, expected: Any) -> None:
    made = one(mapper(StreamConfig("users"), "omit", matching=BY_TAGS, keep=frozenset()))
    record = {"tags": value, "a": 1}
    assert made(record) == {"tags": expected, "a": 1}
    assert record == {"tags": value, "a": 1}


# Several columns, and functions

SEVERAL = [
    ({"a": "1", "b": "2"}, {"to": ["1", "2"]}),
    ({"a": None, "b": "2"}, {"to": ["2"]}),
    ({"a": "", "b": "2"}, {"to": ["2"]}),
    ({"b": "2"}, {"to": ["2"]}),
    ({"a": "1", "b": "1"}, {"to": ["1"]}),
    ({"a": ["1", None, "2", ""], "b": "2"}, {"to": ["1", "2"]}),
    ({"a": 0, "b": False}, {"to": [0, False]}),
    ({"a": [{"v": 1}], "b": {"v": True}}, {"to": [{"v": 1}, {"v": True}]}),
    ({"a": None, "b": None}, {"to": None}),
    ({"a": None}, {"to": None}),
    ({"a": [], "b": ""}, {"to": None}),
    ({}, {}),
]


@pytest.mark.parametrize(("record", "expected"), SEVERAL)
def test_columns_become_one_array(record: dict[str, Any], expected: dict[str, Any]) -> None:
    made = compiled(FieldConfig("to", columns=("a", "b")), nulls="send")(record)
    assert json.dumps(made) == json.dumps(expected)


def test_columns_that_a_record_lacks_clear_nothing() -> None:
    made = compiled(FieldConfig("to", columns=("a", "b")), nulls="unset")
    assert (made({}), made({"a": None})) == ({}, {"to": UNSET})


def test_each_of_several_columns_is_converted() -> None:
    field = FieldConfig("phones", type="string", columns=("a", "b.c"))
    assert compiled(field)({"a": 79000000001, "b": {"c": "+7911"}}) == {
        "phones": ["79000000001", "+7911"]
    }
    assert compiled(field)({"a": [7, "8"]}) == {"phones": ["7", "8"]}
    assert compiled(FieldConfig("phones", type="tags", columns=("a", "b")))(
        {"a": "1, 2", "b": 3}
    ) == {"phones": ["1", "2", "3"]}
    with pytest.raises(InvalidRecord) as raised:
        compiled(field)({"a": "1", "b": {"c": {CANARY: 1}}})
    assert (raised.value.rejection.path, raised.value.rejection.code) == ("$.b.c", "string")


def test_equal_members_of_several_columns_are_one() -> None:
    field = FieldConfig("to", columns=("a", "b"))
    one, other = (json.loads('["+7 900 000 00 01", 1000000000, true]') for _ in range(2))
    assert one[0] is not other[0]
    assert compiled(field)({"a": [*one, 1, 1.0], "b": other}) == {"to": [*one, 1, 1.0]}


def test_times_of_several_columns_are_those_of_the_zone() -> None:
    field = FieldConfig("to", columns=("a", "b"), type="datetime")
    made = mapper(
        StreamConfig("users", fields=(field,)),
        "omit",
        matching=found_by(),
        keep=frozenset(),
        zone=ZoneInfo("Asia/Tokyo"),
    )
    (found,) = made([{"a": "2026-01-02 10:00:00", "b": "2026-01-02T10:00:00Z"}])
    assert found == {"to": ["2026-01-02T10:00:00+09:00", "2026-01-02T10:00:00Z"]}


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"a": "5"}, {"to": {"action": "incr", "value": 5}}),
        ({"a": None}, {}),
        ({}, {}),
        ({"a": 0}, {"to": {"action": "incr", "value": 0}}),
    ],
)
def test_value_may_go_into_a_function(record: dict[str, Any], expected: dict[str, Any]) -> None:
    assert (
        compiled(FieldConfig("to", "a", type="int", action="incr"), nulls="unset")(record)
        == expected
    )


def test_constant_may_go_into_a_function() -> None:
    assert compiled(FieldConfig("to", value=1, action="incr"))({}) == {
        "to": {"action": "incr", "value": 1}
    }


# The key that a profile is found by

ID, EMAIL = FieldConfig("id", "a"), FieldConfig("email", "b")
SENT = [
    (None, True),
    ((ID,), True),
    ((EMAIL,), True),
    ((FieldConfig("other", "a"),), False),
    ((FieldConfig("id", "a", action="set"),), False),
]


def complaint(fields: tuple[FieldConfig, ...] | None, matching: Matching) -> str:
    try:
        require_key("users", fields, matching)
    except ConfigError as error:
        return error.message
    return ""


@pytest.mark.parametrize(("fields", "sent"), SENT)
def test_fields_must_hold_a_key(fields: tuple[FieldConfig, ...] | None, sent: bool) -> None:
    sentence = (
        "The fields of the stream users hold nothing that profiles are found by. Add id or "
        "email, or choose another matching."
    )
    assert complaint(fields, found_by("id", "email")) == ("" if sent else sentence)


def test_key_of_two_parts_needs_both() -> None:
    push = Matching(MatchingMode("push_sub", "M", "m", (("provider", "subscription_id"),), (), ()))
    assert "Add provider and subscription_id, or choose" in complaint(
        (FieldConfig("provider", "a"),), push
    )
    assert (
        complaint((FieldConfig("provider", "a"), FieldConfig("subscription_id", "b")), push) == ""
    )
