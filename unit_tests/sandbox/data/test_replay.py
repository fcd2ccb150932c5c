"""Repeats of a request that changed data."""

import signal

import pytest

from profiles_sandbox.testing import LocalSandbox, RunningSandbox

UPDATE = "profiles/update_batch"
EMAIL = {"email": "a@example.org"}
ONE_MORE = {**EMAIL, "points": {"action": "incr", "value": 1}}
DAY = 86_400


class Clock:
    """Seconds that a test sets."""

    now = 1_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sandbox(tmp_path, clock):
    sandbox = LocalSandbox(tmp_path / "data.db", now=clock)
    yield sandbox
    sandbox.close()


@pytest.fixture
def profile_id(sandbox):
    [profile_id] = sandbox.create({**EMAIL, "points": 0})
    return profile_id


def increment(sandbox, request_id=None, item=ONE_MORE, **message):
    headers = {"Request-ID": request_id} if request_id else {}
    return sandbox.post(UPDATE, headers, db_id=1, data=[item], **message)


def points(sandbox, profile_id):
    return sandbox.profile(profile_id)["points"]


def test_repeat_gets_first_answer_unexecuted(sandbox, profile_id):
    first, second = increment(sandbox, "r-1"), increment(sandbox, "r-1")
    assert points(sandbox, profile_id) == 1
    assert (second.body, second.status) == (first.body, first.status)
    assert "duplicate-request" not in first.headers
    assert second.headers["duplicate-request"] == "true"


def test_request_id_alone_makes_a_repeat(sandbox, profile_id):
    first = increment(sandbox, "r-1")
    other = increment(sandbox, "r-1", {"email": "none@example.org"}, skip_triggers=True)
    assert other.body == first.body


def test_other_request_id_is_executed(sandbox, profile_id):
    assert "duplicate-request" not in increment(sandbox, "r-1").headers
    assert "duplicate-request" not in increment(sandbox, "r-2").headers
    assert points(sandbox, profile_id) == 2


def test_without_id_same_body_and_headers_repeat(sandbox, profile_id):
    increment(sandbox)
    assert increment(sandbox).headers["duplicate-request"] == "true"
    assert points(sandbox, profile_id) == 1


@pytest.mark.parametrize("change", [{"headers": {"X-Try": "2"}}, {"skip_triggers": True}])
def test_without_id_another_body_or_header_executes(sandbox, profile_id, change):
    increment(sandbox)
    sandbox.post(UPDATE, db_id=1, data=[ONE_MORE], **change)
    assert points(sandbox, profile_id) == 2


def test_answer_lives_for_a_day(sandbox, profile_id, clock):
    increment(sandbox, "r-1")
    clock.now += DAY - 1
    increment(sandbox, "r-1")
    assert points(sandbox, profile_id) == 1
    clock.now += 1
    increment(sandbox, "r-1")
    assert points(sandbox, profile_id) == 2


def test_refused_request_is_not_kept(sandbox, profile_id):
    assert increment(sandbox, "r-1", matching="none").message["error"] == 400
    assert increment(sandbox, "r-1").message["error"] == 0


def test_wrong_token_gets_no_answer_of_another(sandbox, profile_id):
    increment(sandbox, "r-1")
    assert increment(sandbox, "r-1", token="other").message["error"] == 401


def test_reads_are_never_repeats(sandbox):
    headers = {"Request-ID": "r-1"}
    for _ in range(2):
        assert "duplicate-request" not in sandbox.post("databases/list", headers).headers


def test_changes_and_answer_are_one_transaction(tmp_path):
    def stop():
        stop.left -= 1
        if stop.left < 0:
            raise RuntimeError
        return 0.0

    stop.left = 100
    sandbox = LocalSandbox(tmp_path / "data.db", now=stop)
    [profile_id] = sandbox.create({**EMAIL, "points": 0})
    stop.left = 2  # the answer, once the changes are made, asks for the time once more
    with pytest.raises(RuntimeError):
        increment(sandbox, "r-1")
    stop.left = 100
    assert points(sandbox, profile_id) == 0
    assert "duplicate-request" not in increment(sandbox, "r-1").headers
    assert points(sandbox, profile_id) == 1
    sandbox.close()


def test_answer_survives_a_kill(tmp_path):
    with RunningSandbox(tmp_path / "data.db") as sandbox:
        [profile_id] = sandbox.create({**EMAIL, "points": 0})
        first = increment(sandbox, "r-1")
        sandbox.stop(signal.SIGKILL)
    with RunningSandbox(tmp_path / "data.db") as sandbox:
        second = increment(sandbox, "r-1")
        assert (second.body, second.headers["duplicate-request"]) == (first.body, "true")
        assert points(sandbox, profile_id) == 1
