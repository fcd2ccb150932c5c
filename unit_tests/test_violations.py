"""What is said of a violation: where, which rule, what is wanted, and never what was met."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.violations import MAX_SENTENCE, Violation, first_violation, json_path

CANARY, NUMBER = "canary-7f3a", 731946250817
DRAFT_04, DRAFT_2019 = (
    "http://json-schema.org/draft-04/schema#",
    "https://json-schema.org/draft/2019-09/schema",
)
EITHER = {"type": "object", "properties": {"b": {"type": "integer"}}, "required": ["b"]}
BY_MODE = [
    {"required": ["mode"], "properties": {"mode": {"const": "plain"}}},
    {
        "required": ["mode", "name"],
        "properties": {"mode": {"const": "named"}, "name": {"type": "string"}},
    },
]


def violation(schema: dict[str, Any], instance: Any) -> Violation:
    found = first_violation(instance, schema)
    assert found is not None
    return found


SENTENCES = [
    ({"required": ["a"]}, {}, "required", "a must be there"),
    ({"required": ["a", "b", "c"]}, {"b": CANARY}, "required", "a and c must be there"),
    ({"type": "string"}, NUMBER, "type", "must be string, not integer"),
    ({"type": ["string", "null"]}, 1.5, "type", "must be string or null, not number"),
    ({"type": "integer"}, True, "type", "must be integer, not boolean"),
    ({"type": "integer"}, CANARY, "type", "must be integer, not string"),
    ({"type": "object"}, [CANARY], "type", "must be object, not array"),
    ({"type": "array"}, {CANARY: 1}, "type", "must be array, not object"),
    ({"type": "array"}, None, "type", "must be array, not null"),
    ({"const": "vip"}, CANARY, "const", "must be one of vip"),
    ({"enum": ["basic", "pro", 3]}, CANARY, "enum", "must be one of basic, pro, 3"),
    ({"minimum": 3}, 1, "minimum", "does not satisfy minimum: 3"),
    (
        {"exclusiveMaximum": 0.5},
        NUMBER,
        "exclusiveMaximum",
        "does not satisfy exclusiveMaximum: 0.5",
    ),
    ({"multipleOf": 7}, NUMBER, "multipleOf", "does not satisfy multipleOf: 7"),
    ({"minLength": 99}, CANARY, "minLength", "does not satisfy minLength: 99"),
    ({"pattern": "^[0-9]+$"}, CANARY, "pattern", "does not satisfy pattern: ^[0-9]+$"),
    ({"maxItems": 1}, [CANARY, NUMBER], "maxItems", "does not satisfy maxItems: 1"),
    ({"minProperties": 3}, {CANARY: NUMBER}, "minProperties", "does not satisfy minProperties: 3"),
    (
        {"additionalProperties": False},
        {CANARY: 1},
        "additionalProperties",
        "holds a key that is not allowed",
    ),
    (
        {"propertyNames": {"maxLength": 1}},
        {CANARY: 1},
        "maxLength",
        "does not satisfy maxLength: 1",
    ),
    ({"not": {"type": "string"}}, CANARY, "not", "does not satisfy not"),
    ({"contains": {"const": 1}}, [CANARY], "contains", "does not satisfy contains"),
    (
        {"dependencies": {CANARY: ["b"]}},
        {CANARY: 1},
        "dependencies",
        "does not satisfy dependencies",
    ),
    (
        {"if": {"type": "string"}, "then": {"maxLength": 1}},
        CANARY,
        "maxLength",
        "does not satisfy maxLength: 1",
    ),
    ({"allOf": [{}, {"maxLength": 1}]}, CANARY, "maxLength", "does not satisfy maxLength: 1"),
    (
        {"anyOf": [{"type": "integer"}, EITHER]},
        CANARY,
        "anyOf",
        "must be integer, not string or must be object, not string",
    ),
    (
        {"anyOf": [{"type": "integer"}, {"enum": ["on", "off"]}]},
        CANARY,
        "anyOf",
        "must be integer or one of on, off",
    ),
    (
        {"anyOf": [{"maximum": 6, "type": "integer"}, {"enum": ["on", "off"]}]},
        7,
        "anyOf",
        "does not satisfy maximum: 6 or must be one of on, off",
    ),
    (
        {"anyOf": [{"type": "integer"}, {"type": "integer"}]},
        CANARY,
        "anyOf",
        "must be integer, not string",
    ),
    (
        {"anyOf": [{"type": "integer"}, EITHER]},
        {"b": CANARY},
        "type",
        "must be integer, not string",
    ),
    ({"oneOf": [{"type": "string"}, {"minLength": 1}]}, CANARY, "oneOf", "does not satisfy oneOf"),
    ({"oneOf": BY_MODE}, {"mode": CANARY}, "oneOf", "mode must be one of plain, named"),
    ({"oneOf": BY_MODE}, {"mode": "named"}, "required", "name must be there"),
    ({"oneOf": BY_MODE}, {"mode": "named", "name": NUMBER}, "type", "must be string, not integer"),
    (
        {"$schema": DRAFT_04, "maximum": 3, "exclusiveMaximum": True},
        3,
        "maximum",
        "does not satisfy maximum: 3",
    ),
    (
        {"$schema": DRAFT_2019, "dependentRequired": {"a": ["b"]}},
        {"a": 1},
        "dependentRequired",
        "does not satisfy dependentRequired",
    ),
    (
        {"$schema": DRAFT_2019, "unevaluatedProperties": False},
        {CANARY: 1},
        "unevaluatedProperties",
        "holds a key that is not allowed",
    ),
]

A_STRING = {"type": "string"}
PATHS = [
    (A_STRING, 5, "$", "$"),
    ({"properties": {"a": A_STRING}}, {"a": 5}, "$.a", "$.a"),
    ({"properties": {"a": {"properties": {"b": A_STRING}}}}, {"a": {"b": 5}}, "$.a.b", "$.a.b"),
    ({"properties": {"a": {"items": A_STRING}}}, {"a": ["x", 5]}, "$.a[1]", "$.a[*]"),
    ({"items": {"items": A_STRING}}, [[], ["x", 5]], "$[1][1]", "$[*][*]"),
    ({"additionalProperties": A_STRING}, {CANARY: 5}, f"$.{CANARY}", "$.*"),
    ({"patternProperties": {"^canary": A_STRING}}, {CANARY: 5}, f"$.{CANARY}", "$.*"),
    (
        {"properties": {"a": {"additionalProperties": A_STRING}}},
        {"a": {CANARY: 5}},
        f"$.a.{CANARY}",
        "$.a.*",
    ),
    (
        {"additionalProperties": {"properties": {"b": A_STRING}}},
        {CANARY: {"b": 5}},
        f"$.{CANARY}.b",
        "$.*.b",
    ),
    (
        {"$ref": "#/definitions/a", "definitions": {"a": {"properties": {"b": A_STRING}}}},
        {"b": 5},
        "$.b",
        "$.b",
    ),
    ({"allOf": [{"properties": {"a": A_STRING}}]}, {"a": 5}, "$.a", "$.a"),
    ({"anyOf": [{"type": "integer"}, EITHER]}, {"b": CANARY}, "$.b", "$.b"),
    ({"properties": {"a": {"required": ["b"]}}}, {"a": {}}, "$.a", "$.a"),
    (
        {"properties": {"a b": {"properties": {"c.d": A_STRING}}}},
        {"a b": {"c.d": 5}},
        "$.a b.c.d",
        "$.a b.c.d",
    ),
    (
        {"properties": {"type": {"properties": {"enum": A_STRING}}}},
        {"type": {"enum": 5}},
        "$.type.enum",
        "$.type.enum",
    ),
]


def holding(canary: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values all of whose scalars and unnamed keys come from `canary`."""
    keys = st.sampled_from(["a", "b", CANARY])
    return st.recursive(
        canary,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=5,
    )


