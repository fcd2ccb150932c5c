"""What becomes of a stream's rows: many at once as one by one, whichever way they go."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.catalog import StreamInfo
from destination_profiles.cells import Cell
from destination_profiles.config import Config, FieldConfig, StreamConfig, SubscriptionConfig
from destination_profiles.conversion import Form
from destination_profiles.errors import ConfigError
from destination_profiles.records.batch import Batch, Originals, Rejected
from destination_profiles.records.codec import BATCH, StreamCodec
from destination_profiles.records.encoders import FAULTS
from destination_profiles.records.superseding import Superseding
from destination_profiles.service.formats import format_named
from destination_profiles.service.manifest import service
from destination_profiles.statuses import StatusRule
from unit_tests.records.streams import codec, configured, profile, rejection, row, taken
from unit_tests.settings import config, target

TEXT = {"type": "string"}

# A row by itself


def test_unchanged_record_is_its_own_profile() -> None:
    data = b'{ "id":1, "text":"\\u0041" }'
    found = row(codec(), data)
    assert (found.profile, found.original, found.identities) == (data, data, ("1",))


@pytest.mark.parametrize("columns", [None, {"id": {}, "a": {}, "b": {}, "n": {}}])
def test_null_is_all_that_changes(columns: Any) -> None:
    data = b'{"id":1,"a":null,"b":{"c":null},"n":123456789012345678901}'
    sent = b'{"id":1,"b":{"c":null},"n":123456789012345678901}'
    assert row(codec(columns=columns), data).profile == sent


def test_mapped_record_keeps_its_original() -> None:
    found = row(codec(fields=[FieldConfig("id", "key")]), b'{"key":5,"other":1}')
    assert (found.profile, found.original) == (b'{"id":5}', b'{"key":5,"other":1}')


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"id":1,"x":1e400}', ("json", "number", "$.x")),
        (b'{"id":1,"x":"\xff"}', ("json", "unicode", "$.x")),
        (b"[1]", ("json", "object", "$")),
        (b"null", ("json", "object", "$")),
        (b"{}", ("profile", "required", "$")),
        (b'{"id":true}', ("profile", "type", "$.id")),
        (b'{"id":1,"phones":"1"}', ("profile", "type", "$.phones")),
        (
            b'{"id":1,"subscriptions":[{"channel":"email"}]}',
            ("profile", "anyOf", "$.subscriptions[0]"),
        ),
        (
            b'{"id":1,"subscriptions":[{"channel":"fax"}]}',
            ("profile", "enum", "$.subscriptions[0].channel"),
        ),
    ],
)
def test_wrong_record_is_rejected_by_path(data: bytes, found: tuple[str, str, str]) -> None:
    reason = rejection(codec(), data)
    assert (reason.reason, reason.code, reason.path) == found


@pytest.mark.parametrize("depth", [500, 100_000])
def test_depth_is_no_more_than_a_rejection(depth: int) -> None:
    data = b'{"id":1,"x":' + b"[" * depth + b"]" * depth + b"}"
    assert isinstance(taken(codec(), [data])[0], Rejected) is (depth > 1000)


def test_record_larger_than_a_request_is_rejected() -> None:
    made = codec(max_bytes=200)
    reason = rejection(made, {"id": 1, "text": "x" * 200})
    assert (reason.reason, reason.code, reason.path) == ("size", "max_bytes", "$")
    room = made.largest - len(b'{"id":1,"text":""}')
    assert len(row(made, b'{"id":1,"text":"%s"}' % (b"x" * room)).profile) == made.largest


@pytest.mark.parametrize("columns", [None, {"id": {}, "text": {}}])
def test_record_that_blanks_make_too_large_goes_without(columns: Any) -> None:
    made = codec(columns=columns, max_bytes=200)
    compact = b'{"id":1,"text":"x"}'
    assert len(compact) + 200 > made.largest > len(compact)
    assert row(made, compact.replace(b":", b":" + b" " * 100)).profile == compact


def test_unknown_sync_mode_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match="mode soft_delete, which this destination does not"):
        codec(sync_mode="soft_delete")


def test_limit_below_the_envelope_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"batching\.max_bytes leaves no room"):
        codec(max_bytes=50)


def test_stream_overrides_the_target() -> None:
    settings_ = config(streams=(StreamConfig("users", target=target(2, "email", None)),))
    around = configured(settings_, {}).route.envelope
    body = b'{"token":"token","db_id":2,"matching":"email","data":[]}'
    assert b"".join(around.body([])) == body


def test_label_tells_namespaces_apart() -> None:
    info = StreamInfo("users", "eu", {}, "append")
    assert StreamCodec(info, config(), service()).route.label == "eu.users"


# Nulls


def test_nulls_of_a_key_are_missing_keys() -> None:
    codes = {
        nulls: rejection(codec(null_values=nulls), {"id": None}).code
        for nulls in ("omit", "unset", "send")
    }
    assert codes == {"omit": "required", "unset": "required", "send": "type"}


@pytest.mark.parametrize(
    ("null_values", "sent"),
    [("omit", {"id": 1}), ("unset", {"id": 1}), ("send", {"id": 1, "subscriptions": None})],
)
def test_null_subscriptions_do_not_reject(null_values: str, sent: Any) -> None:
    made = codec(null_values=null_values)
    assert profile(made, {"id": 1, "subscriptions": None}) == sent


DATABASE = {"id": {"type": "number"}, "_fname": TEXT, "vip": {"type": "boolean"}, "note": TEXT}


@pytest.mark.parametrize(
    ("null_values", "sent"),
    [
        ("omit", {"id": 1, "note": "x"}),
        ("send", {"id": 1, "_fname": None, "vip": None, "note": "x"}),
        (
            "unset",
            {"id": 1, "_fname": {"action": "unset"}, "vip": {"action": "unset"}, "note": "x"},
        ),
    ],
)
def test_nulls_of_a_database_row_are_taken(null_values: str, sent: Any) -> None:
    record = {"id": 1, "_fname": None, "vip": None, "note": "x"}
    assert profile(codec(columns=DATABASE, null_values=null_values), record) == sent
    fields = [FieldConfig(name, name) for name in DATABASE]
    made = codec(columns=DATABASE, fields=fields, null_values=null_values)
    assert profile(made, record) == sent


def test_required_column_may_not_be_null() -> None:
    schema = {"properties": DATABASE, "required": ["note"]}
    assert rejection(codec(schema), {"id": 1, "note": None}).path == "$.note"
    fields = [FieldConfig("id", "id"), FieldConfig("text", "note")]
    assert rejection(codec(schema, fields=fields), {"id": 1, "note": None}).path == "$.note"
    assert rejection(codec(schema, fields=fields), {"id": 1}).code == "required"


# Columns that nothing is taken from


def test_column_that_nobody_maps_rejects_nothing() -> None:
    made = codec(columns={"id": {"type": "integer"}, "height": {"type": "integer"}}, fields=[ID])
    for value in (b'"421"', b"1e400", b'"\xff"', b"[" * 500 + b"]" * 500):
        assert row(made, b'{"id":1,"height":' + value + b"}").profile == b'{"id":1}'


def test_column_with_a_type_is_judged_by_its_conversion() -> None:
    columns = {"id": {"type": "integer"}, "n": {"type": "integer"}}
    fields = [FieldConfig("id", "id", type="int"), FieldConfig("points", "n", type="float")]
    made = codec(columns=columns, fields=fields)
    assert profile(made, {"id": "4", "n": "12.50"}) == {"id": 4, "points": 12.5}
    reason = rejection(made, {"id": 1, "n": "x"})
    assert (reason.reason, reason.code, reason.path) == ("conversion", "float", "$.n")


def test_column_without_a_type_is_judged_by_its_schema() -> None:
    columns = {"id": {"type": "integer"}, "n": {"type": "integer"}}
    made = codec(columns=columns, fields=[ID, FieldConfig("points", "n")])
    reason = rejection(made, {"id": 1, "n": "x"})
    assert (reason.reason, reason.code, reason.path) == ("schema", "type", "$.n")


def test_path_asks_no_more_of_its_column() -> None:
    address = {"type": "object", "properties": {"city": TEXT, "zip": TEXT}}
    made = codec(
        columns={"id": {}, "address": address}, fields=[ID, FieldConfig("_city", "address.city")]
    )
    assert profile(made, {"id": 1, "address": {"city": "Rome", "zip": 5}})["_city"] == "Rome"
    assert rejection(made, {"id": 1, "address": {"city": 5}}).path == "$.address.city"


def test_unusable_schema_is_told_once_with_its_place() -> None:
    told: list[str] = []
    made = codec(columns={"id": {}, "at": {"type": "datetime"}}, told=told)
    taken(made, [b'{"id":1,"at":"x"}', b'{"id":2,"at":[]}'] * 300)
    assert told == [
        "Parts of the JSON schema of the stream users cannot be used, so anything is taken there: "
        "$.properties.at.type."
    ]


def test_schema_is_compiled_for_the_first_record() -> None:
    told: list[str] = []
    codec(columns={"at": {"type": "datetime"}}, told=told)
    assert told == []


# Superseding


@pytest.mark.parametrize(
    ("earlier", "later", "may"),
    [
        ({"id": 1}, {"id": 1, "a": 1}, True),
        ({"id": 1}, {"id": "1"}, False),
        ({"id": 1, "a": 1}, {"id": 1, "b": 1}, False),
        ({"id": 1, "a": 1}, {"id": 1, "a": None}, False),
        ({"id": 1, "n": {"action": "incr", "value": 1}}, {"id": 1, "n": 1}, False),
        ({"id": 1, "n": {"action": "incr", "value": 1}}, {"id": 1}, False),
        ({"id": 1, "n": 5}, {"id": 1, "n": {"action": "incr", "value": 1}}, False),
        ({"id": 1, "t": ["a"]}, {"id": 1, "t": {"action": "add", "value": ["b"]}}, False),
        ({"id": 1, "t": ["a"]}, {"id": 1, "t": {"action": "delete", "value": ["b"]}}, False),
        ({"id": 1, "n": 5}, {"id": 1, "n": {"action": "set", "value": 6}}, True),
        ({"id": 1, "n": 5}, {"id": 1, "n": {"action": "unset"}}, True),
        ({"id": 1}, {"id": 1, "n": {"action": "incr", "value": 1}}, True),
        ({"id": 5}, {"id": 5.0}, False),
    ],
)
def test_superseding_misses_nothing(earlier: Any, later: Any, may: bool) -> None:
    made = codec(sync_mode="append_dedup")
    rows = [row(made, json.dumps(each).encode()) for each in (later, earlier)]
    assert made.route.supersedes is not None
    assert made.route.supersedes(*rows) is may


@pytest.mark.parametrize(
    ("earlier", "later", "may"),
    [
        ({"a": 1}, {"a": None}, False),
        ({"a": None}, {"a": None}, True),
        ({"a": None}, {"a": 1}, True),
    ],
)
def test_null_of_which_nobody_knows_what_it_does_misses_what_was_there(
    earlier: Any, later: Any, may: bool
) -> None:
    made = codec(sync_mode="append_dedup", null_values="send")
    rows = [row(made, json.dumps({"id": 1, **each}).encode()) for each in (later, earlier)]
    assert made.route.supersedes is not None
    assert made.route.supersedes(*rows) is may
    custom = [[{**OUT, "custom_fields": each}] for each in (later, earlier)]
    assert covers(*custom) is may
    assert covers(*([{**OUT, "note": each["a"]}] for each in (later, earlier))) is may


OUT = {"channel": "email", "resource_id": 3, "email": "a", "status": "unsubscribed"}
SUPERSEDED = [
    ([OUT], [{**OUT, "status": "subscribed"}], True),
    ([OUT], [], False),
    ([OUT], [{**OUT, "resource_id": 4}], False),
    ([OUT], [{**OUT, "email": "b"}], False),
    ([OUT], [{"channel": "email", "resource_id": 3, "email": "a"}], False),
    ([OUT], [{**OUT, "priority": 1}, {**OUT, "resource_id": 4}], True),
    ([OUT], [{"channel": "email", "email_data": {"email": "a"}, "resource_id": 3}], False),
    ([OUT], [{**OUT, "status": -1}], False),
    ([{**OUT, "status": -1}], [{**OUT, "status": -1}], True),
    ([{**OUT, "status": -1}], [{"channel": "email", "resource_id": 3, "email": "a"}], True),
    ([{**OUT, "priority": 5}], [{**OUT, "priority": -1}], False),
    ([{**OUT, "priority": 5}], [{**OUT, "priority": 0}], True),
    ([{**OUT, "custom_fields": {"a": 1}}], [{**OUT, "custom_fields": {"a": -1}}], True),
    ([{**OUT, "custom_fields": {"a": 1}}], [{**OUT, "custom_fields": {"b": 1}}], False),
    ([{**OUT, "custom_fields": {"a": 1}}], [{**OUT, "custom_fields": {"a": 2, "b": 1}}], True),
    (
        [{**OUT, "custom_fields": {"a": {"action": "incr", "value": 1}}}],
        [{**OUT, "custom_fields": {"a": 2}}],
        False,
    ),
    (
        [{**OUT, "custom_fields": {"a": 2}}],
        [{**OUT, "custom_fields": {"a": {"action": "incr", "value": 1}}}],
        False,
    ),
    (
        [{**OUT, "custom_fields": {"a": 2}}],
        [{**OUT, "custom_fields": {"a": {"action": "unset"}}}],
        True,
    ),
]


@pytest.mark.parametrize(("earlier", "later", "may"), SUPERSEDED)
@pytest.mark.parametrize("wire", ["json", "xml"])
def test_no_subscription_is_lost_by_superseding(
    earlier: Any, later: Any, may: bool, wire: Any
) -> None:
    made = codec(sync_mode="update", wire_format=wire)
    first, second = (
        row(made, json.dumps({"id": 1, "subscriptions": each or None}).encode())
        for each in (earlier, later)
    )
    assert made.route.supersedes is not None
    assert made.route.supersedes(second, first) is may


@pytest.mark.parametrize(
    ("earlier", "later", "may"), [([OUT], [OUT], False), ([], [OUT], True), (None, [OUT], True)]
)
def test_subscription_that_may_be_skipped_stands_for_none(
    earlier: Any, later: Any, may: bool
) -> None:
    made = codec(sync_mode="update", options={"skip_invalid_subscriptions": True})
    first, second = (
        row(made, json.dumps({"id": 1, "subscriptions": each}).encode())
        for each in (earlier, later)
    )
    assert made.route.supersedes is not None
    assert made.route.supersedes(second, first) is may


FORMS = [(name, form) for name, forms in service().channels.items() for form in forms]


@pytest.mark.parametrize(
    ("channel", "key"), [(channel, key) for channel, form in FORMS for key in form.keys]
)
def test_each_part_of_an_address_makes_a_subscription_another(channel: str, key: str) -> None:
    one, other = ({"channel": channel, "resource_id": 3, key: address} for address in "ab")
    assert (covers(one, other), covers([one], [other])) == (False, False)
    assert covers(one, one) and covers([one], one) and covers([other, one], [one])


def covers(later: Any, earlier: Any) -> bool:
    """Whether a profile with some subscriptions, or with one as XML brings it, may stand for
    another.
    """
    supersedes = Superseding(["id"], service(), format_named("json"))

    second, first = (
        SimpleNamespace(profile=json.dumps({"id": 1, "subscriptions": each}).encode())
        for each in (later, earlier)
    )
    return supersedes(second, first)  # type: ignore[arg-type]


def test_subscriptions_of_another_form_must_be_equal() -> None:
    assert [covers(*pair) for pair in (("a", "a"), ("a", "b"), ("a", OUT), (OUT, "a"))] == [
        True,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize("mode", ["append", "overwrite"])
def test_modes_that_send_all_supersede_nothing(mode: str) -> None:
    """Where the catalog names no primary key: test_superseding.py has the others."""
    assert codec(sync_mode=mode).route.supersedes is None


# Many at once


@pytest.mark.parametrize(
    ("null_values", "records", "sent"),
    [
        (
            "omit",
            [b'{"id":1, "_fname":"\\u0041"}', b'{"size":1.10,"id":2}'],
            b'{"id":1, "_fname":"\\u0041"},{"size":1.10,"id":2}',
        ),
        (
            "omit",
            [b'{"_fname":null,"id":1}', b'{"id":2,"size":5}'],
            b'{"id":1},{"id":2,"size":5}',
        ),
        (
            "send",
            [b'{"_fname":null,"id":1}', b'{"id":2}'],
            b'{"_fname":null,"id":1},{"id":2}',
        ),
        (
            "unset",
            [b'{"_fname":null,"id":1}', b'{"id":2}'],
            b'{"_fname":{"action":"unset"},"id":1},{"id":2}',
        ),
    ],
)
def test_bytes_of_a_batch(null_values: Any, records: list[bytes], sent: bytes) -> None:
    (batch,) = codec(columns=FLAT, null_values=null_values).take(records)
    assert isinstance(batch, Batch)
    assert bytes(batch.body()) == sent
    assert [each.original for each in batch.rows()] == records
    assert list(batch.identities) == [("1",), ("2",)]


def test_bytes_of_a_mapped_batch() -> None:
    fields = [ID, FieldConfig("_fname", "name"), FieldConfig("source", value="table")]
    address = FieldConfig("email", "mail", type="string")
    one = SubscriptionConfig("email", 3, (address,), (FieldConfig("status", value=0),))
    columns = {"id": {"type": "integer"}, "name": TEXT, "mail": TEXT}
    people = [b'{"id":1,"name":"Ann","mail":"a@example.org"}', b'{"id":2,"name":null,"mail":""}']
    (batch,) = codec(columns=columns, fields=fields, subscriptions=[one]).take(people)
    assert isinstance(batch, Batch)
    assert [each.profile for each in batch.rows()] == [
        b'{"id":1,"_fname":"Ann","source":"table",'
        b'"subscriptions":[{"channel":"email","resource_id":3,"email":"a@example.org","status":0}]}',
        b'{"id":2,"source":"table"}',
    ]
    assert [each.original for each in batch.rows()] == people


def test_batch_of_xml_is_one() -> None:
    (batch,) = codec(columns=FLAT, wire_format="xml").take(
        [b'{"id":1,"_fname":"Ann"}', b'{"id":2}']
    )
    assert isinstance(batch, Batch)
    sent = b"<data><id>1</id><_fname>Ann</_fname></data><data><id>2</id></data>"
    assert bytes(batch.body()) == sent


def test_one_bad_record_among_many_is_found() -> None:
    records = [b'{"id":%d}' % number for number in range(3 * BATCH)]
    records[BATCH + 7] = b'{"id":[]}'
    found = taken(codec(columns=FLAT), records)
    assert [each.original for each in found] == records
    bad = [at for at, each in enumerate(found) if isinstance(each, Rejected)]
    assert bad == [BATCH + 7]


@pytest.mark.parametrize("size", [1, BATCH, BATCH + 1])
def test_batches_have_a_size(size: int) -> None:
    sizes = [len(each) for each in codec(columns=FLAT).take([b'{"id":1}'] * size)]  # type: ignore[arg-type]
    assert sizes == [min(size, BATCH), *([1] if size > BATCH else [])]


# Each way that a row may go leads to the same

COLUMNS: dict[str, Any] = {
    "id": {"type": ["integer", "string"]},
    "email": {"type": ["null", "string"]},
    "_fname": TEXT,
    "_status": {"type": ["null", "integer"]},
    "_bdate": {"type": "string", "format": "date"},
    "size": {"type": "number"},
    "score": {"type": ["number", "string"]},
    "vip": {"type": "boolean"},
    "text": {"type": ["null", "string"], "maxLength": 5},
    "word": {"type": "string", "enum": ["a", "b", ""]},
    "tags": {"type": "array", "items": {"type": ["null", "string"]}},
    "any": {},
    "address": {"type": "object", "properties": {"city": TEXT, "zip": {"type": "integer"}}},
    "subscriptions": {
        "type": "array",
        "items": {
            "type": "object",
            "properties": {
                "channel": TEXT,
                "email": TEXT,
                "email_data": {"type": "object", "properties": {"email": TEXT}},
                "phone": TEXT,
                "status": {"type": ["string", "integer"]},
                "cats": {"type": "array", "items": TEXT},
                "custom_fields": {"type": "object", "properties": {"a": {}}},
            },
        },
    },
}
SUBSCRIPTIONS_SENT = [
    '[{"channel":"email","email":"a@b.c","status":"unsubscribed"}]',
    '[{"channel":"email","email_data":{"email":"a@b.c"},"cats":["x"]},{"channel":"sms","phone":"1"}]',
    '[{"channel":"email","email":"a","custom_fields":{"a":1}}]',
    '[{"channel":"email","email":"a","custom_fields":{"a":{"action":"incr","value":1}}}]',
    '[{"channel":"email","email":"a","custom_fields":{"b":null}}]',
    '[{"channel":"email"}]',
    '[{"channel":"fax","email":"a"}]',
    '[{"channel":"email","email":"a","status":9}]',
    '[{"channel":"email","email":"a","status":null}]',
    "[]",
    "{}",
]
VALUES = st.sampled_from(
    [
        '"a"',
        '""',
        '"é"',
        '"5"',
        '"2001-12-31"',
        "5",
        "-1",
        "0",
        "1.0",
        "1.5",
        "1e400",
        "true",
        "null",
        "[]",
        '["x","x"]',
        "[null]",
        "{}",
        '{"city":"Rome","zip":1}',
        '{"zip":"x"}',
        '{"action":"unset"}',
        '{"action":"incr","value":1}',
        '{"action":"incr"}',
        "123456789012345678901234567890",
        '"ÿ"',
        '"\\ud800"',
        '"a,b"',
        '"yes"',
        '"030 123456"',
        '"+1 202 555 0123"',
        '{"city":"0151/23456789"}',
    ]
)
LIKELY = {
    "id": ["1", "2", '"A"', '"a "', '"x, y"'],
    "email": ['"a@b.c"', "null"],
    "_status": ["1", "null"],
    "_bdate": ['"2001-12-31"', "null"],
    "size": ["1", "1.5", "null"],
    "tags": ['["x"]', "[]", '["x",null]'],
    "address": ['{"city":"Rome","zip":5}', '{"city":null}', "null"],
    "any": ['"030 123456"', '{"city":"0151/23456789"}', '" "', "4930123456", '"call me"'],
    "subscriptions": SUBSCRIPTIONS_SENT,
}
NAMES = st.sampled_from([*COLUMNS, "id", "email", "other"])


@st.composite
def member(draw: st.DrawFn) -> str:
    name = draw(NAMES)
    likely = name in LIKELY and draw(st.integers(0, 3)) > 0
    value = draw(st.sampled_from(LIKELY[name]) if likely else VALUES)
    return f"{json.dumps(name, ensure_ascii=draw(st.booleans()))}: {value}"


def encoded(text: str) -> bytes:
    """UTF-8, but for the one sign that stands for a byte which is none."""
    return b"\xff".join(part.encode() for part in text.split("\xff"))


def as_record(members: list[str]) -> bytes:
    return encoded("{" + ",".join(['"id":1', *members]) + "}")


RECORD = st.lists(member(), max_size=6).map(as_record) | st.sampled_from(
    [b"{}", b"5", b'{"id":1}', b'{"id":"1","id":2}', b'{"\\u0069d":3}', b'{"id":null}']
)
SCHEMA = st.fixed_dictionaries(
    {"type": st.sampled_from(["object", ["null", "object"]])},
    optional={
        "properties": st.lists(st.sampled_from(list(COLUMNS)), unique=True).map(
            lambda names: {each: COLUMNS[each] for each in names}
        ),
        "required": st.lists(st.sampled_from(["id", "email", "_fname"]), unique=True, min_size=1),
        "additionalProperties": st.sampled_from([True, False, TEXT]),
        "minProperties": st.integers(0, 3),
        "$schema": st.sampled_from(
            ["http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-04/schema#"]
        ),
    },
)
ID = FieldConfig("id", "id")
FLAT = {"id": {"type": "integer"}, "_fname": TEXT, "size": {"type": "number"}}
GERMAN = Form(";", ("%d.%m.%Y",), ",", "DE")
TYPED_FIELDS = (
    FieldConfig("id", "id", type="string"),
    FieldConfig("_bdate", "_bdate", type="date"),
    FieldConfig("seen", "_bdate", type="datetime"),
    FieldConfig("points", "score", type="int"),
    FieldConfig("vip", "vip", type="boolean"),
    FieldConfig("_city", "address.city"),
    FieldConfig("labels", "tags", type="tags"),
    FieldConfig("tags", columns=("tags", "text")),
    FieldConfig("size", "size", type="float", action="incr"),
)
CELLS = (
    FieldConfig("id", "id", type="string", cell=Cell(clean=("trim",), default="none")),
    FieldConfig("_bdate", "_bdate", type="date", cell=Cell(form=GERMAN, omits=True)),
    FieldConfig("points", "score", type="float", cell=Cell(form=GERMAN, omits=True)),
    FieldConfig("vip", "vip", type="boolean", cell=Cell(values=(("1", True), ("x", None)))),
    FieldConfig("word", "word", cell=Cell(values=(("vip", "v"), ("*", "other")), default="none")),
    FieldConfig("phone", "any", type="phone", cell=Cell(form=GERMAN, omits=True)),
    FieldConfig("sizes", columns=("size", "any"), type="float", cell=Cell(omits=True, default=1.5)),
    FieldConfig("names", "address.city"),
    FieldConfig("labels", "tags", type="tags", cell=Cell(clean=("upper",), form=GERMAN)),
)
FIELDS = [
    None,
    CELLS,
    (ID, FieldConfig("email", "email"), FieldConfig("source", value="table")),
    TYPED_FIELDS,
    (
        ID,
        *(FieldConfig(name, name) for name in ("email", "_fname", "_status", "_bdate", "word")),
        FieldConfig("n", "_status", type="string"),
        FieldConfig("list", "tags"),
        FieldConfig("where", "address"),
        FieldConfig("short", "text"),
        FieldConfig("subscriptions", "subscriptions"),
    ),
    (ID, FieldConfig("source", value=None), FieldConfig("_status", value="wrong")),
]
STATUS_RULES = [
    StatusRule((("x", "unsubscribed"), ("true", "subscribed"), ("*", "complained"))),
    StatusRule((("1", "subscribed"), ("", "invalid"), ("*", "suspended")), only_opt_out=True),
]
ONE = SubscriptionConfig(
    "email", 3, (FieldConfig("email", "email", type="string"),), (FieldConfig("status", value=0),)
)
SUBSCRIPTIONS: list[tuple[SubscriptionConfig, ...]] = [
    (),
    (ONE,),
    (
        SubscriptionConfig(
            "push",
            5,
            (FieldConfig("subscription_id", "text", type="string"), FieldConfig("provider", "any")),
            (FieldConfig("priority", "_status"), FieldConfig("cats", "tags", type="tags")),
            (FieldConfig("shoe", "size"), FieldConfig("word", "word")),
            StatusRule(keeps_null=True),
        ),
        SubscriptionConfig("telegram_bot", 6, (FieldConfig("cc_data.id", "any.id"),)),
        ONE,
    ),
    (
        SubscriptionConfig(
            "sms",
            7,
            (FieldConfig("phone", "any", type="phone", cell=Cell(form=GERMAN)),),
            (FieldConfig("status", "text", type="status"), FieldConfig("priority", "_status")),
            (FieldConfig("shoe", "size"),),
            StatusRule((("x", "unsubscribed"), ("*", "subscribed")), only_opt_out=True),
        ),
        SubscriptionConfig(
            "viber",
            8,
            (FieldConfig("cc_data.phone", "any.city", type="phone", cell=Cell(form=GERMAN)),),
            status=StatusRule(keeps_null=True),
        ),
    ),
    tuple(
        SubscriptionConfig(
            "email",
            place,
            (FieldConfig("email", "text"),),
            (FieldConfig("status", "any", type="status"), FieldConfig("priority", "_status")),
            status=rule,
        )
        for place, rule in enumerate(STATUS_RULES, 1)
    ),
]
MATCHINGS = [target(), target(mode="email_phone", field_name=None)]
SETTINGS = st.builds(
    lambda fields, subscriptions, nulls, wire, found_by: config(
        streams=(StreamConfig("users", fields=fields, subscriptions=subscriptions),)
        if fields or subscriptions
        else (),
        null_values=nulls,
        wire_format=wire,
        target=found_by if fields is None else MATCHINGS[0],
    ),
    st.sampled_from(FIELDS),
    st.sampled_from(SUBSCRIPTIONS),
    st.sampled_from(["omit", "omit", "unset", "send"]),
    st.sampled_from(["json", "json", "json", "xml"]),
    st.sampled_from(MATCHINGS),
)


def stream(schema: dict[str, Any], made: Config) -> StreamCodec:
    """With all columns declared where some are mapped, since these must be there."""
    if made.streams and "properties" in schema:
        schema = {**schema, "properties": COLUMNS}
    return configured(made, schema)


def meant(found: Any, wire: str) -> Any:
    """What becomes of a row, without the order of members, which JSON gives no meaning."""
    if isinstance(found, Rejected):
        return found
    text = found.profile
    sent = text if wire == "xml" else json.dumps(json.loads(text), sort_keys=True)
    return sent, found.original, found.identities


@settings(max_examples=500)
@given(schema=SCHEMA, made=SETTINGS, records=st.lists(RECORD, max_size=12))
def test_batch_becomes_what_its_records_become(
    schema: dict[str, Any], made: Config, records: list[bytes]
) -> None:
    together = taken(stream(schema, made), records)
    one_by_one = stream(schema, made)
    alone = [taken(one_by_one, [each])[0] for each in records]
    wire = made.wire_format
    assert [meant(each, wire) for each in together] == [meant(each, wire) for each in alone]
    assert [each.original for each in together if not isinstance(each, Rejected)] == [
        record
        for record, each in zip(records, alone, strict=True)
        if not isinstance(each, Rejected)
    ]


@settings(max_examples=1000)
@given(schema=SCHEMA, made=SETTINGS, record=RECORD)
def test_every_encoder_that_takes_a_row_agrees(
    schema: dict[str, Any], made: Config, record: bytes
) -> None:
    """The last one takes all that can be sent, and a row that it declines is explained."""
    codec_ = stream(schema, made)
    found: list[Any] = []
    for encoder in codec_._encoding._ways.encoders():
        try:
            (each,) = encoder.encode(Originals([record])).rows()
        except FAULTS:
            found.append(None)
        else:
            found.append(meant(each, made.wire_format))
    assert len({repr(each) for each in found if each is not None}) <= 1
    assert found[-1] is not None or found == [None] * len(found)
    if found[-1] is None:
        assert codec_._encoding._explanation.of(record).rejection.reason
