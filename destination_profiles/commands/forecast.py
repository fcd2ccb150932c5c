"""`forecast`: what a `write` would send and reject, by the same pipeline with a service that
accepts everything and hears nothing.
"""

import json
import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from statistics import median
from time import monotonic
from typing import Any

from ..catalog import StreamInfo
from ..config import Config
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
from ..sync.connection import read_connection
from ..sync.memory_opening import opened_memory
from ..sync.progress import Progress, Terminal
from ..sync.pump import Pump
from ..sync.sync import assemble
from .acquaintance import Sample
from .catalog_file import read_catalog
from .examples import Examples
from .examples_page import show_examples
from .forecast_report import Forecast, Spread, StreamForecast
from .forecast_table import show_forecast
from .invocation import STDIN, STDOUT, Invocation
from .printing import printing

logger = logging.getLogger("airbyte")
PERSONAL = "These are values of rows, personal data among them: keep them to yourself."
NO_VALUE = (None, UNSET)
FOR_EVER = 1e9  # seconds: chunks are sealed by size, not by how fast a file is read


def run(invocation: Invocation) -> None:
    """Print the forecast of a sync on stdout."""
    arguments = invocation.arguments
    if arguments.show:
        logger.warning(PERSONAL)
    predicted = forecast(
        invocation.config,
        read_catalog(arguments.catalog),
        STDIN,
        latency_ms=arguments.latency_ms,
        in_flight=arguments.in_flight,
        terminal=invocation.terminal,
        show=arguments.show,
        ask=arguments.ask,
    )
    with printing(STDOUT) as out:
        if arguments.json:
            out.write(json.dumps(predicted.as_dict(), ensure_ascii=False) + "\n")
        else:
            show_examples(predicted.examples, out)
            show_forecast(predicted, out)


def forecast(
    raw: Mapping[str, Any],
    catalog: Mapping[str, Any],
    descriptor: int,
    *,
    latency_ms: int,
    in_flight: int | None,
    terminal: Terminal | None,
    show: int = 0,
    ask: int = 0,
) -> Forecast:
    """Take the messages of a file descriptor and tell what a `write` would do with them: of each
    stream with `show` rows and what becomes of them, and with how many of `ask` profiles the
    service knows. Sends nothing else, stores nothing.

    Raises ProfilesError for a configuration, a catalog or an input that a `write` would not take
    either.
    """
    configured, streams = read_connection(raw, catalog)
    config = _harmless(configured)
    counted, sample = _Counted(config, streams), Sample(ask, configured, streams)
    examples = Examples(show, config, streams)
    progress = Progress(lambda _: None, terminal)
    with opened_memory(configured, streams, keeps=False) as memory:
        pump = assemble(
            config,
            streams,
            memory=memory.link if memory else None,
            release=lambda _: None,
            heartbeat=progress,
            leaving=lambda chunk: _look(chunk, counted.count, examples.sent, sample.take),
            store=examples,
            sender=counted,
        )
        reading = _read(pump, progress, descriptor)
    at_once = in_flight or configured.max_in_flight
    requests, rate = len(counted.profiles), configured.max_requests_per_second
    waiting = round_trips(requests, at_once) * latency_ms / 1000
    paced = requests / rate if rate else 0.0
    return Forecast(
        **counted.told(pump.writer.ledger.totals),
        **_refused(pump.writer, configured),
        ignored_lines=pump.decoder.chatter,
        reading_seconds=round(reading, 3),
        latency_ms=latency_ms,
        in_flight=at_once,
        seconds=round(max(reading, waiting, paced), 3),
        examples=examples.in_order(),
        known=sample.asked() if ask else [],
    )


def _read(pump: Pump, progress: Progress, descriptor: int) -> float:
    """All of the input; gives the seconds that it took."""
    progress.follow(pump.share)
    began = monotonic()
    pump.run(LineReader(descriptor))
    progress.end(pump.writer)
    return monotonic() - began


def _look(chunk: Chunk, *lookers: Callable[[Chunk], None]) -> None:
    for look in lookers:
        look(chunk)


def _refused(writer: Writer, configured: Config) -> dict[str, Any]:
    """What would not be sent, and whether a write would end for it."""
    most, percent = configured.max_rejected, configured.max_rejected_percent
    return {
        "rejections": writer.tally.kinds(),
        "omissions": writer.omitted.kinds(),
        "unknown_streams": writer.strangers.by_stream(),
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
        max_requests_per_second=None,
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
