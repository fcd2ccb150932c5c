"""What is suggested for a stream."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from destination_profiles.api.client import ServiceField
from destination_profiles.service.manifest import service
from destination_profiles.suggestion.fields import fields_of
from destination_profiles.suggestion.keys import Known
from destination_profiles.suggestion.mapping import Source, StreamSuggestion, suggest
from destination_profiles.suggestion.questions import (
    BARE_CODE,
    KEY,
    REGION,
    RESOURCE,
    STATUS,
    UNREADABLE,
    Answers,
)
from destination_profiles.suggestion.samples import Sampled

OWN = [
    ServiceField("crm_id", "int", title="CRM number"),
    ServiceField("Custom_ID", "int", title="Customer number"),
    ServiceField("card", "string", title="Card"),
    ServiceField("points", "int", title="Points"),
    ServiceField("plan", "enum", title="Plan", dictionary=["basic", "pro"]),
    ServiceField("address", "object", title="Address"),
]


def made(
    rows: Sequence[Mapping[str, Any]],
    *,
    columns: Mapping[str, Any] | None = None,
    own: Sequence[ServiceField] = OWN,
    given: Mapping[str, Any] | None = None,
    answers: Answers | None = None,
    known: Mapping[str, int] | None = None,
    ask: Known | None = None,
) -> StreamSuggestion:
    schema = {"properties": columns or {name: {} for row in rows for name in row}}
    return suggest(
        Source("users", None, Sampled(rows, schema)),
        fields_of(service(), own),
        given=given,
        answers=answers or {},
        known=ask or (lambda matching, _: (known or {}).get(str(matching.get("field_name")))),
        resources={"email": ["28 (News)"]},
    )


def rows(**columns: Any) -> list[dict[str, Any]]:
    """Thirty, with a number in each text."""
    return [
        {
            name: value.format(n) if isinstance(value, str) else value
            for name, value in columns.items()
        }
        for n in range(30)
    ]


def key_of(found: StreamSuggestion) -> dict[str, Any] | None:
    return dict(found.matching) if found.key.chosen and found.matching else None


def sources(found: StreamSuggestion) -> dict[str, Any]:
    return {
        each.settings["to"]: each.settings.get("from", each.settings.get("columns"))
        for each in found.fields
        if not each.is_open
    }


def test_field_of_the_same_name_is_the_key() -> None:
    found = made(rows(card="c{}", email="a{}@example.org"))
    assert key_of(found) == {"mode": "custom", "field_name": "card"}
    assert found.key.question is None
    assert found.key.why[0] == (
        "card is taken from the column card: it has the same name. Of 30 rows 30 have a value, 30 "
        "different ones."
    )
    assert "Other keys that a column fits: email (email)." in found.key.why


def test_address_is_the_key_where_no_field_fits() -> None:
    assert key_of(made(rows(mail="a{}@example.org"))) == {"mode": "email"}
    assert key_of(made(rows(handy="+4930{}12345"))) == {"mode": "phone"}
    assert key_of(made(rows(weight="{}"))) is None


def test_points_are_no_key() -> None:
    found = made(rows(points="{}", email="a{}@example.org"))
    assert key_of(found) == {"mode": "email"}


def test_column_of_few_values_is_no_key() -> None:
    found = made(rows(card="all the same", email="a{}@example.org"))
    assert key_of(found) == {"mode": "email"}


def test_service_decides_between_two_keys() -> None:
    table = rows(customer_no="{}")
    found = made(table, known={"crm_id": 3, "Custom_ID": 19})
    assert key_of(found) == {"mode": "custom", "field_name": "Custom_ID"}
    assert "Of 20 sampled values the service knows 3 by crm_id, 19 by Custom_ID." in found.key.why
    for known in ({"crm_id": 5, "Custom_ID": 5}, {"crm_id": 11, "Custom_ID": 20}, {}):
        asked = made(table, known=known)
        assert asked.key.question is not None
        assert asked.key.question.choices == ("crm_id", "Custom_ID")


def test_service_is_asked_for_exact_numbers() -> None:
    asked: list[Sequence[Any]] = []
    long = 1234567890123456789
    told = [{"customer_no": each} for each in (long, str(long + 1), f"{long + 2}.0", 3.0, "x", 2.5)]
    made(told, ask=lambda _, values: asked.append(values))
    assert asked == [[long, long + 1, long + 2, 3]] * 2


ONE = [ServiceField("crm_id", "int", title="CRM number")]
ORDERS = {"id": "1{}", "customer_id": "2{}", "email": "a{}@example.org"}


def test_columns_that_fit_one_key_are_a_question() -> None:
    found = made(rows(**ORDERS), own=ONE)
    text = (
        "Which field are profiles found by, and which column is it taken from: crm_id=customer_id, "
        "crm_id=id?"
    )
    question = found.key.question
    assert question is not None and question in found.questions
    assert (question.place, question.text) == ((KEY, ""), text)
    assert question.choices == ("crm_id=customer_id", "crm_id=id", "email=email")
    assert found.key.why[0] == "crm_id (customer_id), crm_id (id) fit as well as each other."
    assert sources(found) == {"email": "email"}
    (entry,) = [each for each in found.fields if each.settings["to"] == "crm_id"]
    assert (entry.settings["from"], entry.is_open, entry.is_asked) == ("customer_id", True, True)
    assert entry.notes == (text, "fitting as well: id")
    both = made(rows(**ORDERS), known={"crm_id": 12, "Custom_ID": 13})  # one takes what one leaves
    assert sources(both) == {"email": "email"}
    assert {each.settings["to"] for each in both.fields if each.is_open} == {"crm_id", "Custom_ID"}


def test_answer_or_better_name_settles_the_column_of_a_key() -> None:
    table = rows(**ORDERS)
    for column in ("id", "customer_id"):
        found = made(table, own=ONE, answers={(KEY, ""): f"crm_id={column}"})
        assert (sources(found)["crm_id"], found.key.question) == (column, None)
    assert made(table, own=ONE, answers={(KEY, ""): "crm_id"}).key.waiting
    assert made(table, own=ONE, given={"mode": "custom", "field_name": "crm_id"}).key.waiting
    found = made(rows(**ORDERS, crm_id="3{}"), own=ONE)
    assert (sources(found)["crm_id"], found.key.question) == ("crm_id", None)
    found = made(rows(id="{}", email="a{}@example.org"), own=ONE)
    assert (sources(found)["crm_id"], found.key.question) == ("id", None)


@pytest.mark.parametrize(
    ("knows", "column"),
    [
        ((20, 0), "customer_id"),
        ((5, 12), "id"),
        ((12, 7), None),
        ((10, 0), None),
        ((20, None), None),
    ],
)
def test_service_decides_between_two_columns(
    knows: tuple[int | None, int | None], column: str | None
) -> None:
    counts = dict(zip((2, 1), knows, strict=True))  # by the first digit of the values
    found = made(rows(**ORDERS), own=ONE, ask=lambda _, values: counts[int(str(values[0])[0])])
    assert sources(found).get("crm_id") == column
    assert (found.key.question is None) == (column is not None)
    if column == "customer_id":
        assert found.key.why[1] == (
            "Of 20 sampled values the service knows 20 by crm_id (customer_id), 0 by crm_id (id)."
        )


def test_addresses_in_two_columns_are_a_question_where_they_are_the_key() -> None:
    found = made(rows(mail="a{}@example.org", email_address="b{}@example.org"))
    assert found.key.question is not None
    assert found.key.question.choices == ("email=mail", "email=email_address")
    assert sources(made(rows(handy="+4930{}12345", tel="+4940{}12345"))) == {
        "phones": ["handy", "tel"]
    }


def test_key_that_was_answered_or_given_is_taken() -> None:
    table = rows(customer_no="{}", email="a{}@example.org")
    for answer in ("Custom_ID", "Custom_ID=customer_no"):
        found = made(table, answers={(KEY, ""): answer})
        assert (key_of(found), found.key.question) == (
            {"mode": "custom", "field_name": "Custom_ID"},
            None,
        )
    assert sources(made(table, answers={(KEY, ""): "card=customer_no"}))["card"] == "customer_no"
    assert key_of(made(table, given={"mode": "email_profile"})) == {"mode": "email_profile"}
    given = {"mode": "custom", "field_name": "crm_id"}
    assert key_of(made(table, given=given)) == given
    assert key_of(made(rows(weight="{}"), given=given)) is None


def test_column_whose_values_are_of_another_type_is_no_key() -> None:
    table = rows(id="5f0c0ffee{:02}a", external_id="7{}", email="a{}@example.org")
    odd = "crm_id (id): its values cannot be read as int."
    found = made(table, own=ONE)
    assert (sources(found)["crm_id"], found.key.question) == ("external_id", None)
    assert found.key.why[-1] == odd
    mails = [{**row, "external_id": "x"} for row in table]
    assert key_of(made(mails, own=ONE)) == {"mode": "email"}
    nulls = [{**row, "external_id": None} for row in table]
    assert key_of(made(nulls, own=ONE)) == {"mode": "email"}
    few = [{**row, "external_id": n if n < 14 else f"x{n}"} for n, row in enumerate(table)]
    assert key_of(made(few, own=ONE)) == {"mode": "email"}
    none = made([{"id": row["id"]} for row in table], own=ONE)
    assert (key_of(none), none.key.why) == (None, ("No column fits a key of this database.", odd))
    assert sources(none) == {}


def test_column_that_was_answered_is_the_key_whatever_it_holds() -> None:
    found = made(rows(id="5f0c0ffee", card="x"), own=ONE, answers={(KEY, ""): "crm_id=id"})
    assert sources(found) == {"crm_id": "id"}


def test_column_goes_to_the_field_that_it_fits_best() -> None:
    found = made(
        rows(
            Vorname="Ann", city="Ulm", billing_city="Bonn", Handy="+49301234567", Tel="+49307654321"
        )
    )
    assert sources(found) == {"_fname": "Vorname", "_city": "city", "phones": ["Handy", "Tel"]}
    (city,) = [each for each in found.fields if each.settings["to"] == "_city"]
    assert city.notes == ("fitting as well: billing_city",)
    assert found.left == ["billing_city"]


OTHERS = {
    "account_manager": {"email": "rep{}@example.org", "phone": "+4930999999"},
    "company": {"phone": "+4930999998", "city": "Ulm"},
}


def test_what_is_of_something_else_stands_behind_the_customers_own() -> None:
    found = made(rows(**OTHERS, email="a{}@example.org", mobile="+4930123456"))
    assert sources(found) == {"email": "email", "phones": ["mobile"]}
    (city,) = [each for each in found.fields if each.is_open]
    assert city.settings["from"] == "company.city"
    assert city.notes == (
        "it stands in company, which may be something else's: is it this column?",
    )


def test_what_is_of_something_else_waits_and_is_no_address() -> None:
    found = made(rows(**OTHERS, id="{}", newsletter="ja", sms_optin="ja"))
    assert [each.settings["to"] for each in found.fields if not each.is_open] == ["crm_id"]
    assert found.subscriptions == []


def test_what_is_of_something_else_is_no_key() -> None:
    found = made(rows(owner={"email": "rep{}@example.org", "customer_no": "{}"}, weight="{}"))
    assert (key_of(found), sources(found)) == (None, {})


def test_nearest_of_several_is_taken() -> None:
    found = made(rows(default_address={"phone": "+4930123457", "city": "Ulm"}, city="Bonn"))
    assert sources(found)["_city"] == "city"


def test_field_of_objects_is_left() -> None:
    found = made(rows(address={"city": "Ulm", "canary": 1}))
    assert sources(found) == {"_city": "address.city"}
    assert found.left == []


def test_columns_that_airbyte_adds_are_left() -> None:
    assert made(rows(_airbyte_email="a{}@example.org")).fields == []


def opened(found: StreamSuggestion) -> dict[str, str]:
    """The first note of each field that waits."""
    return {each.settings["to"]: each.notes[0] for each in found.fields if each.is_open}


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("state", "_region"),
        ("customer_state", "_region"),
        ("by", "_city"),
        ("cp", "_postal_code"),
        ("id", "crm_id"),
    ],
)
def test_word_that_means_more_waits(column: str, field: str) -> None:
    found = made(rows(**{column: "1{}", "card": "{}"}))
    assert sources(found) == {"card": "card"}
    assert opened(found) == {field: "its name means other things too: is it this column?"}
    (entry,) = [each for each in found.fields if each.is_open]
    assert (entry.settings["from"], entry.is_asked) == (column, False)


def test_word_that_means_more_is_taken_where_it_is_plain() -> None:
    found = made(rows(address={"state": "TX"}, shipping_cp="1{}"))
    assert sources(found) == {"_region": "address.state", "_postal_code": "shipping_cp"}
    own = [ServiceField("state", "string", title="State")]
    assert sources(made(rows(state="x"), own=own)) == {"state": "state"}


def test_field_that_the_service_acts_by_is_never_taken_unasked() -> None:
    found = made(rows(status=1, email="a{}@example.org"))
    assert sources(found) == {"email": "email"}
    assert opened(found) == {"_status": "the service acts by this field: is it this column?"}


CONSENTING = {"email": "a{}@example.org", "newsletter": "ja", "marketing_consent": "nein"}
MEANT = {
    (RESOURCE, "email"): "28",
    (STATUS, "newsletter:ja"): "subscribed",
    (STATUS, "marketing_consent:nein"): "unsubscribed",
}


def test_consent_waits_for_answers() -> None:
    found = made(rows(**CONSENTING))
    first, second = found.subscriptions
    assert (first.is_open, second.is_open) == (True, True)
    assert first.settings["status_values"] == [{"from": "ja", "to": "..."}]
    (question,) = [each for each in found.questions if each.topic == RESOURCE]
    assert question.text.endswith("There are 28 (News).")


def test_two_columns_of_consent_do_not_contradict() -> None:
    first, second = made(rows(**CONSENTING), answers=MEANT).subscriptions
    assert (first.is_open, second.is_open) == (False, True)
    assert first.settings["status_values"] == [{"from": "ja", "to": "subscribed"}]
    assert second.notes[0] == "newsletter tells of email too: which of them is right?"


def test_column_of_consent_that_was_answered_goes_first() -> None:
    table = rows(email="a{}@example.org", terms_accepted="ja", newsletter="ja")
    status = {(STATUS, "newsletter:ja"): "subscribed"}
    for answers, is_open in ((status, True), (status | {(RESOURCE, "email"): "28"}, False)):
        first, second = made(table, answers=answers).subscriptions
        told = first.settings["status_from"], second.settings["status_from"]
        assert told == ("newsletter", "terms_accepted")
        assert (first.is_open, second.is_open) == (is_open, True)
    assert second.notes[0] == "newsletter tells of email too: which of them is right?"


@pytest.mark.parametrize("schema", [None, {}])
@pytest.mark.parametrize(
    "column", ["Do_Not_Email__c", "email_marketing_consent.state", "state", "told"]
)
def test_column_of_which_a_status_was_told_is_one_of_consent(column: str, schema: Any) -> None:
    outer, _, leaf = column.rpartition(".")
    inner = {leaf: "Nein!"}
    row = {"email": "a@example.org", **({outer: inner} if outer else inner)}
    sampled = Sampled(
        [row] * 3, {"properties": {name: {} for name in row}} if schema is None else {}
    )
    answers = {(STATUS, f"{column}:nein!"): "unsubscribed", (RESOURCE, "email"): "28"}
    found = suggest(
        Source("users", None, sampled),
        fields_of(service(), OWN),
        given=None,
        answers=answers,
        known=lambda *_: None,
        resources={},
    )
    (entry,) = found.subscriptions
    assert (entry.settings["status_from"], entry.is_open) == (column, False)
    assert entry.settings["status_values"] == [{"from": "nein!", "to": "unsubscribed"}]
    assert entry.notes == (f"{column} means what you said",)
    assert sources(found) == {"email": "email"}


def test_column_that_was_told_to_be_the_key_is_no_consent() -> None:
    found = made(rows(newsletter="{}"), answers={(KEY, ""): "points=newsletter"})
    assert (key_of(found), sources(found)) == (
        {"mode": "custom", "field_name": "points"},
        {"points": "newsletter"},
    )


def test_key_without_a_column_is_not_the_column_without_a_name() -> None:
    table = rows(**{"": "{}", "crm_id": "{}"})
    assert sources(made(table, answers={(KEY, ""): "crm_id"})) == {"crm_id": "crm_id"}


def test_one_word_without_an_answer_leaves_consent_open() -> None:
    table = [*rows(**CONSENTING), {"email": "b@example.org", "newsletter": "nein"}]
    assert made(table, answers=MEANT).subscriptions[0].is_open


NUMBERS = {
    (RESOURCE, "sms"): "3",
    (STATUS, "sms_optin:ja"): "subscribed",
    (REGION, ""): "DE",
}
YES, NO, OMIT = {(BARE_CODE, ""): "yes"}, {(BARE_CODE, ""): "no"}, {(UNREADABLE, ""): "omit"}


def by_sms(*numbers: Any, answers: Answers) -> tuple[bool, dict[str, Any], list[str]]:
    """Whether the subscription by SMS waits, how its numbers are read, and what is asked."""
    table = [{"id": place, "mobile": each, "sms_optin": "ja"} for place, each in enumerate(numbers)]
    found = made(table, answers=answers)
    (entry,) = found.subscriptions
    told = ("region", "code_without_plus", "on_error")
    settings = {name: value for name, value in entry.settings.items() if name in told}
    return entry.is_open, settings, [each.topic for each in found.questions if each.topic != KEY]


def test_numbers_of_subscriptions_are_read_by_region() -> None:
    for number in (
        "+4930123456",
        "+49 (0)30 123456",
        "030 123456",
        "1701234567.0",
        1701234567.0,
        "0049 30 123456",
    ):
        read = by_sms("+4930123456", number, answers=NUMBERS)
        assert read == (False, {"region": "DE"}, [])


def test_numbers_in_another_form_ask_for_a_region() -> None:
    known = {place: each for place, each in NUMBERS.items() if place[0] != REGION}
    assert by_sms("+4930123456", answers=known) == (False, {}, [])
    assert by_sms("+49 (0)30 123456", answers=known) == (True, {}, [REGION])


@pytest.mark.parametrize("value", ["n/a", "2024-01-05"])
def test_addresses_of_which_most_are_no_numbers_wait(value: str) -> None:
    is_open, _, _ = by_sms(value, "030 123456", value, answers={**NUMBERS, **OMIT})
    assert is_open


@pytest.mark.parametrize(
    "other", [{"last_sms_sent": "+4930123457"}, {"sms": "2024-01-05"}, {"mobile_os": "iOS"}]
)
def test_what_holds_no_numbers_is_no_address(other: dict[str, str]) -> None:
    found = made(rows(**other, phone="+4930123456", sms_optin="ja"), answers=NUMBERS)
    assert [each.settings["address_from"] for each in found.subscriptions] == ["phone"]


def test_column_that_is_called_so_is_an_address() -> None:
    for name in ("sms_number", "SMS", "mobileNumber"):
        found = made(rows(**{name: "+4930123457"}, phone="+4930123456", sms_optin="ja"))
        assert [each.settings["address_from"] for each in found.subscriptions] == [name]


def test_numbers_that_none_can_read_cost_what_was_answered() -> None:
    read = by_sms("030 123456", "n/a", answers={**NUMBERS, **OMIT})
    assert read == (False, {"region": "DE", "on_error": "omit"}, [])


def test_code_of_a_country_is_asked_for_once() -> None:
    code = {"region": "DE", "code_without_plus": True}
    read = by_sms("491701234567", answers=NUMBERS)
    assert read == (True, code, [BARE_CODE, BARE_CODE])  # of the field too: one place
    assert by_sms("491701234567", answers={**NUMBERS, **YES}) == (False, code, [])
    assert by_sms("491701234567", answers={**NUMBERS, **NO}) == (False, {"region": "DE"}, [])


def test_dates_and_addresses_are_no_words_of_consent() -> None:
    table = rows(email="a{}@example.org", newsletter="2020-01-{}", sms_optin="ja")
    found = made(table)
    assert found.subscriptions == []  # and there is no phone
    assert found.left == ["newsletter", "sms_optin"]


def test_words_of_a_yes_tell_of_consent() -> None:
    (entry,) = made(rows(email="a{}@example.org", mail_ok="1")).subscriptions
    assert (entry.is_open, entry.settings["status_from"]) == (True, "mail_ok")


def test_consent_without_rows_waits() -> None:
    columns = {"email": {"type": "string"}, "newsletter": {"type": "string"}}
    (entry,) = made([], columns=columns).subscriptions
    assert (entry.is_open, entry.settings["status_values"]) == (
        True,
        [{"from": "...", "to": "..."}],
    )


def test_what_may_tell_who_said_no_is_asked_about() -> None:
    found = made(rows(email="a{}@example.org", unsubscribed_at="2024-01-{}", do_not_call="1"))
    assert found.subscriptions == []
    (about,) = found.about_left()
    assert about.startswith("does unsubscribed_at or do_not_call tell who said no? Nobody is unsub")
    assert list(made(rows(email="a{}@example.org", newsletter="ja")).about_left()) == []


def test_consent_that_no_schema_names_is_seen() -> None:
    table = rows(email="a{}@example.org", newsletter="ja", is_deleted=1, canary={"key": "data"})
    found = suggest(
        Source("users", None, Sampled(table, {})),
        fields_of(service(), OWN),
        given=None,
        answers={},
        known=lambda *_: None,
        resources={},
    )
    assert [each.settings["status_from"] for each in found.subscriptions] == ["newsletter"]
    assert found.left == ["is_deleted"]


def test_what_stands_in_an_object_of_consent_is_consent() -> None:
    table = rows(email="a{}@example.org", consent={"email": "ja"}, mail={"state": "subscribed"})
    table[0]["email_marketing_consent"] = {"state": "subscribed"}
    found = made(table)
    told = [each.settings["status_from"] for each in found.subscriptions]
    assert told == ["consent.email", "email_marketing_consent.state"]
    assert [each.settings["address_from"] for each in found.subscriptions] == ["email", "email"]
    assert sources(found) == {"email": "email"}


def test_mark_of_deleted_rows_is_asked_about() -> None:
    found = made(rows(email="a{}@example.org", gelöscht="1", is_deleted=0))
    assert list(found.about_left()) == [
        "does gelöscht or is_deleted tell which rows are deleted? They are sent as all others are: "
        "leave them out in the source"
    ]
    airbytes = made(rows(email="a{}@example.org", _ab_cdc_deleted_at=None))
    assert list(airbytes.about_left()) == []
