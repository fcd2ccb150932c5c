"""How the values of a column are read, and what is asked."""

from typing import Any

import pytest

from destination_profiles.suggestion.questions import (
    BARE_CODE,
    ORDER,
    REGION,
    UNREADABLE,
    ZONE,
    Answers,
    is_answer,
    wanted,
)
from destination_profiles.suggestion.reading import Reading, reading
from destination_profiles.suggestion.samples import Sampled, distinct, shapes

ZONED, DAY, MONTH, DE, OMIT = (
    {(ZONE, ""): "UTC"},
    {(ORDER, ""): "day"},
    {(ORDER, ""): "month"},
    {(REGION, ""): "DE"},
    {(UNREADABLE, ""): "omit"},
)


def read(
    kind: str,
    *values: Any,
    to: str = "field",
    node: Any = None,
    answers: Answers | None = None,
    options: tuple[str, ...] = (),
) -> Reading:
    sampled = Sampled([{"c": each} for each in values], {"properties": {"c": node or {}}})
    return reading(kind, to, sampled, ["c"], answers=answers or {}, options=options)


def topics(made: Reading) -> list[str]:
    return [each.topic for each in made.questions]


@pytest.mark.parametrize(
    ("kind", "values", "settings"),
    [
        ("int", [1, "2"], {"type": "int"}),
        ("string", [7, "a"], {"type": "string"}),
        ("float", ["1.234,56", "0,5", 3.5], {"type": "float", "decimal": ","}),
        ("float", ["1,234.56"], {"type": "float"}),
        ("tags", ["a;b", "c;d", "e,f"], {"type": "tags", "separator": ";"}),
        ("tags", ['["a;b"]', "a,b"], {"type": "tags"}),
        ("boolean", ["t", "no", 1], {"type": "boolean"}),
        (
            "boolean",
            ["Ja", "nein", True],
            {
                "type": "boolean",
                "values": [
                    {"from": "ja", "to": "true"},
                    {"from": "nein", "to": "false"},
                    {"from": "true", "to": "true"},
                ],
            },
        ),
        ("date", ["2001-12-31"], {"type": "date"}),
        ("date", ["2001-12-31 10:00:00"], {"type": "datetime"}),
        ("date", ["31.12.2001", "2001-12-31"], {"type": "date", "formats": ["%d.%m.%Y"]}),
        ("date", ["12/31/2001", "01/02/2001"], {"type": "date", "formats": ["%m/%d/%Y"]}),
        ("date", ["31/12/2001", "01/02/2001"], {"type": "date", "formats": ["%d/%m/%Y"]}),
        ("date", [20011231, 20011210, None], {"type": "date", "formats": ["%Y%m%d"]}),
        ("date", [31122001, 1022001], {"type": "date", "formats": ["%d%m%Y"]}),
        ("date", ["31122001", "1022001"], {"type": "date", "formats": ["%d%m%Y"]}),
        ("date", [12312001.0], {"type": "date", "formats": ["%m%d%Y"]}),
        ("date", [1700000000, 31122001], {"type": "datetime", "formats": ["%d%m%Y"]}),
        ("date", [1700000000], {"type": "datetime"}),
        ("date", ["1700000000", "86400000"], {"type": "datetime", "formats": ["%s"]}),
        ("date", [1009843199000], {"type": "datetime", "formats": ["%ms"]}),
        (
            "date",
            [1700000000, 1009843199000, 44150400000],
            {"type": "datetime", "formats": ["%s", "%ms"]},
        ),
        (
            "date",
            ["1700000000", "1009843199000", "1009843198000"],
            {"type": "datetime", "formats": ["%s", "%ms"]},
        ),
        ("date", [1009843199000, 44150400000], {"type": "datetime", "formats": ["%ms"]}),
        ("date", ["1009843199000", "44150400000"], {"type": "datetime", "formats": ["%ms"]}),
        ("email", [" a@example.org"], {"type": "email"}),
    ],
)
def test_settings_follow_from_values(kind: str, values: list[Any], settings: Any) -> None:
    assert read(kind, *values).settings == settings


def test_few_seconds_among_milliseconds_are_a_question() -> None:
    """They may be milliseconds near 1970."""
    values = [1009843199000 + number for number in range(99)]
    made = read("date", *values, 1700000000)
    assert (made.settings["formats"], made.is_unsure) == (["%s", "%ms"], True)
    assert not read("date", *values).is_unsure


def test_texts_need_no_type() -> None:
    assert read("string", "a", node={"type": ["null", "string"]}).settings == {}


@pytest.mark.parametrize(("answer", "form"), [(DAY, "%d/%m/%Y"), (MONTH, "%m/%d/%Y")])
def test_order_of_day_and_month_is_not_guessed(answer: Answers, form: str) -> None:
    for values in (["01/02/2001"], ["31/12/2001", "12/31/2001"]):
        made = read("date", *values)
        assert (topics(made), made.is_unsure) == ([ORDER], True)
        assert "formats" not in made.settings
        told = read("date", *values, answers=answer)
        assert (told.is_unsure, told.settings["formats"]) == (False, [form])


