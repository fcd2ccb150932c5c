"""Dates and times in the forms that sources write them."""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS = 1_000_000
# forms of numbers that count from the epoch, as Airbyte's low-code CDK has them: parts of a second
EPOCHS = {"%s": 1, "%ms": 1_000, "%epoch_microseconds": MICROSECONDS}
COUNT = re.compile(r"[+-]?[0-9]{1,20}(?:\.[0-9]{1,20})?")
MILLISECONDS_FROM = 100_000_000_000  # as seconds they would lie beyond the year 5100
# from 1800 to 2100; other seconds are more likely milliseconds from 1966 to 1973
SECONDS = range(-5_364_662_400, 4_102_444_800)
# numbers that are more likely a year, a count of days, or a day such as 011231 and 20011231
DAYS = range(1000, 1_000_000), range(1000_01_01, 2200_01_02)
DAYS_END = 32_000_000  # no day is a larger number
LIVED, MONTHS, DAYS_OF_MONTHS = range(1900, 2101), range(1, 13), range(1, 32)  # of 31122001
DAYS_OF_YEARS = range(1, 367)  # of 2001365
LIKELY = range(1800, 2201)  # years of a day that has lost its zeros
NO_DATE = re.compile(r"0000-00-00(?:[T ]00:00:00(?:\.0+)?Z?)?")  # MySQL's null
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
ISO_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
# pendulum makes one up for 2001-12 and 2001-W01; 2001365 may have lost a zero
NAMES_ITS_DAY = re.compile(
    r"[0-9]{4}(?:([-/:]?)[0-9]{2}\1[0-9]{2}|-[0-9]{3}|(-?)W(?!00)[0-9]{2}\2[1-7])"
)
BLANK_BEFORE_ZONE = re.compile(r"(?<=[0-9]) +(?:(?=[+-][0-9])|(?:UTC|GMT|Z)$)")
TIMES = re.compile(r"%[HIMSfpcX]")  # parts of a form that say a time of day
EXAMPLE = datetime(2001, 12, 31, 13, 14, 15)
MIDNIGHT = time()
Shown = Callable[[datetime], datetime]  # what is told of a time of UTC that was counted to


class NoMoment(Exception):
    """A value is neither a date nor a time. It carries no text: the value must not be told."""


def is_form(form: str) -> bool:
    """Whether a form of strptime can be read, and says a whole date, or it is one of EPOCHS."""
    try:
        return (
            form in EPOCHS
            or datetime.strptime(EXAMPLE.strftime(form), form).date() == EXAMPLE.date()
        )
    except (ValueError, re.error):  # re's: one that names a part twice
        return False


def moment_of(value: str | int | float, zone: tzinfo, forms: Sequence[str] = ()) -> datetime | date:
    """A date, or a time with its zone: the one it names, else `zone`. The first of `forms` that
    fits says how to read it, of a number one of digits alone or of EPOCHS; else a text is read as
    ISO 8601 has it, and a number counts from the epoch and is shown in `zone`. Raises NoMoment.
    """
    return _found(value, zone, forms, lambda counted: counted.astimezone(zone))


def day_of(value: str | int | float, zone: tzinfo, forms: Sequence[str] = ()) -> date:
    """The same, of which the day is wanted. What counts from the epoch to a midnight of UTC is that
    day in any zone, as many sources write dates so.
    """
    return _found(
        value,
        zone,
        forms,
        lambda counted: counted if counted.time() == MIDNIGHT else counted.astimezone(zone),
    )


def _found(
    value: str | int | float, zone: tzinfo, forms: Sequence[str], shown: Shown
) -> datetime | date:
    try:
        if isinstance(value, str):
            text = value.strip()
            return _by_a_form(text, zone, forms, shown) or _parse(text, zone)
        if forms:
            digits = str(int(value) if value == int(value) else value)
            if found := _by_a_form(digits, zone, filter(_is_of_numbers, forms), shown):
                return found
            if 0 <= value < DAYS_END and any(map(_length, forms)):
                raise NoMoment  # a day in another form
        return shown(_counted(value))
    except (ValueError, ArithmeticError):
        raise NoMoment from None


