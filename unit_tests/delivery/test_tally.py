"""Counts of rejections by reason."""

from destination_profiles.delivery.tally import MOST_KINDS, OTHER_KINDS, Tally
from destination_profiles.rejection import Rejection


def test_texts_without_end_are_counted_together() -> None:
    tally = Tally()
    for number in range(MOST_KINDS + 500):
        tally.add("users", Rejection("service", str(number), "", "$", f"text {number}"))
    tally.add("users", Rejection("service", "0", "", "$", "text 0"))
    kinds = tally.kinds()
    assert (tally.total, len(kinds)) == (MOST_KINDS + 501, MOST_KINDS + 1)
    assert kinds[:2] == [
        ("users", "service", "other", OTHER_KINDS, 500),
        ("users", "service", "0", "text 0", 2),
    ]


def test_streams_are_counted_apart() -> None:
    tally = Tally()
    for number in range(MOST_KINDS):
        tally.count("users", ("service", str(number), ""), 1)
    tally.count("orders", ("service", "404", "not found"), 3)
    assert ("orders", "service", "404", "not found", 3) in tally.kinds()
