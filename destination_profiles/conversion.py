"""One value of a column as a value of one of the service's field types."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import partial
from hashlib import sha256
from typing import Any

import msgspec

from .moments import NoMoment, day_of, moment_of
from .phones import NoPhone, e164

MAX_EXPONENT = 308  # of a double
TRUE = frozenset({"true", "t", "yes", "y", "1"})
FALSE = frozenset({"false", "f", "no", "n", "0"})
BIT = re.compile(r"([01])[.,]0+")  # a column of 1 and null in a table has 1.0
# blanks and points between groups of three digits, where a comma stands before the decimals
GROUPED = re.compile(
    r"[+-]?[0-9]{1,3}(?:(?P<gap>[. '\u2019\u00a0\u202f])[0-9]{3})(?:(?P=gap)[0-9]{3})*(?:,[0-9]*)?"
)


class CannotConvert(Exception):
    """The value has no meaning in the wanted type. It carries no text: the value must not be
    told.
    """


@dataclass(frozen=True)
class Form:
    """How a column writes values: what parts the members of a list in a text, forms of strptime
    that dates have beside ISO 8601, the sign before decimals, the region of phone numbers that name
    no country, and whether its code may stand in them without a plus.
    """

    separator: str = ","
    formats: tuple[str, ...] = ()
    decimal: str = "."
    region: str | None = None
    code_without_plus: bool = False


USUAL = Form()


def exact(literal: str) -> Decimal:
    """A number of JSON with the digits that came. Raises ValueError for one that no double is, be
    it too large or too near to zero: in digits it might fill all memory.
    """
    double = float(literal)
    try:
        number = Decimal(literal)
    except InvalidOperation:
        raise ValueError from None
    if not math.isfinite(double) or (number and not double):
        raise ValueError
    return number


decode_exact = msgspec.json.Decoder(float_hook=exact).decode  # keeps the digits of numbers


def digits(number: int | float | Decimal) -> str:
    """A number in digits, without an exponent; a whole one without decimals."""
    if isinstance(number, int):
        return str(number)
    text = str(number)
    if text[-1] != "0" and "e" not in text.lower():  # as most are
        return text
    value = Decimal(text)
    whole = value.to_integral_value()
    return format(whole if value == whole else value, "f") if value else "0"


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return digits(value)
    raise CannotConvert


def _int(value: Any, *, decimal: str = ".") -> int:
    number = _number(value.strip(), decimal) if isinstance(value, str) else value
    if isinstance(number, int) or (isinstance(number, float) and number.is_integer()):
        return int(number)
    if isinstance(number, Decimal) and number == number.to_integral_value():
        return int(number)
    raise CannotConvert


def _float(value: Any, *, decimal: str = ".") -> float | int:
    number = _number(value.strip(), decimal) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        raise CannotConvert
    return float(number) if isinstance(number, Decimal) else number


def _number(text: str, decimal: str) -> int | Decimal:
    """A number from text; a Decimal where it has a point or an exponent, so that no digit of a long
    one is lost.
    """
    if decimal == ",":
        text = _with_point(text)
    if not text.isascii() or "_" in text:
        raise CannotConvert
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise CannotConvert from None
    if not number.is_finite() or number.adjusted() > MAX_EXPONENT or math.isinf(float(number)):
        raise CannotConvert
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    is_single = isinstance(value, str | int | float | Decimal)
    text = _string(value).strip().lower() if is_single else ""
    if whole := BIT.fullmatch(text):
        text = whole[1]
    if text not in TRUE | FALSE:
        raise CannotConvert
    return text in TRUE


def _with_point(text: str) -> str:
    """A number that has a comma before its decimals, as one with a point."""
    if grouped := GROUPED.fullmatch(text):
        text = text.replace(grouped["gap"], "")
    elif "." in text:
        raise CannotConvert
    return text.replace(",", ".")


def _moment(
    value: Any,
    zone: tzinfo,
    formats: tuple[str, ...],
    read: Callable[..., datetime | date] = moment_of,
) -> datetime | date:
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CannotConvert
    try:
        return read(value, zone, formats)
    except NoMoment:
        raise CannotConvert from None


def _date(value: Any, *, zone: tzinfo, formats: tuple[str, ...] = ()) -> str:
    return _moment(value, zone, formats, day_of).strftime("%Y-%m-%d").rjust(10, "0")


def _datetime(value: Any, *, zone: tzinfo, formats: tuple[str, ...] = ()) -> str:
    moment = _moment(value, zone, formats)
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=zone)
    try:
        offset = moment.utcoffset()
        if offset and offset.seconds % 60:  # of a zone before it had whole minutes
            moment = moment.astimezone(UTC)
    except OverflowError:  # it is before the first year, or behind the last
        raise CannotConvert from None
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace(
        "+00:00", "Z"
    )


def _tags(value: Any, *, separator: str = USUAL.separator) -> list[str]:
    """The members of an array, or of a text that holds one; not those that are null or empty."""
    members = listed(value, separator)
    tags = (_string(member).strip() for member in members if member is not None)
    return list(dict.fromkeys(tag for tag in tags if tag))


def listed(value: Any, separator: str) -> list[Any]:
    """The members of a value that stands for a list."""
    if not isinstance(value, str):
        return value if isinstance(value, list) else [value]
    if value.lstrip().startswith("["):
        try:
            found = decode_exact(value)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, list):
            return found
    return value.split(separator)


def _email(value: Any) -> str:
    """An address without the blanks around it."""
    if not isinstance(value, str) or not (bare := value.strip()):
        raise CannotConvert
    return bare


def _sha256(value: Any) -> str:
    """The digest of a text in its usual spelling, so that two spellings of an address are one. None
    of an empty text, which all that lack a value would share.
    """
    if not (bare := _string(value).strip().lower()):
        raise CannotConvert
    return sha256(bare.encode()).hexdigest()


def _phone(value: Any, *, region: str | None, code_without_plus: bool) -> str:
    text = _string(value)
    if not isinstance(value, str) and not text.isdecimal():
        raise CannotConvert
    try:
        return e164(text, region, code_without_plus=code_without_plus)
    except NoPhone:
        raise CannotConvert from None


# that a user may name
TYPES = (
    "string",
    "int",
    "float",
    "boolean",
    "date",
    "datetime",
    "tags",
    "phone",
    "email",
    "sha256",
)


def conversions(zone: tzinfo = UTC, form: Form = USUAL) -> Mapping[str, Callable[[Any], Any]]:
    """A function for each type, which raises CannotConvert; `zone` is that of times that name none,
    and of dates that are numbers; `form` says how values are written.
    """
    return {
        "string": _string,
        "int": partial(_int, decimal=form.decimal),
        "float": partial(_float, decimal=form.decimal),
        "boolean": _boolean,
        "date": partial(_date, zone=zone, formats=form.formats),
        "datetime": partial(_datetime, zone=zone, formats=form.formats),
        "tags": partial(_tags, separator=form.separator),
        "email": _email,
        "sha256": _sha256,
        "phone": partial(_phone, region=form.region, code_without_plus=form.code_without_plus),
    }