def _counted(value: int | float) -> datetime:
    """From the epoch on, in UTC."""
    number = int(value)
    if number < DAYS_END and is_a_day(number):
        raise NoMoment
    if number in SECONDS:
        return datetime.fromtimestamp(value, UTC)
    if abs(number) < MILLISECONDS_FROM:
        raise NoMoment
    exact = Decimal(str(value)) if isinstance(value, float) else value
    return _since_epoch(exact, EPOCHS["%ms"])


def _since_epoch(count: int | Decimal, a_second: int) -> datetime:
    """So many of which some are a second. Raises ArithmeticError."""
    return EPOCH + timedelta(microseconds=int(count * MICROSECONDS // a_second))


def is_a_day(number: int) -> bool:
    """Whether a number is more likely a year, a day or a count of days than a second of 1970."""
    if any(number in each for each in DAYS):
        return True
    year, day = divmod(number, 1000)
    if year in LIVED and day in DAYS_OF_YEARS:
        return True
    rest, year = divmod(number, 10_000)
    month, day = sorted(divmod(rest, 100))  # either may stand first
    return year in LIVED and month in MONTHS and day in DAYS_OF_MONTHS


def _by_a_form(
    text: str, zone: tzinfo, forms: Iterable[str], shown: Shown
) -> datetime | date | None:
    """Of several that count from the epoch, the first that leads to a time that is likely."""
    forms = list(forms)
    are_several = len(EPOCHS.keys() & forms) > 1
    for form in forms:
        try:
            found = read_by(text, form)
        except (ValueError, ArithmeticError):
            continue
        if form not in EPOCHS:
            return _parse(found.isoformat(), zone) if TIMES.search(form) else found.date()
        if not are_several or int(found.timestamp()) in SECONDS:
            return shown(found)
    return None


def read_by(text: str, form: str) -> datetime:
    """A text that has a form; its first digits may be lost where they are 0. Raises ValueError or
    ArithmeticError.
    """
    if a_second := EPOCHS.get(form):
        if COUNT.fullmatch(text):
            return _since_epoch(Decimal(text), a_second)
        raise ValueError
    missing = _length(form) - len(text) if text.isdigit() else 0
    found = datetime.strptime("0" * missing + text, form)
    if missing > 0 and found.year not in LIKELY:
        raise ValueError
    return found


def _is_of_numbers(form: str) -> bool:
    return form in EPOCHS or _length(form) > 0


@lru_cache
def _length(form: str) -> int:
    """How many digits a form has, 0 where it has other characters."""
    example = EXAMPLE.strftime(form)
    return len(example) if example.isdigit() else 0


def _parse(text: str, zone: tzinfo) -> datetime | date:
    """By the standard library where the text is written as most are, which both read alike."""
    if ISO_DATE.fullmatch(text):
        return date.fromisoformat(text)
    if ISO_TIME.fullmatch(text):
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment
        local = moment.replace(tzinfo=zone)
        if zone is UTC or local.utcoffset() == local.replace(fold=1).utcoffset():
            return local  # the zone has it, and once
    if not NAMES_ITS_DAY.match(text):
        raise NoMoment
    return _read(text, zone)


@lru_cache
def _pendulums(zone: tzinfo) -> tzinfo:
    """What pendulum has for a zone. It is kept here, or its file would be read for each time."""
    import pendulum  # noqa: PLC0415 - see below

    return pendulum.timezone(zone.key) if isinstance(zone, ZoneInfo) else zone


def _read(text: str, zone: tzinfo) -> datetime | date:
    """By pendulum, which takes odd forms, and knows which times a zone has left out."""
    import pendulum  # noqa: PLC0415 - it takes a while, and most syncs do without

    text = BLANK_BEFORE_ZONE.sub(lambda blank: "Z" if blank[0].strip() else "", text)
    try:
        moment = pendulum.parse(text, exact=True, tz=_pendulums(zone))
    except TypeError:  # a defect of pendulum's with some texts that are no dates
        raise NoMoment from None
    if not isinstance(moment, date):  # pendulum takes intervals, too
        raise NoMoment
    if isinstance(moment, datetime):
        moment.utcoffset()  # raises ValueError for a zone of a day or more, which pendulum takes
    return moment
