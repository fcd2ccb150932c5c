"""Which types prove which schemas, and which schemas no type proves."""

from typing import Annotated, Any, Literal

import msgspec
import pytest

from destination_profiles.records.keywords import Uncertain
from destination_profiles.records.proof import Proof

TEXT = {"type": "string"}
LARGE = 2**63


def decodes(schema: Any, value: str, definitions: Any = None) -> bool:
    try:
        msgspec.json.decode(value, type=Proof(definitions).type_of(schema))
    except (ValueError, RecursionError):
        return False
    return True


def meta(kind: Any, **constraints: int) -> Any:
    return Annotated[kind, msgspec.Meta(**constraints)]


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        (TEXT, str),
        ({"type": ["null", "string"]}, None | str),
        ({"type": "integer"}, int),
        ({"type": "number"}, int | float),
        ({"type": "boolean"}, bool),
        ({"type": "array"}, list[Any]),
        ({"type": "array", "items": TEXT}, list[str]),
        ({"type": "object"}, dict[str, Any]),
        ({"type": "object", "additionalProperties": TEXT}, dict[str, str]),
        ({**TEXT, "minLength": 1, "maxLength": 3}, meta(str, min_length=1, max_length=3)),
        ({**TEXT, "minLength": 2.0}, meta(str, min_length=2)),
        ({"allOf": [TEXT, {"minLength": 1}, {"minLength": 4}]}, meta(str, min_length=4)),
        ({"allOf": [TEXT, {"maxLength": 9}, {"maxLength": 4}]}, meta(str, max_length=4)),
        ({"type": "integer", "minimum": -1, "maximum": 6}, meta(int, ge=-1, le=6)),
        ({"type": "integer", "exclusiveMinimum": 0}, meta(int, gt=0)),
        ({"type": "integer", "minimum": LARGE - 1}, meta(int, ge=LARGE - 1)),
        ({"type": "integer", "minimum": -LARGE}, meta(int, ge=-LARGE)),
        ({"type": "string", "enum": ["a", "b", "a"]}, Literal["a", "b"]),
        ({"enum": [LARGE - 1, -LARGE]}, Literal[LARGE - 1, -LARGE]),  # type: ignore[valid-type]
        ({"enum": [True, False]}, bool),
        ({"type": "boolean", "enum": [None, True, False]}, bool),
        ({"const": None}, None.__class__),
        ({"type": "array", "minItems": 1, "items": TEXT}, meta(list[str], min_length=1)),
        ({"type": "array", "uniqueItems": False}, list[Any]),
        ({"type": "integer", "maxLength": 2, "pattern": "a"}, int),
        ({"if": TEXT, "then": {"maxLength": 1}, "type": "integer"}, int),
        ({"anyOf": [{"maxLength": 1}, {}], "type": "string"}, str),
    ],
    ids=repr,
)
def test_type_of_a_schema(schema: Any, kind: Any) -> None:
    assert Proof().type_of(schema) == kind


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {**TEXT, "pattern": "^a"},
        {"type": "integer", "minimum": 0.5},
        {"type": "integer", "minimum": LARGE},
        {"type": "integer", "maximum": -LARGE - 1},
        {"type": "integer", "minimum": 0, "exclusiveMinimum": 0},
        {"type": "integer", "maximum": 5, "exclusiveMaximum": 4},
        {"type": "integer", "multipleOf": 2},
        {"enum": [LARGE]},
        {"enum": [True]},
        {"enum": [1.5]},
        {"enum": [["a"], {"b": 1}]},
        {"type": "string", "enum": ["a"], "minLength": 1},
        {"type": "array", "uniqueItems": True},
        {"type": "array", "items": [TEXT]},
        {"type": "array", "contains": TEXT},
        {"type": "object", "minProperties": 1},
        {"type": "object", "properties": {'quoted"': {}}},
        {"type": "object", "properties": {"a": {"not": {}}}, "required": ["a"]},
        {"not": TEXT},
        {"type": "string", "unknownKeyword": 1},
        {"$ref": "#/definitions/loop"},
    ],
    ids=repr,
)
def test_no_type_is_certain(schema: Any) -> None:
    with pytest.raises(Uncertain):
        Proof({"loop": {"allOf": [{"$ref": "#/definitions/loop"}]}}).type_of(schema)


PERSON = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "name": TEXT, "odd": {"pattern": "x"}},
    "required": ["id"],
}
CASES = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"enum": ["a", "b"]}, "n": {"type": "integer"}},
    "allOf": [
        {"if": {"properties": {"kind": {"const": "a"}}}, "then": {"required": ["n"]}},
        {"if": {"properties": {"kind": {"const": "b"}}}, "else": {"properties": {"m": TEXT}}},
    ],
}
EITHER = {
    "type": "object",
    "properties": {"a": TEXT, "b": TEXT},
    "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (PERSON, '{"id":1}', True),
        (PERSON, '{"id":1,"name":"x"}', True),
        (PERSON, '{"id":1,"name":5}', False),
        (PERSON, '{"name":"x"}', False),
        (PERSON, '{"id":1,"odd":5}', True),
        (PERSON, '{"id":1,"odd":"x"}', False),
        (PERSON, '{"id":1,"other":5}', False),
        (CASES, '{"kind":"a","n":1}', True),
        (CASES, '{"kind":"a","n":1,"m":"x"}', True),
        (CASES, '{"kind":"a","n":1,"m":5}', False),
        (CASES, '{"kind":"a"}', False),
        (CASES, '{"kind":"b"}', True),
        (CASES, '{"kind":"b","m":5}', False),
        (CASES, '{"kind":"c"}', False),
        (CASES, '{"n":1}', False),
        (EITHER, '{"a":"x"}', True),
        (EITHER, '{"b":"x"}', True),
        (EITHER, '{"a":"x","b":"y"}', True),
        (EITHER, "{}", False),
        ({"items": {"$ref": "#/definitions/p"}, "type": "array"}, '[{"id":1}]', True),
        ({"items": {"$ref": "#/definitions/p"}, "type": "array"}, '[{"id":"x"}]', False),
    ],
)
def test_objects_are_proven_member_by_member(schema: Any, value: str, expected: bool) -> None:
    assert decodes(schema, value, {"p": PERSON}) is expected


def test_alternatives_of_members_that_are_declared_are_enough() -> None:
    declared = {"type": "object", "properties": {"a": TEXT}}
    either = {"anyOf": [{"properties": {name: TEXT}, "required": [name]} for name in "ab"]}
    kind = Proof().type_of(declared, either)
    assert msgspec.json.decode('{"a":"x"}', type=kind).field_0 == "x"
    with pytest.raises(msgspec.ValidationError, match="missing required field `a`"):
        msgspec.json.decode("{}", type=kind)
