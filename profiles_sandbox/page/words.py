"""The words: sizes, durations, moments and values as a person reads them."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from profiles_sandbox.profiles.channels import CHANNELS
from profiles_sandbox.profiles.subscriptions import STATUSES

KILO = 1000
LONGEST = 200
"""Characters of a value; longer ones are cut."""

NONE = "–"
"""What stands for nothing."""

_MINUTE = 60


def size(count: int | None) -> str:
    """Bytes: `2.3 MB`."""
    if count is None:
        return NONE
    left = float(count)
    for unit in ("B", "kB", "MB"):
        if left < KILO:
            return f"{left:,.0f} B" if unit == "B" else f"{left:,.1f} {unit}"
        left /= KILO
    return f"{left:,.1f} GB"


def duration(seconds: float | None) -> str:
    """A duration: `37 ms`, `2.41 s`, `3 min 20 s`."""
    if seconds is None:
        return NONE
    if seconds < 1:
        return f"{seconds * KILO:,.0f} ms"
    if seconds < _MINUTE:
        return f"{seconds:.2f} s"
    return f"{seconds // _MINUTE:,.0f} min {seconds % _MINUTE:.0f} s"


def number(value: float | None) -> str:
    """A count: `9,975`."""
    return NONE if value is None else f"{value:,.0f}"


def clock(seconds: float) -> str:
    """A moment of this machine's clock: `14:02:11.250`."""
    return _local(seconds).isoformat(timespec="milliseconds")[11:23]


def day(seconds: float) -> str:
    """The day of a moment: `2026-11-29`."""
    return _local(seconds).date().isoformat()


def moment(seconds: float) -> str:
    """A moment as a program reads it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def value(given: Any) -> str:
    """A stored value: a text as it is, others as JSON."""
    if given is None:
        return NONE
    text = given if isinstance(given, str) else msgspec.json.encode(given).decode()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def status(code: int) -> str:
    """The status of a subscription: `subscribed`."""
    return STATUSES[code] if code < len(STATUSES) else str(code)


def address(subscription: dict[str, Any]) -> str:
    """The address of a stored subscription: what it is compared by, as it was given."""
    keys = CHANNELS[subscription["channel"]].keys
    given = [subscription[key] for key in sorted(keys) if key in subscription]
    return " ".join(
        str(part)
        for each in given
        for part in (each.values() if isinstance(each, dict) else [each])
    )


def subscription(given: dict[str, Any]) -> str:
    """A stored subscription in one line."""
    words = [
        f"{given['channel']} {address(given)} on resource {given['resource_id']}: "
        f"{status(given['status'])}"
    ]
    if given["priority"]:
        words.append(f"priority {given['priority']}")
    if given["cats"]:
        words.append(f"cats {', '.join(given['cats'])}")
    if given["custom_fields"]:
        words.append(value(given["custom_fields"]))
    return "; ".join(words)


def _local(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds).astimezone()
