"""What the schema of a stream says of paths into its columns."""

import json
from decimal import Decimal
from typing import Any

import pytest

from destination_profiles.config import FieldConfig
from destination_profiles.errors import ConfigError
from destination_profiles.records.batch import Rejected
from destination_profiles.records.paths import GARBLED, MAX_REMEMBERED, Declared, JsonTexts, Walk
from destination_profiles.records.table import ABSENT
from unit_tests.records.streams import codec, profile, taken

OBJECT = {"type": ["null", "object"], "properties": {"city": {"type": ["null", "string"]}}}
COLUMNS: dict[str, Any] = {
    "address": OBJECT,
    "addresses": {"type": "array", "items": OBJECT},
    "open": {"type": "object", "additionalProperties": True, "properties": {"a": {}}},
    "bare": {"type": "object"},
    "either": {"oneOf": [{"type": "number"}, OBJECT]},
    "self": {"$ref": "#/definitions/person"},
    "text": {"type": "string"},
    "number": {"type": ["null", "number"]},
    "any": {},
    "address.zip": {"type": "integer"},
    "empty": {"type": "object", "properties": {}},
    "listed": {"type": "object", "properties": ["b"]},
    "patterns": {"type": "object", "properties": {"a": {}}, "patternProperties": {"^b": {}}},
    "escaped": {"$ref": "#/definitions/a~1b~0c"},
    "beyond": {"$ref": "#/definitions/person/type/x"},
    "elsewhere": {"$ref": "other.json#/definitions/person"},
    "no list": {"anyOf": {}},
}
PERSON = {"type": "object", "properties": {"boss": {"$ref": "#/definitions/person"}}}
DECLARED = Declared({"properties": COLUMNS, "definitions": {"person": PERSON, "a/b~c": OBJECT}})

KINDS: list[tuple[str, str, set[str] | None]] = [
    ("address", "city", {"string"}),
    ("address", "town", set()),
    ("address", "city.x", None),
    ("addresses", "0.city", {"string"}),
    ("addresses", "city", {"string"}),
    ("addresses", "0.town", set()),
    ("open", "b", None),
    ("bare", "b", None),
    ("either", "city", {"string"}),
    ("either", "town", set()),
    ("self", "boss.boss", {"object"}),
    ("self", "boss.name", set()),
    ("text", "a.b", None),
    ("number", "a", set()),
    ("any", "a", None),
    ("unknown", "a", None),
    ("empty", "b", None),
    ("listed", "b", None),
    ("patterns", "b", None),
    ("escaped", "town", set()),
    ("beyond", "a", None),
    ("elsewhere", "name", None),
    ("no list", "a", None),
]


@pytest.mark.parametrize(("column", "path", "kinds"), KINDS)
def test_schema_says_where_a_path_leads(column: str, path: str, kinds: set[str] | None) -> None:
    assert DECLARED.kinds(column, path.split(".")) == kinds


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("0.city", "A"),
        ("2.city", "C"),
        ("3.city", ABSENT),
        ("1.city", ABSENT),
        ("city", ["A", "C"]),
        ("0.city.x", ABSENT),
    ],
)
def test_path_leads_through_an_array(path: str, found: Any) -> None:
    walk = Walk(path.split("."), JsonTexts(exactly=False))
    assert walk([{"city": "A"}, {"town": "B"}, '{"city":"C"}']) == found


def test_members_of_members_come_together() -> None:
    walk = Walk(["tags"], JsonTexts(exactly=False))
    assert walk([{"tags": ["a"]}, {"tags": ["b", "c"]}, {"tags": "d"}]) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("schema", [None, True, [], {}, {"properties": []}])
def test_schema_of_another_form_names_no_columns(schema: Any) -> None:
    assert Declared(schema).columns == {}


def test_schema_that_leads_into_itself_ends() -> None:
    circle = {
        "properties": {"a": {"$ref": "#/definitions/a"}},
        "definitions": {"a": {"$ref": "#/definitions/a"}},
    }
    assert Declared(circle).kinds("a", ["b"]) is None


def test_path_that_leads_nowhere_is_told_at_the_start() -> None:
    with pytest.raises(ConfigError) as raised:
        codec(columns=COLUMNS, fields=[FieldConfig("id", "address.town.name")])
    assert raised.value.message == (
        "The path address.town.name leads nowhere: by the schema of the stream users address has "
        "no town."
    )


def test_column_with_dots_is_found_by_its_name() -> None:
    made = codec(
        columns=COLUMNS, fields=[FieldConfig("id", "address.zip"), FieldConfig("c", "address.city")]
    )
    assert profile(made, {"address.zip": 5, "address": {"zip": 6, "city": "Rome"}}) == {
        "id": 5,
        "c": "Rome",
    }


def test_longest_name_is_the_column() -> None:
    made = codec(columns={"a": {}, "a.b": {}}, fields=[FieldConfig("id", "a.b.c")])
    assert profile(made, {"a": {"b": {"c": 1}}, "a.b": {"c": 2}}) == {"id": 2}


def test_column_of_the_whole_name_goes_first() -> None:
    made = codec(fields=[FieldConfig("id", "a.b")])
    assert profile(made, {"a": {"b": 1}, "a.b": 2}) == {"id": 2}
    assert profile(made, {"a": {"b": 1}}) == {"id": 1}


