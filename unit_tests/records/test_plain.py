"""Columns of plain texts become what each of their texts becomes."""

from collections.abc import Mapping
from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from destination_profiles.conversion import CannotConvert, conversions
from destination_profiles.records.plain import plain

KINDS = ("date", "datetime", "int", "float")
ZONES: Mapping[str, tzinfo] = {"UTC": UTC, "Berlin": ZoneInfo("Europe/Berlin")}
DAYS = st.dates().map(str) | st.sampled_from(["2023-02-29", "0000-01-01", "2024-02-29", "1-2-3"])
CLOCKS = st.times().map(str) | st.sampled_from(["24:00:00", "23:59:60", "12:00", "00:00:00.000"])
OFFSETS = st.sampled_from(["", "Z", "+00:00", "-00:00", "+05:30", "-12:00", " +01:00", "z"])
MOMENTS = st.builds("{}{}{}{}".format, DAYS, st.sampled_from("T t"), CLOCKS, OFFSETS)
NUMBERS = st.integers().map(str) | st.decimals(allow_nan=False, allow_infinity=False).map(str)
ODD = st.sampled_from(["", " 5", "5\n", "1_0", "٣", "+7", "-0", "007", "1e3", ".5", "5.", "NaN"])
TEXTS = st.lists(DAYS, min_size=1) | st.lists(MOMENTS, min_size=1) | st.lists(NUMBERS, min_size=1)


def each(kind: str, zone: tzinfo, texts: list[str]) -> list[Any] | None:
    """What the texts become one by one; None where one has no meaning."""
    try:
        return list(map(conversions(zone)[kind], texts))
    except CannotConvert:
        return None


def together(kind: str, zone: tzinfo, texts: list[str]) -> Any:
    try:
        return plain(kind, zone)(texts)
    except ValueError:
        return None


@settings(max_examples=600)
@given(
    st.sampled_from(KINDS),
    st.sampled_from(sorted(ZONES)),
    TEXTS | st.lists(ODD | DAYS | MOMENTS | NUMBERS, min_size=1),
)
def test_column_becomes_what_its_texts_become(kind: str, zone: str, texts: list[str]) -> None:
    found = together(kind, ZONES[zone], texts)
    if found is not None:
        alone = each(kind, ZONES[zone], texts)
        assert (list(found), list(map(type, found))) == (alone, list(map(type, alone or ())))


@pytest.mark.parametrize(
    ("kind", "texts", "converted"),
    [
        ("date", ["2001-12-31", "2024-02-29"], ["2001-12-31", "2024-02-29"]),
        ("datetime", ["2001-12-31T10:00:00Z"], ["2001-12-31T10:00:00Z"]),
        ("datetime", ["2001-12-31 10:00:00"], ["2001-12-31T10:00:00Z"]),
        ("datetime", ["2001-12-31T10:00:00"], ["2001-12-31T10:00:00Z"]),
        ("datetime", ["2001-12-31T10:00:00.000Z"], ["2001-12-31T10:00:00Z"]),
        ("datetime", ["2001-12-31T10:00:00.5+03:00"], ["2001-12-31T10:00:00.500000+03:00"]),
        ("int", ["5", "-7", "+1"], [5, -7, 1]),
        ("float", ["5", "1.50"], [5, 1.5]),
        ("email", ["a@example.org", "b@example.org"], ["a@example.org", "b@example.org"]),
    ],
)
def test_usual_forms_are_plain(kind: str, texts: list[str], converted: list[Any]) -> None:
    found = list(together(kind, UTC, texts))
    assert (found, list(map(type, found))) == (converted, list(map(type, converted)))


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("date", ["2001-12-31", "31.12.2001"]),
        ("date", ["2001-12-31\n2001-12-31"]),
        ("date", ["2001-02-30"]),
        ("date", ["20011231"]),
        ("datetime", ["2001-12-31T10:00:00Z", "2001-12-31T10:00:00"]),
        ("int", ["5", "5.0"]),
        ("int", ["1" * 19]),
        ("float", ["1e400"]),
        ("float", ["1_0"]),
        ("tags", ["a,b"]),
        ("email", [" a@example.org", "b@example.org"]),
        ("email", ["a@example.org", "b@example.org\n"]),
        ("email", ["a@example.org", ""]),
        ("email", [" "]),
    ],
)
def test_other_forms_need_a_look(kind: str, texts: list[str]) -> None:
    assert together(kind, UTC, texts) is None


def test_time_without_a_zone_is_plain_in_utc_alone() -> None:
    assert together("datetime", ZONES["Berlin"], ["2001-12-31T10:00:00"]) is None
