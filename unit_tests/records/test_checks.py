"""What is looked at of a column is what its type leaves open, against the schema itself."""

import json
from datetime import UTC
from typing import Any

import pytest
from jsonschema import Draft7Validator

from destination_profiles.cells import Cell
from destination_profiles.config import FieldConfig, SubscriptionConfig
from destination_profiles.conversion import CannotConvert
from destination_profiles.records.batch import Rejected, Row
from destination_profiles.records.checks import CONVERTED, ColumnCheck, FieldChecks, is_plain
from destination_profiles.records.table import ABSENT
from destination_profiles.service.manifest import service
from destination_profiles.service.matching import Target
from destination_profiles.service.profile_schema import profile_schema
from destination_profiles.stream_config import parse_matching
from unit_tests.records.streams import codec, taken

PROFILE = profile_schema(service(), parse_matching(None, service()), nulls=False)
SUBSCRIPTION = PROFILE["properties"]["subscriptions"]["items"]["properties"]
CELLS: list[Any] = [
    *("", " ", "a", "7", "7.5", "true", "x" * 200, "a@b.c", "a,b", "2026-12-01", "+4930123456"),
    *(7, 0, -1, 2**70, 7.5, True, False, ["a"], [1], [], {}, {"a": 1}),
]
SCHEMAS: list[Any] = [
    {"type": "integer"},
    {"type": ["string", "null"], "minLength": 2},
    {"type": "string", "pattern": "^(?=a)"},
    {"type": "array", "items": {"$ref": "#/definitions/word"}},
    {"$ref": "#/definitions/word"},
    {"not": {"type": "string"}},
    {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]},
    {},
    False,
]
DEFINITIONS = {"word": {"type": "string", "enum": ["a", "7"]}}


def is_valid(schema: Any, value: Any) -> bool:
    whole = {"allOf": [schema], "definitions": DEFINITIONS}
    return Draft7Validator(whole).is_valid(value)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_column_holds_where_each_value_does(schema: Any) -> None:
    valid = [each for each in CELLS if is_valid(schema, each)]
    check = ColumnCheck([schema], DEFINITIONS)
    for _ in range(2):  # what is remembered of texts changes nothing
        assert check.holds(valid)
        assert [check.holds([*valid, each]) for each in CELLS] == [
            is_valid(schema, each) for each in CELLS
        ]
    assert check.takes_null is is_valid(schema, None)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_values_that_are_not_there_are_no_matter(schema: Any) -> None:
    check = ColumnCheck([schema], DEFINITIONS)
    valid = [each for each in CELLS if is_valid(schema, each)]
    wrong = [each for each in CELLS if not is_valid(schema, each)]
    for nothing in (None, ABSENT):
        assert check.holds([nothing])
        assert check.holds([nothing, *valid, nothing])
        assert not any(check.holds([nothing, each]) for each in wrong)


def test_column_satisfies_all_of_its_schemas() -> None:
    check = ColumnCheck([{"type": "string"}, {"minLength": 2}])
    assert check.holds(["ab"])
    assert not check.holds(["a"]) and not check.holds([7])


def test_column_that_its_type_proves_is_not_looked_at() -> None:
    proven = ColumnCheck([{"type": "string"}])
    assert proven.holds(["a", "b"])
    assert proven._known == set()


# What the service asks of the fields that columns go to


def converted(kind: str) -> list[Any]:
    """What a type makes of cells, and of nothing."""
    read = Cell().reader(kind, UTC)
    assert read is not None
    made = []
    for each in CELLS:
        try:
            made.append(read(each))
        except CannotConvert:
            continue
    return [each for each in made if each is not None]


FIELDS = [*PROFILE["properties"], "my_own"]


@pytest.mark.parametrize("to", FIELDS)
@pytest.mark.parametrize("kind", [None, *CONVERTED])
def test_field_is_looked_at_unless_its_type_says_enough(kind: str | None, to: str) -> None:
    asked = PROFILE["properties"].get(to, PROFILE["additionalProperties"])
    check = FieldChecks(PROFILE, service()).field(FieldConfig(to, "column", type=kind))
    agrees(check, asked, CELLS if kind is None else converted(kind))


def agrees(check: ColumnCheck | None, asked: Any, values: list[Any]) -> None:
    """A check tells of each value what the schema does; where there is none, all satisfy it."""
    told = [check is None or check.holds([each]) for each in values]
    assert told == [is_valid(asked, each) for each in values]


@pytest.mark.parametrize(
    "more", [{"type": "string", "columns": ("a", "b")}, {"type": "string", "action": "incr"}]
)
def test_type_of_a_part_says_nothing_of_the_whole(more: dict[str, Any]) -> None:
    check = FieldChecks(PROFILE, service()).field(FieldConfig("email", "a", **more))
    assert check is not None
    assert not check.holds([["a", "b"]]) and not check.holds([{"func": "incr", "value": 1}])


@pytest.mark.parametrize("value", ["a@b.c", 7, "", None])
def test_constant_is_looked_at_once(value: Any) -> None:
    asked = PROFILE["properties"]["email"]
    check = FieldChecks(PROFILE, service()).field(FieldConfig("email", value=value))
    assert (check is None) is (value is None or is_valid(asked, value))
    if check is not None:
        assert not check.holds([value])


