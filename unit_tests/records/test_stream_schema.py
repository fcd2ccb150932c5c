"""What is asked of rows: Airbyte's rules over JSON Schema, and parts that cannot be used."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from destination_profiles.records.drafts import compiled
from destination_profiles.records.stream_schema import nullable, stream_schema

DRAFT = {
    "3": "http://json-schema.org/draft-03/schema#",
    "4": "http://json-schema.org/draft-04/schema#",
    "6": "http://json-schema.org/draft-06/schema#",
    "7": "http://json-schema.org/draft-07/schema#",
    "2019": "https://json-schema.org/draft/2019-09/schema",
    "2020": "https://json-schema.org/draft/2020-12/schema",
}
TEXT = {"type": "string"}


def takes(schema: Any, instance: Any, uses: Any = None) -> bool:
    return bool(compiled(stream_schema(schema, uses).schema).is_valid(instance))


def columns(**schemas: Any) -> dict[str, Any]:
    return {"type": "object", "properties": schemas}


NULLABLE = [
    TEXT,
    {"type": "integer", "minimum": 5},
    {"type": "string", "enum": ["a"]},
    {"enum": ["a", 1]},
    {"const": "a"},
    {"not": {"type": "null"}},
    {"anyOf": [TEXT, {"type": "integer"}]},
    {"oneOf": [TEXT, {"type": "integer"}]},
    {"allOf": [TEXT, {"minLength": 3}]},
    {"type": "array", "items": TEXT},
    {"type": "object", "required": ["b"]},
    {"$ref": "#/definitions/text"},
    False,
]


@pytest.mark.parametrize("column", NULLABLE, ids=repr)
def test_null_satisfies_a_column_that_need_not_be_there(column: Any) -> None:
    schema = {**columns(a=column), "definitions": {"text": TEXT}}
    assert takes(schema, {"a": None})
    whole = {**columns(outer=schema), "definitions": schema["definitions"]}
    assert takes(whole, {"outer": {"a": None}})


@pytest.mark.parametrize("column", [each for each in NULLABLE if each is not False], ids=repr)
def test_null_is_no_value_of_a_required_column(column: Any) -> None:
    schema = {**columns(a=column), "definitions": {"text": TEXT}, "required": ["a"]}
    assert not takes(schema, {"a": None})
    assert not takes({"items": schema, "definitions": schema["definitions"]}, [{"a": None}])


@pytest.mark.parametrize(
    ("schema", "instance", "expected"),
    [
        (columns(a={"items": columns(b=TEXT)}), {"a": [{"b": None}]}, True),
        (columns(a={"items": TEXT}), {"a": [None]}, False),
        (columns(a={"additionalProperties": TEXT}), {"a": {"x": None}}, True),
        (columns(a={"additionalProperties": TEXT, "required": ["x"]}), {"a": {"x": None}}, False),
        (columns(a={"patternProperties": {"^x": TEXT}}), {"a": {"xy": None}}, True),
        (columns(a={"oneOf": [TEXT, {"type": ["string", "null"]}]}), {"a": "x"}, True),
        (columns(a={"oneOf": [TEXT, {"type": "integer"}]}), {"a": 1.5}, False),
        (columns(a={"oneOf": [TEXT], "anyOf": [{"minLength": 2}]}), {"a": "x"}, False),
        (columns(a={"type": ["null", "string"], "enum": ["x"]}), {"a": None}, True),
        ({"items": {"type": ["null", "string"], "enum": ["x"]}}, [None, "x"], True),
        ({"items": {"type": ["null", "string"], "enum": ["x"]}}, ["y"], False),
        ({"if": columns(a=TEXT), "then": {"required": ["b"]}}, {"a": None}, True),
        ({"not": columns(a=TEXT)}, {"a": None}, True),
    ],
)
def test_airbytes_rules_hold_at_any_depth(schema: Any, instance: Any, expected: bool) -> None:
    assert takes(schema, instance) is expected


UNUSABLE = [
    ({"type": "datetime"}, ".type"),
    ({"type": ["null", "datetime"]}, ".type"),
    ({"type": ["string", "string"]}, ".type"),
    ({"type": 5}, ".type"),
    ({"items": []}, ".items"),
    ({"pattern": "(?P<name>a)"}, ".pattern"),
    ({"pattern": "("}, ".pattern"),
    ({"description": 5}, ".description"),
    ({"required": True}, ".required"),
    ({"properties": 5}, ".properties"),
    ({"properties": {"x": 5}}, ".properties.x"),
    ({"multipleOf": 0}, ".multipleOf"),
    ({"minimum": "5"}, ".minimum"),
    ({"anyOf": []}, ".anyOf"),
    ({"allOf": [TEXT, 5]}, ".allOf"),
    ({"allOf": [{"type": "strings", "minLength": 1}]}, ".allOf[0].type"),
    ({"dependencies": {"b": 5}}, ".dependencies.b"),
    ({"$ref": "#/definitions/nowhere"}, ".$ref"),
    ({"$ref": "user.json"}, ".$ref"),
    ({"$ref": "WellKnownTypes.json#/definitions/String"}, ".$ref"),
    ({"$ref": "https://example.com/other.json"}, ".$ref"),
    ({"$ref": 5}, ".$ref"),
]


@pytest.mark.parametrize(("part", "place"), UNUSABLE, ids=repr)
def test_unusable_part_is_anything_and_has_its_place(part: Any, place: str) -> None:
    found = stream_schema(columns(a=part, b=TEXT))
    assert found.faults == (f"$.properties.a{place}",)
    is_valid = compiled(found.schema).is_valid
    assert all(is_valid({"a": value}) for value in (None, 5, "x", [1], {"x": [{}]}))
    assert not is_valid({"b": 5})


@pytest.mark.parametrize("schema", [None, [], "text", 5, False, {"$schema": 5}], ids=repr)
def test_what_is_no_schema_takes_anything(schema: Any) -> None:
    found = stream_schema(schema)
    assert (found.schema, len(found.faults)) == ({}, 1)


def test_every_unusable_part_is_named() -> None:
    schema = columns(**{f"c{number}": part for number, (part, _) in enumerate(UNUSABLE)})
    assert len(stream_schema(schema).faults) == len(UNUSABLE)


def test_schema_nested_beyond_reading_takes_anything() -> None:
    schema: Any = TEXT
    for _ in range(5000):
        schema = {"items": schema}
    assert stream_schema(schema).schema == {}


@pytest.mark.parametrize(
    "schema",
    [
        {**columns(a={"$ref": "#/definitions/n"}), "definitions": {"n": {"type": "integer"}}},
        {**columns(a={"$ref": "#/$defs/n"}), "$defs": {"n": {"type": "integer"}}},
        {**columns(a={"$ref": "#n"}), "definitions": {"x": {"$id": "#n", "type": "integer"}}},
        {
            **columns(a={"$ref": "#n"}),
            "definitions": {"x": {"anyOf": [TEXT, {"$id": "#n", "type": "integer"}]}},
        },
        {
            **columns(a={"$ref": "#n"}),
            "$schema": DRAFT["2019"],
            "$defs": {"x": {"$anchor": "n", "type": "integer"}},
        },
        columns(a={"$ref": "#/properties/b"}, b={"type": "integer"}),
        {
            **columns(a={"$ref": "#/definitions/a~1b%25~0c"}),
            "definitions": {"a/b%~c": {"type": "integer"}},
        },
        columns(a={"$ref": "#/properties/b/allOf/0"}, b={"allOf": [{"type": "integer"}]}),
        {**columns(a={"$ref": "#/definitions/0"}), "definitions": {"0": {"type": "integer"}}},
    ],
    ids=repr,
)
def test_reference_into_the_schema_itself_works(schema: Any) -> None:
    assert takes(schema, {"a": 5}) and not takes(schema, {"a": "x"})
    assert takes(schema, {"a": 5}, {"a": [()]}) and not takes(schema, {"a": "x"}, {"a": [()]})


@pytest.mark.parametrize("names", ["ac", "ca"])
@pytest.mark.parametrize("wrap", [lambda each: each, lambda each: {"anyOf": [False, each]}])
def test_one_part_is_meant_as_it_is_written_and_as_airbyte_means_it(
    names: str, wrap: Callable[[Any], Any]
) -> None:
    """To take null inside of `not` would be to take less."""
    part = {"$ref": "#/definitions/n"}
    asked = {"a": {"not": wrap(part)}, "c": part}
    schema = {
        **columns(**{name: asked[name] for name in names}),
        "required": ["a", "c"],
        "definitions": {"n": columns(b=TEXT)},
    }
    assert takes(schema, {"a": {"b": None}, "c": {"b": None}})
    assert not takes(schema, {"a": {"b": "x"}, "c": {"b": None}})
    assert not takes(schema, {"a": {"b": None}, "c": {"b": 5}})


@pytest.mark.parametrize("keyword", ["enum", "const"])
def test_value_that_looks_like_a_reference_is_a_value(keyword: str) -> None:
    value = {"$ref": "#/definitions/nowhere"}
    asked = {"not": {keyword: [value] if keyword == "enum" else value}}
    found = stream_schema(columns(a=asked))
    assert found.faults == ()
    assert takes(columns(a=asked), {"a": 5})
    assert not takes(columns(a=asked), {"a": value})


def test_fault_behind_the_name_of_a_part_has_its_place() -> None:
    part = {"$id": "#n", **columns(b={"$ref": "#/definitions/nowhere"})}
    schema = {**columns(a={"$ref": "#n"}), "definitions": {"x": {"anyOf": [TEXT, part]}}}
    assert stream_schema(schema).faults == ("$.definitions.x.anyOf[1].properties.b.$ref",)


def test_reference_to_a_file_is_never_read(tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text('{"type": "string"}')
    found = stream_schema({"$ref": (tmp_path / "other.json").as_uri()})
    assert (found.schema, found.faults) == ({}, ("$.$ref",))


def test_schema_may_refer_to_itself() -> None:
    schema = columns(child={"$ref": "#"}, name=TEXT)
    assert takes(schema, {"child": {"child": {"name": None, "child": None}}})
    assert not takes(schema, {"child": {"child": {"name": 5}}})


IF_THEN = {"if": {"required": ["a"]}, "then": {"required": ["b"]}}
DIALECTS = [
    ({"$schema": DRAFT["4"], "maximum": 3, "exclusiveMaximum": True}, 3, False),
    ({"$schema": DRAFT["4"], "const": 1}, 2, True),
    ({"$schema": DRAFT["6"], "exclusiveMaximum": 3}, 3, False),
    ({"$schema": DRAFT["6"], **IF_THEN}, {"a": 1}, True),
    ({"$schema": DRAFT["7"], **IF_THEN}, {"a": 1}, False),
    ({"$schema": DRAFT["7"].rstrip("#"), **IF_THEN}, {"a": 1}, False),
    ({"$schema": DRAFT["7"], "dependentRequired": {"a": ["b"]}}, {"a": 1}, True),
    ({"$schema": DRAFT["2019"], "dependentRequired": {"a": ["b"]}}, {"a": 1}, False),
    ({"$schema": DRAFT["2019"], "prefixItems": [TEXT]}, [1], True),
    ({"$schema": DRAFT["2020"], "prefixItems": [TEXT]}, [1], False),
    (IF_THEN, {"a": 1}, False),
    ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, True),
    ({"$schema": "https://example.com/schema-of-our-own", **IF_THEN}, {"a": 1}, False),
    ({"$schema": DRAFT["3"], **IF_THEN}, {"a": 1}, False),
]


@pytest.mark.parametrize(("schema", "instance", "expected"), DIALECTS)
def test_schema_is_read_in_its_draft(schema: dict[str, Any], instance: Any, expected: bool) -> None:
    assert takes(schema, instance) is expected


# What is used of a row

USED = columns(a=TEXT, b=columns(c={"type": "integer"}, d=TEXT), e={"type": "boolean"})


@pytest.mark.parametrize(
    ("uses", "row", "expected"),
    [
        ({}, {"a": 5, "b": 5, "e": 5}, True),
        ({"a": [()]}, {"a": "x", "b": 5}, True),
        ({"a": [()]}, {"a": 5}, False),
        ({"b": [("c",)]}, {"b": {"c": 1, "d": 5}}, True),
        ({"b": [("c",)]}, {"b": {"c": "x"}}, False),
        ({"b": [("c",)]}, {"b": "x"}, False),
        ({"b": [("c",)]}, {"b": None}, True),
        ({"b": [("c",), ()]}, {"b": {"c": 1, "d": 5}}, False),
        ({"b": [("x",)]}, {"b": {"c": "x", "x": 5}}, True),
        ({"x": [()]}, {"x": 5, "a": 5}, True),
    ],
)
def test_only_what_is_used_is_asked(uses: Any, row: Any, expected: bool) -> None:
    assert takes(USED, row, uses) is expected


def test_required_column_is_asked_where_it_is_used() -> None:
    schema = {**USED, "required": ["a", "e"]}
    assert takes(schema, {"e": 5}, {"b": [()]})
    assert not takes(schema, {}, {"a": [()]})
    assert not takes(schema, {"a": None}, {"a": [()]})


INSIDE = columns(
    a={
        **columns(b=TEXT, c={"type": "integer"}, d={**columns(e=TEXT, f=TEXT), "required": ["e"]}),
        "required": ["b", "d"],
    }
)


@pytest.mark.parametrize(
    ("paths", "value", "expected"),
    [
        ([("b",)], {"b": "x"}, True),
        ([("b",)], {}, False),
        ([("b",)], {"b": None}, False),
        ([("b",)], {"b": "x", "c": "x", "d": 5}, True),
        ([("c",)], {}, True),
        ([("c",)], {"c": None}, True),
        ([("c",)], {"c": "x"}, False),
        ([("b",), ("c",)], {"b": "x", "c": "x"}, False),
        ([("d", "e")], {"d": {"e": "x", "f": 5}}, True),
        ([("d", "e")], {"d": {}}, False),
        ([("d", "e")], {"d": {"e": None}}, False),
        ([("d", "f")], {"d": {}}, True),
        ([("d", "f")], {"d": {"f": None}}, True),
        ([("d", "f")], {"d": {"f": 5}}, False),
        ([("d", "f")], {}, False),
        ([("d", "e"), ("d", "f")], {"d": {"e": "x", "f": 5}}, False),
        ([("d", "e"), ("c",)], {"d": {"e": "x"}, "c": "x"}, False),
    ],
)
def test_only_what_is_used_is_asked_inside_a_column(paths: Any, value: Any, expected: bool) -> None:
    assert takes(INSIDE, {"a": value}, {"a": paths}) is expected


def test_part_of_a_column_with_alternatives_is_asked_as_a_whole() -> None:
    either = {"anyOf": [columns(c=TEXT), {"required": ["d"]}]}
    schema = columns(a={**columns(b=TEXT), **either})
    assert takes(schema, {"a": {"b": "x"}}, {"a": [("b",)]})
    assert not takes(schema, {"a": {"b": "x", "c": 5}}, {"a": [("b",)]})


def test_fault_inside_a_column_has_its_place() -> None:
    schema = columns(a=columns(b=columns(c={"$ref": "#/definitions/nowhere"})))
    assert stream_schema(schema, {"a": [("b", "c")]}).faults == (
        "$.properties.a.properties.b.properties.c.$ref",
    )


def test_fault_in_an_unused_column_is_told_too() -> None:
    found = stream_schema(columns(a=TEXT, b={"type": "datetime"}), {"a": [()]})
    assert found.faults == ("$.properties.b.type",)


@given(st.sampled_from(NULLABLE), st.none() | st.booleans() | st.integers() | st.text())
def test_nullable_adds_null_and_nothing_else(schema: Any, value: Any) -> None:
    if isinstance(schema, dict) and "$ref" in schema:
        schema = TEXT
    before = False if schema is False else compiled({"allOf": [schema]}).is_valid(value)
    assert compiled({"allOf": [nullable(schema)]}).is_valid(value) is (value is None or before)
