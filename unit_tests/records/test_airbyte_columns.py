import pytest

from destination_profiles.records.airbyte_columns import added, are_added, without_rules


@pytest.mark.parametrize(
    ("names", "are"),
    [
        (["id", "_ab_cdc_lsn"], True),
        (["_airbyte_raw_id", "id"], True),
        (["_ab_cdc_deleted_at"], True),
        (["id", "my_airbyte_id", "x_ab_cdc_lsn"], False),
        (["_ab", "cdc_lsn"], False),
        ([], False),
    ],
)
def test_some_are_added_as_each_is(names: list[str], are: bool) -> None:
    assert are_added(names) is are
    assert bool(added(names)) is are


def test_added_are_told_but_for_those_that_are_kept() -> None:
    names = ["_ab_cdc_lsn", "id", "_ab_cdc_deleted_at", "_airbyte_raw_id"]
    assert added(names, keep=["_ab_cdc_deleted_at"]) == ["_ab_cdc_lsn", "_airbyte_raw_id"]


SCHEMA = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "_ab_cdc_lsn": {"type": "string"}},
    "required": ["id", "_ab_cdc_lsn"],
    "additionalProperties": False,
}


def test_schema_asks_nothing_of_some_columns() -> None:
    assert without_rules(SCHEMA, ["_ab_cdc_lsn"]) == {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "_ab_cdc_lsn": {}},
        "required": ["id"],
        "additionalProperties": False,
    }
    assert SCHEMA["required"] == ["id", "_ab_cdc_lsn"]


def test_column_that_no_schema_has_is_not_made() -> None:
    schema = {"properties": {"id": {"type": "integer"}}}
    assert without_rules(schema, ["_ab_cdc_lsn"]) == schema


@pytest.mark.parametrize("schema", [True, None, 7, {}, {"properties": ["id"]}, {"required": ["a"]}])
def test_schema_without_columns_stays(schema: object) -> None:
    assert without_rules(schema, ["a"]) is schema


def test_schema_stays_where_no_column_is_named() -> None:
    assert without_rules(SCHEMA, []) is SCHEMA


def test_odd_list_of_what_is_required_stays() -> None:
    schema = {"properties": {"id": {"type": "integer"}}, "required": "id"}
    assert without_rules(schema, ["id"]) == {"properties": {"id": {}}, "required": "id"}
