"""What takes Python for ever, or all memory, to explain: the decider says that, and less is said of
why.
"""

import tracemalloc
from typing import Any

import pytest

from destination_profiles.records import explainer
from destination_profiles.records.explainer import Explainer, is_heavy
from destination_profiles.records.validation import TOO_LARGE, RecordValidator
from destination_profiles.violations import Violation

LARGE = 200_000  # members: of each of these, a full explanation takes minutes or gigabytes
OBJECTS = [{"n": number} for number in range(LARGE)]
NUMBERS = list(range(LARGE))
PERSON = {
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
}
EVIL = "a" * 40 + "!"  # a pattern with nested repetitions tries all ways to part it


def violations(schema: dict[str, Any], instance: Any) -> list[Violation]:
    deciding = RecordValidator(schema, "schema")
    assert not deciding.is_valid(instance)
    return deciding.violations(instance)


def told(schema: dict[str, Any], instance: Any) -> list[tuple[str, str]]:
    return [(each.rule, each.path) for each in violations(schema, instance)]


def columns(**schemas: Any) -> dict[str, Any]:
    return {"type": "object", "properties": schemas}


UNIQUE = {"type": "array", "uniqueItems": True}
ANY_OF = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (UNIQUE, [*OBJECTS, OBJECTS[0]]),
        (ANY_OF, NUMBERS),
        ({"oneOf": [ANY_OF, {"items": PERSON}]}, OBJECTS),
        ({"items": {"anyOf": [{"type": "string"}, {"required": ["x"]}]}}, OBJECTS),
        ({"additionalProperties": {"type": "string"}}, {str(n): n for n in NUMBERS}),
        ({"maxLength": 5}, "x" * 10_000_000),
    ],
    ids=["unique", "anyOf", "oneOf", "items", "keys", "text"],
)
def test_large_column_is_named_and_no_more(schema: dict[str, Any], value: Any) -> None:
    tracemalloc.start()
    (found,) = violations(columns(a={"type": "integer"}, c=schema), {"a": 1, "c": value})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (found.rule, found.path, found.message) == ("size", "$.c", TOO_LARGE)
    assert peak < 20_000_000


def test_other_columns_are_explained_beside_a_large_one() -> None:
    schema = columns(a={"type": "integer"}, b={"type": "string"}, c=UNIQUE)
    assert told(schema, {"a": "x", "b": 5, "c": OBJECTS}) == [("type", "$.a"), ("type", "$.b")]
    assert told(schema, {"a": "x", "c": [*OBJECTS, OBJECTS[0]]}) == [
        ("type", "$.a"),
        ("size", "$.c"),
    ]


def test_key_that_is_missing_beside_a_large_column_is_told() -> None:
    schema = {**columns(a={"type": "integer"}), "required": ["id"]}
    (found,) = violations(schema, {"c": OBJECTS})
    assert (found.rule, found.path, found.message) == ("required", "$", "id must be there")


def test_what_is_missing_beside_a_large_column_is_told_whatever_a_row_may_be() -> None:
    assert told({"required": ["b"]}, {"a": OBJECTS}) == [("required", "$")]


def test_large_text_in_many_columns_is_explained_by_column() -> None:
    row = {f"c{number}": "x" * 5_000 for number in range(100)}
    schema = columns(c7={"type": "integer"}, c9={"maxLength": 10})
    assert told(schema, row) == [("type", "$.c7"), ("maxLength", "$.c9")]


def test_log_has_no_column_that_no_schema_names() -> None:
    (found,) = violations({"additionalProperties": {"type": "string"}}, {"secret": OBJECTS})
    assert (found.path, found.loggable_path) == ("$.secret", "$.*")


@pytest.mark.parametrize("instance", [OBJECTS, "x" * 10_000_000])
def test_what_is_no_object_is_told_as_a_whole(instance: Any) -> None:
    assert told({"type": "integer"}, instance) == [("size", "$")]


def test_members_that_are_the_same_are_told() -> None:
    members = [{"n": number, "m": [number]} for number in range(1_000)]
    assert told(columns(c=UNIQUE), {"c": [*members, {"m": [7], "n": 7}]}) == [
        ("uniqueItems", "$.c")
    ]


def test_members_that_differ_are_not_told_beside_another_fault() -> None:
    schema = columns(a={"type": "integer"}, b=UNIQUE, c={"uniqueItems": False}, d=UNIQUE)
    row = {"a": "x", "b": [{"n": 1}, {"n": 2}], "c": [1, 1], "d": "xx"}
    assert sorted(told(schema, row)) == [("type", "$.a"), ("type", "$.d")]
    same = [{"n": 1, "m": 2}, {"m": 2, "n": 1}]
    assert sorted(told(schema, {**row, "b": same, "d": []})) == [
        ("type", "$.a"),
        ("uniqueItems", "$.b"),
    ]


def test_work_ends_with_the_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explainer, "MOST_STEPS", 10)
    made = Explainer({"items": {"type": "string"}})
    assert len(list(made.errors([1] * 50))) == 9  # one step goes to `items`
    assert len(list(made.errors([1] * 50))) == 9


def test_decider_tells_the_rule_where_the_steps_do_not_suffice() -> None:
    deep: dict[str, Any] = {"type": "integer"}
    for _ in range(13):  # each level doubles the work, and the errors
        deep = {"anyOf": [{"items": deep}, {"items": deep}]}
    instance: Any = "x"
    for _ in range(13):
        instance = [instance]
    assert len(violations(columns(c=deep), {"c": instance})) == 1


@pytest.mark.parametrize("pattern", [r"^(a|a)*(?!c)$", r"^(\w+\s?)*(?<!x)$", "^(a+)+$"])
@pytest.mark.parametrize("place", ["value", "key", "other key"])
def test_no_pattern_is_tried_for_ever(pattern: str, place: str) -> None:
    schemas: dict[str, tuple[dict[str, Any], Any]] = {
        "value": (columns(c={"pattern": pattern}), {"c": EVIL}),
        "key": ({"propertyNames": {"pattern": pattern}}, {EVIL: 1}),
        "other key": (
            {"patternProperties": {pattern: {}}, "additionalProperties": False},
            {EVIL: 1},
        ),
    }
    assert violations(*schemas[place])


@pytest.mark.parametrize(
    ("value", "heavy"),
    [
        (5, False),
        ("x" * 70_000, False),
        ("x" * 90_000, True),
        (list(range(9_000)), False),
        ([[]] * 11_000, True),
        ({str(number): 1 for number in range(4_000)}, False),
        ({str(number): 1 for number in range(6_000)}, True),
        ({"x" * 90_000: 1}, True),
    ],
)
def test_weight_is_of_members_and_text(value: Any, heavy: bool) -> None:
    assert is_heavy(value) is heavy
