"""What was measured, as a table and a picture."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from cases import Line
from loads import Figure
from shapes import SHAPES
from targets import CPU, WALL, shown

RESULTS = Path(__file__).with_name("results")
HEAD = [
    "",
    "records",
    "start-up",
    "net",
    "CPU, net",
    "records/s",
    "MB/s",
    "peak memory",
    "x floor",
    "CPU x floor",
]


def parts(
    cases: Mapping[str, list[Line]], peers: Sequence[Line], figures: Sequence[Figure]
) -> dict[str, list[list[str]]]:
    """The rows of each table."""
    return {
        "cases": [_cells(key, line) for key, lines in cases.items() for line in lines],
        "peers": [line.cells() for line in peers],
        "others": [figure.cells() for figure in figures],
    }


def _cells(key: str, line: Line) -> list[str]:
    """A line of a shape, with the targets of the connector beside its ratios."""
    ours = line.what == "connector"
    wall = shown(line.ratio, WALL.get(key)) if ours else ""
    cpu = shown(line.cpu_ratio, CPU.get(key)) if ours else ""
    *cells, ratio, cpu_ratio = line.cells()[1:]
    return [f"{SHAPES[key].name}: {line.what}", *cells, ratio, wall, cpu_ratio, cpu]


def text(rows: Mapping[str, list[list[str]]]) -> str:
    """The tables that have rows, in Markdown."""
    heads = {
        "cases": [*HEAD[:9], "target", HEAD[9], "target"],
        "peers": HEAD,
        "others": ["", "measured", "target"],
    }
    return "\n".join(table(heads[name], lines) for name, lines in rows.items() if lines)


def save(
    rows: Mapping[str, list[list[str]]], cases: Mapping[str, list[Line]], peers: Sequence[Line]
) -> None:
    """Keep the results of a whole run."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "results.md").write_text(text(rows))
    (RESULTS / "results.json").write_text(json.dumps(rows, indent=1))
    ratios = {SHAPES[key].name: lines[-1].ratio for key, lines in cases.items()}
    picture(ratios, {each.what: each.ratio for each in peers})


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [
        "| " + " | ".join(row) + " |" for row in [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    ]
    return "\n".join(lines) + "\n"


def picture(shapes: Mapping[str, float], peers: Mapping[str, float]) -> None:
    """Times the floor, as bars."""
    import matplotlib as mpl  # noqa: PLC0415 - a picture is made last, and not of a part

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(1, 2, figsize=(11, 3.6), width_ratios=[1, 1])
    titles = ("The connector, by shape of records", "479 bytes: the connector and its peers")
    for axis, ratios, title in zip(axes, (shapes, peers), titles, strict=True):
        bars = axis.barh(list(ratios), list(ratios.values()), color="#3f3df5")
        axis.bar_label(bars, fmt="%.1f", padding=3)
        axis.invert_yaxis()
        axis.axvline(1, color="#d1242f", linewidth=1)
        axis.set_title(title, fontsize=10)
        axis.set_xlabel("wall time after start-up, x floor")
        axis.margins(x=0.12)
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(RESULTS / "speed.png", dpi=120)
