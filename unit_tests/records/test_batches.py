"""Records that are taken at once become what each becomes by itself."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import Config, FieldConfig, StreamConfig, SubscriptionConfig
from destination_profiles.delivery.chunks import Chunk, Chunker, ChunkPolicy
from destination_profiles.delivery.ledger import Interval
from destination_profiles.delivery.writer import BATCH, Writer
from destination_profiles.records.codec import StreamPlan
from destination_profiles.records.proof import TypedRecords, Uncertain
from destination_profiles.records.validation import RecordValidator
from destination_profiles.rejection import Rejection
from destination_profiles.service.manifest import service
from destination_profiles.service.profile_schema import profile_schema
from unit_tests.pipeline import Scripted, config, dispatcher, target

COLUMNS: dict[str, Any] = {
    "id": {"type": ["string", "integer"], "minLength": 1},
    "email": {"type": ["null", "string"]},
    "_fname": {"type": "string", "description": "given name"},
    "_status": {"type": ["integer", "null"]},
    "_bdate": {"type": ["string", "null"], "format": "date"},
    "score": {"type": ["number", "null"], "minimum": -5},
    "size": {"type": ["null", "number"]},
    "vip": {"type": ["boolean", "null"]},
    "tags": {"type": ["array", "null"], "items": {"type": "string"}},
    "any": {"type": ["object", "array", "string", "null"]},
    "kind": {"enum": ["a", "b", None]},
    "text": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    "Ж\u2028": {},
    "short": {"type": ["string", "null"], "maxLength": 2},
}
NUMBERS = [
    "0",
    "-0",
    "1",
    "7.5",
    "1.0",
    "1e2",
    "-6",
    "123456789012345678901234567890",
    "1e400",
    "0.1",
    "9007199254740993",
]
TEXTS = [
    '""',
    '"a"',
    '"A "',
    '"a,b"',
    '"\\u0041"',
    '"\\ud83d\\ude00"',
    '"\\ud800"',
    '"Ж"',
    '"2001-12-31"',
    '"null"',
    '"x\xff"',
]
OTHERS = [
    "null",
    "true",
    "[]",
    '["x"]',
    "[[1]]",
    "{}",
    '{"action":"incr","value":1}',
    '{"action":"incr"}',
    "[" * 5 + "]" * 5,
]
VALUES = st.sampled_from(["null", *NUMBERS, *TEXTS, *OTHERS])
LIKELY = {
    "id": ["1", '"b"', "2.0"],
    "email": ['"a@example.org"', '""', "null"],
    "_fname": ['"Ann"'],
    "_status": ["3"],
    "vip": ["true", "null"],
}
NAMES = st.sampled_from([*COLUMNS, "id", "email", "other"])


@st.composite
def member(draw: st.DrawFn) -> str:
    name = draw(NAMES)
    value = draw(
        VALUES
        if draw(st.integers(0, 3)) == 0 or name not in LIKELY
        else st.sampled_from(LIKELY[name])
    )
    written = json.dumps(name, ensure_ascii=draw(st.booleans()))
    return f"{written}: {value}"


def encoded(text: str) -> bytes:
    """UTF-8, but for the one sign that stands for a byte which is none."""
    return b"\xff".join(part.encode() for part in text.split("\xff"))


RECORD = st.lists(member(), max_size=6).map(
    lambda members: encoded("{" + ",".join(['"id":1', *members]) + "}")
) | st.sampled_from(
    [b"{}", b"5", b'{"id":1}', b'{"id":"1","id":2}', b'{"\\u0069d":3}', b'{"id":null}']
)
SCHEMA = st.fixed_dictionaries(
    {"type": st.sampled_from(["object", ["null", "object"]])},
    optional={
        "properties": st.lists(st.sampled_from(list(COLUMNS)), unique=True).map(
            lambda names: {each: COLUMNS[each] for each in names}
        ),
        "required": st.lists(st.sampled_from(["id", "email", "_fname"]), unique=True, min_size=1),
        "additionalProperties": st.sampled_from([True, False, {"type": "string"}]),
        "$schema": st.sampled_from(
            ["http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-04/schema#"]
        ),
    },
)
FIELDS = [
    None,
    (FieldConfig("id", "id"), FieldConfig("email", "email"), FieldConfig("source", value="table")),
    (
        FieldConfig("id", "id", type="string"),
        FieldConfig("_bdate", "_bdate", type="date"),
        FieldConfig("points", "score", type="int"),
        FieldConfig("vip", "vip", type="boolean"),
        FieldConfig("address", "any.street"),
        FieldConfig("tags", columns=("tags", "text")),
        FieldConfig("size", "size", type="float", action="incr"),
    ),
]
FIELDS.append(
    (
        FieldConfig("id", "id", type="string"),
        FieldConfig("_fname", "_fname", type="string"),
        FieldConfig("_lname", "any"),
        FieldConfig("n", "_status", type="string"),
        FieldConfig("points", "size", type="int"),
        FieldConfig("score", "score", type="float"),
        FieldConfig("vip", "vip", type="boolean"),
        FieldConfig("short", "short"),
        FieldConfig("list", "tags"),
        FieldConfig("source", value="table"),
    )
)
FIELDS.append(
    (FieldConfig("id", "id"), FieldConfig("source", value=None), FieldConfig("text", "text"))
)
SUBSCRIPTIONS: list[tuple[SubscriptionConfig, ...]] = [
    (),
    (
        SubscriptionConfig(
            "email",
            3,
            (FieldConfig("email", "email"),),
            (FieldConfig("status", value="subscribed"),),
        ),
    ),
    (
        SubscriptionConfig(
            "push",
            5,
            (
                FieldConfig("subscription_id", "text", type="string"),
                FieldConfig("provider", "_fname"),
            ),
            (FieldConfig("priority", "_status"), FieldConfig("cats", "tags", type="tags")),
            (FieldConfig("shoe", "size"),),
        ),
        SubscriptionConfig("telegram_bot", 6, (FieldConfig("cc_data.id", "any.id"),)),
    ),
]
SETTINGS = st.builds(
    lambda fields, subscriptions, nulls, wire: config(
        streams=(StreamConfig("users", fields=fields, subscriptions=subscriptions),)
        if fields or subscriptions
        else (),
        null_values=nulls,
        wire_format=wire,
    ),
    st.sampled_from(FIELDS),
    st.sampled_from(SUBSCRIPTIONS),
    st.sampled_from(["omit", "omit", "unset", "send"]),
    st.sampled_from(["json", "json", "xml"]),
)


class Kept:
    """A store in memory."""

    def __init__(self) -> None:
        self.rejected: list[tuple[bytes, Rejection]] = []

    def put(self, stream: str, original: bytes, rejection: Rejection) -> None:
        self.rejected.append((bytes(original), rejection))

    def flush(self) -> None: ...

    def close(self) -> None: ...


def plan(schema: dict[str, Any], made: Config) -> StreamPlan:
    columns = schema.get("properties")
    whole = (
        {**schema, "properties": COLUMNS} if columns is not None and made.streams else schema
    )  # of a mapping, all must be there
    return StreamPlan(StreamInfo("users", None, whole, "append"), made, service())


def outcome(made: StreamPlan, groups: list[list[bytes]]) -> Any:
    """What becomes of records that come in groups: profiles as sent with what is known of each, and
    the rejections, in their order.
    """
    chunker, kept = Chunker(ChunkPolicy(10_000, 10_000_000, 60), new_id=lambda: "id"), Kept()
    writer = Writer(
        {(None, "users"): made},
        chunker=chunker,
        dispatcher=dispatcher(Scripted()),
        store=kept,
        release=lambda _: None,
        clock=lambda: 0.0,
    )
    chunks: list[Chunk] = []
    writer._send = chunks.extend  # type: ignore[method-assign] - where they would leave
    for group in groups:
        writer.records((None, "users"), [msgspec.Raw(each) for each in group])
    sums = writer.ledger.interval("users")
    rows = [row for chunk in [*chunks, *chunker.close()] for row in chunk.rows]
    return (
        sums.read,
        [(row.profile, bytes(row.original), row.identities) for row in rows],
        kept.rejected,
    )


def meant(rows: list[tuple[bytes, bytes, tuple[str, ...]]], wire: str) -> list[Any]:
    """Rows without the order of members, which JSON gives no meaning."""
    if wire == "xml":
        return rows
    return [
        (json.dumps(json.loads(bytes(profile)), sort_keys=True), original, identities)
        for profile, original, identities in rows
    ]


@settings(max_examples=400)
@given(schema=SCHEMA, made=SETTINGS, records=st.lists(RECORD, max_size=12))
def test_batch_becomes_what_its_records_become(
    schema: dict[str, Any], made: Config, records: list[bytes]
) -> None:
    stream = plan(schema, made)
    read, rows, rejected = outcome(stream, [records])
    alone = outcome(stream, [[each] for each in records])
    assert (read, rejected) == (len(records), alone[2])
    assert meant(rows, made.wire_format) == meant(alone[1], made.wire_format)
    assert len(rows) + len(rejected) == len(records)


@settings(max_examples=400)
@given(schema=SCHEMA, nulls=st.booleans(), omits=st.booleans(), record=RECORD)
def test_what_decodes_is_valid(
    schema: dict[str, Any], nulls: bool, omits: bool, record: bytes
) -> None:
    wanted = profile_schema(service(), target(field_name="id").matching, nulls=nulls)
    try:
        typed = TypedRecords(schema, sent_as(wanted), ["id"], nulls=nulls, omits=omits)
        (decoded,) = typed.decode(b"[" + record + b"]")
    except (Uncertain, ValueError):
        return
    found = json.loads(record)
    assert RecordValidator(schema, "schema", "users").is_valid(found)
    sent = json.loads(typed.encode(decoded)) if omits else found
    assert sent == (
        {name: value for name, value in found.items() if value is not None} if omits else found
    )
    assert RecordValidator(wanted, "profile", "users").is_valid(sent)


def sent_as(profile: dict[str, Any]) -> Any:
    return lambda name: [profile["properties"].get(name, profile["additionalProperties"])]


TEXT = {"type": "string"}
CERTAIN = [
    ("x", TEXT, '""', True),
    ("x", TEXT, "null", False),
    ("x", TEXT, "5", False),
    ("x", {**TEXT, "maxLength": 2}, '"a"', False),
    ("x", {**TEXT, "minLength": 1}, '"a"', True),
    ("x", {**TEXT, "minLength": 1}, '""', False),
    ("x", {**TEXT, "minLength": 2}, '"abc"', False),
    ("x", {"type": "integer", "maxLength": 2, "minLength": 2}, "5", True),
    ("x", {"type": "integer"}, "1.0", False),
    ("x", {"type": "number", "maximum": 9}, "1", False),
    ("x", {"type": "number"}, "1.0", True),
    ("x", {"type": "number"}, "true", False),
    ("x", {"type": ["boolean", "null"]}, "null", True),
    ("x", {"enum": ["a"]}, '"a"', False),
    ("x", {"type": "string", "enum": ["a"]}, '"a"', False),
    ("x", {"not": TEXT}, "5", False),
    ("x", {"$ref": "#/definitions/y"}, '"a"', False),
    ("x", {}, "null", True),
    ("x", {}, "[]", True),
    ("x", {}, "{}", False),
    ("x", {"type": "object"}, "{}", False),
    ("x", True, '"a"', True),
    ("x", False, '"a"', False),
    ("x", {"allOf": [TEXT, {"maxLength": 1}]}, '"a"', False),
    ("x", {"allOf": [TEXT, {"maximum": 1}]}, '"a"', True),
    ("x", {"anyOf": [{"maxLength": 1}, {"type": "integer"}]}, '"ab"', False),
    ("x", {"anyOf": [{"maxLength": 1}, {"type": "integer"}]}, "5", True),
    ("x", {"if": TEXT, "then": {"maxLength": 1}}, '"a"', False),
    ("x", {"if": TEXT, "then": {"maxLength": 1}}, "5", True),
    ("x", {"if": TEXT, "else": {"maximum": 1}}, "5", False),
    ("x", {"then": False}, "5", False),
    ("email", TEXT, '"a"', True),
    ("email", TEXT, '""', False),
    ("_fname", {"type": ["string", "integer"]}, "5", False),
    ("_status", {"type": "number"}, "5", True),
    ("_status", {"type": "number"}, "5.5", False),
    ("_bdate", TEXT, '"2001-12-31"', False),
    ("phones", {}, '["1"]', False),
]


@pytest.mark.parametrize(("name", "column", "value", "certain"), CERTAIN)
def test_only_what_is_certain_decodes(name: str, column: Any, value: str, certain: bool) -> None:
    schema = {"properties": {"id": {"type": "integer"}, name: column}}
    typed = TypedRecords(
        schema,
        sent_as(profile_schema(service(), target(field_name="id").matching, nulls=False)),
        ["id"],
        omits=True,
    )
    record = f'[{{"id":1,"{name}":{value}}}]'.encode()
    if certain:
        assert typed.column(typed.decode(record), name) == [json.loads(value)]
    else:
        with pytest.raises(ValueError, match=r"^(Expected|Object contains unknown field)"):
            typed.decode(record)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"properties": {"other": {}}},
        {"properties": {"id": {"enum": [1]}}},
        {"type": "array", "properties": {"id": {}}},
        {"properties": {"id": {}}, "required": ["other"]},
        {"properties": {"id": {}}, "minProperties": 2},
        {"properties": {"id": {}}, "patternProperties": {"^i": {"maxLength": 1}}},
        {"properties": {"id": {}, 'quoted"': {}}},
    ],
)
def test_uncertain_schema_has_no_type(schema: dict[str, Any]) -> None:
    with pytest.raises(Uncertain):
        TypedRecords(schema, lambda _: [], ["id"])


FLAT = {
    "id": {"type": "integer"},
    "_fname": {"type": ["string", "null"]},
    "size": {"type": ["number", "null"]},
}


def flat(**more: Any) -> StreamPlan:
    return plan({"type": "object", "properties": FLAT}, config(**more))


@pytest.mark.parametrize(
    ("null_values", "records", "sent"),
    [
        (
            "omit",
            [b'{"id":1, "_fname":"\\u0041"}', b'{"size":1.10,"id":2}'],
            b'{"id":1, "_fname":"\\u0041"},{"size":1.10,"id":2}',
        ),
        ("omit", [b'{"_fname":null,"id":1}', b'{"id":2,"size":5}'], b'{"id":1},{"id":2,"size":5}'),
        ("send", [b'{"_fname":null,"id":1}', b'{"id":2}'], b'{"_fname":null,"id":1},{"id":2}'),
        (
            "unset",
            [b'{"_fname":null,"id":1}', b'{"id":2}'],
            b'{"_fname":{"action":"unset"},"id":1},{"id":2}',
        ),
    ],
)
def test_bytes_of_a_batch(null_values: Any, records: list[bytes], sent: bytes) -> None:
    made = flat(null_values=null_values).batch(records, Interval("users"))
    assert made is not None
    assert (made.profiles.data, list(made.originals.parts()), made.identities) == (
        sent,
        records,
        [("1",), ("2",)],
    )


@pytest.mark.parametrize(
    "odd",
    [
        b'{"id":null}',
        b'{"id":"x"}',
        b"5",
        b'{"id":1,"size":1e400}',
        b'{"id":1,"_fname":"' + b"x" * 300 + b'"}',
    ],
)
def test_batch_with_a_record_to_look_at_is_none(odd: bytes) -> None:
    assert flat(max_bytes=250).batch([b'{"id":1}', odd, b'{"id":2}'], Interval("users")) is None


def test_one_bad_record_among_many_is_found() -> None:
    records = [b'{"id":%d}' % number for number in range(3 * BATCH)]
    records[BATCH + 7] = b'{"id":"bad"}'
    read, rows, rejected = outcome(flat(), [records])
    assert (read, len(rows), [original for original, _ in rejected]) == (
        3 * BATCH,
        3 * BATCH - 1,
        [b'{"id":"bad"}'],
    )
    assert [original for _, original, _ in rows] == [
        each for each in records if each != b'{"id":"bad"}'
    ]


PERSON = {
    "id": {"type": "integer"},
    "name": {"type": ["string", "null"]},
    "age": {"type": ["integer", "string", "null"]},
    "mail": {"type": ["string", "null"]},
    "details": {"type": ["object", "null"]},
}
PEOPLE = [
    b'{"id":1,"name":"Ann","age":5,"mail":"a@example.org","details":{"x":[1]}}',
    b'{"id":2,"name":null,"age":"7","mail":""}',
    b'{"id":3,"details":null}',
]


def people(*fields: FieldConfig, subscribed: bool = False, **more: Any) -> StreamPlan:
    subscription = SubscriptionConfig(
        "email",
        3,
        (FieldConfig("email", "mail", type="string"),),
        (FieldConfig("status", value=0),),
    )
    stream = StreamConfig(
        "users",
        fields=(FieldConfig("id", "id"), *fields),
        subscriptions=(subscription,) if subscribed else (),
    )
    info = StreamInfo("users", None, {"type": "object", "properties": PERSON}, "append")
    return StreamPlan(info, config(streams=(stream,), **more), service())


def test_bytes_of_a_mapped_batch() -> None:
    fields = (
        FieldConfig("_fname", "name"),
        FieldConfig("points", "age", type="int"),
        FieldConfig("source", value="table"),
    )
    made = people(*fields, subscribed=True)
    assert [type(each).__name__ for each in made._typed] == ["TypedMapping"]
    batch = made.batch(PEOPLE, Interval("users"))
    assert batch is not None
    assert list(batch.profiles.parts()) == [
        b'{"id":1,"_fname":"Ann","points":5,"source":"table",'
        b'"subscriptions":[{"email":"a@example.org","channel":"email","resource_id":3,"status":0}]}',
        b'{"id":2,"points":7,"source":"table"}',
        b'{"id":3,"source":"table"}',
    ]
    assert (list(batch.originals.parts()), batch.identities) == (PEOPLE, [("1",), ("2",), ("3",)])


@pytest.mark.parametrize(
    "field",
    [
        FieldConfig("_bdate", "name", type="date"),
        FieldConfig("tags", "name", type="tags"),
        FieldConfig("points", "age", action="incr"),
        FieldConfig("tags", columns=("name", "mail")),
        FieldConfig("text", "details.x"),
        FieldConfig("source", value=None),
        FieldConfig("_status", value="wrong"),
        FieldConfig("subscriptions", "details"),
    ],
)
def test_mapping_that_is_not_certain_is_checked(field: FieldConfig) -> None:
    assert people(field)._typed == []


@pytest.mark.parametrize("null_values", ["unset", "send"])
def test_nulls_of_a_mapped_batch_follow_the_rule(null_values: Any) -> None:
    batch = people(FieldConfig("text", "name"), null_values=null_values).batch(
        [b'{"id":1,"name":null}', b'{"id":2}'], Interval("users")
    )
    assert batch is not None
    instead = {"unset": b'{"action":"unset"}', "send": b"null"}[null_values]
    assert batch.profiles.data == b'{"id":1,"text":' + instead + b'},{"id":2}'


def test_batch_of_xml_is_one() -> None:
    batch = flat(wire_format="xml").batch(
        [b'{"id":1,"_fname":"Ann"}', b'{"id":2}'], Interval("users")
    )
    assert batch is not None
    assert (
        batch.profiles.data == b"<data><id>1</id><_fname>Ann</_fname></data><data><id>2</id></data>"
    )
    assert batch.originals.data == b'{"id":1,"_fname":"Ann"},{"id":2}'
