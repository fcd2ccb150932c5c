"""The pictures of a run. Each comes with a sentence that says what it shows."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from ..protocol.figures import Requested, Sample
from .numbers import duration, short, unit_of, whole
from .numbers import size as in_bytes
from .reading import Run
from .svg import Frame, Scale, area, bar, line, point, steps, tag

BINS = 40  # columns of a picture, at most
SIZES = 12  # of the sizes of requests
LARGEST = 9  # radius of a point
WORDS = {  # what became of requests
    "accepted": "answered",
    "later": "some rows put off",
    "throttled": "asked to wait",
    "failed": "failed",
    "halved": "refused and halved",
    "stopped": "ended the sync",
}
STRIP, THIN = 1000, 18  # width and height of a bar of parts


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture, its title, the sentence below it, and what its colours mean: class and word."""

    title: str
    drawing: Markup
    told: str
    legend: Sequence[tuple[str, str]] = ()


def charts(run: Run) -> list[Chart]:
    """Those of a run, as far as its figures go."""
    end = max([0, *(each.at for each in run.samples)])
    made = [_throughput(run.samples, end)] if len(run.samples) > 1 and end else []
    if run.requests and end:
        made += [_at_once(run, end), _answers(run.requests, end), _sizes(run.requests)]
    return made


def strip(parts: Iterable[tuple[str, int]]) -> Markup:
    """Counts as parts of one bar, each with its class."""
    shown = [(kind, count) for kind, count in parts if count > 0]
    total, left, marks = sum(count for _, count in shown) or 1, 0.0, []
    for kind, count in shown:
        width = max(STRIP * count / total, 3)  # one row in a million is still to be seen
        marks.append(tag("rect", class_=kind, x=round(left, 1), width=round(width, 1), height=THIN))
        left += width
    described = ", ".join(f"{count:,} {kind}" for kind, count in shown) or "nothing"
    return tag(
        "svg", Markup("").join(marks), viewBox=f"0 0 {max(left, 1):.1f} {THIN}", role="img",
        aria_label=described, preserveAspectRatio="none", class_="strip",
    )  # fmt: skip


def share(count: int, most: int, kind: str) -> Markup:
    """A count as a bar beside others, of which `most` is the largest."""
    width = round(max(120 * count / (most or 1), 1), 1)
    return tag(
        "svg", tag("rect", class_=kind, width=width, height=8, rx=2), viewBox="0 0 120 8",
        class_="share", aria_hidden="true",
    )  # fmt: skip


def _throughput(samples: Sequence[Sample], end: int) -> Chart:
    """Rows that were answered a second, in columns of equal time; and those that were read."""
    count = min(BINS, len(samples) - 1)
    width = end / count
    at = [round(width * each) for each in range(count + 1)]
    names = ("read", "accepted", "rejected")
    read, accepted, rejected = (
        [1000 * (after - before) / width for before, after in pairwise(_at(samples, name, at))]
        for name in names
    )
    most = max(map(max, ([*map(sum, zip(accepted, rejected, strict=True))], read)))
    frame = Frame(timescale(end), Scale(most, short))
    spans = [*pairwise(at)]
    marks = [
        bar(frame, span, (low, low + high), kind)
        for kind, lows, highs in (
            ("accepted", [0.0] * count, accepted),
            ("rejected", accepted, rejected),
        )
        for span, low, high in zip(spans, lows, highs, strict=True)
        if high > 0
    ]
    middles = [(sum(span) / 2, rate) for span, rate in zip(spans, read, strict=True)]
    last = samples[-1]
    average = 1000 * last.read / end
    told = f"{average:,.0f} rows a second on average over {duration(end)}."
    drawing = frame.drawn(f"Rows a second. {told}", *marks, line(frame, middles, "read"))
    legend = [("accepted", "arrived"), ("read", "read")]
    return Chart("Rows a second", drawing, told, [*legend, *_if_any(rejected)])


def _if_any(rejected: Sequence[float]) -> list[tuple[str, str]]:
    return [("rejected", "refused")] if any(each > 0 for each in rejected) else []


def _at(samples: Sequence[Sample], name: str, times: Sequence[int]) -> list[float]:
    """A count at some times, between two samples as if it had grown evenly."""
    points = [(0, 0), *((each.at, getattr(each, name)) for each in samples)]
    found, place = [], 0
    for at in times:
        while place < len(points) - 2 and points[place + 1][0] < at:
            place += 1
        (x0, y0), (x1, y1) = points[place], points[place + 1]
        part = min(max((at - x0) / (x1 - x0), 0), 1) if x1 > x0 else 1
        found.append(y0 + part * (y1 - y0))
    return found


