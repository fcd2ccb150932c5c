"""Drawing: a frame with two scales, and marks in it, as SVG whose colours are classes of the page's
style.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 480, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 14, 28  # the frame's distances from the edges
LAST = 14  # a label that stands nearer to the right edge would be cut
LEAST = 0.4  # height of a column that is drawn
TICKS = 5  # of a scale, at most


@dataclass(frozen=True, slots=True)
class Scale:
    """From 0 to `most`. Labels stand at round numbers of a `unit`, and are made by `label`."""

    most: float
    label: Callable[[float], str]
    unit: float = 1

    def ticks(self) -> list[float]:
        """Where labels stand, the last at `most` or above."""
        return [self.unit * each for each in ticks(self.most / self.unit)]

    def told(self, value: float) -> str:
        """The label at a value."""
        return self.label(value / self.unit)


class Frame:
    """Two scales, with lines where the upright one has a label. That ends at a label, the other
    where its values do.
    """

    def __init__(self, across: Scale, up: Scale) -> None:
        """Of what is drawn across, and up."""
        self._across, self._up = across, up
        self._most_x, self._most_y = across.most or 1, up.ticks()[-1]

    def x(self, value: float) -> float:
        """Where a value stands from the left."""
        return round(LEFT + (WIDTH - LEFT - RIGHT) * value / self._most_x, 1)

    def y(self, value: float) -> float:
        """Where a value stands from above."""
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self._most_y, 1)

    def drawn(self, described: str, *marks: Markup) -> Markup:
        """A picture of marks; `described` is for those who do not see it."""
        lines = [
            tag("path", class_="grid", d=f"M{LEFT} {self.y(at)}H{WIDTH - RIGHT}")
            + tag("text", self._up.told(at), x=LEFT - 7, y=self.y(at) + 4, class_="end")
            for at in self._up.ticks()
        ]
        below = [
            tag("text", self._across.told(at), x=self.x(at), y=HEIGHT - 8, class_="middle")
            for at in self._across.ticks()
            if self.x(at) < WIDTH - LAST
        ]
        return picture(WIDTH, HEIGHT, described, *lines, *marks, *below)


def picture(width: int, height: int, described: str, *marks: Markup) -> Markup:
    """A picture of marks."""
    return tag(
        "svg", Markup("").join(marks), viewBox=f"0 0 {width} {height}", role="img",
        aria_label=described,
    )  # fmt: skip


def tag(name: str, content: object = "", **attributes: object) -> Markup:
    """An element; what is no markup in it is a text. A name with `_` at its end is one of Python's
    own words, within a name it stands for `-`.
    """
    given = Markup("").join(
        Markup(' {}="{}"').format(_name(key), value) for key, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, given, escape(content))


def _name(key: str) -> str:
    return key.removesuffix("_").replace("_", "-")


def bar(frame: Frame, span: tuple[float, float], part: tuple[float, float], kind: str) -> Markup:
    """A column over `span` of the lower scale, from one value to another of the upper one; nothing
    where it would be too low to be seen.
    """
    left, right = map(frame.x, span)
    low, high = map(frame.y, part)
    gap = min(1.5, (right - left) / 6)
    if low - high < LEAST:
        return Markup("")
    return tag(
        "rect", class_=kind, x=round(left + gap, 1), y=high, height=round(low - high, 1),
        width=round(max(right - left - 2 * gap, 0.5), 1),
    )  # fmt: skip


def line(frame: Frame, points: Sequence[tuple[float, float]], kind: str) -> Markup:
    """A line from point to point."""
    drawn = "L".join(f"{frame.x(x)} {frame.y(y)}" for x, y in points)
    return tag("path", class_=f"line {kind}", d=f"M{drawn}") if points else Markup("")


def steps(points: Iterable[tuple[float, float]], end: float) -> list[tuple[float, float]]:
    """The corners of a line that keeps each height until the next point, the last one to `end`."""
    corners: list[tuple[float, float]] = []
    for x, y in points:
        if corners:
            corners.append((x, corners[-1][1]))
        corners.append((x, y))
    return [*corners, (end, corners[-1][1])] if corners else []


def area(frame: Frame, points: Sequence[tuple[float, float]], kind: str) -> Markup:
    """What lies below a line."""
    if not points:
        return Markup("")
    drawn = "L".join(f"{frame.x(x)} {frame.y(y)}" for x, y in points)
    first, last, ground = frame.x(points[0][0]), frame.x(points[-1][0]), frame.y(0)
    return tag("path", class_=f"area {kind}", d=f"M{first} {ground}L{drawn}L{last} {ground}Z")


def ticks(most: float) -> list[float]:
    """Round numbers from 0 on, the last at or above `most`."""
    if most <= 0:
        return [0, 1]
    rough = most / TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each >= rough * 0.999)
    return [step * each for each in range(math.ceil(most / step * 0.999) + 1)]


SIGNS = {  # of points, drawn around 0 with the radius 1: what differs in colour differs in form
    "accepted": None,
    "later": "M0 -1.2L1.2 0L0 1.2L-1.2 0Z",
    "throttled": "M0 -1.3L1.2 .9H-1.2Z",
    "failed": "M-1 -1L1 1M1 -1L-1 1",
    "halved": "M-1 -1H1V1H-1Z",
    "stopped": "M-1.2 0H1.2M0 -1.2V1.2",
}


def point(x: float, y: float, radius: float, kind: str, told: str = "") -> Markup:
    """A mark of a kind; `told` is shown where a pointer rests on it."""
    title = tag("title", told) if told else Markup("")
    corners = SIGNS.get(kind)
    if corners is None:
        return tag("circle", title, class_=f"point {kind}", cx=x, cy=y, r=round(radius, 1))
    size = max(radius, 4)
    moved = f"translate({x} {y}) scale({round(size, 1)})"
    return tag("path", title, class_=f"point {kind}", d=corners, transform=moved)