def test_text_is_parsed_once() -> None:
    texts = JsonTexts(exactly=False)
    assert texts['{"a":1.50}'] is texts['{"a":1.50}']
    assert (texts["Rome"], texts["{"], texts['"a"']) == (ABSENT, GARBLED, ABSENT)


@pytest.mark.parametrize(("exactly", "number"), [(True, Decimal("1.50")), (False, 1.5)])
def test_numbers_of_a_text_keep_their_digits_where_these_count(exactly: bool, number: Any) -> None:
    (found,) = JsonTexts(exactly=exactly)['{"a":1.50}'].values()
    assert (str(found), type(found)) == (str(number), type(number))


def test_few_texts_are_remembered() -> None:
    texts = JsonTexts(exactly=False)
    for number in range(3 * MAX_REMEMBERED):
        assert texts[f'{{"a":{number}}}'] == {"a": number}
    assert len(texts) <= MAX_REMEMBERED


EXACT = [  # of a column: its schema, JSON, and the text that is sent
    ({"type": "number"}, b"19.90", "19.90"),
    ({"type": "number"}, b"77.0", "77"),
    ({"type": "number"}, b"1.0E16", "10000000000000000"),
    ({"type": "number"}, b"12345678901234567890.5", "12345678901234567890.5"),
    ({"type": ["null", "number", "string"]}, b'"19.90"', "19.90"),
    ({}, b"19.90", "19.90"),
    ({"type": "string"}, b"19.90", "19.9"),
]


@pytest.mark.parametrize(("column", "value", "expected"), EXACT)
@pytest.mark.parametrize("wire", ["json", "xml"])
def test_text_has_the_digits_that_came(column: Any, value: bytes, expected: str, wire: str) -> None:
    fields = [FieldConfig("id", "id"), FieldConfig("a", "n", type="string")]
    made = codec(columns={"id": {}, "n": column}, fields=fields, wire_format=wire)
    record = b'{"id":1,"n":%b}' % value
    (taken,) = [batch.row(0) for batch in made.take([record])]  # type: ignore[union-attr]
    assert expected in taken.profile.decode()
    assert f"{expected}0" not in taken.profile.decode()


def test_column_that_goes_on_as_it_is_stays_a_number() -> None:
    fields = [FieldConfig("id", "id"), FieldConfig("a", "n", type="string"), FieldConfig("b", "n")]
    made = codec(columns={"id": {}, "n": {"type": "number"}}, fields=fields)
    assert profile(made, b'{"id":1,"n":19.90}') == {"id": 1, "a": "19.9", "b": 19.9}


@pytest.mark.parametrize("kind", ["string", "tags"])
@pytest.mark.parametrize("number", ["1e400", "1e-400", "-1e-999999999", "1e-99999999999999999999"])
def test_number_beyond_a_double_is_told(kind: str, number: str) -> None:
    """In digits, one that is near enough to zero fills all memory."""
    fields = [FieldConfig("id", "id"), FieldConfig("a", "n", type=kind)]
    made = codec(columns={"id": {}, "n": {"type": "number"}}, fields=fields)
    other = {"id": 2, "n": 19.5}
    found, sent = taken(made, [b'{"id":1,"n":%b}' % number.encode(), json.dumps(other).encode()])
    assert isinstance(found, Rejected)
    assert (found.rejection.code, found.rejection.path) == ("number", "$.n")
    assert json.loads(found.original) == {"id": 1, "n": number}
    assert sent.original == json.dumps(other).encode()


@pytest.mark.parametrize("number", ["5e-324", "-0.0", "0e5", "1.7976931348623157e308"])
def test_number_that_a_double_is_keeps_its_digits(number: str) -> None:
    fields = [FieldConfig("id", "id"), FieldConfig("a", "n", type="string")]
    made = codec(columns={"id": {}, "n": {"type": "number"}}, fields=fields)
    text = profile(made, b'{"id":1,"n":%b}' % number.encode())["a"]
    assert (float(text), "e" in text) == (float(number), False)


@pytest.mark.parametrize("number", ["1e-999999999", "1e-99999999999999999999"])
def test_text_of_json_with_such_a_number_is_told(number: str) -> None:
    fields = [FieldConfig("id", "id"), FieldConfig("a", "n.x", type="string")]
    rows = [b'{"id":%d,"n":%s}' % (at, text) for at, text in enumerate([b"null", b"1", b'"1"'])]
    text = json.dumps(f'{{"x":{number}}}').encode()
    found = taken(codec(fields=fields), [*rows, b'{"id":9,"n":%b}' % text])
    assert [getattr(each, "rejection", None) for each in found[:3]] == [None] * 3
    assert found[3].rejection.path == "$.n.x"


def test_names_that_no_struct_has_keep_their_digits() -> None:
    fields = [FieldConfig("id", "id"), FieldConfig("a", 'n"', type="string"), FieldConfig("b", "m")]
    made = codec(columns={"id": {}, 'n"': {}, "m": {}}, fields=fields)
    assert profile(made, b'{"id":1,"n\\"":19.90,"m":19.90}') == {"id": 1, "a": "19.90", "b": 19.9}
