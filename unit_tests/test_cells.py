"""How the value of one cell is read: cleaned, named otherwise, converted, in this order."""

from decimal import Decimal
from typing import Any

import pytest

from destination_profiles.cells import CLEANED, Cell, folded
from destination_profiles.conversion import CannotConvert, Form


def read(cell: Cell, kind: str | None, value: Any) -> Any:
    reader = cell.reader(kind)
    assert reader is not None
    return reader(value)


def test_plain_cell_has_nothing_to_do() -> None:
    assert Cell().reader(None) is None


TYPED = ["int", "float", "boolean", "date", "datetime", "tags", "phone", "email", "sha256"]


@pytest.mark.parametrize("kind", TYPED)
@pytest.mark.parametrize("text", ["", "  ", "\t\n", "\u00a0"])
def test_blank_text_is_null_for_types(kind: str, text: str) -> None:
    assert read(Cell(), kind, text) is None


def test_blank_text_stays_a_text() -> None:
    assert read(Cell(), "string", "  ") == "  "


ZEROS = ["0000-00-00", " 0000-00-00 00:00:00", "0000-00-00T00:00:00", "0000-00-00 00:00:00.000000"]


@pytest.mark.parametrize("text", ZEROS)
def test_zeros_are_null_for_dates_alone(text: str) -> None:
    assert [read(Cell(), kind, text) for kind in ("date", "datetime")] == [None, None]
    with pytest.raises(CannotConvert):
        read(Cell(), "int", text)


def test_word_null_is_null_for_lists_alone() -> None:
    assert read(Cell(), "tags", " null ") is None
    assert read(Cell(), "string", "null") == "null"


@pytest.mark.parametrize(
    ("value", "word"),
    [(True, "true"), (False, "false"), (" Ja ", "ja"), (2, "2"), (2.0, "2"), ([], None)],
)
def test_values_are_named_by_words(value: Any, word: str | None) -> None:
    assert folded(value) == word


def test_cleaning_comes_in_its_order() -> None:
    assert read(Cell(clean=("trim", "upper")), None, " Straße ") == "STRASSE"
    assert read(Cell(clean=tuple(CLEANED)), None, " a ") == "A"


@pytest.mark.parametrize("value", [5, True, {"a": " b "}])
def test_cleaning_is_for_texts(value: Any) -> None:
    assert read(Cell(clean=("trim",)), None, value) == value


def test_members_of_arrays_are_cleaned() -> None:
    assert read(Cell(clean=("trim",)), None, [" a ", 5]) == ["a", 5]


NAMED = Cell(values=(("1", "one"), ("Yes", "yes"), ("true", "t")))
ALIKE = [
    *((value, "one") for value in (1, 1.0, Decimal("1.0"), "1", " 1.00 ")),
    *((value, "yes") for value in ("yes", " YES ")),
    *((value, "t") for value in (True, "TRUE")),
    *((value, None) for value in ("", "  ")),
]


@pytest.mark.parametrize(("value", "expected"), ALIKE)
def test_values_are_compared_as_text(value: Any, expected: str | None) -> None:
    assert read(NAMED, None, value) == expected


@pytest.mark.parametrize("value", [2, "no", False, 1.5, [1], {"a": 1}])
def test_value_that_is_not_named_is_refused(value: Any) -> None:
    with pytest.raises(CannotConvert):
        read(NAMED, None, value)


@pytest.mark.parametrize("value", ["b", 5, [1]])
def test_star_stands_for_all_others(value: Any) -> None:
    assert read(Cell(values=(("a", 1), ("*", 2))), "int", value) == 2


def test_empty_text_can_be_named() -> None:
    assert read(Cell(values=(("", "none"), ("*", "some"))), None, " ") == "none"


def test_values_come_after_cleaning() -> None:
    assert read(Cell(clean=("trim",), values=(("ß", 1),)), None, " ß ") == 1


def test_named_value_is_not_read_again() -> None:
    assert read(Cell(values=(("a", "2001-12-31"),)), "date", "A") == "2001-12-31"


@pytest.mark.parametrize("value", [[], {}, None])
def test_what_is_no_single_value_has_no_text(value: Any) -> None:
    assert folded(value) is None


