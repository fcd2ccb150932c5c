"""`forecast`: what a `write` would send and reject, by the same pipeline with a service that
accepts everything and hears nothing.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from statistics import median
from time import monotonic
from typing import Any

from ..catalog import StreamInfo, streams_of
from ..config import Config, parse_config
from ..delivery.chunks import Chunk
from ..delivery.concurrency import FIRST
from ..delivery.ledger import Interval
from ..delivery.writer import Writer
from ..protocol.pipes import LineReader
from ..records.airbyte_columns import added
from ..records.field import UNSET
from ..records.paths import Declared
from ..records.status_column import word_of
from ..service.formats import format_named
from ..service.manifest import SUBSCRIPTIONS, service
from ..service.outcome import ACCEPTED, Outcome
from ..service.request import Request
from ..storage.settings import NoStorage
from ..sync.progress import Progress, Terminal
from ..sync.remembrance import remembrance
from ..sync.sync import assemble
from .files import read_object
from .forecast_report import Forecast, Kind, Spread, StreamForecast
from .forecast_table import show_forecast
from .invocation import STDIN, STDOUT, Invocation
from .printing import printing

NO_VALUE = (None, UNSET)
FOR_EVER = 1e9  # seconds: chunks are sealed by size, not by how fast a file is read


def run(invocation: Invocation) -> None:
    """Print the forecast of a sync on stdout."""
    arguments = invocation.arguments
    predicted = forecast(
        invocation.config,
        read_object(arguments.catalog, "configured catalog"),
        STDIN,
        latency_ms=arguments.latency_ms,
        in_flight=arguments.in_flight,
        terminal=invocation.terminal,
    )
    with printing(STDOUT) as out:
        if arguments.json:
            out.write(json.dumps(predicted.as_dict(), ensure_ascii=False) + "\n")
        else:
            show_forecast(predicted, out)


def forecast(
    raw: Mapping[str, Any],
    catalog: Mapping[str, Any],
    descriptor: int,
    *,
    latency_ms: int,
    in_flight: int | None,
    terminal: Terminal | None,
) -> Forecast:
    """Take the messages of a file descriptor and tell what a `write` would do with them. Sends
    nothing, stores nothing.

    Raises ProfilesError for a configuration, a catalog or an input that a `write` would not take
    either.
    """
    configured = parse_config(raw)
    config = _harmless(configured)
    streams = streams_of(catalog)
    counted = _Counted(config, streams)
    progress = Progress(lambda _: None, terminal)
    with remembrance(configured, streams, keeps=False) as memory:
        pump = assemble(
            config,
            streams,
            memory=memory.link if memory else None,
            release=lambda _: None,
            heartbeat=progress,
            leaving=counted.count,
            sender=counted,
        )
        began = monotonic()
        pump.run(LineReader(descriptor))
    progress.end(pump.writer)
    reading, at_once = monotonic() - began, in_flight or configured.max_in_flight
    waiting = round_trips(len(counted.profiles), at_once) * latency_ms / 1000
    return Forecast(
        **counted.told(pump.writer.ledger.totals),
        **_refused(pump.writer, configured),
        ignored_lines=pump.decoder.chatter,
        reading_seconds=round(reading, 3),
        latency_ms=latency_ms,
        in_flight=at_once,
        seconds=round(max(reading, waiting), 3),
    )


def _refused(writer: Writer, configured: Config) -> dict[str, Any]:
    """What would not be sent, and whether a write would end for it."""
    most, percent = configured.max_rejected, configured.max_rejected_percent
    return {
        "rejections": [Kind(*kind) for kind in writer.tally.kinds()],
        "omissions": [Kind(*kind) for kind in writer.omitted.kinds()],
        "unknown_streams": dict(writer.unknown),
        "stops_after": None if most is None or writer.tally.total <= most else most,
        "fails_above": percent if writer.are_lost(percent) else None,
    }


def _harmless(configured: Config) -> Config:
    """The configuration of a sync that keeps nothing, and ends with its input only."""
    return replace(
        configured,
        max_age_seconds=FOR_EVER,
        max_rejected=None,
        max_rejected_percent=100,
        storage=NoStorage(),
        outcomes=None,
        memory=None,
        max_in_flight=1,
    )


def round_trips(requests: int, in_flight: int) -> int:
    """How many round trips that many requests take, one after the other: a few go at once, then
    twice as many, up to `in_flight`.
    """
    trips, at_once = 0, min(FIRST, in_flight)
    while requests > 0:
        trips += 1
        requests -= at_once
        at_once = min(2 * at_once, in_flight)
    return trips


class _Counted:
    """A sender that sends nothing, and counts."""

    def __init__(self, config: Config, streams: list[StreamInfo]) -> None:
        self.profiles: list[int] = []
        self.bytes: list[int] = []
        self._decode = format_named(config.wire_format).decode
        self._fields = {info.label(): _named_fields(info, config) for info in streams}
        self._statuses: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._valued: defaultdict[str, set[str]] = defaultdict(set)

    def send(self, _: Request) -> Outcome:
        return ACCEPTED

    def count(self, chunk: Chunk) -> None:
        """Count a chunk that would be sent."""
        self.profiles.append(len(chunk))
        self.bytes.append(chunk.size)
        for interval, row in chunk.entries():
            profile = self._decode(row.profile)
            for name, value in profile.items():
                if value not in NO_VALUE:
                    self._valued[interval.stream].add(name)
            if SUBSCRIPTIONS in profile:
                self._statuses[interval.stream].update(_statuses(profile[SUBSCRIPTIONS]))

    def told(self, totals: Mapping[str, Interval]) -> dict[str, Any]:
        """What would be sent: by stream, and in requests."""
        return {
            "streams": [self._stream(totals.get(name, Interval(name))) for name in self._fields],
            "requests": len(self.profiles),
            "bytes": sum(self.bytes),
            "profiles_per_request": _spread(self.profiles),
            "bytes_per_request": _spread(self.bytes),
        }

    def _stream(self, sums: Interval) -> StreamForecast:
        always_null = (
            [name for name in self._fields[sums.stream] if name not in self._valued[sums.stream]]
            if sums.accepted
            else []
        )
        return StreamForecast(
            sums.stream,
            sums.read,
            sums.accepted,
            sums.superseded,
            sums.deleted,
            sums.unchanged,
            sums.rejected,
            always_null,
            dict(self._statuses[sums.stream].most_common()),
        )


def _named_fields(info: StreamInfo, config: Config) -> list[str]:
    """Fields of the profile that a stream is to fill: those configured, else the columns that its
    schema names.
    """
    configured = config.stream(info.name, info.namespace)
    if configured.fields:
        fields = [field.to for field in configured.fields]
    else:
        columns = Declared(info.schema).columns
        fields = [name for name in columns if name not in added(columns)]
    return list(dict.fromkeys([*fields, *([SUBSCRIPTIONS] if configured.subscriptions else [])]))


@cache
def _words() -> dict[Any, str]:
    words: dict[Any, str] = {}
    for word, number in service().statuses.items():
        words |= {number: word, str(number): word}
    return words


def _statuses(subscriptions: Any) -> Iterator[str]:
    """The word of each subscription's status, which a format without types has as text."""
    for each in subscriptions if isinstance(subscriptions, list) else []:
        if isinstance(each, dict):
            yield word_of(each.get("status"), _words())


def _spread(numbers: list[int]) -> Spread:
    return Spread(min(numbers), median(numbers), max(numbers)) if numbers else Spread()
