"""Subscriptions of one row that contradict each other."""

from typing import Any

import msgspec
import pytest

from destination_profiles.config import FieldConfig, SubscriptionConfig
from destination_profiles.records.batch import Batch
from destination_profiles.records.codec import StreamCodec
from destination_profiles.records.contradictions import SAYS, OptOutsWin
from destination_profiles.records.unread import Notes
from destination_profiles.service.manifest import service
from destination_profiles.statuses import StatusRule
from unit_tests.records.streams import codec, profile, taken

IN, OUT = "subscribed", "unsubscribed"
MAIL = {"channel": "email", "resource_id": 28, "email": "a@b"}
SMS = {"channel": "sms", "resource_id": 3, "phone": "+49 151 23"}
PUSH = {"channel": "push", "resource_id": 3, "provider": "Firefox", "subscription_id": "t"}
SETTLED = [
    ([{**MAIL, "status": OUT}, {**MAIL, "status": IN}], [0]),
    ([{**MAIL, "status": IN}, {**MAIL, "status": OUT}], [1]),
    ([{**MAIL, "status": IN}, {**MAIL, "status": 1}], [1]),
    ([{**MAIL, "status": 0}, {**MAIL, "status": "1"}], [1]),
    ([{**MAIL, "status": 0}, {**MAIL, "status": 1.0}], [1]),
    ([{**MAIL, "status": IN}, {**MAIL, "status": True}], [0, 1]),
    ([MAIL, {**MAIL, "status": OUT}], [1]),
    ([{**MAIL, "status": -1}, {**MAIL, "status": " Unsubscribed "}], [1]),
    ([{**MAIL, "status": OUT}, {**MAIL, "email": " A@B", "status": IN}], [0]),
    ([{**MAIL, "status": OUT}, {**MAIL, "status": "suspended"}], [0, 1]),
    ([{**MAIL, "status": IN}, {**MAIL, "status": IN}], [0, 1]),
    ([{**MAIL, "status": OUT}, {**MAIL, "email": "c@d", "status": IN}], [0, 1]),
    ([{**MAIL, "status": OUT}, {**MAIL, "resource_id": 29, "status": IN}], [0, 1]),
    ([{**MAIL, "status": OUT}, {**MAIL, "resource_id": "28", "status": IN}], [0]),
    (
        [
            {"channel": "email", "resource_id": 28, "email_data": {"email": "a@b"}, "status": OUT},
            {**MAIL, "status": IN},
        ],
        [0],
    ),
    ([{**SMS, "status": OUT}, {**SMS, "phone": 4915123, "status": IN}], [0]),
    ([{**SMS, "status": OUT}, {**SMS, "phone": "4915124", "status": IN}], [0, 1]),
    ([{**PUSH, "status": OUT}, {**PUSH, "provider": "Safari", "status": IN}], [0]),
    (["odd", None, {**MAIL, "status": OUT}, {"channel": 5}, MAIL], [0, 1, 2, 3]),
]


@pytest.mark.parametrize(("subscriptions", "kept"), SETTLED)
@pytest.mark.parametrize("form", [lambda each: each, lambda each: msgspec.Raw(_json(each))])
def test_opt_out_wins(subscriptions: list[Any], kept: list[int], form: Any) -> None:
    given, notes = list(map(form, subscriptions)), Notes()
    assert OptOutsWin(service(), notes)(given) == [given[place] for place in kept]
    notes.settle()
    assert sum(notes.take().values()) == len(given) - len(kept)


def _json(value: Any) -> bytes:
    return msgspec.json.encode(value)


def stream(*entries: tuple[int, str, str], **more: Any) -> StreamCodec:
    made = [
        SubscriptionConfig(
            "email", resource, (FieldConfig("email", mail),), (FieldConfig("status", news),)
        )
        for resource, mail, news in entries
    ]
    return codec(subscriptions=made, **more)


ROW = {"id": 1, "work": "a@b", "work_news": OUT, "home": "A@b", "home_news": IN}
WORK, HOME = (28, "work", "work_news"), (28, "home", "home_news")
SENT = {"channel": "email", "resource_id": 28, "email": "a@b", "status": OUT}


@pytest.mark.parametrize("entries", [(WORK, HOME), (HOME, WORK)])
@pytest.mark.parametrize("wire", ["json", "xml"])
@pytest.mark.parametrize("fields", [(FieldConfig("id", "id"),), None])
def test_two_entries_of_the_configuration_do_not_contradict(
    entries: Any, wire: Any, fields: Any
) -> None:
    made = stream(*entries, fields=fields, wire_format=wire)
    if wire == "json":
        assert profile(made, ROW)["subscriptions"] == [SENT]
    (batch,) = made.take([_json(ROW)])
    assert isinstance(batch, Batch)
    (sent,) = batch.profiles()
    assert sent.count(b'"resource_id":28') + sent.count(b"<resource_id>28<") == 1


