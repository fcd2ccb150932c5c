"""The page of the runs of an output: one file of HTML that needs nothing else."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import TypeVar

import jinja2
from markupsafe import Markup

from ..protocol.figures import Reason, Subscribed
from .charts import Chart, charts, share, strip
from .kept import KeptRows
from .numbers import duration, moment, percent
from .reading import Output, Run
from .svg import SIGNS, point
from .verdict import Verdict, open_rows, sums_of, verdict

HEADS = {  # counts of rows, in the order in which they stand, and the words for them
    "read": "read",
    "accepted": "arrived",
    "unchanged": "unchanged",
    "superseded": "replaced",
    "deleted": "deleted",
    "rejected": "refused",
    "open": "unfinished",
}
MAX_REASONS = 12  # seen at once; the others unfold
WAIT_MINUTES = 15  # between two states, at most, by Airbyte's rules


T = TypeVar("T", Reason, Subscribed)


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure, what it is of, and a note below it."""

    value: str
    name: str
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """All that is told of a run. `bar` has its rows by what became of them, and `legend` says which
    colour is what.
    """

    number: int
    run: Run
    verdict: Verdict
    tiles: list[Tile]
    legend: list[tuple[str, str]]
    bar: Markup
    charts: list[Chart]
    heads: list[str]
    streams: list[tuple[str, list[int]]]
    reasons: list[tuple[Reason, Markup]]
    omitted: list[tuple[Reason, Markup]]
    subscriptions: list[tuple[Subscribed, Markup]]
    troubles: list[tuple[str, int]]
    notes: list[str]
    kept: list[KeptRows] | None


def page(
    output: Output, source: str, kept: Sequence[list[KeptRows] | None], column: str | None
) -> str:
    """The HTML of an output with at least one run. `kept` are the records that each run has left in
    the store, where one was given, and `column` is that of their keys.
    """
    style = _file("style.css")
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_file),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["duration"] = duration
    environment.filters["moment"] = moment
    sections = [
        _section(number, run, rows)
        for number, (run, rows) in enumerate(zip(output.runs, kept, strict=True), 1)
    ]
    return environment.get_template("page.html.jinja").render(
        output=output,
        source=source,
        sections=sections,
        last=sections[-1],
        column=column,
        most=MAX_REASONS,
        sign=point,
        signs=SIGNS.keys() - {"accepted"},
        style=Markup(style),  # noqa: S704 - a file of ours
        style_hash=b64encode(hashlib.sha256(style.encode()).digest()).decode(),
    )


def _section(number: int, run: Run, kept: list[KeptRows] | None) -> Section:
    sums = dict(sums_of(run))
    sums["open"] = max(0, open_rows(sums))
    figures = run.figures
    parts = [(name, HEADS[name], sums.get(name, 0)) for name in HEADS if name != "read"]
    heads = [name for name in HEADS if name in ("read", "accepted", "rejected") or sums.get(name)]
    return Section(
        number,
        run,
        verdict(run),
        list(_tiles(run, sums)),
        [(name, f"{count:,} {word}") for name, word, count in parts if count],
        strip((name, count) for name, _, count in parts),
        charts(run),
        [HEADS[name] for name in heads],
        list(_streams(run, heads)),
        _with_shares(figures.reasons if figures else (), "rejected"),
        _with_shares(figures.omitted if figures else (), "deleted"),
        _with_shares(figures.subscriptions if figures else (), "accepted"),
        list(figures.troubles.items()) if figures else [],
        list(_notes(run, sums)),
        kept,
    )


def _with_shares(counted: Sequence[T], kind: str) -> list[tuple[T, Markup]]:
    """Things with a bar for how many there are of each, the most first."""
    ordered = sorted(counted, key=lambda each: -each.count)
    return [(each, share(each.count, ordered[0].count, kind)) for each in ordered]


def _tiles(run: Run, sums: dict[str, int]) -> Iterator[Tile]:
    yield Tile(f"{sums['read']:,}", "rows read")
    yield Tile(f"{sums['accepted']:,}", "arrived", percent(sums["accepted"], sums["read"]))
    refused = sums["rejected"]
    yield Tile(f"{refused:,}", "refused", percent(refused, sums["read"]), "bad" if refused else "")
    if sums.get("unchanged"):
        spared = sums["unchanged"]
        yield Tile(f"{spared:,}", "not sent again", "they had not changed")
    if (figures := run.figures) is not None:
        rate = 1000 * sums["read"] / max(figures.at, 1)
        yield Tile(f"{rate:,.0f}", "rows a second", f"in {duration(figures.at)}")
        again = f"{figures.retries:,} sent again" if figures.retries else "none sent again"
        yield Tile(f"{figures.chunks:,}", _counted(figures.chunks, "chunk"), again)
    yield Tile(f"{run.states:,}", f"{_counted(run.states, 'state')} came back", _longest_wait(run))


def _counted(count: int, what: str) -> str:
    return what if count == 1 else f"{what}s"


def _longest_wait(run: Run) -> str:
    return f"longest wait {duration(run.figures.longest_wait[0])}" if run.figures else ""


def _streams(run: Run, heads: list[str]) -> Iterator[tuple[str, list[int]]]:
    if run.figures is None:
        for stream, delivered in run.delivered.items():
            rejected = run.rejected[stream]
            counts = {"read": delivered + rejected, "accepted": delivered, "rejected": rejected}
            yield stream or "all streams", [counts.get(name, 0) for name in heads]
        return
    for stream, counts in run.figures.streams.items():
        all_counts = counts | {"open": max(0, open_rows(counts))}
        yield stream, [all_counts.get(name, 0) for name in heads]


def _notes(run: Run, sums: dict[str, int]) -> Iterator[str]:
    """What is to be known beside the figures."""
    if run.error is not None:
        yield run.error
    figures = run.figures
    if figures is None:
        yield (
            "The output holds no figures of this run: earlier versions print none, nor does this "
            "one on Airbyte's platform. What is told here comes from the states."
        )
        return
    safe = run.delivered.total() + run.rejected.total()
    if behind := max(0, sums["read"] - safe):
        yield (
            f"No state stands behind {behind:,} of the rows, so the next sync sends them again, as "
            "far as its source keeps to states."
        )
    if figures.longest_wait[0] >= WAIT_MINUTES * 60_000:
        waited, since = figures.longest_wait
        yield (
            f"No state came back for {duration(waited)}, from {duration(since)} on; Airbyte allows "
            f"{WAIT_MINUTES} minutes."
        )
    if figures.unknown:
        yield (
            f"The fate of {figures.unknown:,} rows is unknown: they were sent, and no answer came "
            "that can be read. The next sync sends them again."
        )
    if figures.other_reasons:
        yield f"{figures.other_reasons:,} more rows were refused, for less frequent reasons."


def _file(name: str) -> str:
    """One that stands beside this module."""
    return (files(__package__) / name).read_text(encoding="utf-8")
