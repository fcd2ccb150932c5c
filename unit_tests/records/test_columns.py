"""A column is read as its cells are, one by one, whichever quick way it takes."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from destination_profiles.cells import CLEANED, Cell
from destination_profiles.config import FieldConfig
from destination_profiles.conversion import CannotConvert, Form, conversions
from destination_profiles.errors import ConfigError, InvalidRecord
from destination_profiles.records.columns import Columns
from destination_profiles.records.paths import Declared
from destination_profiles.records.table import ABSENT, Dicts

BERLIN = ZoneInfo("Europe/Berlin")
BEYOND = {"type": "object", "properties": {"b": {"type": "object", "properties": {"c": {}}}}}
KINDS = [None, *conversions(UTC, Form())]
CELLS = {
    "usual": Cell(),
    "cleaned": Cell(clean=tuple(CLEANED)),
    "named": Cell(values=(("a", "A"), ("1", "one"), ("*", "other"))),
    "cleaned and named": Cell(clean=tuple(CLEANED), values=(("a", "A"), ("*", "other"))),
    "with a comma": Cell(form=Form(decimal=",")),
    "of a country": Cell(form=Form(region="DE", code_without_plus=True)),
    "by a form": Cell(form=Form(formats=("%d.%m.%Y", "%s"))),
    "parted": Cell(form=Form(separator=";")),
}
COLUMNS: dict[str, list[Any]] = {
    "texts": ["a", " A  b ", "", "null", "1", "1,5", "1.5", "true", "a;b", "A@B.c", "31.12.2001"],
    "times": [
        "2001-12-31",
        "2001-02-30",
        "2001-12-31 23:59:59",
        "2001-12-31T23:59:59Z",
        "2001-07-01T01:00:00",
    ],
    "phones": ["+49 170 1234567", "0170 1234567", "491701234567"],
    "integers": [0, 1, 1_009_843_199, 1_009_843_199_000, 2**63, 491_701_234_567],
    "numbers": [0.0, 1.0, 1.5, 1e300],
    "booleans": [True, False],
    "arrays": [["a", " b"], [], [1]],
    "objects": [{"a": 1}, {}],
}
COLUMNS["all"] = [each for column in COLUMNS.values() for each in column]


def read(values: Sequence[Any], field: FieldConfig, zone: tzinfo = UTC) -> list[Any]:
    """What a field has of a column with these values."""
    columns = Columns("users", Declared({"properties": {"a": {}, "b": {}}}), zone)
    table = Dicts([{} if each is ABSENT else {"a": each} for each in values])
    return list(columns.reader(field)(table))


def typed(values: Sequence[Any]) -> list[Any]:
    """With their types: 1, 1.0 and true are not one."""
    return [(type(each), repr(each)) for each in values]


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("kind", KINDS)
def test_column_is_read_as_its_cells_are(kind: str | None, cell: str, column: str) -> None:
    for zone in (UTC, BERLIN):
        field = FieldConfig("to", "a", type=kind, cell=CELLS[cell])
        one = CELLS[cell].reader(kind, zone) or (lambda value: value)
        pairs, wrong = [], []
        for each in COLUMNS[column]:
            try:
                pairs.append((each, one(each)))
            except CannotConvert:
                wrong.append(each)
        values, expected = [each for each, _ in pairs], [made for _, made in pairs]
        assert typed(read(values, field, zone)) == typed(expected)
        around = [None, *values, ABSENT]
        assert typed(read(around, field, zone)) == typed([None, *expected, ABSENT])
        for each in wrong:
            with pytest.raises(InvalidRecord):
                read([*values, each], field, zone)


@pytest.mark.parametrize("values", [[None, "x"], [None], ["x"], [ABSENT, None, "x"]])
def test_default_stands_for_nulls_alone(values: list[Any]) -> None:
    found = read(values, FieldConfig("to", "a", cell=Cell(default="d")))
    assert found == ["d" if each is None else each for each in values]


@pytest.mark.parametrize(
    ("value", "kind", "named"),
    [
        (True, "date", "boolean"),
        (["x"], "date", "array"),
        ({"x": 1}, "date", "object"),
        ("x", "date", "string"),
        (1.5, "boolean", "number"),
    ],
)
def test_value_that_cannot_be_read_is_told_by_its_kind(value: Any, kind: str, named: str) -> None:
    with pytest.raises(InvalidRecord) as raised:
        read([value], FieldConfig("to", "a", type=kind))
    told = raised.value.rejection
    assert told.message == f"to must be {kind}, and this {named} cannot be read as one"
    assert (told.reason, told.code, told.path) == ("conversion", kind, "$.a")
    assert told.loggable == f"$.a {told.message}"


def test_value_that_is_not_named_is_told_by_its_kind() -> None:
    with pytest.raises(InvalidRecord) as raised:
        read([1.5], FieldConfig("to", "a", type="int", cell=Cell(values=(("x", 1),))))
    told = raised.value.rejection
    assert told.code == "values"
    assert told.message == "to takes only what its values name, and this number is not one of them"


def test_path_that_leads_nowhere_is_told_with_what_is_there() -> None:
    inner = {"type": "object", "properties": {"c": {"type": "object", "properties": {"d": {}}}}}
    columns = Columns("users", Declared({"properties": {"a": inner}}))
    with pytest.raises(ConfigError) as raised:
        columns.reader(FieldConfig("to", "a.c.e"))
    assert raised.value.message == (
        "The path a.c.e leads nowhere: by the schema of the stream users a.c has no e."
    )


@pytest.mark.parametrize("types", [(None, "string"), ("string", None)])
def test_path_keeps_digits_where_its_type_asks_for_them(types: tuple[str | None, ...]) -> None:
    """Two fields of one path: texts of JSON are read for each as it needs them."""
    columns = Columns("users", Declared({"properties": {"a": {"type": "string"}}}))
    readers = [columns.reader(FieldConfig("to", "a.b", type=kind)) for kind in types]
    table = Dicts([{"a": '{"b": 1.10}'}])
    found = {kind: next(iter(read(table))) for kind, read in zip(types, readers, strict=True)}
    assert found == {None: 1.1, "string": "1.10"}


@pytest.mark.parametrize(
    "known", [{"a": {"type": "object", "properties": {"b": {}}}}, {"a": {}}, {}]
)
def test_member_that_is_not_there_is_absent_and_null_is_null(known: dict[str, Any]) -> None:
    """With `null_values: unset` the one keeps what is stored, the other clears it."""
    reader = Columns("users", Declared({"properties": known})).reader(FieldConfig("to", "a.b"))
    rows: list[dict[str, Any]] = [{}, {"a": {}}, {"a": {"b": None}}, {"a": {"b": 1}}, {"a": None}]
    assert list(reader(Dicts(rows))) == [ABSENT, ABSENT, None, 1, ABSENT]


def test_member_of_a_member_is_read() -> None:
    reader = Columns("users", Declared({"properties": {"a": BEYOND}})).reader(
        FieldConfig("to", "a.b.c")
    )
    rows: list[dict[str, Any]] = [{"a": {"b": {"c": 1}}}, {"a": {"b": {}}}, {"a": {}}, {}]
    assert list(reader(Dicts(rows))) == [1, ABSENT, ABSENT, ABSENT]


def test_default_of_several_columns_is_a_member() -> None:
    field = FieldConfig("to", columns=("a", "b"), cell=Cell(default="d"))
    reader = Columns("users", Declared({"properties": {"a": {}, "b": {}}})).reader(field)
    rows: list[dict[str, Any]] = [{"a": None, "b": None}, {"a": "x"}, {"a": "x", "b": "y"}, {}]
    assert list(reader(Dicts(rows))) == [["d"], ["x"], ["x", "y"], ABSENT]


@pytest.mark.parametrize(
    "values", [["7", "x", "8"], [7, "x", "8"], ["x"], [None, "x", ABSENT, "7"]]
)
def test_cell_that_cannot_be_read_is_left_out_alone(values: list[Any]) -> None:
    found = read(values, FieldConfig("to", "a", type="int", cell=Cell(omits=True)))
    assert found == [ABSENT if each in ("x", ABSENT) else each and int(each) for each in values]


def test_json_that_cannot_be_read_is_left_out_alone() -> None:
    columns = Columns("users", Declared({"properties": {"a": {"type": "string"}}}))
    reader = columns.reader(FieldConfig("to", "a.b", cell=Cell(omits=True)))
    rows = [{"a": '{"b": 1}'}, {"a": '{"b": '}, {"a": '{"b": 2}'}, {"a": "text"}]
    assert list(reader(Dicts(rows))) == [1, ABSENT, 2, ABSENT]
