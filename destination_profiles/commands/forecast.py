"""`forecast`: what a `write` would send and reject, by the same pipeline with a service that
accepts everything and hears nothing.
"""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from statistics import median
from time import monotonic
from typing import Any

from ..catalog import StreamInfo, streams_of
from ..config import Config, parse_config
from ..delivery.chunks import Chunk
from ..delivery.concurrency import FIRST
from ..delivery.ledger import Interval
from ..errors import NobodyReads
from ..protocol.pipes import LineReader
from ..records.mapping import UNSET
from ..records.paths import Declared
from ..rejects.settings import NoRejects
from ..service.formats import format_named
from ..service.manifest import SUBSCRIPTIONS
from ..service.outcome import ACCEPTED, Outcome
from ..service.request import Request
from ..sync.progress import Progress, Terminal
from ..sync.sync import assemble
from .files import read_object
from .forecast_report import Forecast, Kind, Spread, StreamForecast
from .forecast_table import show_forecast
from .invocation import STDIN, STDOUT, Invocation

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
    try:
        with open(STDOUT, "w", encoding="utf-8", closefd=False) as out:
            if arguments.json:
                out.write(json.dumps(predicted.as_dict(), ensure_ascii=False) + "\n")
            else:
                show_forecast(predicted, out)
    except OSError:
        raise NobodyReads from None


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
    pump = assemble(
        config,
        streams,
        release=lambda _: None,
        heartbeat=progress,
        leaving=counted.count,
        sender=counted,
    )
    writer, began = pump.writer, monotonic()
    pump.run(LineReader(descriptor))
    progress.end(writer)
    at_once, reading = in_flight or configured.max_in_flight, monotonic() - began
    return Forecast(
        streams=[
            counted.stream(writer.ledger.totals.get(info.label(), Interval(info.label())))
            for info in streams
        ],
        requests=len(counted.profiles),
        bytes=sum(counted.bytes),
        profiles_per_request=_spread(counted.profiles),
        bytes_per_request=_spread(counted.bytes),
        rejections=[Kind(*kind) for kind in writer.tally.kinds()],
        omissions=[Kind(*kind) for kind in writer.omitted.kinds()],
        unknown_streams=dict(writer.unknown),
        ignored_lines=pump.decoder.chatter,
        stops_after=None
        if configured.max_rejected is None or writer.tally.total <= configured.max_rejected
        else configured.max_rejected,
        reading_seconds=round(reading, 3),
        latency_ms=latency_ms,
        in_flight=at_once,
        seconds=round(
            max(reading, round_trips(len(counted.profiles), at_once) * latency_ms / 1000), 3
        ),
    )


def _harmless(configured: Config) -> Config:
    """The configuration of a sync that keeps nothing, and ends with its input only."""
    return replace(
        configured,
        max_age_seconds=FOR_EVER,
        max_rejected=None,
        max_rejected_percent=100,
        rejects=NoRejects(),
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
        self._valued: defaultdict[str, set[str]] = defaultdict(set)

    def send(self, _: Request) -> Outcome:
        return ACCEPTED

    def count(self, chunk: Chunk) -> None:
        """Count a chunk that would be sent."""
        self.profiles.append(len(chunk))
        self.bytes.append(chunk.size)
        for interval, row in chunk.entries():
            for name, value in self._decode(row.profile).items():
                if value not in NO_VALUE:
                    self._valued[interval.stream].add(name)

    def stream(self, sums: Interval) -> StreamForecast:
        always_null = (
            [name for name in self._fields[sums.stream] if name not in self._valued[sums.stream]]
            if sums.accepted
            else []
        )
        return StreamForecast(
            sums.stream, sums.read, sums.accepted, sums.superseded, sums.rejected, always_null
        )


def _named_fields(info: StreamInfo, config: Config) -> list[str]:
    """Fields of the profile that a stream is to fill: those configured, else the columns that its
    schema names.
    """
    configured = config.stream(info.name, info.namespace)
    fields = (
        [field.to for field in configured.fields]
        if configured.fields
        else list(Declared(info.schema).columns)
    )
    return list(dict.fromkeys([*fields, *([SUBSCRIPTIONS] if configured.subscriptions else [])]))


def _spread(numbers: list[int]) -> Spread:
    return Spread(min(numbers), median(numbers), max(numbers)) if numbers else Spread()
