"""The table of a forecast, for people."""

from collections.abc import Iterator
from typing import TextIO

from .acquaintance import known_in_words
from .forecast_report import Forecast, Spread
from .kinds_table import kinds_table
from .tables import Table, show_tables


def show_forecast(forecast: Forecast, file: TextIO) -> None:
    """Print a forecast for people."""
    show_tables(_tables(forecast), _sentences(forecast), file)


def _tables(forecast: Forecast) -> Iterator[Table]:
    """The heads of columns, and the rows."""
    yield (
        ["stream", "records", "sent", "superseded", "deleted", "rejected", "always null"],
        [
            (
                *(s.stream, s.records, s.sent, s.superseded, s.deleted, s.rejected),
                ", ".join(s.always_null),
            )
            for s in forecast.streams
        ],
    )
    statuses = [
        (each.stream, word, count)
        for each in forecast.streams
        for word, count in each.statuses.items()
    ]
    if statuses:
        yield ["stream", "status of subscriptions", "sent"], statuses
    if forecast.rejections:
        yield kinds_table(forecast.rejections, "records")
    if forecast.omissions:
        yield kinds_table(forecast.omissions, "left out")
    if forecast.requests:
        yield (
            ["of each request", "smallest", "median", "largest"],
            [
                ("profiles", *_numbers(forecast.profiles_per_request)),
                ("bytes", *_numbers(forecast.bytes_per_request)),
            ],
        )


def _sentences(forecast: Forecast) -> Iterator[str]:
    requests = "1 request" if forecast.requests == 1 else f"{forecast.requests:,} requests"
    yield f"{requests} with {forecast.bytes:,} bytes in all. Nothing was sent."
    yield (
        f"A write takes about {forecast.seconds:,.1f} s where the service needs "
        f"{forecast.latency_ms:,} ms for a request and takes "
        f"{forecast.in_flight:,} at once. "
        f"Reading and preparing took {forecast.reading_seconds:,.1f} s."
    )
    yield from known_in_words(forecast.known)
    if forecast.stops_after is not None:
        yield (
            f"But a write stops when more than {forecast.stops_after:,} records are "
            "rejected, as max_rejected asks."
        )
    if forecast.fails_above is not None:
        yield (
            f"But a write fails where more than {forecast.fails_above} percent of the records are "
            "rejected, as max_rejected_percent asks."
        )
    if forecast.ignored_lines:
        ignored = f"{forecast.ignored_lines:,}"
        yield f"Lines that are not Airbyte messages, and so are ignored: {ignored}."
    if forecast.unknown_streams:
        unknown = forecast.unknown_streams.items()
        counts = ", ".join(f"{name} ({count:,})" for name, count in unknown)
        yield f"Not in the catalog, and so not written: {counts}."


def _numbers(spread: Spread) -> tuple[int, float, int]:
    return spread.smallest, spread.median, spread.largest
