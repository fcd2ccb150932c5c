import pytest

from destination_profiles.protocol.figures import FIGURES, Requested, Sample
from destination_profiles.report.reading import read
from unit_tests.report.outputs import error, figures, printed, started, state

LOG = {"type": "LOG", "log": {"level": "INFO", "message": "a line"}}
FIRST, SECOND = (Sample(at, 10, 5, 0, 1, 4, 0) for at in (250, 500))
SENT = Requested(10, 20, 5, 1000, "accepted")


def test_run_is_put_together() -> None:
    lines = printed(
        LOG,
        started(),
        figures(samples=[FIRST], requests=[SENT], every=2, ended=False),
        state(3, 1),
        state(4, 0),
        figures(samples=[SECOND]),
    )
    (run,) = read(lines).runs
    assert (run.samples, run.requests) == ([FIRST, SECOND], [(SENT, 2)])
    assert (run.states, run.delivered, run.rejected) == (2, {"users": 7}, {"users": 1})
    assert (run.is_whole(), run.error) == (True, None)


def test_runs_stand_behind_each_other() -> None:
    killed = printed(started(), figures(ended=False), state(1))
    failed = printed(started(), figures(failure="it failed"), error("it failed"))
    ended = printed(started(), state(5), figures())
    output = read([*killed, *failed, *ended])
    assert [(each.is_whole(), each.error, each.states) for each in output.runs] == [
        (False, None, 1),
        (True, "it failed", 0),
        (True, None, 1),
    ]


def test_older_versions_print_no_figures() -> None:
    output = read(printed(LOG, state(5), state(2, stream=None), error("away"), state(1)))
    assert [(each.started, each.delivered.total(), each.error) for each in output.runs] == [
        (None, 7, "away"),
        (None, 1, None),
    ]


def test_failure_before_the_start_is_a_run() -> None:
    first, second = read(printed(error("wrong"), error("wrong again"))).runs
    assert (first.error, second.error) == ("wrong", "wrong again")


@pytest.mark.parametrize("end", range(2, 80, 7))
def test_line_may_be_cut_anywhere(end: int) -> None:
    *whole, last = printed(started(), state(5), figures())
    (run,) = read([*whole, last[:-end]]).runs
    assert (run.states, run.figures) == (1, None)


def test_messages_of_a_source_are_counted() -> None:
    bare = {"type": "STATE", "state": {"stream": {"stream_descriptor": {"name": "users"}}}}
    row = {"type": "RECORD", "record": {"stream": "users", "data": {}, "emitted_at": 1}}
    assert read(printed(row, bare, row, state(5))).of_source == 3
    assert read(printed(started(), state(5), figures(), error("away"))).of_source == 0


def test_other_lines_are_passed_over() -> None:
    of_future = {
        "type": "TRACE",
        "trace": {"type": "ANALYTICS", "analytics": {"type": FIGURES, "value": '{"v": 9}'}},
    }
    output = read(printed("no JSON\n", "\n", '{"a": 1}\n', "[1]\n", LOG, of_future))
    assert (output.runs, output.messages, output.others) == ([], 2, 4)