def with_parts(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = {
        **dict.fromkeys(
            (
                "additionalProperties",
                "items",
                "contains",
                "not",
                "propertyNames",
                "if",
                "then",
                "else",
            ),
            inner,
        ),
        "properties": st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
        "patternProperties": st.dictionaries(st.just("^canary"), inner, max_size=1),
        **dict.fromkeys(("anyOf", "oneOf", "allOf"), st.lists(inner, min_size=1, max_size=3)),
    }
    return st.fixed_dictionaries({}, optional=parts)


TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
LEAVES = st.one_of(
    st.builds(lambda kind: {"type": kind}, TYPES),
    st.builds(
        lambda limit: {
            "maximum": limit,
            "maxLength": limit,
            "maxItems": limit,
            "maxProperties": limit,
        },
        st.integers(0, 2),
    ),
    st.sampled_from(
        [
            {"const": 1},
            {"enum": ["a", None]},
            {"required": ["a"]},
            {"multipleOf": 2},
            {"uniqueItems": True},
        ]
    ),
)
SCHEMAS = st.recursive(LEAVES, with_parts, max_leaves=6)


@pytest.mark.parametrize(("schema", "instance", "rule", "message"), SENTENCES)
def test_sentence_says_what_is_wanted(
    schema: dict[str, Any], instance: Any, rule: str, message: str
) -> None:
    found = violation(schema, instance)
    assert (found.rule, found.message) == (rule, message)


@pytest.mark.parametrize(("schema", "instance", "path", "loggable"), PATHS)
def test_unnamed_keys_stand_as_stars(
    schema: dict[str, Any], instance: Any, path: str, loggable: str
) -> None:
    found = violation(schema, instance)
    assert (found.path, found.loggable_path) == (path, loggable)


@pytest.mark.parametrize("instance", [{"a": "x"}, {}, {"b": 5}])
def test_valid_instance_has_no_violation(instance: Any) -> None:
    assert first_violation(instance, {"properties": {"a": A_STRING}}) is None


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "x" * 1000},
        {"enum": list(range(1000))},
        {"required": [f"name{n}" for n in range(100)]},
    ],
)
def test_sentence_never_grows_long(schema: dict[str, Any]) -> None:
    assert len(violation(schema, {} if "required" in schema else CANARY).message) == MAX_SENTENCE


