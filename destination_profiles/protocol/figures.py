"""The figures of a sync as it prints them on stdout, which `report` makes a page of.

They are TRACE messages of the type ANALYTICS. The platform takes a type and a text of each, so what
is told stands in the text, as JSON. Times are milliseconds since the start of the sync.
"""

from typing import Any

import msgspec

STARTED = "destination-profiles-started"
FIGURES = "destination-profiles-figures"


class Started(msgspec.Struct, frozen=True):
    """A sync has begun `at` so many seconds since the epoch. `sync` is its start as lines of the
    store of rejected records name it, where there is one.
    """

    version: str
    at: float
    max_in_flight: int
    max_profiles: int
    max_bytes: int
    sync: str | None = None


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """How far it was at one time: records, the requests under way and how many may be, and the
    states that came back.
    """

    at: int
    read: int
    accepted: int
    rejected: int
    in_flight: int
    limit: int
    states: int


class Requested(msgspec.Struct, frozen=True, array_like=True):
    """A request that was answered: when it was sent, how long its answer took, the profiles and
    bytes in it, what became of it and how many profiles were refused.
    """

    at: int
    took: int
    profiles: int
    size: int
    outcome: str
    refused: int = 0


class Reason(msgspec.Struct, frozen=True):
    """Why records of a stream were rejected, or values of them left out, and how many. `shapes`
    are the most frequent of the values at fault, with how many had each, and `other_shapes` counts
    the values of others.
    """

    stream: str
    step: str
    code: str
    text: str
    count: int
    shapes: list[tuple[str, int]] = []
    other_shapes: int = 0


class Subscribed(msgspec.Struct, frozen=True, array_like=True):
    """How many subscriptions of a channel and resource were made with a status."""

    channel: str
    resource_id: Any
    status: str
    count: int


class Figures(msgspec.Struct, frozen=True):
    """All that is counted so far, and what is new since the message before: samples, and each
    request, or every second, fourth and so on of `answered` where there are many.

    `streams` has the counts of each stream by their names; `other_reasons` are the records whose
    reason is not told. `longest_wait` is the longest time between two states,
    or from the last one on, and when it began.
    """

    at: int
    samples: list[Sample]
    requests: list[Requested]
    every: int
    answered: int
    streams: dict[str, dict[str, int]]
    reasons: list[Reason]
    omitted: list[Reason]
    subscriptions: list[Subscribed]
    chunks: int
    retries: int
    troubles: dict[str, int]
    states: int
    longest_wait: tuple[int, int]
    unknown: int
    other_reasons: int = 0
    ended: bool = False
    failure: str | None = None
