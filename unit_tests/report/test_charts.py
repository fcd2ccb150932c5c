import re

import pytest

from destination_profiles.protocol.figures import Requested, Sample
from destination_profiles.report.charts import charts, part, strip
from destination_profiles.report.numbers import duration, moment, percent, short, size, unit_of
from destination_profiles.report.reading import Run
from destination_profiles.report.svg import Frame, Scale, steps, ticks


def sample(at: int, read: int = 0, accepted: int = 0, limit: int = 4) -> Sample:
    return Sample(at, read, accepted, 0, 1, limit, 0)


def sent(at: int, took: int, profiles: int = 10) -> Requested:
    return Requested(at, took, profiles, 1_000, "accepted")


def titles(run: Run) -> list[str]:
    return [each.title for each in charts(run)]


def test_pictures_are_drawn_of_what_there_is() -> None:
    assert titles(Run()) == []
    assert titles(Run(samples=[sample(0)])) == []
    samples = [sample(0), sample(1000, 10, 10)]
    assert titles(Run(samples=samples)) == ["Rows a second"]
    assert len(charts(Run(samples=samples, requests=[(sent(0, 0, 0), 1)]))) == 4


def test_requests_at_once_are_counted_from_their_times() -> None:
    requests = [(sent(0, 500), 1), (sent(100, 300), 1), (sent(500, 100), 1)]
    chart = charts(Run(samples=[sample(0), sample(600)], requests=requests))[1]
    assert chart.told == "At most 2 under way at once; 4 were allowed."


def test_requests_at_once_are_sampled_where_not_all_are_told() -> None:
    requests = [(sent(0, 500), 2), (sent(100, 300), 2)]
    chart = charts(Run(samples=[sample(0), sample(600)], requests=requests))[1]
    assert chart.told.startswith("At most 1 under way at once")


def test_request_stands_for_those_that_are_not_told() -> None:
    assert part([(1, 1), (9, 3)], 0.5) == 9
    assert part([(1, 3), (9, 1)], 0.5) == 1
    assert part([(1, 3), (9, 1)], 1) == 9


def test_rows_of_a_second_are_those_between_samples() -> None:
    run = Run(samples=[sample(1000, 100, 50), sample(2000, 300, 250), sample(4000, 300, 300)])
    chart = charts(run)[0]
    assert chart.told == "75 rows a second on average over 4.0 s."
    heights = [
        float(each)
        for each in re.findall(r'class="accepted" x="[\d.]+" y="([\d.]+)"', chart.drawing)
    ]
    assert len(heights) == 2


def test_small_part_is_still_to_be_seen() -> None:
    widths = [
        float(each)
        for each in re.findall(r' width="([\d.]+)"', strip([("a", 10**9), ("b", 1), ("c", 0)]))
    ]
    assert widths == [1000.0, 3.0]
    assert 'aria-label="nothing"' in strip([])


@pytest.mark.parametrize(
    ("most", "expected"),
    [
        (0, [0, 1]),
        (1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (7, [0, 2, 4, 6, 8]),
        (10, [0, 2, 4, 6, 8, 10]),
        (9_975, [0, 2000, 4000, 6000, 8000, 10_000]),
        (12_001, [0, 2500, 5000, 7500, 10_000, 12_500]),
    ],
)
def test_scale_has_round_numbers(most: float, expected: list[float]) -> None:
    assert ticks(most) == pytest.approx(expected)


def test_frame_ends_where_its_scales_do() -> None:
    frame = Frame(Scale(10, str), Scale(7, str))
    assert (frame.x(0), frame.x(10), frame.y(0), frame.y(8)) == (52, 470, 192, 14)


def test_steps_keep_their_height() -> None:
    assert steps([(0, 1), (2, 3)], 5) == [(0, 1), (2, 1), (2, 3), (5, 3)]
    assert steps([], 5) == []


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [(0, "0 ms"), (999, "999 ms"), (1000, "1.0 s"), (119_940, "119.9 s"), (120_000, "2 min 0 s"),
     (3_600_000, "1 h 0 min"), (90_061_000, "25 h 1 min")],
)  # fmt: skip
def test_time_is_told_as_people_do(milliseconds: int, words: str) -> None:
    assert duration(milliseconds) == words


def test_numbers_are_told_in_few_letters() -> None:
    assert [short(each) for each in (0, 999, 2500, 1_000_000)] == ["0", "999", "2.5k", "1M"]
    assert [size(each) for each in (500, 2_300_000)] == ["0.5 kB", "2.3 MB"]
    assert [percent(*each) for each in ((1, 0), (0, 5), (5, 5), (1, 3), (1, 10**5))] == [
        "", "0.0 %", "100.0 %", "33.3 %", "0.00 %",
    ]  # fmt: skip
    assert [unit_of(each)[1] for each in (0, 1000, 120_000, 10_800_000)] == ["ms", "s", "min", "h"]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "01 January 1970, 00:00:00 UTC"),
        (1_796_074_782.9, "30 November 2026, 21:39:42 UTC"),
        (10**30, ""),
        (-1e300, ""),
        (float("nan"), ""),
    ],
)
def test_moment_is_told_where_it_is_one(seconds: float, told: str) -> None:
    assert moment(seconds) == told
