"""One value of a column as a value of one of the service's field types."""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

MAX_EXPONENT = 308  # of a double
TRUE, FALSE = frozenset({"true", "t", "yes", "y", "1"}), frozenset({"false", "f", "no", "n", "0"})
# an epoch number from here on is milliseconds: as seconds it would lie beyond the year 5100
MILLISECONDS_FROM = 100_000_000_000
YEARS, DAYS = (
    (1000, 9999),
    (1000_01_01, 2200_01_01),
)  # numbers that are more likely a year or a day such as 20011231
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ISO_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
BLANK_BEFORE_ZONE = re.compile(r"(?<=[0-9]) +(?:(?=[+-][0-9])|(?:UTC|GMT|Z)$)")
TAG_SEPARATOR = ","


class CannotConvert(Exception):
    """The value has no meaning in the wanted type. It carries no text: the value must not be
    told.
    """


def _string(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    raise CannotConvert


def _int(value: Any) -> int:
    number = _number(value.strip()) if isinstance(value, str) else value
    if isinstance(number, int) or (isinstance(number, float) and number.is_integer()):
        return int(number)
    if isinstance(number, Decimal) and number == number.to_integral_value():
        return int(number)
    raise CannotConvert


def _float(value: Any) -> float | int:
    number = _number(value.strip()) if isinstance(value, str) else value
    if isinstance(number, bool) or not isinstance(number, int | float | Decimal):
        raise CannotConvert
    return float(number) if isinstance(number, Decimal) else number


def _number(text: str) -> int | Decimal:
    """A number from text; a Decimal where it has a point or an exponent, so that no digit of a long
    one is lost.
    """
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
    text = str(value).strip().lower() if isinstance(value, str | int) else ""
    if text not in TRUE | FALSE:
        raise CannotConvert
    return text in TRUE


def _moment(value: Any, zone: tzinfo) -> datetime | date:
    """A date, or a time with its zone: the one it names, else `zone`. A number counts from the
    epoch and is shown in `zone`.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise CannotConvert
    try:
        if isinstance(value, str):
            return _parse(value.strip(), zone)
        if YEARS[0] <= value <= YEARS[1] or DAYS[0] <= value <= DAYS[1]:
            raise CannotConvert
        if abs(value) < MILLISECONDS_FROM:
            return datetime.fromtimestamp(value, zone)
        seconds, rest = divmod(value, 1000)
        return datetime.fromtimestamp(seconds, zone).replace(microsecond=int(rest * 1000))
    except (ValueError, OverflowError, OSError):
        raise CannotConvert from None


def _parse(text: str, zone: tzinfo) -> datetime | date:
    """By the standard library where the text is written as most are, which both read alike."""
    if ISO_DATE.fullmatch(text):
        return date.fromisoformat(text)
    if ISO_TIME.fullmatch(text):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
        if zone is UTC:
            return moment.replace(tzinfo=UTC)
    return _read(text, zone)


def _read(text: str, zone: tzinfo) -> datetime | date:
    """By pendulum, which takes odd forms, and knows which times a zone has left out."""
    import pendulum  # noqa: PLC0415 - it takes a while, and most syncs do without

    text = BLANK_BEFORE_ZONE.sub(lambda blank: "Z" if blank[0].strip() else "", text)
    try:
        moment = pendulum.parse(text, exact=True, tz=zone)
    except TypeError:  # a defect of pendulum's with some texts that are no dates
        raise CannotConvert from None
    if text == "now" or not isinstance(
        moment, date
    ):  # pendulum takes `now`, times of day and durations too
        raise CannotConvert
    return moment


def _date(value: Any, *, zone: tzinfo) -> str:
    return _moment(value, zone).strftime("%Y-%m-%d").rjust(10, "0")


def _datetime(value: Any, *, zone: tzinfo) -> str:
    moment = _moment(value, zone)
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=zone)
    if (
        offset := moment.utcoffset()
    ) and offset.seconds % 60:  # of a zone before it had whole minutes
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds").replace(
        "+00:00", "Z"
    )


def _tags(value: Any) -> list[str]:
    members = (
        value.split(TAG_SEPARATOR)
        if isinstance(value, str)
        else value
        if isinstance(value, list)
        else [value]
    )
    tags = (_string(member).strip() for member in members)
    return list(dict.fromkeys(tag for tag in tags if tag))


TYPES = ("string", "int", "float", "boolean", "date", "datetime", "tags")  # that a user may name


def conversions(zone: tzinfo = UTC) -> Mapping[str, Callable[[Any], Any]]:
    """A function for each type, which raises CannotConvert; `zone` is that of times that name none,
    and of dates that are numbers.
    """
    return {
        "string": _string,
        "int": _int,
        "float": _float,
        "boolean": _boolean,
        "date": partial(_date, zone=zone),
        "datetime": partial(_datetime, zone=zone),
        "tags": _tags,
    }
