import json

from destination_profiles.progress import Progress
from unit_tests.pipeline import USERS, Clock, Pipeline, Scripted


def test_progress_is_told_every_thirty_seconds() -> None:
    clock, lines = Clock(), []
    progress, pipeline = Progress(lines.append, clock), Pipeline(Scripted())
    assert (progress(pipeline.writer), lines) == (30.0, [])
    clock.now = 29.0
    assert (progress(pipeline.writer), lines) == (1.0, [])
    clock.now = 30.0
    assert (progress(pipeline.writer), len(lines)) == (30.0, 1)


def test_progress_counts_what_is_on_its_way() -> None:
    clock, lines = Clock(), []
    progress, pipeline = Progress(lines.append, clock), Pipeline(Scripted(), max_profiles=10)
    pipeline.feed(*range(1500 // 500))
    clock.now = 2.0
    progress.tell(pipeline.writer)
    assert lines == ["Read 3 records in 2.0 s (2/s): 0 accepted, 0 rejected, 0 superseded, 3 on their way, in 0 chunks, 0 retries."]


def test_rejections_are_told_once_while_they_do_not_grow() -> None:
    lines: list[str] = []
    progress, pipeline = Progress(lines.append, Clock()), Pipeline(Scripted())
    pipeline.writer.record(USERS, json.dumps({"id": None}).encode())
    progress.tell(pipeline.writer)
    progress.tell(pipeline.writer)
    assert lines[1:] == ["Rejected 1 of users: profile required: $ id must be there", lines[0]]
