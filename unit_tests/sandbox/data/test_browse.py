"""Browsing: pages of profiles, the search, counts of subscriptions."""

from contextlib import closing

import pytest

from profiles_sandbox.data import browse
from profiles_sandbox.data.browse import Browser
from profiles_sandbox.data.datafile import open_to_read

BY = {"matching": "custom", "field_name": "crm_id"}
PROFILES = [
    {"crm_id": 1, "email": "Ann@example.org", "_fname": "Ann", "tags": ["vip"]},
    {"crm_id": 22, "_fname": "ÇELİK", "points": 77},
    {"crm_id": 3, "_fname": "100%", "source": 'say "no"'},
    {"crm_id": 4, "_fname": "<script>", "address": {"city": {"name": "Köln_West"}}},
    {"crm_id": 5, "_fname": "back\\slash", "vip": True, "score": 2.0},
]


def search(sandbox, text, *, after=0, limit=50, db_id=1):
    with closing(open_to_read(sandbox.data)) as data:
        found = Browser(data.connection).search(db_id, text, after=after, limit=limit)
        return list(found.profiles), found.after


@pytest.fixture
def sandbox(sandbox):
    sandbox.create(*PROFILES, **BY)
    return sandbox


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("ann@EXAMPLE", [1]),
        ("vip", [1]),
        ("çel", [2]),
        ("22", [2]),
        ("77", [2]),
        ("%", [3]),
        ('"no"', [3]),
        ("<SCRIPT>", [4]),
        ("köln_", [4]),
        ("n_w", [4]),
        ("back\\s", [5]),
        ("true", [5]),
        ("_fname", []),
        ("name", []),
        ("nobody", []),
        ("", [1, 2, 3, 4, 5]),
        ("65f0c0ffee00000000000003", [3]),
        ("65f0c0ffee00000000000009", []),
    ],
)
def test_profiles_with_a_text_in_a_value(sandbox, text, numbers):
    assert search(sandbox, text) == (numbers, None)


def test_pages_follow_each_other(sandbox):
    assert search(sandbox, "", limit=2) == ([1, 2], 2)
    assert search(sandbox, "", after=2, limit=2) == ([3, 4], 4)
    assert search(sandbox, "", after=4, limit=2) == ([5], None)
    assert search(sandbox, "", after=3, limit=2) == ([4, 5], None)


def test_search_looks_at_so_many(sandbox, monkeypatch):
    monkeypatch.setattr(browse, "SCANNED", 2)
    assert search(sandbox, "back") == ([], 2)
    assert search(sandbox, "back", after=2) == ([], 4)
    assert search(sandbox, "back", after=4) == ([5], None)


def test_databases_are_apart(sandbox):
    sandbox.create({"crm_id": 1, "_fname": "Ann"}, db_id=2, **BY)
    assert search(sandbox, "ann") == ([1], None)
    assert search(sandbox, "ann", db_id=2) == ([6], None)
    assert search(sandbox, "65f0c0ffee00000000000006") == ([], None)
    with closing(open_to_read(sandbox.data)) as data:
        assert Browser(data.connection).counts() == {1: 5, 2: 1}


def test_last_request_that_changed_a_profile(sandbox):
    sandbox.update({"crm_id": 3, "points": 1}, {"crm_id": 4}, **BY)
    with closing(open_to_read(sandbox.data)) as data:
        assert Browser(data.connection).changed_by([1, 3, 4]) == {1: 1, 3: 2, 4: 1}
        assert Browser(data.connection).changed_by([]) == {}


def test_subscriptions_are_counted(sandbox):
    mail = {"channel": "email", "resource_id": 28}
    sandbox.update(
        {"crm_id": 1, "subscriptions": [{**mail, "email": "a@example.org", "status": 1}]},
        {"crm_id": 22, "subscriptions": [{**mail, "email": "b@example.org", "status": 1}]},
        {"crm_id": 3, "subscriptions": [{"channel": "sms", "resource_id": 3, "phone": "+491234"}]},
        **BY,
    )
    with closing(open_to_read(sandbox.data)) as data:
        counts = Browser(data.connection).subscriptions()
    assert counts == {(1, 28, "email", 1): 2, (1, 3, "sms", 0): 1}
