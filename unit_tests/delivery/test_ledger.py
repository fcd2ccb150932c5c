import pytest

from destination_profiles.delivery.ledger import Interval, Ledger, total
from destination_profiles.errors import BooksDoNotBalance


def test_interval_ends_with_its_state() -> None:
    ledger = Ledger()
    first = ledger.interval("users")
    assert ledger.interval("users") is first
    assert ledger.close(["users", "people"]) == [first]
    assert ledger.interval("users") is not first


def test_settling_enters_interval_and_total() -> None:
    ledger = Ledger()
    interval = ledger.interval("users")
    ledger.settle(interval, accepted=3, rejected=2, superseded=1, deleted=4, unchanged=5)
    counts = [
        (each.accepted, each.rejected, each.superseded, each.deleted, each.unchanged)
        for each in (interval, ledger.totals["users"])
    ]
    assert counts == [(3, 2, 1, 4, 5)] * 2
    assert ledger.resolved == 11  # what was left out for the source's sake is no part of a sync


def test_settling_adds_to_what_was_settled() -> None:
    ledger = Ledger()
    interval = ledger.interval("users")
    each = ("accepted", "rejected", "superseded", "deleted", "unchanged")
    for name in (*each, *each):
        ledger.settle(interval, **{name: 1 + each.index(name)})
    for sums in (interval, ledger.totals["users"]):
        assert [getattr(sums, name) for name in each] == [2, 4, 6, 8, 10]
    assert ledger.resolved == 22


def test_balanced_books_pass() -> None:
    ledger = Ledger()
    interval = ledger.interval("users")
    interval.read = 15
    ledger.settle(interval, accepted=3, rejected=2, superseded=1, deleted=4, unchanged=5)
    ledger.close(["users"])
    ledger.balance()
    assert (interval.delivered(), ledger.totals["users"].read) == (13, 15)


@pytest.mark.parametrize(("read", "out_by"), [(7, 1), (5, -1)])
def test_unbalanced_books_say_by_how_much(read: int, out_by: int) -> None:
    ledger = Ledger()
    interval = ledger.interval("users")
    interval.read = read
    ledger.settle(interval, accepted=3, rejected=2, superseded=1)
    with pytest.raises(BooksDoNotBalance) as raised:
        ledger.balance()
    assert str(raised.value) == (
        f"The books of stream users are out by {out_by}: {read} read, 3 "
        "accepted, 2 rejected, 1 superseded, 0 deleted, 0 unchanged."
    )
    assert raised.value.stream == "users"


def test_total_adds_every_count() -> None:
    each = Interval("users")
    each.read, each.accepted, each.rejected, each.superseded, each.deleted = 14, 5, 3, 2, 4
    each.unchanged = 6
    sums = total([each, each])
    counts = (sums.read, sums.accepted, sums.rejected, sums.superseded, sums.deleted)
    assert (*counts, sums.unchanged) == (28, 10, 6, 4, 8, 12)


def test_records_of_the_open_interval_are_read() -> None:
    ledger = Ledger()
    ledger.interval("users").read = 3
    assert ledger.read("users") == 3
    ledger.close(["users"])
    assert ledger.read("users") == 3
    ledger.interval("users").read = 4
    assert ledger.read("users") == 7
    ledger.close(["users"])
    assert ledger.totals["users"].read == 7
