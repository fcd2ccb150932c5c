"""The history: what changed, by which request, and why items were refused."""

from contextlib import closing

import pytest

from profiles_sandbox.data.datafile import open_to_read
from profiles_sandbox.data.history import History, Seen, changed
from profiles_sandbox.data.requests import Requests
from profiles_sandbox.data.store import profile_number

BY = {"matching": "custom", "field_name": "crm_id"}


def history(sandbox, profile_id):
    """What the data file tells: request, item, fields, the latest first."""
    stored = {k: v for k, v in sandbox.profile(profile_id).items() if k not in ("id", "db_id")}
    with closing(open_to_read(sandbox.data)) as data:
        steps = History(data.connection).steps(profile_number(profile_id), stored)
        return [(step.request, step.item, step.fields) for step in steps]


def reasons(sandbox, limit=10):
    with closing(open_to_read(sandbox.data)) as data:
        found = Requests(data.connection).reasons(limit)
        return [(each["items"], each["code"], each["text"], each["requests"]) for each in found]


@pytest.mark.parametrize(
    ("old", "new", "was"),
    [
        ({}, {"a": 1}, {"a": None}),
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2}, {"a": 1}),
        ({"a": 1}, {}, {"a": 1}),
        ({"a": 1}, {"a": True}, {"a": 1}),
        ({"a": 1}, {"a": 1.0}, {"a": 1}),
        ({"a": [1]}, {"a": [True]}, {"a": [1]}),
        ({"a": {"b": [0]}}, {"a": {"b": [False]}}, {"a": {"b": [0]}}),
        ({"a": [1]}, {"a": [1]}, {}),
        ({"a": "x", "b": "y"}, {"a": "x", "b": "z"}, {"b": "y"}),
    ],
)
def test_fields_that_differ_as_stored(old, new, was):
    assert changed(old, new) == was
    assert [type(each) for each in changed(old, new).values()] == [*map(type, was.values())]


def test_each_change_tells_before_and_after(sandbox):
    [id_] = sandbox.create({"crm_id": 1, "points": 5}, **BY)
    sandbox.update({"crm_id": 2}, {"crm_id": 1, "points": 6, "source": "shop"}, **BY)
    sandbox.update({"crm_id": 1, "points": {"action": "unset"}}, **BY)
    assert history(sandbox, id_) == [
        (3, 0, [Seen("points", 6, None)]),
        (2, 1, [Seen("points", 5, 6), Seen("source", None, "shop")]),
        (1, 0, [Seen("crm_id", None, 1), Seen("points", None, 5)]),
    ]


def test_two_items_of_one_request_are_two_changes(sandbox):
    [id_] = sandbox.create({"crm_id": 1}, **BY)
    sandbox.update({"crm_id": 1, "points": 1}, {"crm_id": 1, "points": 2}, **BY)
    assert history(sandbox, id_)[:2] == [
        (2, 1, [Seen("points", 1, 2)]),
        (2, 0, [Seen("points", None, 1)]),
    ]


def test_what_changes_nothing_is_no_change(sandbox):
    [id_] = sandbox.create({"crm_id": 1, "points": 5}, **BY)
    sandbox.update({"crm_id": 1, "points": 5}, **BY)
    sandbox.update({"crm_id": 1, "points": "many"}, **BY)
    assert [request for request, *_ in history(sandbox, id_)] == [1]


def test_repeat_changes_nothing_again(sandbox):
    [id_] = sandbox.create({"crm_id": 1}, **BY)
    for _ in range(2):
        message = {"db_id": 1, "data": [{"crm_id": 1, "points": {"action": "incr", "value": 2}}]}
        sandbox.post("profiles/update_batch", {"Request-ID": "r"}, **message, **BY)
    assert history(sandbox, id_)[0] == (2, 0, [Seen("points", None, 2)])
    assert len(history(sandbox, id_)) == 2


def test_reasons_are_counted_over_requests(sandbox):
    for numbers in ([7, 8, 9], [7]):
        sandbox.update(*({"crm_id": number} for number in numbers), {"points": 1}, **BY)
    assert reasons(sandbox) == [
        (4, 404, "crm_id: no profile found by custom", 2),
        (2, 400, "crm_id: missing, matching custom needs it", 2),
    ]
    assert reasons(sandbox, limit=1) == reasons(sandbox)[:1]


def test_reasons_of_other_places_in_a_list_are_one(sandbox):
    sandbox.update(1, 2, {"email": "a@example.org", "phones": ["1"]})
    assert (2, 400, "data[]: object expected, int given", 1) in reasons(sandbox)