BARE_CODE = Form(region="DE", code_without_plus=True)
FORMS = [
    ("date", Form(formats=("%d.%m.%Y",)), "27.05.1984", "1984-05-27"),
    ("date", Form(formats=("%d.%m.%Y",)), "1984-05-27", "1984-05-27"),
    ("date", Form(formats=("%d.%m.%Y", "%m/%d/%y")), "05/27/84", "1984-05-27"),
    ("date", Form(formats=("%d%m%Y",)), "10111984", "1984-11-10"),
    ("date", Form(formats=("%d%m%Y",)), 10111984, "1984-11-10"),
    ("date", Form(formats=("%d%m%Y",)), 31122001, "2001-12-31"),
    ("date", Form(formats=("%d%m%Y",)), 1022001, "2001-02-01"),  # read 10-2-2001 without its zero
    ("date", Form(formats=("%d%m%Y",)), "1022001", "2001-02-01"),
    ("date", Form(formats=("%d%m%Y",)), 1022001.0, "2001-02-01"),
    ("date", Form(formats=("%y%m%d",)), 10203, "2001-02-03"),
    ("date", Form(formats=("%d%m%Y",)), "1011800", "1800-01-01"),
    ("date", Form(formats=("%d%m%Y",)), "1012200", "2200-01-01"),
    ("date", Form(formats=("%d%m%Y",)), "31129999", "9999-12-31"),  # it has all of its digits
    ("date", Form(formats=("%Y%j",)), "2024136", "2024-05-15"),
    ("date", Form(formats=("%Y%j",)), 2024136, "2024-05-15"),
    ("date", Form(formats=("%d%m%Y", "%Y%j")), "2024136", "2024-05-15"),
    ("date", Form(formats=("%d.%m.%Y", "%Y%m%d")), 20011231, "2001-12-31"),
    ("date", Form(formats=("%Y%m%d",)), 1700000000, "2023-11-14"),
    ("date", Form(formats=("%d.%m.%Y",)), 1700000000, "2023-11-14"),
    ("datetime", Form(formats=("%Y%m%d%H%M%S",)), 20011231131415, "2001-12-31T13:14:15Z"),
    ("date", Form(formats=("%s", "%ms")), 44_150_400_000, "1971-05-27"),
    ("date", Form(formats=("%s", "%ms")), "44150400000", "1971-05-27"),
    ("date", Form(formats=("%s", "%ms")), 1601308361, "2020-09-28"),
    ("date", Form(formats=("%ms",)), 44_150_400_000, "1971-05-27"),
    ("date", Form(formats=("%ms",)), -49_852_800_000, "1968-06-03"),
    ("date", Form(formats=("%ms",)), "44150400000", "1971-05-27"),
    ("date", Form(formats=("%ms",)), 37256, "1970-01-01"),
    ("date", Form(formats=("%ms",)), "2001-12-31", "2001-12-31"),
    ("date", Form(formats=("%ms",)), 253_402_214_400_000, "9999-12-31"),
    ("date", Form(formats=("%d.%m.%Y", "%ms")), "31.12.2001", "2001-12-31"),
    ("date", Form(formats=("%d%m%Y", "%s")), 31122001, "2001-12-31"),
    ("date", Form(formats=("%s",)), 31122001, "1970-12-27"),
    ("date", Form(formats=("%s",)), 32_503_680_000, "3000-01-01"),
    ("date", Form(formats=("%s",)), -30_000_000_000, "1019-05-04"),
    ("datetime", Form(formats=("%s",)), "1700000000.25", "2023-11-14T22:13:20.250000Z"),
    ("datetime", Form(formats=("%s",)), 1700000000.25, "2023-11-14T22:13:20.250000Z"),
    ("datetime", Form(formats=("%ms",)), 1700000000123, "2023-11-14T22:13:20.123000Z"),
    (
        "datetime",
        Form(formats=("%epoch_microseconds",)),
        1700000000123456,
        "2023-11-14T22:13:20.123456Z",
    ),
    ("datetime", Form(formats=("%Y%m%d",)), 1700000000.5, "2023-11-14T22:13:20.500000Z"),
    ("date", Form(formats=("%d.%m.%Y %H:%M",)), "27.05.1984 23:30", "1984-05-27"),
    ("datetime", Form(formats=("%d.%m.%Y",)), "27.05.1984", "1984-05-27T00:00:00Z"),
    ("datetime", Form(formats=("%d.%m.%Y %H:%M",)), "27.05.1984 23:30", "1984-05-27T23:30:00Z"),
    (
        "datetime",
        Form(formats=("%d.%m.%Y %H:%M%z",)),
        "27.05.1984 23:30+0200",
        "1984-05-27T23:30:00+02:00",
    ),
    ("float", Form(decimal=","), "1,5", 1.5),
    ("float", Form(decimal=","), "-1.234.567,5", -1234567.5),
    ("float", Form(decimal=","), "1 234,5", 1234.5),
    ("float", Form(decimal=","), "1\u00a0234", 1234),
    ("float", Form(decimal=","), 1.5, 1.5),
    ("int", Form(decimal=","), "1.234", 1234),
    ("int", Form(decimal=","), "7,0", 7),
    ("tags", Form(separator=";"), "a,b; c", ["a,b", "c"]),
    ("tags", Form(separator=" | "), '["a", "b"]', ["a", "b"]),
    ("phone", Form(region="DE"), "030 123456", "+4930123456"),
    ("phone", Form(region="DE"), "+1 202 555 0123", "+12025550123"),
    ("phone", Form(region="RU"), 79000000001.0, "+79000000001"),
    ("phone", Form(region="DE"), "1701234567.0", "+491701234567"),
    ("phone", Form(region="DE"), " +491701234567.00 ", "+491701234567"),
    ("phone", Form(region="DE"), "01701234567,0", "+491701234567"),
    ("phone", Form(region="DE"), "00491701234567.0", "+491701234567"),
    ("phone", Form(region="DE"), "030.1234567", "+49301234567"),
    ("phone", Form(region="DE"), "491701234567", "+49491701234567"),
    ("phone", BARE_CODE, "491701234567", "+491701234567"),
    ("phone", BARE_CODE, 491701234567.0, "+491701234567"),
    ("phone", BARE_CODE, " (49) 170 1234567 ", "+491701234567"),
    ("phone", BARE_CODE, "491701234567.0", "+491701234567"),
    ("phone", BARE_CODE, "1701234567", "+491701234567"),
    ("phone", BARE_CODE, "0491 1234567", "+494911234567"),
    ("phone", BARE_CODE, "4911234567", "+494911234567"),  # +49 11234567 is none
    ("phone", BARE_CODE, "+43 1 5123456", "+4315123456"),
    ("phone", Form(region="FR"), "06.12.34.56.00", "+33612345600"),
    *(
        ("phone", Form(region="DE"), text, "+4930123456")
        for text in (
            *("Tel.: 030 123456", "tel:030 123456", "Büro 030 123456", "tel:+4930123456"),
            *("030 123456 x12", "030 123456 ext. 12", "030 123456 #12", "030 123456 доб. 5"),
            *("tel:+4930123456;ext=12", "+49 30 123456 x12", "+49 (0)30 123456"),
        )
    ),
    ("phone", Form(region="US"), "(202) 555-0123", "+12025550123"),
    ("phone", Form(region="US"), "1 202 555 0123", "+12025550123"),
    # what names its country need not be given out there
    ("phone", Form(region="DE"), "0049 12345", "+4912345"),
    ("phone", Form(region="US"), "+1 111 111 1111", "+11111111111"),
]


