"""The page of the loads that were measured: `python -m integration_tests.soak.page`."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from pathlib import Path

import jinja2
from markupsafe import Markup

from destination_profiles.report import charts
from destination_profiles.report.charts import Chart
from destination_profiles.report.numbers import duration, moment, whole
from destination_profiles.report.svg import Frame, Scale, area, line
from integration_tests.soak.load import KEPT, Measured

POINTS = 240  # of a curve, at most
PAGE = KEPT.with_suffix(".html")
STYLE = Path(charts.__file__).with_name("style.css")


def curves(load: Measured) -> list[Chart]:
    """Memory, descriptors and threads over time, each with its limit."""
    limits = load.limits
    since = 0 if limits.grown is None else load.half
    return [
        _curve(load, "Memory in MB", "megabytes", load.most_allowed(), since),
        _curve(load, "Descriptors", "descriptors", limits.descriptors),
        _curve(load, "Threads", "threads", limits.threads),
    ]


def _curve(load: Measured, title: str, what: str, limit: int | None, since: int = 0) -> Chart:
    points = [(look.at, getattr(look, what)) for look in load.looks]
    end, values = points[-1][0], [value for _, value in points]
    held = [] if limit is None else [(since, limit), (end, limit)]
    frame = Frame(charts.timescale(end), Scale(max(*values, limit or 0), whole))
    told = f"{values[0]} at first, {values[-1]} at last, {max(values)} at most"
    told += f"; {limit} {'in the second half ' * bool(since)}allowed." if held else "."
    shape = [*_thinned(points)]
    drawing = frame.drawn(
        f"{title}. {told}",
        area(frame, shape, "accepted"),
        line(frame, shape, "accepted"),
        line(frame, held, "limit"),
    )
    return Chart(title, drawing, told)


def _thinned(points: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The highest of those that would stand at one place."""
    width = points[-1][0] / POINTS or 1
    for _, near in groupby(points, key=lambda point: point[0] // width):
        yield max(near, key=lambda point: point[1])


def page(loads: Sequence[Measured]) -> str:
    """The HTML of some loads."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"duration": duration, "moment": moment}
    within = sum(not load.excesses() for load in loads)
    return environment.get_template("page.html.jinja").render(
        loads=[(load, curves(load)) for load in loads],
        sentence=f"{within} of {len(loads)} loads kept to their limits",
        style=Markup(STYLE.read_text(encoding="utf-8")),
    )


def main(kept: Iterable[Path]) -> None:
    """Write the page of what was kept, the latest load first."""
    loads = sorted(map(Measured.read, kept), key=lambda load: -load.began)
    PAGE.write_text(page(loads), encoding="utf-8")
    print(PAGE)


if __name__ == "__main__":
    main(KEPT.glob("*.json"))
