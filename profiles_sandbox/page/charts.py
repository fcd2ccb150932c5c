"""The charts of some requests over their time: a bar for each, throughput, requests at once.

Only geometry: the templates draw it as SVG, WIDTH wide and stretched to the page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from profiles_sandbox.data.requests import Request
from profiles_sandbox.page.endings import Ending

UPDATE = "profiles/update_batch"
"""The call whose throughput is drawn: imports only fill the service before a sync."""

WIDTH = 1000
"""Units across; a chart is as wide as its page."""

HEIGHT = 100
"""Units up, of a curve."""

LANE = 10
"""Units up, of a lane of bars."""

GAP_SECONDS = 30
"""Silence that parts one burst of requests from the next."""

_SHORTEST = 0.001
"""Seconds: the journal's moments are as fine."""

_NARROWEST = 3
"""Units of a bar at least, so that it can be seen."""

Bar = tuple[float, float, int]
"""Where a bar begins and how wide it is, and its lane from 0."""


@dataclass(frozen=True)
class Bars:
    """A bar for each request, and lines from an attempt to the next with the same Request-ID."""

    bars: list[tuple[Request, Ending, Bar]]
    lines: list[tuple[float, float, float, float]]
    lanes: int

    @property
    def height(self) -> int:
        """Units up."""
        return max(1, self.lanes) * LANE


@dataclass(frozen=True)
class Curve:
    """An area under steps, as an SVG path, and its highest value."""

    path: str
    peak: float


@dataclass(frozen=True)
class Charts:
    """All of one time, in seconds since 1970."""

    start: float
    end: float
    bars: Bars
    profiles: Curve
    at_once: Curve

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


def burst(requests: Sequence[Request]) -> list[Request]:
    """Those of the last burst, the oldest first, of requests with the latest first."""
    taken: list[Request] = []
    for request in requests:
        ended = request.received_at if request.ended_at is None else request.ended_at
        if taken and taken[-1].received_at - ended > GAP_SECONDS:
            break
        taken.append(request)
    return taken[::-1]


def draw(requests: Sequence[Request], endings: Sequence[Ending], now: float) -> Charts | None:
    """The charts of requests, the oldest first; None of none."""
    if not requests:
        return None
    spans = [_span(request, ending, now) for request, ending in zip(requests, endings, strict=True)]
    start = min(first for first, _ in spans)
    end = max(last for _, last in spans)
    scale = WIDTH / (end - start)
    placed = [((first - start) * scale, (last - start) * scale) for first, last in spans]
    rates = [
        (request.accepted or 0) / (last - first) if request.call == UPDATE else 0
        for request, (first, last) in zip(requests, spans, strict=True)
    ]
    return Charts(
        start,
        end,
        _bars(requests, endings, placed),
        _curve(zip(placed, rates, strict=True)),
        _curve((place, 1) for place in placed),
    )


def _span(request: Request, ending: Ending, now: float) -> tuple[float, float]:
    """From when to when a request was under way; one that never ended is a moment."""
    last = now if ending.kind == "open" else request.ended_at or request.received_at
    return request.received_at, max(last, request.received_at + _SHORTEST)


def _bars(
    requests: Sequence[Request], endings: Sequence[Ending], placed: list[tuple[float, float]]
) -> Bars:
    lanes: list[float] = []
    bars = []
    for request, ending, (begin, end) in zip(requests, endings, placed, strict=True):
        left = min(begin, WIDTH - _NARROWEST)
        right = max(end, left + _NARROWEST)
        lane = next((n for n, free in enumerate(lanes) if free <= left), len(lanes))
        lanes[lane : lane + 1] = [right]
        bars.append((request, ending, (left, right - left, lane)))
    return Bars(bars, list(_lines(bars)), len(lanes))


def _lines(
    bars: list[tuple[Request, Ending, Bar]],
) -> Iterable[tuple[float, float, float, float]]:
    """From the end of an attempt to the begin of the next."""
    attempts: dict[str, list[Bar]] = {}
    for request, _, bar in bars:
        if request.request_id:
            attempts.setdefault(request.request_id, []).append(bar)
    for same in attempts.values():
        for (left, width, lane), (next_left, _, next_lane) in pairwise(same):
            yield left + width, (lane + 0.5) * LANE, next_left, (next_lane + 0.5) * LANE


def _curve(spans: Iterable[tuple[tuple[float, float], float]]) -> Curve:
    """The sum of values that each hold for a time."""
    changes: dict[float, float] = {}
    for (left, right), value in spans:
        changes[left] = changes.get(left, 0) + value
        changes[right] = changes.get(right, 0) - value
    places = sorted(changes)
    sums = [max(0.0, each) for each in accumulate(changes[place] for place in places)]
    peak = max(sums)
    steps = [f"M0 {HEIGHT}"]
    for place, value in zip(places, sums, strict=True):
        steps.append(f"H{place:.1f}V{HEIGHT - HEIGHT * value / (peak or 1):.1f}")
    return Curve("".join([*steps, f"H{WIDTH}V{HEIGHT}Z"]), peak)
