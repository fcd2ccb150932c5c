"""Requests, as they are read back from the journal."""

from contextlib import closing, contextmanager

import pytest

from profiles_sandbox.data.datafile import open_to_read
from profiles_sandbox.data.requests import ONLY, Requests

UPDATE = "profiles/update_batch"
BY = {"db_id": 1, "matching": "custom", "field_name": "crm_id"}


@contextmanager
def read(sandbox):
    with closing(open_to_read(sandbox.data)) as data:
        yield Requests(data.connection)


@pytest.fixture
def sandbox(sandbox):
    """Requests 1 to 6: import, update, its repeat, one refused in part, one as a whole, a read."""
    sandbox.create({"crm_id": 1}, **BY)
    for _ in range(2):
        sandbox.post(UPDATE, {"Request-ID": "r-1"}, data=[{"crm_id": 1, "points": 1}], **BY)
    sandbox.post(UPDATE, {"Request-ID": "r-2"}, data=[{"crm_id": 1}, {"crm_id": 9}], **BY)
    sandbox.post(UPDATE, data=[], token="another", **BY)
    sandbox.post("databases/list")
    return sandbox


def test_latest_first_page_by_page(sandbox):
    with read(sandbox) as requests:
        pages = [requests.latest(4), requests.latest(4, before=3), requests.latest(4, before=1)]
    assert [[each.id for each in page] for page in pages] == [[6, 5, 4, 3], [2, 1], []]


def test_attempt_counts_a_request_id(sandbox):
    with read(sandbox) as requests:
        attempts = {each.id: each.attempt for each in requests.latest(9)}
        assert [each.id for each in requests.attempts("r-1", 9)] == [3, 2]
    assert attempts == {6: 0, 5: 0, 4: 1, 3: 2, 2: 1, 1: 0}


@pytest.mark.parametrize(
    ("only", "numbers"), [("all", [6, 5, 4, 3, 2, 1]), ("refused", [5, 4]), ("repeated", [3, 2])]
)
def test_list_is_narrowed(sandbox, only, numbers):
    with read(sandbox) as requests:
        assert [each.id for each in requests.latest(9, only=only)] == numbers
    assert only in ONLY


def test_sums_count_what_was_executed_once(sandbox):
    with read(sandbox) as requests:
        sums = requests.sums(since=0)
        assert sums.pop("body_bytes") == sum(each["body_bytes"] for each in sandbox.journal())
    assert sums == {
        "requests": 6,
        "updated": 2,
        "imported": 1,
        "refused": 1,
        "retries": 1,
        "under_way": 0,
    }


def test_refused_as_a_whole_is_told_apart(sandbox):
    with read(sandbox) as requests:
        [refusal] = requests.refusals(9)
        assert requests.reasons_of(4) == [
            {"code": 404, "text": "crm_id: no profile found by custom", "items": 1}
        ]
    assert (refusal["error"], refusal["error_text"]) == (401, "token: not a known one")
    assert (refusal["requests"], refusal["latest"]) == (1, 5)


def test_one_by_its_number(sandbox):
    with read(sandbox) as requests:
        assert (requests.one(2).request_id, requests.one(7), requests.last()) == ("r-1", None, 6)
