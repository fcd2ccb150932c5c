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
    ledger.settle(interval, accepted=3, rejected=2, superseded=1, deleted=4)
    counts = [
        (each.accepted, each.rejected, each.superseded, each.deleted)
        for each in (interval, ledger.totals["users"])
    ]
    assert counts == [(3, 2, 1, 4)] * 2


def test_settling_adds_to_what_was_settled() -> None:
    ledger = Ledger()
    interval = ledger.interval("users")
    each = ("accepted", "rejected", "superseded", "deleted")
    for name in (*each, *each):
        ledger.settle(interval, **{name: 1 + each.index(name)})
    for sums in (interval, ledger.totals["users"]):
        assert [getattr(sums, name) for name in each] == [2, 4, 6, 8]
    assert ledger.resolved == 12


def test_balanced_books_pass() -> None:
    ledger = Ledger()
    interval = ledger.interval("users")
    interval.read = 10
    ledger.settle(interval, accepted=3, rejected=2, superseded=1, deleted=4)
    ledger.close(["users"])
    ledger.balance()
    assert (interval.delivered(), ledger.totals["users"].read) == (8, 10)


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
        "accepted, 2 rejected, 1 superseded, 0 deleted."
    )
    assert raised.value.stream == "users"


def test_total_adds_every_count() -> None:
    each = Interval("users")
    each.read, each.accepted, each.rejected, each.superseded, each.deleted = 14, 5, 3, 2, 4
    sums = total([each, each])
    counts = (sums.read, sums.accepted, sums.rejected, sums.superseded, sums.deleted)
    assert counts == (28, 10, 6, 4, 8)


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
