"""The form of a line in which a rejected record is kept: as it came, with the reason behind."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import msgspec

from ..rejection import Rejection
from ..service.formats import encode_json
from ..storage.part_names import own_digits

FIRST = b'"rejected_reason":'  # in a text its quotes are escaped, so it is found as a key alone
WRAPPED = "rejected_data"  # the row is no object: it stands under `data`
OURS = frozenset(
    f"rejected_{name}"
    for name in (
        *("reason", "code", "message", "path", "faults", "at"),
        *("sync", "row", "attempts", "fate", "profile", "edited", "data"),
    )
)
ALTERED = "json"  # the step of rows that could not be kept as they came
UNKNOWN = "unknown"  # fate of a row that was sent again, and no answer came

_decode = msgspec.json.decode
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record stood: the start of its sync as a timestamp, and its number in the sync's
    input, from 1. `attempts`: how often it was rejected. `fate` is UNKNOWN where it may have been
    executed since. `profile` is what a memory knows its profile by, in its own store alone.
    `edited`: it came back from a person.
    """

    sync: str
    row: int
    attempts: int = 1
    fate: str | None = None
    profile: str | None = None
    edited: bool = False

    def place(self) -> tuple[str, int]:
        """What is larger is later."""
        return self.sync, self.row


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that is kept: its `data` as it came, where it stood, the step and code that it was
    rejected with, and when.
    """

    original: bytes
    origin: Origin
    reason: str = ""
    code: str = ""
    message: str = ""
    at: str = ""

    def is_altered(self) -> bool:
        """Whether parts of it are not what came: NaN, say, is the text of it. What a person has
        edited is as it is meant.
        """
        return self.reason == ALTERED and not self.origin.edited


def timestamp(moment: datetime) -> str:
    """A moment in UTC to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def begun(moment: datetime) -> str:
    """The start of a sync in UTC, as a timestamp that no other sync has: behind the milliseconds
    stand digits of its own.
    """
    return f"{timestamp(moment).removesuffix('Z')}{own_digits()}Z"


def line(original: bytes, rejection: Rejection, moment: datetime, origin: Origin) -> bytes:
    """A line: the original data, byte for byte, with the `rejected_*` keys behind."""
    keys = {
        "rejected_reason": rejection.reason,
        "rejected_code": rejection.code,
        "rejected_message": rejection.message,
        "rejected_path": rejection.path,
        "rejected_faults": [asdict(each) for each in rejection.all_faults()],
        "rejected_at": timestamp(moment),
        "rejected_sync": origin.sync,
        "rejected_row": origin.row,
        "rejected_attempts": origin.attempts,
    }
    if origin.fate is not None:
        keys["rejected_fate"] = origin.fate
    if origin.profile is not None:
        keys["rejected_profile"] = origin.profile
    if origin.edited:
        keys["rejected_edited"] = True
    data = bytes(original).strip().replace(b"\n", b" ")  # no text holds a line's end as it is
    if not data.startswith(b"{"):
        data = b'{"data":' + data + b"}"
        keys[WRAPPED] = True
    head = data[:-1]
    return head + (b"" if head.rstrip() == b"{" else b",") + encode_json(keys)[1:] + b"\n"


def with_unknown_fate(text: bytes) -> bytes:
    """A line whose record may have been executed."""
    if read(text).origin.fate == UNKNOWN:
        return text
    return text.rstrip()[:-1] + b',"rejected_fate":"unknown"}\n'


def read(text: bytes) -> Kept:
    """The record of a line. Of one that a person has edited, what is left of the keys counts.
    Raises ValueError where it is no JSON object.
    """
    text = text.strip()
    start = text.rfind(FIRST)
    head = text[: max(0, start)]
    if head.endswith(b",") or head.rstrip() == b"{":
        keys = _decode(b"{" + text[start:])
        if "rejected_at" in keys and keys.keys() <= OURS:  # nothing was written behind them
            return _kept(keys, head.removesuffix(b",") + b"}")
    parts = _parts(text)
    keys = {name: _decode(value) for name, value in parts.items() if name in OURS}
    own = {name: value for name, value in parts.items() if name not in OURS}
    return _kept(keys, msgspec.json.encode(own))


def _kept(keys: Mapping[str, Any], original: bytes) -> Kept:
    if keys.get(WRAPPED):
        original = original.removeprefix(b'{"data":')[:-1]
    at = str(keys.get("rejected_at", ""))
    row, attempts = keys.get("rejected_row", 0), keys.get("rejected_attempts", 1)
    fate, profile = keys.get("rejected_fate"), keys.get("rejected_profile")
    edited = keys.get("rejected_edited") is True
    if type(row) is not int or type(attempts) is not int:
        raise ValueError
    if not isinstance(profile, str | None):
        raise ValueError
    return Kept(
        original,
        # lines of earlier versions do not say where a record stood
        Origin(str(keys.get("rejected_sync", at)), row, attempts, fate, profile, edited),
        str(keys.get("rejected_reason", "")),
        str(keys.get("rejected_code", "")),
        str(keys.get("rejected_message", "")),
        at,
    )


def again(kept: Kept) -> Origin:
    """Where a record stands that is rejected once more."""
    return replace(kept.origin, attempts=kept.origin.attempts + 1, fate=None)
