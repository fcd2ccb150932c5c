"""What a forecast says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Spread:
    """Smallest, middle and largest of some numbers."""

    smallest: int = 0
    median: float = 0
    largest: int = 0


@dataclass(frozen=True)
class StreamForecast:
    """One stream: records read, what becomes of them, fields without a value in any record that
    would be sent, and how many subscriptions have each status.
    """

    stream: str
    records: int
    sent: int
    superseded: int
    deleted: int
    unchanged: int  # that a memory knows the service to have
    rejected: int
    always_null: list[str]
    statuses: Mapping[str, int]


@dataclass(frozen=True)
class Kind:
    """One kind of rejection or omission, as a log would name it, and its count."""

    stream: str
    step: str
    code: str
    reason: str
    records: int


@dataclass(frozen=True)
class Forecast:
    """What a sync would do. Bytes are those of request bodies; `seconds` is the estimated time at
    `latency_ms` and `in_flight`.
    """

    streams: list[StreamForecast]
    requests: int
    bytes: int
    profiles_per_request: Spread
    bytes_per_request: Spread
    rejections: list[Kind]
    omissions: list[Kind]  # values that are left out, of records that are sent
    unknown_streams: Mapping[str, int]
    ignored_lines: int
    stops_after: (
        int | None
    )  # rejected records, where the configuration lets a write end at so many and there are more
    fails_above: int | None  # percent of the records, where more are rejected and a write so fails
    reading_seconds: float
    latency_ms: int
    in_flight: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)
