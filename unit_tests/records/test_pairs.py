"""What decodes as the type of two schemas satisfies both: each pair of schemas, each value."""

import json
from typing import Any

import msgspec
import pytest
from jsonschema import Draft7Validator

from destination_profiles.cells import Cell
from destination_profiles.config import FieldConfig
from destination_profiles.records.batch import Originals, Rejected, Row
from destination_profiles.records.codec import StreamCodec
from destination_profiles.records.encoders import FAULTS, Encoder
from destination_profiles.records.keywords import Uncertain
from destination_profiles.records.proof import Proof
from unit_tests.records.streams import codec, taken

DEFINITIONS = {
    "word": {"type": "string", "maxLength": 2},
    "list": {"type": "array", "items": {"$ref": "#/definitions/word"}},
    "open": {},
}
TEXT, WHOLE = {"type": "string"}, {"type": "integer"}
SCHEMAS: dict[str, Any] = {
    "anything": {},
    "nothing": False,
    "text": TEXT,
    "text of two": {**TEXT, "minLength": 2},
    "text of three": {**TEXT, "minLength": 3},
    "text up to two": {**TEXT, "maxLength": 2},
    "text up to three": {"maxLength": 3.0},
    "number": {"type": "number"},
    "whole": WHOLE,
    "from two": {"minimum": 2},
    "beyond two": {"exclusiveMinimum": 2},
    "up to two": {"type": ["integer", "null"], "maximum": 2},
    "one of some": {"enum": ["a", 2, None, True]},
    "one of others": {"enum": ["a", 3, False, True]},
    "two": {"const": 2},
    "array": {"type": "array"},
    "array of texts": {"type": "array", "items": TEXT},
    "array of words": {"$ref": "#/definitions/list"},
    "array from one": {"minItems": 1},
    "array from two": {"minItems": 2},
    "array up to one": {"type": "array", "maxItems": 1},
    "array up to two": {"maxItems": 2},
    "array of a tuple": {"items": [TEXT], "additionalItems": False},
    "no tuple": {"items": TEXT, "additionalItems": False},
    "unique": {"uniqueItems": True},
    "not unique": {"uniqueItems": False},
    "word": {"$ref": "#/definitions/word"},
    "either": {"anyOf": [{**TEXT, "maxLength": 1}, {**WHOLE, "minimum": 2}]},
    "either of one kind": {"anyOf": [{"maxLength": 1}, {"minLength": 3, "maxLength": 4}]},
    "if text": {"if": TEXT, "then": {"maxLength": 1}, "else": {"type": ["integer", "array"]}},
    "if short": {"if": {"maxLength": 1}, "then": True, "else": {"minLength": 3}},
    "if long": {"if": {"minLength": 2}, "then": {"maxLength": 3}},
    "if no number": {"if": {"not": {"type": "number"}}, "then": {"maxLength": 1}},
    "if neither": {"if": {"anyOf": [{"not": {"type": "number"}}]}, "then": {"maxLength": 1}},
    "if never": {"if": WHOLE, "then": {"maxLength": 1}},
    "object": {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
    "closed": {"properties": {"a": {}, "b": WHOLE}, "additionalProperties": False},
    "told apart": {
        "properties": {"kind": {"enum": ["x", "y"]}, "a": {}},
        "required": ["kind"],
        "if": {"properties": {"kind": {"const": "x"}}},
        "then": {"properties": {"a": TEXT}, "required": ["a"]},
        "else": {"properties": {"a": WHOLE}},
    },
    "either object": {
        "properties": {"a": {}, "b": {}},
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
    },
    "not": {"not": {"type": "string"}},
    "text or object": {"anyOf": [TEXT, {"properties": {"b": WHOLE}, "required": ["a"]}]},
    "told apart by two": {
        "properties": {"kind": {"enum": ["x", "y"]}, "a": {}, "b": {}},
        "required": ["kind"],
        "if": {"properties": {"kind": {"const": "x"}, "b": WHOLE}},
        "then": {"properties": {"a": TEXT}},
        "else": {"properties": {"a": WHOLE}},
    },
    "told apart by a pattern": {
        "properties": {"kind": {"enum": ["x", "y"], "pattern": "^x"}, "a": {}},
        "required": ["kind"],
        "if": {"properties": {"kind": {"const": "x"}}},
        "then": {"properties": {"a": TEXT}},
    },
}
VALUES: list[Any] = [
    *("", "a", "ab", "abc", "abcd", "x"),
    *(0, 1, 2, 3, -1, 2.0, 2.5, True, False, None),
    *([], ["a"], ["a", "b"], ["a", "a"], ["abc"], [1], ["a", 1], [[]]),
    *({}, {"a": "x"}, {"a": 1}, {"b": 1}, {"a": "x", "b": 1}, {"a": "x", "b": "y"}, {"c": 1}),
    *({"kind": "x"}, {"kind": "x", "a": "t"}, {"kind": "x", "a": 1}, {"kind": "y", "a": 1}),
    *({"kind": "x", "b": "t", "a": 1}, {"kind": "x", "b": 1, "a": 1}, {"a": "x", "b": "x", "c": 1}),
    *({"kind": "y", "a": "t"}, {"kind": "z", "a": 1}, {"kind": "y"}, {"a": None}),
]


def valid(schema: Any) -> list[bool]:
    check = Draft7Validator({"allOf": [schema], "definitions": DEFINITIONS})
    return [check.is_valid(each) for each in VALUES]


VALID = {name: valid(schema) for name, schema in SCHEMAS.items()}


def decoded(*schemas: Any) -> list[bool]:
    """Which values decode; none where no type is certain."""
    try:
        kind = Proof(DEFINITIONS).type_of(*schemas)
    except Uncertain:
        return [False] * len(VALUES)
    return [decodes(kind, each) for each in VALUES]


def decodes(kind: Any, value: Any) -> bool:
    try:
        msgspec.json.decode(msgspec.json.encode(value), type=kind)
    except (ValueError, RecursionError):
        return False
    return True


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_decodes_as_the_type_of_two_satisfies_both(name: str) -> None:
    wrong = [
        (other, VALUES[place])
        for other in SCHEMAS
        for place, is_decoded in enumerate(decoded(SCHEMAS[name], SCHEMAS[other]))
        if is_decoded and not (VALID[name][place] and VALID[other][place])
    ]
    assert wrong == []


LOOKED_AT = {  # of the values that satisfy a schema, those that its type does not take
    "whole": 1,  # 2.0, as each type of whole numbers
    "up to two": 1,
    "one of some": 2,  # true alone is no type of msgspec, nor is a list with null
    "two": 1,
    "array of a tuple": 3,
    "unique": 7,
    "either": 1,
    "either of one kind": 20,  # the alternative that asks the least is taken
    "if text": 4,
    "if short": 21,  # what follows must hold whichever way it goes
    "if long": 18,
    "if no number": 18,
    "if neither": 18,
    "if never": 18,
    "object": 5,  # with members that no schema names
    "either object": 8,
    "not": 36,
    "text or object": 10,
    "told apart by two": 3,
    "told apart by a pattern": 2,
}


@pytest.mark.parametrize("name", SCHEMAS)
def test_type_takes_what_satisfies_its_schema(name: str) -> None:
    """All but some: more of these would be no defect, but slower."""
    left = sum(VALID[name]) - sum(decoded(SCHEMAS[name]))
    assert left == LOOKED_AT.get(name, 0)


def test_subscription_of_the_only_channel_needs_its_channel() -> None:
    """A struct that is decoded alone does not ask for the member that tells it apart."""
    channel = {"type": "string", "enum": ["email"]}
    item = {"type": "object", "properties": {"channel": channel, "email": TEXT, "status": TEXT}}
    made = codec(columns={"id": WHOLE, "subscriptions": {"type": "array", "items": item}})
    told = {"email": "a@b.c", "status": "unsubscribed"}
    rows = [
        json.dumps({"id": number, "subscriptions": [each]}).encode()
        for number, each in enumerate([told, {"channel": "email", **told}])
    ]
    one, other = taken(made, rows)
    assert isinstance(one, Rejected)
    assert (one.rejection.code, one.rejection.path) == ("required", "$.subscriptions[0]")
    assert isinstance(other, Row) and other.profile == rows[1]


@pytest.mark.parametrize("null_values", ["omit", "send"])
@pytest.mark.parametrize(("needed", "others"), [(True, False), (False, True), (False, False)])
@pytest.mark.parametrize("name", SCHEMAS)
def test_each_way_that_takes_a_row_makes_the_same_of_it(
    name: str, needed: bool, others: bool, null_values: str
) -> None:
    """The last takes all that can be sent."""
    agree(codec(declared(name, needed=needed, others=others), null_values=null_values))


@pytest.mark.parametrize("to", ["own", "email", "tags", "_sex"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_each_way_that_maps_a_row_makes_the_same_of_it(name: str, to: str) -> None:
    fields = [
        FieldConfig("id", "id"),
        FieldConfig(to, "own"),
        FieldConfig("text", "own", type="string", cell=Cell(omits=True)),
    ]
    agree(codec(declared(name, needed=False, others=True), fields=fields))


def declared(name: str, *, needed: bool, others: bool) -> Any:
    """A stream's schema with this one of a column."""
    return {
        "type": "object",
        "properties": {"id": WHOLE, "own": SCHEMAS[name]},
        "required": ["id", "own"] if needed else ["id"],
        "additionalProperties": others,
        "definitions": DEFINITIONS,
    }


def agree(made: StreamCodec) -> None:
    ways = list(made._encoding._ways.encoders())
    rows: list[Any] = [{"id": 1}, {"id": None}, {"id": 1, "other": 1}, {"id": 1, "other": None}]
    rows += ({"id": 1, "own": each} for each in VALUES)
    for row in rows:
        *quick, last = [made_of(row, each) for each in ways]
        assert {each for each in quick if each is not None} <= {last}, row


def made_of(row: Any, way: Encoder) -> bytes | None:
    try:
        (made,) = way.encode(Originals([json.dumps(row, separators=(",", ":")).encode()])).rows()
    except FAULTS:
        return None
    return made.profile