def test_column_whose_own_schema_proves_the_field_is_not_looked_at() -> None:
    checks = FieldChecks(PROFILE, service(), proven={"column"})
    plain, other = FieldConfig("email", "column"), FieldConfig("email", "other")
    cleaned = FieldConfig("email", "column", type="tags")
    assert [checks.field(each) is None for each in (plain, other, cleaned)] == [True, False, False]
    assert [checks.custom(each) is None for each in (plain, other, cleaned)] == [True, False, True]
    assert [is_plain(each) for each in (plain, other, cleaned)] == [True, True, False]


@pytest.mark.parametrize("kind", [None, *CONVERTED])
def test_custom_field_of_a_subscription_is_looked_at(kind: str | None) -> None:
    asked = SUBSCRIPTION["custom_fields"]["additionalProperties"]
    check = FieldChecks(PROFILE, service()).custom(FieldConfig("own", "column", type=kind))
    agrees(check, asked, CELLS if kind is None else converted(kind))


@pytest.mark.parametrize(("to", "kind"), [("status", None), ("priority", "int"), ("cats", "tags")])
def test_part_of_a_subscription_is_looked_at(to: str, kind: str | None) -> None:
    check = FieldChecks(PROFILE, service()).part(FieldConfig(to, "column", type=kind))
    agrees(check, SUBSCRIPTION[to], CELLS if kind is None else converted(kind))


ADDRESSES = [
    (channel, form.address) for channel, forms in service().channels.items() for form in forms
]


@pytest.mark.parametrize("kind", [None, "string", "phone", "email", "int", "tags"])
@pytest.mark.parametrize(("channel", "address"), ADDRESSES)
def test_address_is_looked_at(channel: str, address: tuple[str, ...], kind: str | None) -> None:
    """An empty text is none: it never comes here."""
    (asked,) = [
        inside(form.keys[address[0]], address[1:])
        for form in service().channels[channel]
        if form.address == address
    ]
    field = FieldConfig(".".join(address), "column", type=kind)
    check = FieldChecks(PROFILE, service()).address(channel, field)
    agrees(check, asked, [each for each in (converted(kind) if kind else CELLS) if each != ""])


def inside(schema: Any, names: tuple[str, ...]) -> Any:
    for each in names:
        schema = schema["properties"][each]
    return schema


def test_address_that_a_channel_does_not_have_holds_nothing() -> None:
    for kind in (None, "string"):
        field = FieldConfig("phone", "column", type=kind)
        check = FieldChecks(PROFILE, service()).address("email", field)
        assert check is not None and not check.holds(["a@b.c"])


def test_text_that_is_never_empty_proves_an_address() -> None:
    """As many rows have one, none of their texts is looked at once more."""
    checks = FieldChecks(PROFILE, service())
    assert checks.address("email", FieldConfig("email", "column", type="string")) is None
    assert checks.field(FieldConfig("_fname", "column", type="string")) is None
    assert checks.field(FieldConfig("my_own", "column", type="string")) is None


# The same, through the ways that rows take

ID = FieldConfig("id", "id")
EMAIL = SubscriptionConfig(
    "email",
    28,
    (FieldConfig("email", "mail"),),
    (FieldConfig("status", "status"), FieldConfig("priority", "rank")),
    (FieldConfig("own", "more"),),
)
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"mail": 5}, "$.subscriptions[0].email"),
    ({"rank": "high"}, "$.subscriptions[0].priority"),
    ({"status": "gone"}, "$.status"),
    ({"name": 5}, "$._fname"),
]


@pytest.mark.parametrize(
    "columns", [None, {name: {} for name in ("id", "mail", "status", "rank", "more", "name")}]
)
@pytest.mark.parametrize(("wrong", "path"), WRONG)
def test_row_that_maps_to_no_profile_is_rejected_among_others(
    columns: Any, wrong: dict[str, Any], path: str
) -> None:
    made = codec(columns=columns, fields=[ID, FieldConfig("_fname", "name")], subscriptions=[EMAIL])
    good = {"id": 1, "mail": "a@b.c", "status": "subscribed", "rank": 1, "more": "x", "name": "Ann"}
    rows = [json.dumps({**good, "id": number}).encode() for number in range(4)]
    rows[2] = json.dumps({**good, **wrong}).encode()
    found = taken(made, rows)
    assert [type(each) for each in found] == [Row, Row, Rejected, Row]
    told = found[2]
    assert isinstance(told, Rejected)
    assert (told.original, told.rejection.path) == (rows[2], path)


@pytest.mark.parametrize("columns", [None, {"mail": {}, "tel": {}}])
def test_rows_are_found_by_the_keys_that_they_have(columns: Any) -> None:
    """By either of two: a row may have one of them, both, or none."""
    by_either = Target(1, parse_matching({"mode": "email_phone"}, service()))
    fields = [FieldConfig("email", "mail"), FieldConfig("phones", columns=("tel",))]
    made = codec(columns=columns, fields=fields, target=by_either)
    rows = [{"mail": "a@b.c"}, {"tel": "+4930123456"}, {"mail": "b@b.c", "tel": "+4930123457"}, {}]
    found = taken(made, [json.dumps(each).encode() for each in rows])
    assert [each.identities if isinstance(each, Row) else None for each in found][:3] == [
        ("a@b.c",),
        ("4930123456",),
        ("b@b.c", "4930123457"),
    ]
    assert isinstance(found[3], Rejected)