def test_nearest_alternative_is_the_one_meant() -> None:
    schema = {
        "anyOf": [
            {"type": "integer"},
            {"properties": {"a": {"properties": {"b": A_STRING}}}},
            {"required": ["c"]},
        ]
    }
    found = violation(schema, {"a": {"b": 5}})
    assert (found.path, found.message) == ("$.a.b", "must be string, not integer")


def test_format_alone_is_no_violation() -> None:
    assert first_violation(CANARY, {"format": "date-time"}) is None


def test_path_of_nothing_is_the_root() -> None:
    assert json_path([]) == "$"


def test_keys_of_alternatives_stay_hidden() -> None:
    schema = {
        "anyOf": [{"additionalProperties": {"const": 1}}, {"additionalProperties": {"const": 2}}]
    }
    assert CANARY not in violation(schema, {CANARY: 3}).message


@pytest.mark.parametrize(
    "schema", [{"properties": {"a": False}}, {"additionalProperties": {"allOf": [False]}}]
)
def test_forbidden_value_is_not_allowed(schema: dict[str, Any]) -> None:
    found = violation(schema, {"a": CANARY})
    assert (found.rule, found.message) == ("false", "is not allowed")


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_alternative_may_be_forbidden_outright(keyword: str) -> None:
    found = violation({keyword: [False, {"type": "integer"}]}, CANARY)
    assert "must be integer, not string" in found.message and "None" not in found.message


@given(SCHEMAS, holding(st.sampled_from([CANARY, NUMBER, NUMBER + 0.5])))
@settings(max_examples=200)
def test_message_never_holds_a_value(schema: dict[str, Any], instance: Any) -> None:
    found = first_violation(instance, schema)
    told = f"{found.rule} {found.message} {found.loggable_path}" if found else ""
    assert not any(canary in told for canary in (CANARY, str(NUMBER)))
