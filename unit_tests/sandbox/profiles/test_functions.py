"""Functions in place of plain values."""

import pytest

from profiles_sandbox.profiles.functions import MAX_DEPTH
from profiles_sandbox.testing import LocalSandbox

EMAIL = {"email": "a@example.org"}

STORED = {
    **EMAIL,
    "points": 10,
    "score": 1.5,
    "source": "x",
    "tags": ["a", "b"],
    "address": {"city": "Rome", "home": {"flat": 1}},
    "devices": [{"os": "x", "n": 1}, {"os": "y"}],
}


APPLIED = [
    ("source", {"action": "set", "value": "y"}, "y"),
    ("source", {"action": "unset"}, None),
    ("address", {"action": "unset"}, None),
    ("points", {"action": "incr", "value": 5}, 15),
    ("points", {"action": "incr", "value": -15}, -5),
    ("score", {"action": "incr", "value": 1}, 2.5),
    ("Custom_ID", {"action": "incr", "value": 3}, 3),
    ("tags", {"action": "add", "value": ["b", "c", "c"]}, ["a", "b", "c"]),
    ("tags", {"action": "delete", "value": ["a", "z"]}, ["b"]),
    ("devices", {"action": "add", "value": [{"os": "z"}]}, [*STORED["devices"], {"os": "z"}]),
    ("devices", {"action": "delete", "value": [{"os": "y"}]}, [{"os": "x", "n": 1}]),
    ("devices", {"action": "delete", "submatch": "os", "value": ["x"]}, [{"os": "y"}]),
    (
        "devices",
        {"action": "upsert", "submatch": "n", "value": {"n": 2}},
        [{"os": "x", "n": 2}, {"os": "y"}],
    ),
    (
        "address",
        {"action": "upsert", "submatch": "zip", "value": 1},
        {**STORED["address"], "zip": 1},
    ),
    (
        "address",
        {"action": "upsert", "submatch": "home.flat", "value": 2},
        {"city": "Rome", "home": {"flat": 2}},
    ),
    ("address", {"action": "moved", "value": 1}, {"action": "moved", "value": 1}),
    ("address", {"action": ["set"], "value": 1}, {"action": ["set"], "value": 1}),
]

REFUSED = [
    ("email", {"action": "unset"}, "email: unset: not for email"),
    ("points", {"action": "incr", "value": 1.5}, "points: int expected, float given"),
    ("source", {"action": "incr", "value": 1}, "source: incr: not for a field of type string"),
    ("points", {"action": "add", "value": [1]}, "points: add: not for a field of type int"),
    ("tags", {"action": "add", "value": "a"}, "tags: array expected, string given"),
    ("tags", {"action": "upsert", "value": ["a"]}, "tags: upsert: not for a field of type tags"),
    ("points", {"action": "incr"}, "points: incr: value is missing"),
    (
        "points",
        {"action": "double", "value": 1},
        "points: action: one of set, unset, incr, add, delete, upsert expected",
    ),
    (
        "points",
        {"action": ["set"]},
        "points: action: one of set, unset, incr, add, delete, upsert expected",
    ),
    ("points", {"action": "set", "value": 1, "to": 2}, "points: to: not a part of a function"),
    ("points", {"action": "set", "value": "1"}, "points: int expected, string given"),
    ("address", {"action": "upsert", "value": 1}, "address: upsert: submatch is missing"),
    (
        "devices",
        {"action": "upsert", "value": "x", "submatch": "os"},
        "devices: object expected, string given",
    ),
    (
        "devices",
        {"action": "delete", "value": "x", "submatch": "os"},
        "devices: array expected, string given",
    ),
    (
        "address",
        {"action": "upsert", "value": 1, "submatch": 2},
        "address.submatch: string expected, int given",
    ),
    (
        "address",
        {"action": "upsert", "value": 1, "submatch": "a." * MAX_DEPTH + "b"},
        f"address.submatch: at most {MAX_DEPTH} properties expected",
    ),
]

BY_CRM_ID = {"matching": "custom", "field_name": "crm_id"}


@pytest.mark.parametrize(("name", "function", "stored"), APPLIED)
def test_function_changes_stored_value(sandbox, name, function, stored):
    [profile_id] = sandbox.create(STORED)
    assert sandbox.update({**EMAIL, name: function})[0]["error"] == 0
    assert sandbox.profile(profile_id).get(name) == stored


@pytest.mark.parametrize(("name", "function", "text"), REFUSED)
def test_function_is_refused_by_name(sandbox, name, function, text):
    sandbox.create({**STORED, "crm_id": 1})
    assert sandbox.update({"crm_id": 1, name: function}, **BY_CRM_ID) == [
        {"error": 400, "error_text": text}
    ]


def test_two_increments_in_a_batch_add_up(sandbox):
    [profile_id] = sandbox.create(STORED)
    item = {**EMAIL, "points": {"action": "incr", "value": 1}}
    sandbox.update(item, item)
    assert sandbox.profile(profile_id)["points"] == 12


def test_failed_item_leaves_profile_as_it_was(sandbox):
    [profile_id] = sandbox.create(STORED)
    before = sandbox.profile(profile_id)
    sandbox.update({**EMAIL, "tags": {"action": "add", "value": ["c"]}, "points": "x"})
    assert sandbox.profile(profile_id) == before


def test_functions_may_be_off(tmp_path):
    sandbox = LocalSandbox(tmp_path / "data.db", functions_in_batch="off")
    [profile_id] = sandbox.create(STORED)
    function = {"action": "set", "value": {}}
    results = sandbox.update(
        {**EMAIL, "points": {"action": "incr", "value": 1}}, {**EMAIL, "address": function}
    )
    assert results[0] == {
        "error": 400,
        "error_text": "points: functions are not accepted in a batch",
    }
    assert sandbox.profile(profile_id)["address"] == function
    sandbox.close()
