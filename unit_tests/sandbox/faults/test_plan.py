"""The faults plan: what is refused, and which rule is played."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import msgspec
import pytest
import yaml

from profiles_sandbox.calls.service import CALLS
from profiles_sandbox.faults.breaks import BREAKS
from profiles_sandbox.faults.plan import FaultPlan, FaultsError, Turn, load_plan
from profiles_sandbox.faults.rule import Rule, problem

UPDATE = "profiles/update_batch"
RULE = {"call": UPDATE}

BAD_PLANS = [
    ("{", "while parsing"),
    ("5", "Expected `array`, got `int`"),
    (
        "[{call: profiles/update_batch, statu: 503}]",
        "Object contains unknown field `statu` - at `$[0]`",
    ),
    ("[{status: 503}]", "Object missing required field `call` - at `$[0]`"),
    (
        "[{call: profiles/update_batch, status: x}]",
        "Expected `int | null`, got `str` - at `$[0].status`",
    ),
    (
        "[{call: profiles/update_batch, requests: {first: 1}}]",
        "Object contains unknown field `first`",
    ),
    ("[{call: profiles/update_batch, drop: now}]", "Invalid enum value 'now' - at `$[0].drop`"),
    (
        "[{call: profiles/put, status: 503}]",
        "rule 1: call 'profiles/put' is not one of profiles/update_batch, ",
    ),
    (
        "[{call: profiles/update_batch, status: 503, drop: after}]",
        "rule 1: status and drop exclude each other",
    ),
    ("[{call: profiles/update_batch}]", "rule 1: no action and no delay"),
    (
        "[{call: profiles/update_batch, drop: after, headers: {A: b}}]",
        "rule 1: headers and execute go with status",
    ),
    ("[{call: profiles/update_batch, status: 99}]", "rule 1: status is not between 200 and 599"),
    ("[{call: profiles/update_batch, delay_ms: -1}]", "rule 1: delay_ms is below 0"),
    ("[{call: profiles/update_batch, delay_ms: [-1, 5]}]", "rule 1: delay_ms is below 0"),
    ("[{call: profiles/update_batch, when_busy: 2}]", "rule 1: no action and no delay"),
    (
        "[{call: profiles/update_batch, when_busy: 2, drop: head}]",
        "rule 1: no condition goes with drop head, ",
    ),
    (
        "[{call: profiles/update_batch, when_busy: 2, kbytes_per_second: 5}]",
        "rule 1: no condition goes with drop head, ",
    ),
    (
        "[{call: profiles/update_batch, drop: after, retry_after_date: 5}]",
        "rule 1: headers and execute go with status",
    ),
    (
        "[{call: profiles/update_batch, when_holds: {field: a}, drop: after}]",
        "Object missing required field `values`",
    ),
]


@pytest.mark.parametrize("text", ["", "# nothing yet\n"])
def test_empty_plan_lets_nothing_fail(tmp_path, text):
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    plan = load_plan(path, CALLS, latency_ms=7)
    assert (plan.active(), plan.latency_ms) == ({}, 7)


@pytest.mark.parametrize(("text", "problem"), BAD_PLANS)
def test_bad_plan_is_refused(tmp_path, text, problem):
    path = tmp_path / "faults.yaml"
    path.write_text(text)
    with pytest.raises(FaultsError) as refusal:
        load_plan(path, CALLS)
    assert str(refusal.value).startswith(f"{path}: {problem}")


@pytest.mark.parametrize(
    ("requests", "played"),
    [
        ([2, 4], [2, 4]),
        ({"from": 3}, [3, 4, 5]),
        ({"to": 2}, [1, 2]),
        ({"from": 2, "to": 3}, [2, 3]),
        (None, [1, 2, 3, 4, 5]),
    ],
)
def test_rule_is_played_at_its_requests(tmp_path, requests, played):
    path = tmp_path / "faults.yaml"
    path.write_text(
        yaml.safe_dump([{**RULE, "status": 503, **({"requests": requests} if requests else {})}])
    )
    plan = load_plan(path, CALLS)
    plan.next("databases/list")
    assert [number for number in range(1, 6) if plan.next(UPDATE).rules] == played


def test_first_fitting_rule_is_played(tmp_path):
    path = tmp_path / "faults.yaml"
    path.write_text(
        yaml.safe_dump([{**RULE, "requests": [2], "status": 500}, {**RULE, "status": 503}])
    )
    plan = load_plan(path, CALLS)
    assert [str(plan.next(UPDATE).rule(0, {})) for _ in range(3)] == [
        "status 503",
        "status 500",
        "status 503",
    ]


@pytest.mark.parametrize(
    ("busy", "fault"), [(0, None), (1, None), (2, "status 429"), (3, "status 429")]
)
def test_capacity_is_a_condition(busy, fault):
    rule = msgspec.convert({**RULE, "when_busy": 2, "status": 429}, Rule)
    assert Turn(1, [rule]).rule(busy, {}) == (rule if fault else None)


@pytest.mark.parametrize(
    ("message", "played"),
    [
        ({"data": [{"crm_id": 1}, {"crm_id": 5}]}, True),
        ({"data": [{"crm_id": 1}, 5, {"id": 5}]}, False),
        ({"data": {"crm_id": 5}}, False),
        ({}, False),
    ],
)
def test_content_is_a_condition(message, played):
    rule = msgspec.convert(
        {**RULE, "when_holds": {"field": "crm_id", "values": [5, 7]}, "status": 400}, Rule
    )
    assert (Turn(1, [rule]).rule(0, message) is rule) is played


def test_rule_that_does_not_fit_leaves_the_next():
    rules = msgspec.convert(
        [{**RULE, "when_busy": 2, "status": 429}, {**RULE, "delay_ms": 5}], list[Rule]
    )
    assert [str(Turn(1, rules).rule(busy, {})) for busy in (2, 1)] == ["status 429", "delay 5 ms"]


def test_delay_is_drawn_and_grows_with_the_load():
    drawn = msgspec.convert({**RULE, "delay_ms": [100, 300]}, Rule)
    delays = [drawn.delay(number, 0) for number in range(50)]
    assert delays == [drawn.delay(number, 7) for number in range(50)]
    assert 0.1 <= min(delays) < 0.13
    assert 0.27 < max(delays) <= 0.3
    loaded = msgspec.convert({**RULE, "delay_ms": 10, "delay_ms_per_request": 50}, Rule)
    assert [loaded.delay(1, busy) for busy in (0, 1, 3)] == [0.06, 0.11, 0.21]


def test_date_of_retry_after_lies_ahead():
    headers = (
        msgspec.convert({**RULE, "status": 429, "retry_after_date": 3}, Rule).answer(None).headers
    )
    ahead = parsedate_to_datetime(headers["Retry-After"]) - datetime.now(UTC)
    assert 2.5 < ahead.total_seconds() <= 4


def played(plan):
    """What is played at the next request."""
    return [str(rule) for rule in plan.next(UPDATE).rules]


def test_added_rule_is_played_first_and_so_often():
    plan = FaultPlan([Rule(UPDATE, drop="after", requests=[2, 3])])
    played(plan)
    plan.add(Rule(UPDATE, status=503), 2)
    assert [played(plan) for _ in range(4)] == [
        ["status 503", "drop after"],
        ["status 503", "drop after"],
        [],
        [],
    ]


def test_added_rule_is_played_until_removed():
    plan = FaultPlan([])
    plan.add(Rule(UPDATE, status=503))
    assert (played(plan), played(plan)) == (["status 503"], ["status 503"])
    [number] = plan.active()
    plan.remove(number)
    plan.remove(number)
    assert played(plan) == []


def test_active_rules_tell_how_many_requests_are_left():
    plan = FaultPlan([Rule(UPDATE, status=502, requests=[1, 3]), Rule(UPDATE, status=500)])
    plan.add(Rule(UPDATE, status=503), 2)
    plan.add(Rule("profiles/get", status=504), 1)
    seen = []
    for _ in range(4):
        seen.append({rule.status: left for rule, left in plan.active().values()})
        played(plan)
    assert seen == [
        {504: 1, 503: 2, 502: 2, 500: None},
        {504: 1, 503: 1, 502: 1, 500: None},
        {504: 1, 502: 1, 500: None},
        {504: 1, 500: None},
    ]


def test_clear_mends_all():
    plan = FaultPlan([Rule(UPDATE, status=503)], latency_ms=70)
    plan.add(Rule(UPDATE, status=500))
    plan.clear()
    assert (played(plan), plan.active(), plan.latency_ms, plan.slow) == ([], {}, 0, False)
    plan.add(Rule(UPDATE, status=500))
    assert played(plan) == ["status 500"]


@pytest.mark.parametrize("name", BREAKS)
def test_break_is_a_rule_that_can_be_played(name):
    assert problem(BREAKS[name].rule, CALLS) is None
    assert not BREAKS[name].rule.arriving
