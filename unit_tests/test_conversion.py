"""What each type of the service takes, what it becomes to the letter, and what it cannot be."""

import os
import re
import time
import weakref
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from destination_profiles.conversion import TYPES, CannotConvert, Form, conversions
from destination_profiles.moments import moment_of

DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)
TIME_TEXTS = st.text(alphabet="0123456789-:/.,+ TZPWDH", max_size=25)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


CONVERSIONS = conversions()


def converted(kind: str, value: Any) -> Any:
    return CONVERSIONS[kind](value)


def converted_or_none(kind: str, value: Any) -> Any:
    """As `converted`, and None where it cannot be: any other exception would end the sync for one
    value.
    """
    try:
        return CONVERSIONS[kind](value)
    except CannotConvert:
        return None


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine that stands in another time zone."""
    before = os.environ.get("TZ")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    yield
    monkeypatch.delenv("TZ") if before is None else monkeypatch.setenv("TZ", before)
    time.tzset()


DIGEST = "438c4c7afe600cdf1e455c369bec76dc970fc8ca463447c7b387a347f3c79331"
SEVEN = "7902699be42c8a8e46fbbb4501726517e86b22c56a189f7625a6da49081b2451"
CONVERTED = [
    ("string", "", ""),
    ("string", "  kept as it is ", "  kept as it is "),
    ("string", "007", "007"),
    ("string", True, "true"),
    ("string", False, "false"),
    ("string", 0, "0"),
    ("string", -5, "-5"),
    ("string", 1.0, "1"),
    ("string", -0.0, "0"),
    ("string", 77.0, "77"),
    ("string", 1e16, "10000000000000000"),
    ("string", 1e-7, "0.0000001"),
    ("string", 12345678901.0, "12345678901"),
    ("string", Decimal("19.90"), "19.90"),
    ("string", Decimal("1.0E16"), "10000000000000000"),
    ("string", 1.5, "1.5"),
    ("string", 2**64 + 1, "18446744073709551617"),
    ("int", 0, 0),
    ("int", -5, -5),
    ("int", True, 1),
    ("int", False, 0),
    ("int", 1.0, 1),
    ("int", -0.0, 0),
    ("int", 1e20, 10**20),
    ("int", "1", 1),
    ("int", " 1 ", 1),
    ("int", "+1", 1),
    ("int", "-1", -1),
    ("int", "007", 7),
    ("int", "1.0", 1),
    ("int", "1e3", 1000),
    ("int", 2**64 + 1, 18446744073709551617),
    ("int", "18446744073709551617", 18446744073709551617),
    ("int", "9" * 400, int("9" * 400)),
    ("float", 0, 0),
    ("float", 1.0, 1.0),
    ("float", -1.5, -1.5),
    ("float", "1.5", 1.5),
    ("float", " -1.5 ", -1.5),
    ("float", ".5", 0.5),
    ("float", "1e3", 1000.0),
    ("float", "1", 1),
    ("float", 2**64 + 1, 18446744073709551617),
    ("float", "18446744073709551617", 18446744073709551617),
    ("boolean", True, True),
    ("boolean", False, False),
    ("boolean", 1, True),
    ("boolean", 0, False),
    ("boolean", 1.0, True),
    ("boolean", Decimal("0.00"), False),
    ("boolean", "1.0", True),
    ("boolean", "0.0", False),
    ("boolean", "1.00", True),
    ("boolean", " 0.000 ", False),
    ("boolean", "1,0", True),
    ("boolean", "0,00", False),
    ("boolean", "true", True),
    ("boolean", " TRUE ", True),
    ("boolean", "t", True),
    ("boolean", "Yes", True),
    ("boolean", "y", True),
    ("boolean", "1", True),
    ("boolean", "false", False),
    ("boolean", "F", False),
    ("boolean", "no", False),
    ("boolean", "n", False),
    ("boolean", "0", False),
    ("date", "2001-12-31", "2001-12-31"),
    ("date", " 2001-12-31 ", "2001-12-31"),
    ("date", "20011231", "2001-12-31"),
    ("date", "2001/12/31", "2001-12-31"),
    ("date", "2001-365", "2001-12-31"),
    ("date", "2001-W01-1", "2001-01-01"),
    ("date", "2001W017", "2001-01-07"),
    ("date", "2020-W53-7", "2021-01-03"),
    ("date", "2001:12:31 10:00:00", "2001-12-31"),
    ("date", "20011231T10", "2001-12-31"),
    ("date", "2001-365T10:00:00", "2001-12-31"),
    ("date", "2001-12-31T10:00:00", "2001-12-31"),
    ("date", "2001-12-31 10:00:00.5", "2001-12-31"),
    ("date", "2001-12-31T23:30:00-05:00", "2001-12-31"),
    ("date", "0001-01-01", "0001-01-01"),
    ("date", "0999-01-01", "0999-01-01"),
    ("date", "9999-12-31", "9999-12-31"),
    ("date", 0, "1970-01-01"),
    ("date", -1, "1969-12-31"),
    ("date", 1700000000, "2023-11-14"),
    ("date", 1700000000000, "2023-11-14"),
    ("datetime", "2001-12-31", "2001-12-31T00:00:00Z"),
    ("datetime", "2001-12-31T10:00:00", "2001-12-31T10:00:00Z"),
    ("datetime", "2001-12-31 10:00:00", "2001-12-31T10:00:00Z"),
    ("datetime", "2001-12-31T10:00", "2001-12-31T10:00:00Z"),
    ("datetime", "2001-12-31T10:00:00Z", "2001-12-31T10:00:00Z"),
    ("datetime", "2001-12-31T10:00:00+00:00", "2001-12-31T10:00:00Z"),
    ("datetime", "2001-12-31T10:00:00-00:00", "2001-12-31T10:00:00Z"),
    ("datetime", "2001-12-31T10:00:00+03:00", "2001-12-31T10:00:00+03:00"),
    ("datetime", "2001-12-31T10:00:00-0330", "2001-12-31T10:00:00-03:30"),
    ("datetime", "2001-12-31T10:00:00+03", "2001-12-31T10:00:00+03:00"),
    ("datetime", "2001-12-31T10:00:00.000Z", "2001-12-31T10:00:00Z"),
    ("datetime", "2001-12-31T10:00:00.123Z", "2001-12-31T10:00:00.123000Z"),
    ("datetime", "2001-12-31T10:00:00.123456789Z", "2001-12-31T10:00:00.123456Z"),
    ("datetime", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00"),
    ("datetime", "9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59-12:00"),
    ("datetime", 0, "1970-01-01T00:00:00Z"),
    ("datetime", -86400, "1969-12-31T00:00:00Z"),
    ("datetime", 1.5, "1970-01-01T00:00:01.500000Z"),
    ("datetime", 1700000000, "2023-11-14T22:13:20Z"),
    ("datetime", 1700000000.25, "2023-11-14T22:13:20.250000Z"),
    ("datetime", 1700000000000, "2023-11-14T22:13:20Z"),
    ("datetime", 1700000000123, "2023-11-14T22:13:20.123000Z"),
    ("datetime", 4_102_444_799, "2099-12-31T23:59:59Z"),
    ("datetime", -5_364_662_400, "1800-01-01T00:00:00Z"),
    ("datetime", 100_000_000_000, "1973-03-03T09:46:40Z"),
    ("datetime", -100_000_000_000, "1966-10-31T14:13:20Z"),
    ("tags", "", []),
    ("tags", " , ,", []),
    ("tags", "vip", ["vip"]),
    ("tags", "vip, beta,,gamma ,", ["vip", "beta", "gamma"]),
    ("tags", "b,a,b", ["b", "a"]),
    ("tags", [], []),
    ("tags", ["vip", " beta ", "", "vip"], ["vip", "beta"]),
    ("tags", ["a", None, ""], ["a"]),
    ("tags", '["vip", null, "x,y", 7.0]', ["vip", "x,y", "7"]),
    ("tags", "[vip, beta]", ["[vip", "beta]"]),
    ("tags", "[]", []),
    ("tags", ["one, with a comma"], ["one, with a comma"]),
    ("tags", ["a", 1, 1.5, True], ["a", "1", "1.5", "true"]),
    ("tags", 5, ["5"]),
    ("tags", 2**64 + 1, ["18446744073709551617"]),
    ("tags", False, ["false"]),
    ("email", " Ann@example.org\r\n", "Ann@example.org"),
    *(("sha256", text, DIGEST) for text in ("ann@example.org", " Ann@Example.ORG\r\n")),
    ("sha256", "7", SEVEN),
    *(("sha256", number, SEVEN) for number in (7, 7.0)),
    ("email", "\tann@example.org", "ann@example.org"),
    ("phone", "+49 30 123456", "+4930123456"),
    ("phone", " +1 (202) 555-0123 ", "+12025550123"),
]

NUMBERS, MOMENTS = ("int", "float"), ("date", "datetime")
NO_SCALAR: list[Any] = [[], ["a"], {}, {"a": 1}, None]
NO_NUMBER = [
    *("NaN", "nan", "inf", "Infinity", "-Infinity", "1e400", "-1e400", "9" * 5000),
    *("", "a", "1,5", "1 000", "1_000", "0x10", "٣", "１", "1.5.1", "--1"),
]
NO_MOMENT = [
    *("now", " now ", "NOW", "today", "tomorrow"),
    *("1984", "0999"),
    *("P1D", "PT1H", "P1Y2M", "10:00", "10:00:00", "T10:00", "60:"),
    *("2001-12-31/2002-12-31", "2001-12-31/P1D", "P1D/2001-12-31", "T10/2001-10"),
    *("2001-12", "200112", "2001-12T10:00", "2001-12 10", "2001/12", "2001 10:00", "2001T10"),
    *("20011:00", "200110:00", "200112 10:00", "2001:12:1", "2001/1231", "2001-12+02:00"),
    *("2001-W22", "2001W22", "2001-W22T10:00", "2001W22 10", "2001-W22-0", "2001W220"),
    *("2001-W00-1", "2001W001", "2001-W53-1", "2001W541", "2001-W221", "2001W22-1", "2001-W22-8"),
    *("2001365", "2001365T10:00", "2001365 100000", "2001-000", "2001-3651", "20013650"),
    *("31.12.2001", "12/31/2001", "2001-02-30", "2001-13-01", "0000-00-00", "2001-366"),
    *(
        "2001-12-31T25:00:00",
        "2001-12-31T10:00:00 UTC+3",
        "2001-12-31 10:00+2400",
        "2001-12-31 10:00-99",
        "",
        "1700000000",
        "1700000000000",
        "9" * 5000,
    ),
    *(True, False, 10**30, -(10**30), 10**400, 1e300, 253_402_300_800_000, -62_135_596_801_000),
]
IMPOSSIBLE: list[tuple[str, Any]] = [
    *((kind, value) for kind in TYPES if kind != "tags" for value in NO_SCALAR),
    *((kind, value) for kind in NUMBERS for value in NO_NUMBER),
    *((kind, value) for kind in MOMENTS for value in NO_MOMENT),
    *(("int", value) for value in (1.5, "1.5")),
    *(("float", value) for value in (True, False)),
    *(("email", value) for value in (5, 1.5, True, "")),
    *(("phone", value) for value in ("030 123456", "+15550123", 4930123456, "+49", "none", "")),
    *(("sha256", value) for value in ("", " ")),
    *(("boolean", value) for value in ("", "on", "truthy", 2, -1, 1.5, "y.0", 10.0)),
    *(("boolean", value) for value in ("1.", "1,", "10.0", "1.01", "2.0", "1.0.0", "-1.0", ".0")),
    *(("tags", value) for value in ({}, {"a": 1}, [["a"]], ["a", {"b": 1}])),
]


@pytest.mark.parametrize(("kind", "value", "expected"), CONVERTED)
def test_value_becomes_exactly_this(kind: str, value: Any, expected: Any) -> None:
    found = converted(kind, value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(("kind", "value"), IMPOSSIBLE, ids=lambda each: repr(each)[:30])
def test_value_without_meaning_is_refused(kind: str, value: Any) -> None:
    with pytest.raises(CannotConvert):
        converted(kind, value)


@pytest.mark.parametrize("zone", ["Europe/Amsterdam", "Pacific/Auckland", "America/New_York"])
@pytest.mark.parametrize("value", ["0001-01-01", "0001-01-01 00:00:00", "9999-12-31T23:59:59.999"])
def test_times_at_the_ends_of_all_years_end_no_sync(zone: str, value: str) -> None:
    """Databases have them for "never"; in a zone that was no whole minutes off, UTC has none."""
    try:
        found = conversions(ZoneInfo(zone))["datetime"](value)
    except CannotConvert:
        found = None
    assert (found is None) == (value.startswith("0001") and zone != "America/New_York")


def test_every_type_is_tried_here() -> None:
    assert set(TYPES) == {kind for kind, *_ in CONVERTED} == {kind for kind, _ in IMPOSSIBLE}


@pytest.mark.parametrize(
    ("kind", "value"),
    [("int", "canary"), ("float", "canary"), ("boolean", "canary"), ("date", "canary")],
)
def test_refusal_tells_no_value(kind: str, value: str) -> None:
    with pytest.raises(CannotConvert) as raised:
        converted(kind, value)
    assert raised.value.args == ()
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.usefixtures("tokyo")
@pytest.mark.parametrize("value", [1700000000, 1700000000000, "2023-11-14 22:13:20"])
def test_machine_time_zone_changes_nothing(value: Any) -> None:
    assert converted("datetime", value) == "2023-11-14T22:13:20Z"


@given(st.integers(10**8, 4_102_444_799))
@settings(max_examples=50)
def test_seconds_and_milliseconds_mean_one_moment(seconds: int) -> None:
    assert converted("datetime", seconds * 1000) == converted("datetime", seconds)


@given(st.integers(100_000_000_000, 4_000_000_000_000))
@settings(max_examples=100)
def test_milliseconds_are_kept_to_the_last(milliseconds: int) -> None:
    rest = milliseconds % 1000
    assert converted("datetime", milliseconds).endswith(f".{rest:03}000Z" if rest else "Z")


@given(TIME_TEXTS)
@example("60:")
@example("2001-12-31/P1D")
@settings(max_examples=300)
def test_text_is_a_date_or_refused(text: str) -> None:
    date, moment = converted_or_none("date", text), converted_or_none("datetime", text)
    assert date is None or DATE.fullmatch(date)
    assert moment is None or DATETIME.fullmatch(moment)


@given(st.sampled_from([kind for kind in TYPES if kind != "sha256"]), JSON)
@settings(max_examples=300)
def test_converting_twice_changes_nothing_more(kind: str, value: Any) -> None:
    once = converted_or_none(kind, value)
    assert once is None or converted(kind, once) == once


@given(JSON)
@settings(max_examples=100)
def test_int_is_never_a_boolean(value: Any) -> None:
    assert type(converted_or_none("int", value)) in (int, type(None))


YEARS_AND_DAYS = [1985, 1000, 9999, 20011231, 19000101, 20011231.0, 10000101, 22000101]
DAY_OR_MONTH_FIRST = [31122001, 12312001, 31122001.0, 1011900, 31122100, 1312001]
DAYS_OF_YEARS = [1900001, 2024136, 2024136.0, 2001366, 2100366]
SHORT_AND_COUNTED = [11687, 37256, 37256.5, 10_000, 73_050, 11231, 991231, 200112, 999_999]


@pytest.mark.parametrize(
    "number", [*YEARS_AND_DAYS, *DAY_OR_MONTH_FIRST, *DAYS_OF_YEARS, *SHORT_AND_COUNTED]
)
@pytest.mark.parametrize("wanted", ["date", "datetime"])
def test_number_that_reads_as_a_day_is_refused(wanted: str, number: float) -> None:
    with pytest.raises(CannotConvert):
        CONVERSIONS[wanted](number)


@pytest.mark.parametrize("number", [2001123, 31132001, 5, 0])
def test_number_that_is_no_day_of_a_form_is_refused(number: int) -> None:
    read = conversions(form=Form(formats=("%Y%m%d",)))["date"]
    with pytest.raises(CannotConvert):
        read(number)
    assert read(20011231) == "2001-12-31"


@pytest.mark.parametrize("number", [4_102_444_800, 44_150_400_000, 99_999_999_999])
@pytest.mark.parametrize("wanted", ["date", "datetime"])
def test_seconds_that_may_be_milliseconds_are_refused(wanted: str, number: int) -> None:
    """Those who were born in 1971 would be of the year 3369, and in 1968 of 390."""
    for each in (number, float(number), -number if number > 5_364_662_400 else -5_364_662_401):
        with pytest.raises(CannotConvert):
            CONVERSIONS[wanted](each)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (999, "1970-01-01"),
        (1_000_000, "1970-01-12"),
        (22000102, "1970-09-12"),
        (31132001, "1970-12-27"),
        (32122001, "1971-01-07"),
        (122001, None),
        (2001367, "1970-01-24"),
        (2001000, "1970-01-24"),
        (2101001, "1970-01-25"),
        (1899366, "1970-01-22"),
        (31121899, "1970-12-27"),
        (31122101, "1970-12-27"),
        (-31122001, "1969-01-05"),
    ],
)
def test_number_that_reads_as_no_day_counts_from_the_epoch(
    number: int, expected: str | None
) -> None:
    assert converted_or_none("date", number) == expected


def test_long_number_with_a_point_keeps_its_digits() -> None:
    assert CONVERSIONS["int"]("12345678901234567890.0") == 12345678901234567890


# Zones

ZONED = [  # in Europe/Berlin
    ("datetime", "2024-05-27T12:00:00", "2024-05-27T12:00:00+02:00"),
    ("datetime", "2024-12-27 12:00:00", "2024-12-27T12:00:00+01:00"),
    ("datetime", "2024-05-27T12:00:00.5", "2024-05-27T12:00:00.500000+02:00"),
    ("datetime", "2024-05-27T12:00:00Z", "2024-05-27T12:00:00Z"),
    ("datetime", "2024-05-27T12:00:00-05:00", "2024-05-27T12:00:00-05:00"),
    ("datetime", "2024-05-27", "2024-05-27T00:00:00+02:00"),
    ("datetime", 1716847200, "2024-05-28T00:00:00+02:00"),
    ("datetime", 1716847200000, "2024-05-28T00:00:00+02:00"),
    ("datetime", "2024-03-31T02:30:00", "2024-03-31T03:30:00+02:00"),  # that night has no such time
    (
        "datetime",
        "2024-10-27T02:30:00",
        "2024-10-27T02:30:00+01:00",
    ),  # and this one has it twice: the later
    ("date", 1716847200, "2024-05-28"),
    ("date", 1716847199, "2024-05-27"),
    ("date", 1716847200000, "2024-05-28"),
    ("date", "2024-05-27T23:59:59", "2024-05-27"),
    ("date", "2024-05-27T23:59:59Z", "2024-05-27"),
    ("date", "2024-05-27T00:30:00+09:00", "2024-05-27"),
    ("date", "2024-05-27", "2024-05-27"),
]


@pytest.mark.parametrize(("kind", "value", "expected"), ZONED)
def test_zone_is_that_of_times_without_one(kind: str, value: Any, expected: str) -> None:
    assert conversions(ZoneInfo("Europe/Berlin"))[kind](value) == expected


COUNTED = [  # how, a number or a text, and its day in New York
    ((), 454464000000, "1984-05-27"),
    ((), 454464000, "1984-05-27"),
    ((), 454464000.0, "1984-05-27"),
    ((), Decimal("454464000000.0"), "1984-05-27"),
    ((), -454464000, "1955-08-08"),
    ((), 0, "1970-01-01"),
    ((), 454464001, "1984-05-26"),
    ((), 454463999, "1984-05-26"),
    ((), 454464000001, "1984-05-26"),
    ((), 454478400, "1984-05-27"),
    (("%s",), 454464000, "1984-05-27"),
    (("%s",), " 454464000 ", "1984-05-27"),
    (("%s",), "454464000.5", "1984-05-26"),
    (("%ms",), 454464000000, "1984-05-27"),
    (("%ms",), "454464000000", "1984-05-27"),
    (("%ms",), 44150400000, "1971-05-27"),
    (("%s", "%ms"), "44150400000", "1971-05-27"),
    (("%epoch_microseconds",), 454464000000000, "1984-05-27"),
    (("%epoch_microseconds",), "454464000000001", "1984-05-26"),
    (("%Y%m%d",), 454464000000, "1984-05-27"),
    ((), "1984-05-27T00:00:00Z", "1984-05-27"),
    ((), "1984-05-26T23:00:00", "1984-05-26"),
]


@pytest.mark.parametrize(("formats", "value", "day"), COUNTED)
def test_count_to_a_midnight_of_utc_is_that_day_in_any_zone(
    formats: tuple[str, ...], value: Any, day: str
) -> None:
    """HubSpot and others write dates so."""
    new_york = conversions(ZoneInfo("America/New_York"), Form(formats=formats))
    assert new_york["date"](value) == day


@pytest.mark.parametrize("formats", [(), ("%ms",)])
def test_time_at_midnight_of_utc_is_shown_in_the_zone(formats: tuple[str, ...]) -> None:
    new_york = conversions(ZoneInfo("America/New_York"), Form(formats=formats))
    assert new_york["datetime"](454464000000) == "1984-05-26T20:00:00-04:00"


def test_file_of_a_zone_is_read_once() -> None:
    held = weakref.ref(moment_of("2024-05-27T12:00:00", ZoneInfo("Asia/Tokyo")).tzinfo)
    assert held() is not None  # though the time is gone


AIRBYTE = [  # the forms that sources of Airbyte write times in
    ("2022-01-23T01:23:45Z", "2022-01-23T01:23:45Z"),
    ("2022-01-23T01:23:45.678Z", "2022-01-23T01:23:45.678000Z"),
    ("2022-01-23T01:23:45.123456-11:30", "2022-01-23T01:23:45.123456-11:30"),
    ("2022-01-23T01:23:45+00", "2022-01-23T01:23:45Z"),
    ("2022-01-23T01:23:45+0300", "2022-01-23T01:23:45+03:00"),
    ("2022-01-23 01:23:45+03:00", "2022-01-23T01:23:45+03:00"),
    ("2022-01-23T01:23:45", "2022-01-23T01:23:45Z"),
    ("2022-01-23 01:23:45.678", "2022-01-23T01:23:45.678000Z"),
    ("2022-01-23 01:23:45.000 +0000", "2022-01-23T01:23:45Z"),
    ("2022-01-23 01:23:45 +03:00", "2022-01-23T01:23:45+03:00"),
    ("2022-01-23 01:23:45 UTC", "2022-01-23T01:23:45Z"),
    ("2022-01-23 01:23:45 Z", "2022-01-23T01:23:45Z"),
]


@pytest.mark.parametrize(("text", "expected"), AIRBYTE)
def test_forms_of_airbyte_are_read(text: str, expected: str) -> None:
    assert CONVERSIONS["datetime"](text) == expected


@pytest.mark.parametrize(
    "text", ["2022-01-23T01:23:45Z BC", "2022-01-23 BC", "01:23:45", "01:23:45+03:00"]
)
def test_forms_that_are_no_date_are_refused(text: str) -> None:
    for kind in ("date", "datetime"):
        with pytest.raises(CannotConvert):
            CONVERSIONS[kind](text)


OLD = [
    ("Europe/Amsterdam", "1930-06-01 00:00:00", "1930-05-31T22:40:28Z"),
    ("Europe/Amsterdam", -5_000_000_000, "1811-07-23T15:06:40Z"),
]


@pytest.mark.parametrize(("zone", "value", "expected"), OLD)
def test_offset_of_odd_seconds_becomes_utc(zone: str, value: Any, expected: str) -> None:
    assert conversions(ZoneInfo(zone))["datetime"](value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (32_503_680_000_123, "3000-01-01T00:00:00.123000Z"),
        (-100_000_000_001, "1966-10-31T14:13:19.999000Z"),
    ],
)
def test_milliseconds_keep_every_digit(value: int, expected: str) -> None:
    assert CONVERSIONS["datetime"](value) == expected


@pytest.mark.parametrize("value", ["1e30", "12345678901234567890123456789.0", "1" * 40 + ".00"])
def test_whole_numbers_of_any_length_are_read(value: str) -> None:
    assert CONVERSIONS["int"](value) == int(Decimal(value))


@pytest.mark.parametrize("value", [1984.0, 20011231.0, 1999])
def test_float_that_looks_like_a_year_is_refused(value: float) -> None:
    with pytest.raises(CannotConvert):
        CONVERSIONS["date"](value)
