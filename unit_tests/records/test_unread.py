"""Values that are left out: their rows are sent, and they count once."""

from typing import Any

import pytest

from destination_profiles.cells import Cell
from destination_profiles.config import FieldConfig, StreamConfig, SubscriptionConfig
from destination_profiles.conversion import Form
from destination_profiles.records.batch import Batch, Rejected
from destination_profiles.records.changes import Change, without
from destination_profiles.records.unread import Notes
from unit_tests.records.streams import codec, profile, taken

ID = FieldConfig("id", "id")
OMIT = FieldConfig("n", "m", type="int", cell=Cell(omits=True))
TOLD = ("conversion", "int", "$.m n must be int, and this string cannot be read as one", "a")


@pytest.mark.parametrize("nulls", ["omit", "unset", "send"])
def test_value_costs_its_field_alone(nulls: Any) -> None:
    made = codec(fields=[ID, OMIT], null_values=nulls)
    assert profile(made, {"id": 1, "m": "x"}) == {"id": 1}
    assert made.notes.take() == {TOLD: 1}
    assert made.notes.take() == {}


def test_each_value_counts_once_however_often_it_is_tried() -> None:
    made = codec(fields=[ID, OMIT, FieldConfig("p", "q", type="int")])
    records = [b'{"id":%d,"m":"x"}' % each for each in range(100)]
    records[50] = b'{"id":50,"m":"x","q":"x"}'  # is rejected, so nothing of it was left out
    assert sum(hasattr(each, "rejection") for each in taken(made, records)) == 1
    assert made.notes.take() == {TOLD: 99}


@pytest.mark.parametrize("nulls", ["omit", "unset", "send"])
@pytest.mark.parametrize(
    ("m", "k", "sent"),
    [
        ("x", 5, {"n": [5]}),
        ([3, "x"], None, {"n": [3]}),
        (["x", 3], 5, {"n": [3, 5]}),
        ("x", None, {}),
        ("x", [], {}),
        (["x"], "", {}),
    ],
)
def test_member_of_several_columns_is_left_out(m: Any, k: Any, sent: Any, nulls: Any) -> None:
    """Where nothing else is left the field keeps what is stored, whatever nulls do."""
    for columns in (("m", "k"), ("k", "m")):
        several = FieldConfig("n", columns=columns, type="int", cell=Cell(omits=True))
        made = codec(fields=[ID, several], null_values=nulls)
        found = profile(made, {"id": 1, "m": m, "k": k})
        assert {name: sorted(value) for name, value in found.items() if name == "n"} == sent
        assert made.notes.take() == {TOLD: 1}


def test_json_on_the_way_that_cannot_be_read_leaves_out_its_field_alone() -> None:
    field = FieldConfig("n", "m.k", type="int", cell=Cell(omits=True))
    made = codec(fields=[ID, field, FieldConfig("p", "q")])
    assert profile(made, {"id": 1, "m": "{'k': 1}", "q": 2}) == {"id": 1, "p": 2}
    assert sum(made.notes.take().values()) == 1


@pytest.mark.parametrize(("value", "sent"), [(None, 7), ("", 7), (5, 5)])
def test_default_is_for_nulls(value: Any, sent: int) -> None:
    made = codec(fields=[ID, FieldConfig("n", "m", type="int", cell=Cell(default=7))])
    assert profile(made, {"id": 1, "m": value}) == {"id": 1, "n": sent}


def test_each_row_of_several_has_its_own_value_or_the_default() -> None:
    made = codec(fields=[ID, FieldConfig("n", "m", type="int", cell=Cell(default=7))])
    rows = [b'{"id":1,"m":5}', b'{"id":1,"m":null}', b'{"id":1,"m":6}', b'{"id":1}']
    found = [each.profile for each in taken(made, rows)]  # type: ignore[union-attr]
    assert found == [b'{"id":1,"n":5}', b'{"id":1,"n":7}', b'{"id":1,"n":6}', b'{"id":1}']


def test_column_that_is_absent_has_no_default() -> None:
    made = codec(fields=[ID, FieldConfig("n", "m", cell=Cell(default="x"))])
    assert profile(made, {"id": 1}) == {"id": 1}


def test_value_that_is_not_named_is_rejected() -> None:
    made = codec(fields=[ID, FieldConfig("n", "m", cell=Cell(values=(("a", "b"),)))])
    (found,) = taken(made, [b'{"id":1,"m":"c"}'])
    assert (found.rejection.code, found.rejection.message) == (  # type: ignore[union-attr]
        "values",
        "n takes only what its values name, and this string is not one of them",
    )


NULLED = Change("a", "NULLED", "SOURCE_RETRIEVAL_ERROR")
LOST = [
    (b'{"id":1,"a":null,"b":1.50}', NULLED, b'{"id":1,"b":1.50}'),
    (b'{"id":1,"b":{"c":"cut","d":1}}', Change("b.c", "TRUNCATED"), b'{"id":1,"b":{"d":1}}'),
    (b'{"id":1,"b.c":"cut","b":{"c":1}}', Change("b.c", "TRUNCATED"), b'{"id":1,"b":{"c":1}}'),
    (b'{"a":{"b":{"c":"cut","d":1}}}', Change("a.b.c", "NULLED"), b'{"a":{"b":{"d":1}}}'),
    (b'{"a":{"b.c":"cut","d":1}}', Change("a.b.c", "NULLED"), b'{"a":{"d":1}}'),
    (b'{"a":1}', Change("b.c", "NULLED"), b'{"a":1}'),
    (b'{"id":1}', NULLED, b'{"id":1}'),
    (b'{"id":1,"a":null}', Change("a", "RETAINED"), b'{"id":1,"a":null}'),
    (b"[1]", NULLED, b"[1]"),
]


