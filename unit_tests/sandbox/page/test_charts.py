import pytest

from profiles_sandbox.page.charts import HEIGHT, LANE, WIDTH, burst, draw
from profiles_sandbox.page.endings import ending_of
from unit_tests.sandbox.page.requests import request


def drawn(*requests, now=10.0):
    return draw(requests, [ending_of(each, 0) for each in requests], now)


def bars(charts):
    return [place for _, _, place in charts.bars.bars]


def test_nothing_is_drawn_of_nothing():
    assert drawn() is None


def test_bars_stand_at_their_time_on_free_lanes():
    charts = drawn(request(1, 0, 2), request(2, 1, 4), request(3, 2, 3))
    assert bars(charts) == [(0, 500, 0), (250, 750, 1), (500, 250, 0)]
    assert (charts.bars.lanes, charts.bars.height, charts.seconds) == (2, 2 * LANE, 4)


def test_what_is_under_way_lasts_until_now():
    charts = drawn(request(1, 0, 5), request(2, 5, None), now=10)
    assert bars(charts) == [(0, 500, 0), (500, 500, 0)]


def test_what_takes_no_time_can_be_seen():
    charts = drawn(request(1, 0, 0), request(2, 100, 100))
    assert all(width >= 3 and left + width <= WIDTH for left, width, _ in bars(charts))


def test_line_leads_to_the_next_attempt():
    charts = drawn(
        request(1, 0, 1, request_id="r"),
        request(2, 0, 4, request_id="s"),
        request(3, 2, 3, request_id="r"),
    )
    assert charts.bars.lines == [(250, 5, 500, 5)]


def test_throughput_is_spread_over_the_time_of_a_request():
    charts = drawn(request(1, 0, 2, accepted=10), request(2, 1, 2, accepted=10))
    assert charts.profiles.peak == 15
    assert charts.profiles.path == f"M0 {HEIGHT}H0.0V66.7H500.0V0.0H1000.0V100.0H{WIDTH}V{HEIGHT}Z"


@pytest.mark.parametrize("row", [{"call": "profiles/import_batch"}, {"accepted": None}])
def test_throughput_is_of_updates_that_were_executed(row):
    charts = drawn(request(**row))
    assert charts.profiles.peak == 0
    assert charts.profiles.path.count(f"V{HEIGHT}.0") == 2


def test_requests_at_once_are_counted():
    charts = drawn(request(1, 0, 2), request(2, 1, 3), request(3, 1, 2))
    assert charts.at_once.peak == 3


def test_burst_ends_at_a_silence():
    latest = [request(4, 100, 101), request(3, 70, None), request(2, 32, 40), request(1, 0, 1)]
    assert [each.id for each in burst(latest)] == [2, 3, 4]
    assert burst([]) == []