@pytest.mark.parametrize(("kind", "form", "value", "expected"), FORMS)
def test_form_says_how_values_are_written(kind: str, form: Form, value: Any, expected: Any) -> None:
    assert read(Cell(form=form), kind, value) == expected


BROKEN = [
    ("date", Form(formats=("%d.%m.%Y",)), "31.02.1984"),
    ("date", Form(formats=("%Y%m%d",)), "2001123"),  # read 123rd day, or 123 AD
    ("date", Form(formats=("%Y%m%d",)), 2001123),
    *(
        ("date", Form(formats=("%d%m%Y",)), value)
        for value in ("2024015", 2024015, "1019999", "1012201", "1011799", "2024136")
    ),
    *(
        ("float", Form(decimal=","), text)
        for text in ("1.5", "1.23,5", "1,234,5", "12.3456", "1 2")
    ),
    ("phone", Form(region="DE"), "call me"),
    ("phone", Form(region="DE"), "12"),
    ("phone", Form(region="DE"), 30123456.5),
    ("phone", Form(region="DE"), -30123456),
    ("phone", Form(region="DE"), "4.91701234567E11"),
    ("phone", Form(region="DE"), "4,91701E+11"),
    ("phone", Form(region="US"), "555 0123"),
    ("phone", Form(), "030 123456"),
    *(
        ("phone", Form(region="DE"), text)
        for text in (
            *("0171 39 OOO 01", "030 12O456", "030 123456 a", "+49 171 39OOO01", "030 123456é"),
            *("030 123456 privat", "030 123456 (privat)", "030 123456 DW 12", "0171 l23456 x12"),
            *("siehe 12345 oben", "030 123456 oder 654321", "+49 30 123456 Büro", "030 12з456"),
            *("0221", "0171", "12345", "00000000", "19840527", "0 171", "+49 221"),
        )
    ),
    *(("phone", Form(region="DE"), text) for text in ("2024-01-05", " 2024-01-05 10:00:00")),
    ("phone", Form(region="DE"), 19840527),
    ("phone", Form(region="DE"), 12345.0),
    *(("phone", Form(region="US"), text) for text in ("0000000000", "1111111111", "11111111111")),
    ("phone", Form(region="US"), "1-800-FLOWERS"),
    ("phone", Form(region="FR"), "0612345"),
]


@pytest.mark.parametrize(("kind", "form", "value"), BROKEN)
def test_value_of_another_form_is_refused(kind: str, form: Form, value: Any) -> None:
    with pytest.raises(CannotConvert):
        read(Cell(form=form), kind, value)
