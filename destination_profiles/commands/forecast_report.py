"""What a forecast says."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..delivery.tally import Kind
from .acquaintance import Known
from .examples import Example

ON_REQUEST = ("examples", "known")


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
    rejected: int
    always_null: list[str]
    statuses: Mapping[str, int]


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
    examples: list[Example]  # where they were asked for, as is what the service knows
    known: list[Known]

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it, without what was not asked for."""
        told = asdict(self)
        return {name: each for name, each in told.items() if each or name not in ON_REQUEST}