@pytest.mark.parametrize(
    ("values", "node", "asks"),
    [
        (["2001-12-31T10:00:00"], {}, True),
        (["2001-12-31T10:00:00Z"], {}, False),
        (["2001-12-31T10:00:00+02:00"], {}, False),
        (["2001-12-31T10:00:00+0200", "2001-12-31 10:00:00"], {}, True),
        ([1_700_000_000], {}, True),
        ([], {"format": "date-time", "airbyte_type": "timestamp_with_timezone"}, False),
        ([], {"format": "date-time", "airbyte_type": "timestamp_without_timezone"}, True),
        ([], {"format": "date"}, False),
    ],
)
def test_zone_is_asked_for_where_none_is_named(values: list[Any], node: Any, asks: bool) -> None:
    assert (ZONE in topics(read("date", *values, node=node))) is asks
    assert ZONE not in topics(read("date", *values, node=node, answers=ZONED))


def test_birthday_has_no_time() -> None:
    assert read("date", "2001-12-31T00:00:00", to="_bdate").settings == {"type": "date"}


def test_country_of_a_phone_is_not_guessed() -> None:
    made = read("phones", "+4930123456", "030 123456")
    assert (topics(made), made.is_unsure) == ([REGION], True)
    told = read("phones", "+4930123456", "030 123456", answers=DE)
    assert (told.settings, told.is_unsure) == ({"type": "phone", "region": "DE"}, False)
    assert not read("phones", "+4930123456").is_unsure
    assert read("phones").is_unsure  # nobody knows


def test_code_of_a_country_without_a_sign_is_asked_for() -> None:
    made = read("phones", 491701234567.0, "030 123456", answers=DE)
    assert (topics(made), made.is_unsure) == ([BARE_CODE], True)
    assert made.notes[0] == "1 of 2 numbers begin with 49 and no +"
    assert made.settings == {"type": "phone", "region": "DE", "code_without_plus": True}
    assert not read("phones", "030 12345678", "493012345678", 3012345678.0, answers=DE).is_unsure
    assert not read("phones", "12025550123", answers={(REGION, ""): "US"}).is_unsure


@pytest.mark.parametrize(("answer", "setting"), [("yes", {"code_without_plus": True}), ("no", {})])
def test_code_of_a_country_is_read_as_answered(answer: str, setting: Any) -> None:
    made = read("phones", 491701234567, answers={**DE, (BARE_CODE, ""): answer})
    assert (made.questions, made.is_unsure) == ([], False)
    assert made.settings == {"type": "phone", "region": "DE", **setting}


def test_column_that_mostly_cannot_be_read_is_not_taken() -> None:
    made = read("int", 1, "many", "n/a", answers=OMIT)
    assert made.is_unsure
    assert made.notes == ['2 of 3 cannot be read ("a" 1, "a/a" 1): is it this column?']
    assert not read("int", 1, 2, "many", "n/a").is_unsure


def test_values_that_cannot_be_read_are_counted_by_shape() -> None:
    made = read("int", 1, 2, 3, "many", "n/a", [1])
    assert made.notes == ['3 of 6 cannot be read: each rejects its row ("a" 1, "a/a" 1, array 1)']
    assert topics(made) == [UNREADABLE]
    told = read("int", 1, "many", answers=OMIT)
    assert told.settings == {"type": "int", "on_error": "omit"}
    assert read("int", 1, answers=OMIT).settings == {"type": "int"}


def test_options_of_an_enum_are_not_guessed() -> None:
    assert not read("enum", "basic", options=("basic", "pro")).is_unsure
    made = read("enum", "Gold", options=("basic", "pro"))
    assert made.is_unsure and "The field takes: basic, pro." in made.notes[0]
    assert read("enum").is_unsure


@pytest.mark.parametrize(
    ("topic", "right", "wrong"),
    [
        ("time_zone", "Europe/Berlin", "Berlin/Europe"),
        ("time_zone", "UTC", "../etc/passwd"),
        ("region", "DE", "Germany"),
        ("date_order", "day", "year"),
        ("unreadable", "omit", "drop"),
        ("resource", "28", "0"),
        ("resource", "3", "-3"),
        ("status", "subscribed", "yes"),
    ],
)
def test_answers_are_checked(topic: str, right: str, wrong: str) -> None:
    assert is_answer(topic, right) and not is_answer(topic, wrong)
    assert wanted(topic)
    assert wanted("key", ("a", "b")) == "one of a, b"


def test_members_of_arrays_are_phone_numbers() -> None:
    found = read("phones", ["0171 3920001", "", None], ["030 123456", "-"], answers=DE | OMIT)
    assert not found.is_unsure
    assert found.settings == {"type": "phone", "region": "DE", "on_error": "omit"}
    assert found.notes == [
        "2 of 3 numbers name no country",
        '1 of 3 cannot be read: left out ("-" 1)',
    ]


def test_objects_are_looked_into_where_names_are_known() -> None:
    rows = [{"a": {"city": "x", "canary": 1}}, {"a": '{"city":"y","deep":{"city":"z"}}'}, {"b": 1}]
    sampled = Sampled(rows, {})
    assert sampled.columns({"city", "a", "deep"}.__contains__) == [
        "a",
        "a.city",
        "a.deep",
        "a.deep.city",
    ]
    assert sampled.values("a.city") == ["x", "y"]


def test_shapes_and_distinct_ones_are_counted() -> None:
    assert shapes(["a", "b", "1", "x-1", "y-2", "?"]) == '"a" 2, "a-9" 2, "9" 1, others 1'
    assert distinct(["1", 1, 1.0, "x", "X "]) == 2


def test_flag_that_is_never_taken_away_is_told() -> None:
    made = read("boolean", "X", " ", "X")
    assert made.settings["values"] == [{"from": "x", "to": "true"}]
    (note,) = made.notes
    assert note.startswith("an empty cell leaves what is stored as it is: add default: 'false'")
    assert read("boolean", "ja", "nein").notes == []
