"""Counts of rejections by reason."""

from destination_profiles.delivery.tally import (
    KEPT_SHAPES,
    MOST_KINDS,
    OTHER_KINDS,
    Kind,
    Tally,
)
from destination_profiles.rejection import Rejection


def test_texts_without_end_are_counted_together() -> None:
    tally = Tally()
    for number in range(MOST_KINDS + 500):
        tally.add("users", Rejection("service", str(number), "", "$", f"text {number}"))
    tally.add("users", Rejection("service", "0", "", "$", "text 0"))
    kinds = tally.kinds()
    assert (tally.total, len(kinds)) == (MOST_KINDS + 501, MOST_KINDS + 1)
    assert kinds[:2] == [
        Kind("users", "service", "other", OTHER_KINDS, 500, {}, 0),
        Kind("users", "service", "0", "text 0", 2, {}, 0),
    ]


def test_streams_are_counted_apart() -> None:
    tally = Tally()
    for number in range(MOST_KINDS):
        tally.count("users", ("service", str(number), ""), 1)
    tally.count("orders", ("service", "404", "not found"), 3)
    assert Kind("orders", "service", "404", "not found", 3, {}, 0) in tally.kinds()


def test_table_tells_the_most_frequent_and_counts_the_rest() -> None:
    tally = Tally("values")
    assert tally.table() == []
    tally.count("users", ("mapping", "type", "$.id is no integer"), 1_200)
    for number in range(9):
        tally.count("users", ("service", str(400 + number), "wrong"), 9 - number)
    tally.count("users", ("service", "500", "wrong"), 1)
    tally.count("users", ("service", "501", "wrong"), 1)
    tally.count("people", ("service", "404", "Profile not found"), 2)
    rows = [(400 + number, 9 - number) for number in range(9)]
    assert tally.table() == [
        "stream  step     code  values  reason",
        "users   mapping  type   1,200  $.id is no integer",
        *(f"users   service  {code}        {count}  wrong" for code, count in rows),
        "users                       2  2 further kinds of reason",
        "people  service  404        2  Profile not found",
    ]


def test_rejections_are_counted_in_records() -> None:
    tally = Tally()
    tally.add("users", Rejection("service", "404", "", "$", "wrong"))
    assert tally.table() == [
        "stream  step     code  records  reason",
        "users   service  404         1  wrong",
    ]


def test_shapes_beyond_the_most_frequent_are_added_up() -> None:
    tally = Tally()
    for number in range(KEPT_SHAPES):
        tally.count("users", ("mapping", "type", ""), 100 - number, f"shape {number}")
    tally.count("users", ("mapping", "type", ""), 1, "one too many")
    tally.count("users", ("mapping", "type", ""), 2, "another")
    tally.count("users", ("mapping", "type", ""), 5, "shape 0")
    told = {"shape 0": 105, "shape 1": 99, "shape 2": 98, "shape 3": 97, "shape 4": 96}
    (kind,) = tally.kinds()
    assert (kind.shapes, kind.other_shapes) == (told, kind.records - sum(told.values()))
    assert kind.records == sum(range(51, 101)) + 3 + 5


def test_top_kinds_are_the_most_frequent_of_all_streams() -> None:
    tally = Tally()
    for stream, code, times in [("a", "1", 2), ("a", "2", 9), ("b", "3", 1_500), ("b", "4", 5)]:
        tally.count(stream, ("service", code, "wrong"), times)
    assert tally.top() == [
        "1,500 of b (service 3: wrong)",
        "9 of a (service 2: wrong)",
        "5 of b (service 4: wrong)",
    ]


def test_rejection_is_counted_with_the_shape_of_its_value() -> None:
    tally = Tally()
    tally.add("users", Rejection("conversion", "date", "", "$.born", "", shape="A9"))
    (kind,) = tally.kinds()
    assert kind.shapes == {"A9": 1}
