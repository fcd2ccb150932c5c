"""Numbers as people read them."""

from datetime import UTC, datetime

SECOND, MINUTE = 1_000, 60_000  # milliseconds
IN_MINUTES = 2 * MINUTE  # from here on a time is told in minutes
UNITS = (  # of scales of times: where it is used from, its milliseconds, its name
    (180 * MINUTE, 60 * MINUTE, "h"),
    (IN_MINUTES, MINUTE, "min"),
    (SECOND, SECOND, "s"),
    (0, 1, "ms"),
)
THOUSAND, MILLION = 1_000, 1_000_000
NEARLY_NONE, ALL = 0.1, 100  # percent: what lies so near to none, or to all, is told to a hundredth


def duration(milliseconds: float) -> str:
    """A time."""
    if milliseconds < SECOND:
        return f"{milliseconds:.0f} ms"
    if milliseconds < IN_MINUTES:
        return f"{milliseconds / SECOND:.1f} s"
    minutes, seconds = divmod(round(milliseconds / SECOND), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"


def unit_of(milliseconds: float) -> tuple[int, str]:
    """The unit of a scale of times that goes so far."""
    return next((unit, name) for least, unit, name in UNITS if milliseconds >= least)


def short(value: float) -> str:
    """A count in few letters."""
    if value >= MILLION:
        return f"{value / MILLION:g}M"
    return f"{value / THOUSAND:g}k" if value >= THOUSAND else f"{value:g}"


def whole(value: float) -> str:
    """A count on a scale, which has no halves."""
    return f"{value:g}" if value == int(value) else ""


def size(value: float) -> str:
    """Bytes."""
    return f"{value / MILLION:,.1f} MB" if value >= MILLION else f"{value / THOUSAND:,.1f} kB"


def percent(part: int, of: int) -> str:
    """A part of something, nothing where there is nothing."""
    if not of:
        return ""
    value = ALL * part / of
    is_near = 0 < value < NEARLY_NONE or ALL - NEARLY_NONE < value < ALL
    return f"{value:.2f} %" if is_near else f"{value:.1f} %"


def moment(seconds: float) -> str:
    """A time of day, of seconds since the epoch, nothing where it is none."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%d %B %Y, %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return ""