@pytest.mark.parametrize(("data", "change", "left"), LOST)
def test_field_that_the_source_lost_is_left_out(data: bytes, change: Change, left: bytes) -> None:
    assert bytes(without(data, [change], known=(), notes=Notes())) == left


PHONES = FieldConfig("phones", columns=("tel", "other.tel"))


@pytest.mark.parametrize(
    ("change", "is_lost"),
    [
        (Change("tel", "NULLED"), True),
        (Change("tel.0", "TRUNCATED"), True),
        (Change("other", "TRUNCATED"), True),
        (Change("other.tel", "NULLED"), True),
        (Change("other.mail", "NULLED"), False),
        (Change("te", "NULLED"), False),
        (Change("tel", "RETAINED"), False),
    ],
)
@pytest.mark.parametrize("wire", ["json", "xml"])
def test_field_of_several_columns_is_left_out_with_one_that_the_source_lost(
    change: Change, is_lost: bool, wire: Any
) -> None:
    """What is made of the others would take the place of all that is stored."""
    made = codec(fields=[ID, PHONES], null_values="unset", wire_format=wire)
    data = b'{"id":1,"tel":"6","other":{"tel":"7"}}'
    for changes, left_out in (([change], is_lost), ([], False)):  # of this record alone
        (found,) = made.take_changed(data, changes)
        assert isinstance(found, Batch)
        (sent,) = found.profiles()
        assert (b"phones" in sent) is not left_out


def test_what_is_lost_is_no_matter_of_the_next_record() -> None:
    made = codec(fields=[ID, PHONES, FieldConfig("n", "n", type="int")])
    (found,) = made.take_changed(b'{"id":1,"tel":null,"n":"x"}', [Change("tel", "NULLED")])
    assert isinstance(found, Rejected)
    assert profile(made, {"id": 1, "tel": "6", "n": 1}) == {"id": 1, "phones": ["6"], "n": 1}


def test_field_of_one_column_alone_is_left_out() -> None:
    one = FieldConfig("phones", columns=("tel",))
    made = codec(fields=[ID, one], null_values="unset")
    (found,) = made.take_changed(b'{"id":1,"tel":null}', [Change("tel", "NULLED")])
    assert isinstance(found, Batch) and list(found.profiles()) == [b'{"id":1}']


def test_parts_of_subscriptions_are_columns_of_several_too() -> None:
    several = FieldConfig("x", columns=("a", "b"))
    address = FieldConfig("email", "mail")
    ones = [
        SubscriptionConfig("email", 3, (address,), (several,)),
        SubscriptionConfig("email", 3, (address,), (), (several,)),
        SubscriptionConfig("email", 3, (several,)),
    ]
    for one in ones:
        assert StreamConfig("users", subscriptions=(one,)).parts() == {"a", "b"}


def test_lost_field_is_told_by_names_of_the_schema_alone() -> None:
    made = codec(columns={"id": {}, "a": {}, "b.c": {}})
    changes = [
        NULLED,
        Change("canary", "NULLED", "canary"),
        Change("b.c", "NULLED", "SOURCE_RETRIEVAL_ERROR"),
        Change("b.canary", "NULLED", "SOURCE_RETRIEVAL_ERROR"),
        Change("a.b", "TRUNCATED", "SOURCE_RETRIEVAL_ERROR"),
    ]
    list(made.take_changed(b'{"id":1,"a":null,"canary":null}', changes))
    reason = "is not the value that the source has ({}), so what is stored stays"
    assert list(made.notes.take()) == [
        ("source", "NULLED", f"$.a {reason.format('SOURCE_RETRIEVAL_ERROR')}", None),
        ("source", "NULLED", f"$.* {reason.format('for a reason that is not known')}", None),
        ("source", "NULLED", f"$.b.c {reason.format('SOURCE_RETRIEVAL_ERROR')}", None),
        ("source", "NULLED", f"$.* {reason.format('SOURCE_RETRIEVAL_ERROR')}", None),
        ("source", "TRUNCATED", f"$.a.b {reason.format('SOURCE_RETRIEVAL_ERROR')}", None),
    ]


def test_names_that_no_struct_has_are_held_to_the_schema() -> None:
    made = codec(columns={"id": {}, 'n"': {"type": "string"}}, fields=[ID, FieldConfig("a", 'n"')])
    (found,) = taken(made, [b'{"id":1,"n\\"":5}'])
    assert found.rejection.reason == "schema"  # type: ignore[union-attr]


def test_column_of_another_form_is_not_read_at_once() -> None:
    comma = FieldConfig("n", "m", type="float", cell=Cell(form=Form(decimal=",")))
    made = codec(fields=[ID, comma])
    found = taken(made, [b'{"id":%d,"m":"1.234"}' % each for each in range(3)])
    assert [each.profile for each in found] == [b'{"id":%d,"n":1234}' % each for each in range(3)]  # type: ignore[union-attr]