@pytest.mark.parametrize(
    "fields", [(FieldConfig("id", "id"), FieldConfig("subscriptions", "subscriptions")), None]
)
@pytest.mark.parametrize(("own", "built"), [(OUT, IN), (IN, OUT), (1, IN), (0, OUT)])
def test_rows_own_subscriptions_and_those_that_are_made_do_not_contradict(
    own: Any, built: str, fields: Any
) -> None:
    row = {"id": 1, "mail": "a@b", "news": built, "subscriptions": [{**SENT, "status": own}]}
    (sent,) = profile(stream((28, "mail", "news"), fields=fields), row)["subscriptions"]
    assert sent == {**SENT, "status": OUT if built == OUT else own}


def test_what_is_left_out_is_counted_once_its_row_is_taken() -> None:
    made = stream(WORK, HOME, fields=(FieldConfig("id", "id"),))
    rows = [_json(ROW), _json({**ROW, "id": None}), _json({**ROW, "home": "c@d"})]
    taken(made, rows)
    says = "$.home_news says otherwise than an opt-out of the same address in its row"
    assert made.notes.take() == {("profile", "opt_out", says, None): 1}


def test_addresses_that_differ_are_sent_with_their_own() -> None:
    row = {**ROW, "home": "c@d"}
    made = stream(WORK, HOME, fields=(FieldConfig("id", "id"),))
    assert [each["status"] for each in profile(made, row)["subscriptions"]] == [OUT, IN]


EACH_WAY = [
    ([WORK, HOME], ["home_news"], {OUT: 1}),
    ([HOME, WORK], ["home_news"], {OUT: 1}),
    ([(28, "work", "home_news"), (28, "home", "work_news")], ["home_news"], {OUT: 1}),
    ([(28, "none", "home_news"), WORK, HOME], ["home_news"], {OUT: 1}),
    ([WORK, (28, "other", "home_news")], [], {OUT: 1, IN: 1}),
]


@pytest.mark.parametrize(("entries", "columns", "counted"), EACH_WAY)
@pytest.mark.parametrize("wire", ["json", "xml"])
@pytest.mark.parametrize("fields", [(FieldConfig("id", "id"),), None])
def test_one_that_is_left_out_names_its_column_and_is_not_asked_for(
    entries: Any, columns: list[str], counted: Any, wire: Any, fields: Any
) -> None:
    made = stream(*entries, fields=fields, wire_format=wire)
    taken(made, [_json({**ROW, "other": "c@d"})])
    assert [kind[2] for kind in made.notes.take()] == [f"$.{each} {SAYS}" for each in columns]
    assert made.subscriptions == {("email", 28, word): n for word, n in counted.items()}


@pytest.mark.parametrize(
    "fields", [(FieldConfig("id", "id"), FieldConfig("subscriptions", "subscriptions")), None]
)
def test_one_that_a_rows_own_opt_out_contradicts_is_not_asked_for(fields: Any) -> None:
    own, made = {**SENT, "status": OUT}, stream((28, "mail", "news"), fields=fields)
    rows = [{"id": 1, "mail": mail, "news": IN, "subscriptions": [own]} for mail in ("a@b", "c@d")]
    taken(made, list(map(_json, rows)))
    assert [kind[2] for kind in made.notes.take()] == [f"$.news {SAYS}"]
    assert made.subscriptions == {("email", 28, IN): 1}


def test_rows_own_that_is_left_out_names_no_column_and_was_never_counted() -> None:
    fields = (FieldConfig("id", "id"), FieldConfig("subscriptions", "subscriptions"))
    made = stream((28, "mail", "news"), fields=fields)
    row = {"id": 1, "mail": "a@b", "news": OUT, "subscriptions": [{**SENT, "status": IN}]}
    taken(made, [_json(row)])
    assert [kind[2] for kind in made.notes.take()] == [f"$.subscriptions {SAYS}"]
    assert made.subscriptions == {("email", 28, OUT): 1}


def test_one_without_a_status_and_one_with_a_number_are_taken_back_too() -> None:
    rule = StatusRule(codes=True, keeps_null=True)
    entries = [
        SubscriptionConfig(
            "email",
            28,
            (FieldConfig("email", "mail"),),
            (FieldConfig("status", name),),
            status=rule,
        )
        for name in ("a", "b", "c")
    ]
    made = codec(subscriptions=entries, fields=(FieldConfig("id", "id"),))
    taken(made, [_json({"id": 1, "mail": "a@b", "a": 0, "b": None, "c": 1})])
    assert [kind[2] for kind in made.notes.take()] == [f"$.a {SAYS}", f"$.b {SAYS}"]
    assert made.subscriptions == {("email", 28, OUT): 1}


def test_constant_that_is_left_out_names_the_column_of_its_address() -> None:
    constant = SubscriptionConfig(
        "email", 28, (FieldConfig("email", "home"),), (FieldConfig("status", value=IN),)
    )
    column = SubscriptionConfig(
        "email", 28, (FieldConfig("email", "work"),), (FieldConfig("status", "work_news"),)
    )
    made = codec(subscriptions=[constant, column], fields=(FieldConfig("id", "id"),))
    taken(made, [_json(ROW)])
    assert [kind[2] for kind in made.notes.take()] == [f"$.home {SAYS}"]
    assert made.subscriptions == {("email", 28, OUT): 1}
