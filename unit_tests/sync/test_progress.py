import json

import pytest

from destination_profiles.rejects.store import NoStore, RejectStore
from destination_profiles.service.outcome import Accepted
from destination_profiles.sync.progress import Progress
from unit_tests.pipeline import REFUSAL, USERS, Clock, Link, Pipeline, held
from unit_tests.rejects.memory import MemoryStore

LINE = (
    "Read 3 records in 2.0 s (2/s): 0 accepted, 0 rejected, 0 superseded, 0 deleted, 3 on their "
    "way. Chunks: 0, 0 in flight of 4 at once, 0 retries."
)


class Screen:
    """Notes what a terminal would show."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def show(self, line: str) -> None:
        self.shown.append(line)

    def hide(self) -> None:
        self.shown.append("")


def test_progress_is_told_every_thirty_seconds() -> None:
    clock, lines = Clock(), []
    progress, pipeline = Progress(lines.append, clock=clock), Pipeline(Link())
    assert (progress(pipeline.writer), lines) == (30.0, [])
    clock.now = 29.0
    assert (progress(pipeline.writer), lines) == (1.0, [])
    clock.now = 30.0
    assert (progress(pipeline.writer), len(lines)) == (30.0, 1)


def test_progress_counts_what_is_on_its_way() -> None:
    clock, lines = Clock(), []
    progress, pipeline = Progress(lines.append, clock=clock), Pipeline(Link(), max_profiles=10)
    pipeline.feed(1, 2, 3)
    clock.now = 2.0
    progress.end(pipeline.writer)
    assert lines == [LINE]


def test_line_says_why_nothing_arrives() -> None:
    clock, lines = Clock(), []
    progress, pipeline = Progress(lines.append, clock=clock), Pipeline(Link(), max_profiles=10)
    pipeline.feed(1, 2, 3)
    clock.now = 2.0
    pipeline.dispatcher.trouble = "the connection was cut"
    progress.end(pipeline.writer)
    assert lines == [LINE.replace("retries.", "retries (the last: the connection was cut).")]


@pytest.mark.parametrize(("store", "told"), [(NoStore(), True), (MemoryStore(), False)])
def test_end_says_that_rejected_records_are_kept_nowhere(store: RejectStore, told: bool) -> None:
    lines: list[str] = []
    rejecting = Link(lambda _: Accepted({0: REFUSAL}))
    pipeline = Pipeline(rejecting, store=store, max_profiles=10)
    pipeline.feed(1, 2)
    pipeline.pump.finish()
    Progress(lines.append, clock=Clock()).end(pipeline.writer)
    assert any("The 1 rejected records are kept nowhere." in each for each in lines) is told


def test_terminal_takes_the_place_of_the_log() -> None:
    clock, lines, screen = Clock(), [], Screen()
    progress, pipeline = (
        Progress(lines.append, screen, clock),
        Pipeline(Link(), max_profiles=10),
    )
    pipeline.feed(1, 2, 3)
    clock.now = 2.0
    assert progress(pipeline.writer) == 0.25
    assert (screen.shown, lines) == ([LINE], [])
    progress.end(pipeline.writer)
    assert (screen.shown, lines) == ([LINE, ""], [LINE])


def test_log_takes_over_when_the_terminal_has_gone() -> None:
    clock, lines, screen = Clock(), [], Screen()
    progress, pipeline = (
        Progress(lines.append, screen, clock),
        Pipeline(Link(), max_profiles=10),
    )
    screen.show = raise_os_error  # type: ignore[method-assign]
    clock.now = 1.0
    progress(pipeline.writer)
    assert lines == []
    clock.now = 31.0
    assert progress(pipeline.writer) == 30.0
    assert len(lines) == 1


def raise_os_error(_: str) -> None:
    raise OSError


def test_rejections_are_told_once_while_they_do_not_grow() -> None:
    lines: list[str] = []
    progress, pipeline = Progress(lines.append, clock=Clock()), Pipeline(Link())
    pipeline.writer.records(USERS, [json.dumps({"id": None}).encode()])
    progress.end(pipeline.writer)
    progress.end(pipeline.writer)
    assert lines[1:] == [
        "stream  step     code      records  reason",
        "users   profile  required        1  $ id must be there",
        lines[0],
    ]


def test_unknown_fate_is_told_at_the_end() -> None:
    lines: list[str] = []
    pipeline = Pipeline(held())
    pipeline.feed(1, 2)
    Progress(lines.append, clock=Clock()).end(pipeline.writer)
    assert lines[1:] == [
        "The fate of 2 records is unknown: they were sent, and no answer came that "
        "can be read. No state passes them, "
        "so the next sync sends them again."
    ]


def test_summary_takes_the_place_of_the_last_counts() -> None:
    clock, lines, summed = Clock(), [], []
    pipeline = Pipeline(held())
    progress = Progress(
        lines.append, clock=clock, sum_up=lambda writer, seconds: summed.append((writer, seconds))
    )
    pipeline.feed(1, 2)
    clock.now = 2.0
    progress.end(pipeline.writer)
    assert [line.partition(" is unknown")[0] for line in lines] == ["The fate of 2 records"]
    assert summed == [(pipeline.writer, 2.0)]