def _at_once(run: Run, end: int) -> Chart:
    """Requests under way, and how many might have been."""
    is_told_whole = all(every == 1 for _, every in run.requests)
    under_way = (
        _overlap([each for each, _ in run.requests])
        if is_told_whole
        else [(each.at, each.in_flight) for each in run.samples]
    )
    limits = [(each.at, each.limit) for each in run.samples]
    most = max(count for _, count in [*under_way, *limits])
    frame = Frame(timescale(end), Scale(most, whole))
    busiest = max(count for _, count in under_way)
    told = f"At most {busiest} under way at once; {max(each for _, each in limits)} were allowed."
    shape = steps(under_way, end)
    drawing = frame.drawn(
        f"Requests at once. {told}",
        area(frame, shape, "accepted"),
        line(frame, shape, "accepted"),
        line(frame, steps(limits, end), "limit"),
    )
    return Chart(
        "Requests at once", drawing, told, [("accepted", "under way"), ("limit", "allowed")]
    )


def _overlap(requests: Iterable[Requested]) -> list[tuple[float, int]]:
    """How many requests are under way, from each moment at which that changes on."""
    changes = sorted(
        change for each in requests for change in ((each.at, 1), (each.at + each.took, -1))
    )
    count, points = 0, [(0.0, 0)]
    for at, change in changes:
        count += change
        points.append((float(at), count))
    return points


def _answers(requests: Sequence[tuple[Requested, int]], end: int) -> Chart:
    """When each request was sent, and how long its answer took."""
    most = max(each.profiles for each, _ in requests)
    frame = Frame(timescale(end), timescale(max(each.took for each, _ in requests)))
    marks = [
        point(
            frame.x(each.at), frame.y(each.took),
            max(2.5, LARGEST * math.sqrt(each.profiles / (most or 1))), each.outcome,
            f"{WORDS.get(each.outcome, each.outcome)} after {duration(each.took)}: "
            f"{each.profiles:,} profiles, {each.size:,} bytes, {each.refused:,} refused",
        )
        for each, _ in requests
    ]  # fmt: skip
    times = [(each.took, every) for each, every in requests]
    told = (
        f"Half of the answers took {duration(part(times, 0.5))} or less, 95 of 100 "
        f"{duration(part(times, 0.95))} or less, the longest {duration(max(times)[0])}."
    )
    kinds = dict.fromkeys(each.outcome for each, _ in requests)
    legend = [(kind, WORDS.get(kind, kind)) for kind in kinds]
    return Chart("Answer times", frame.drawn(f"Answer times. {told}", *marks), told, legend)


def _sizes(requests: Sequence[tuple[Requested, int]]) -> Chart:
    """How many requests had how many profiles."""
    sizes = [(each.profiles, every) for each, every in requests]
    most = max(sizes)[0]
    width = max(1, math.ceil((most + 1) / SIZES))
    counts = [0] * (most // width + 1)
    for size, every in sizes:
        counts[size // width] += every
    frame = Frame(Scale(width * len(counts), short), Scale(max(counts), whole))
    marks = [
        bar(frame, (width * place, width * (place + 1)), (0, count), "accepted")
        for place, count in enumerate(counts)
        if count
    ]
    body = part([(each.size, every) for each, every in requests], 0.5)
    told = (
        f"Half of the requests held {part(sizes, 0.5):,.0f} profiles or fewer, the largest "
        f"{most:,}; in the middle a body had {in_bytes(body)}."
    )
    return Chart(
        "Requests by their profiles", frame.drawn(f"Requests by profiles. {told}", *marks), told
    )


def timescale(most: float) -> Scale:
    """A scale of milliseconds, in the unit that fits."""
    unit, name = unit_of(most)
    return Scale(most or 1, lambda value: f"{value:g} {name}", unit)


def part(values: Sequence[tuple[float, int]], below: float) -> float:
    """The value below which that part of all lies; beside each value stands how many have it."""
    ordered = sorted(values)
    left = below * sum(count for _, count in ordered)
    for value, count in ordered:
        left -= count
        if left <= 0:
            return value
    return ordered[-1][0]
