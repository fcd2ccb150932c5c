"""The faults plan: its checks, and what a client meets on the socket."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import RemoteDisconnected

import msgspec
import pytest
import yaml

from profiles_sandbox.calls.service import CALLS
from profiles_sandbox.faults.plan import FaultsError, Turn, load_plan
from profiles_sandbox.faults.rule import Rule
from profiles_sandbox.testing import ThreadedSandbox

UPDATE = "profiles/update_batch"
EMAIL = {"email": "a@example.org"}
ONE_MORE = {**EMAIL, "points": {"action": "incr", "value": 1}}
RULE = {"call": UPDATE}

BAD_PLANS = [
    ("{", "while parsing"),
    ("", "Expected `array`, got `null`"),
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


class Played:
    """A sandbox whose first update meets one rule."""

    def __init__(self, sandbox, number):
        self.sandbox = sandbox
        self.request_id = f"r-{number}"
        self.email = f"{number}@example.org"
        [self.profile_id] = sandbox.create({"email": self.email, "points": 0})

    def update(self):
        item = {**ONE_MORE, "email": self.email}
        return self.sandbox.post(
            UPDATE, {"Request-ID": self.request_id}, db_id=1, data=[item, item]
        )

    @property
    def points(self):
        return self.sandbox.profile(self.profile_id)["points"]

    @property
    def row(self):
        return next(row for row in self.sandbox.journal() if row["request_id"] == self.request_id)


RULES = {  # in the order of their tests: requests are counted on
    "status": {"status": 503, "headers": {"Retry-After": "1"}, "body": "<html>"},
    "object": {"body": {"error": 0}},
    "executed": {"status": 502, "execute": True},
    "error": {"error": {"code": 402, "text": "Tariff limit reached"}},
    "short": {"result": "short"},
    "long": {"result": "long"},
    "missing": {"result": "missing"},
    "before": {"drop": "before"},
    "head": {"drop": "head"},
    "middle": {"drop": "middle"},
    "slow": {"kbytes_per_second": 1000},
    "after": {"drop": "after"},
    "delay": {"delay_ms": 300},
}


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory):
    directory = tmp_path_factory.mktemp("faults")
    plan = [
        {**RULE, "requests": [2 * number + 1], **rule} for number, rule in enumerate(RULES.values())
    ]
    (directory / "faults.yaml").write_text(yaml.safe_dump(plan))
    with ThreadedSandbox(
        directory / "data.db", "--faults", str(directory / "faults.yaml")
    ) as sandbox:
        yield sandbox


@pytest.fixture
def played(sandbox, request):
    """Bring the sandbox to the request at which the rule of this name is played."""
    number = list(RULES).index(request.param)
    updates = sum(row["call"] == UPDATE for row in sandbox.journal())
    for _ in range(2 * number - updates):
        try:
            sandbox.post(UPDATE, db_id=1, data=[])
        except RemoteDisconnected:
            continue
    return Played(sandbox, number)


NO_CALL, OTHER_SHAPE = (
    {"status": 404, "body": "404 page not found"},
    {"body": {"error": 0, "data": {"fields": {}}}},
)


@pytest.fixture(scope="module")
def old_service(tmp_path_factory):
    """Give a service that has no resources/fields_get, and whose resources/get answers in another
    shape.
    """
    directory = tmp_path_factory.mktemp("old")
    plan = [{"call": "resources/fields_get", **NO_CALL}, {"call": "resources/get", **OTHER_SHAPE}]
    (directory / "faults.yaml").write_text(yaml.safe_dump(plan))
    with ThreadedSandbox(
        directory / "data.db", "--faults", str(directory / "faults.yaml")
    ) as sandbox:
        yield sandbox


def test_call_may_be_missing(old_service):
    reply = old_service.post("resources/fields_get", id=3, channel="email")
    assert (reply.status, reply.body) == (404, b"404 page not found")
    assert old_service.journal()[-1]["fault"] == "status 404"


def test_call_may_have_another_shape(old_service):
    reply = old_service.post("resources/get", id=3)
    assert (reply.status, reply.message) == (200, OTHER_SHAPE["body"])
    assert old_service.post("resources/list").message["error"] == 0


def rule(name):
    return pytest.mark.parametrize("played", [name], indirect=True, ids=[name])


@rule("status")
def test_status_is_answered_unexecuted(played):
    reply = played.update()
    assert (reply.status, reply.headers["retry-after"], reply.body) == (503, "1", b"<html>")
    assert (played.points, played.row["fault"], played.row["http_status"]) == (0, "status 503", 503)
    assert (played.row["profiles"], played.row["accepted"]) == (2, None)
    retried = played.update()
    assert (retried.status, played.points, retried.headers.get("duplicate-request")) == (
        200,
        2,
        None,
    )


@rule("object")
def test_body_may_be_an_object(played):
    reply = played.update()
    assert (reply.status, reply.message, played.points) == (200, {"error": 0}, 0)


@rule("executed")
def test_status_may_follow_execution(played):
    assert (played.update().status, played.points) == (502, 2)
    assert played.update().headers["duplicate-request"] == "true"
    assert played.row["fault"] == "status 502, executed"


@rule("error")
def test_error_is_answered_unexecuted(played):
    reply = played.update()
    assert (reply.status, reply.message) == (
        200,
        {"error": 402, "error_text": "Tariff limit reached"},
    )
    assert (played.points, played.row["error"]) == (0, 402)


@pytest.mark.parametrize(
    ("played", "length"), [("short", 1), ("long", 3), ("missing", None)], indirect=["played"]
)
def test_result_has_another_length(played, length):
    message = played.update().message
    assert (len(message["result"]) if "result" in message else None) == length
    assert played.points == 2
    assert len(played.update().message["result"]) == 2


@rule("before")
def test_connection_drops_before_execution(played):
    with pytest.raises(RemoteDisconnected):
        played.update()
    assert (played.points, played.row["http_status"], played.row["fault"]) == (
        0,
        None,
        "drop before",
    )
    assert played.update().message["error"] == 0


@pytest.mark.parametrize(("played", "part"), [("head", 0), ("middle", 0.5)], indirect=["played"])
def test_connection_drops_within_the_body(played, part):
    with pytest.raises((ConnectionError, RemoteDisconnected)):
        played.sandbox.post(
            UPDATE,
            {"Request-ID": played.request_id},
            db_id=1,
            data=[{**ONE_MORE, "email": played.email}] * 90_000,
        )
    assert (played.points, played.row["http_status"], played.row["accepted"]) == (0, None, None)
    assert part * 5_000_000 <= played.row["body_bytes"] < (part + 0.1) * 6_000_000
    assert played.update().message["error"] == 0


@rule("slow")
def test_body_is_read_slowly(played):
    start = time.monotonic()
    played.sandbox.post(UPDATE, db_id=1, data=[], note="x" * 300_000)
    assert time.monotonic() - start >= 0.25


@rule("after")
def test_connection_drops_after_execution(played):
    with pytest.raises(RemoteDisconnected):
        played.update()
    assert (played.points, played.row["accepted"]) == (2, 2)
    assert played.update().headers["duplicate-request"] == "true"
    assert played.points == 2


@rule("delay")
def test_answer_is_delayed(played):
    start = time.monotonic()
    assert played.update().message["error"] == 0
    assert time.monotonic() - start >= 0.3
    assert played.row["fault"] == "delay 300 ms"


def test_every_action_has_a_rule_here():
    assert {name for rule in RULES.values() for name in rule} == {
        "status", "headers", "body", "execute", "error", "result", "drop", "delay_ms", "kbytes_per_second"
    }  # fmt: skip
    assert msgspec.json.encode(RULES)
