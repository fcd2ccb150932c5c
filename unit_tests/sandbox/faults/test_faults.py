"""Faults: what a client meets on the socket."""

import time
from http.client import RemoteDisconnected

import msgspec
import pytest
import yaml

from profiles_sandbox.testing import ThreadedSandbox

UPDATE = "profiles/update_batch"
EMAIL = {"email": "a@example.org"}
ONE_MORE = {**EMAIL, "points": {"action": "incr", "value": 1}}
RULE = {"call": UPDATE}


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
