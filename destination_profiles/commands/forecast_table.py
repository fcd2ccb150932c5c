"""The table of a forecast, for people."""

from collections.abc import Iterable
from typing import TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .forecast_report import Forecast, Spread


def show_forecast(forecast: Forecast, file: TextIO) -> None:
    """Print a forecast for people."""
    console = Console(file=file, highlight=False, markup=False, emoji=False)
    _print(
        console,
        ["stream", "records", "sent", "superseded", "rejected", "always null"],
        [
            (
                each.stream,
                each.records,
                each.sent,
                each.superseded,
                each.rejected,
                ", ".join(each.always_null),
            )
            for each in forecast.streams
        ],
    )
    if forecast.rejections:
        _print(
            console,
            ["stream", "step", "code", "records", "reason"],
            [(k.stream, k.step, k.code, k.records, k.reason) for k in forecast.rejections],
        )
    if forecast.requests:
        _print(
            console,
            ["of each request", "smallest", "median", "largest"],
            [
                ("profiles", *_numbers(forecast.profiles_per_request)),
                ("bytes", *_numbers(forecast.bytes_per_request)),
            ],
        )
    requests = "1 request" if forecast.requests == 1 else f"{forecast.requests:,} requests"
    console.print(f"{requests} with {forecast.bytes:,} bytes in all. Nothing was sent.")
    console.print(
        f"A write takes about {forecast.seconds:,.1f} s where the service needs "
        f"{forecast.latency_ms:,} ms for a request and takes "
        f"{forecast.in_flight:,} at once. "
        f"Reading and preparing took {forecast.reading_seconds:,.1f} s."
    )
    if forecast.stops_after is not None:
        console.print(
            f"But a write stops when more than {forecast.stops_after:,} records are "
            "rejected, as max_rejected asks."
        )
    if forecast.ignored_lines:
        console.print(
            f"Lines that are no Airbyte messages, and so ignored: {forecast.ignored_lines:,}."
        )
    if forecast.unknown_streams:
        unknown = forecast.unknown_streams.items()
        counts = ", ".join(f"{name} ({count:,})" for name, count in unknown)
        console.print(f"Not in the catalog, and so not written: {counts}.")


def _print(console: Console, head: list[str], rows: Iterable[tuple[object, ...]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    numbers = {"records", "sent", "superseded", "rejected", "smallest", "median", "largest"}
    for name in head:
        table.add_column(name, justify="right" if name in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(
            *(f"{each:,}" if isinstance(each, int | float) else Text(str(each)) for each in row)
        )
    console.print(table)
    console.print()


def _numbers(spread: Spread) -> tuple[int, float, int]:
    return spread.smallest, spread.median, spread.largest
