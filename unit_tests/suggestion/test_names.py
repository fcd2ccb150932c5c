"""Which field a column's name means."""

import pytest

from destination_profiles.service.manifest import service
from destination_profiles.suggestion.names import (
    APART,
    AROUND,
    SAME,
    SPELLED,
    Names,
    bare,
    channel_of,
    spellings,
    tells_consent,
    words,
)

TITLES = {
    **dict.fromkeys(service().system_fields, ""),
    "Custom_ID": "Customer number",
    "last_seen": "Last seen",
    "loyalty": "Treuepunkte",
}
NAMES = Names(TITLES)


def field_of(column: str) -> tuple[str, int] | None:
    fits = [(name, fit.strength) for name in TITLES if (fit := NAMES.fit(column, name))]
    return max(fits, key=lambda each: each[1], default=None)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("firstName", ["first", "name"]),
        ("First-Name", ["first", "name"]),
        ("customerIDNumber", ["customer", "id", "number"]),
        ("E-Mail Straße", ["e", "mail", "strasse"]),
        ("Prénom", ["prenom"]),
        ("ФАМИЛИЯ", ["фамилия"]),
    ],
)
def test_words_of_a_name(name: str, parts: list[str]) -> None:
    assert list(words(name)) == parts


@pytest.mark.parametrize(
    ("column", "field", "strength"),
    [
        ("email", "email", SAME),
        ("E-Mail-Adresse", "email", SPELLED),
        ("Vorname", "_fname", SPELLED),
        ("firstName", "_fname", SPELLED),
        ("PRÉNOM", "_fname", SPELLED),
        ("имя", "_fname", SPELLED),
        ("Фамилия", "_lname", SPELLED),
        ("姓", "_lname", SPELLED),
        ("date_of_birth", "_bdate", SPELLED),
        ("Geb.-Datum", "_bdate", SPELLED),
        ("PLZ", "_postal_code", SPELLED),
        ("address.zip", "_postal_code", SPELLED),
        ("Handy", "phones", SPELLED),
        ("Telefon (privat)", "phones", AROUND),
        ("Default Address City", "_city", AROUND),
        ("billing_country", "_country", AROUND),
        ("Phone 2", "phones", AROUND),
        ("customer_number", "Custom_ID", SAME),
        ("Kundennummer", "Custom_ID", SPELLED),
        ("id", "Custom_ID", SPELLED),
        ("last_login", "last_seen", SPELLED),
        ("treue_punkte", "loyalty", SAME),
        ("points", "loyalty", SPELLED),
        ("properties.city", "_city", SAME),
        ("billing_address.zip", "_postal_code", SPELLED),
        ("customer.id", "Custom_ID", SPELLED),
        ("contact.work_phone", "phones", SPELLED),
        ("company.city", "_city", APART),
        ("account_manager.home_phone", "phones", APART),
        ("consent.mobile", "phones", APART),
    ],
)
def test_column_fits_a_field(column: str, field: str, strength: int) -> None:
    assert field_of(column) == (field, strength)


@pytest.mark.parametrize(
    "column",
    [
        "company",
        "email_of_manager",
        "notes",
        "name",
        "order_date",
        "customer",
        "Ansprechpartner Telefon",
        "default_address.id",
        "company.id",
        "_id.oid",
    ],
)
def test_other_columns_fit_none(column: str) -> None:
    assert field_of(column) is None


@pytest.mark.parametrize(
    ("column", "channel"),
    [
        ("newsletter", "email"),
        ("Accepts Email Marketing", "email"),
        ("accepts_marketing", "email"),
        ("Accepts SMS Marketing", "sms"),
        ("smsOptIn", "sms"),
        ("Werbeeinwilligung", "email"),
        ("DSGVO-Zustimmung WhatsApp", "whatsapp"),
        ("согласие на рассылку", "email"),
        ("unsubscribed_at", "email"),
    ],
)
def test_column_tells_consent(column: str, channel: str) -> None:
    assert (tells_consent(column), channel_of(column)) == (True, channel)


@pytest.mark.parametrize("column", ["DoNotCall", "HasOptedOutOfFax", "postal_opt_out", "phone ok"])
def test_channel_that_the_service_does_not_have_is_none(column: str) -> None:
    assert (tells_consent(column), channel_of(column)) == (True, None)


@pytest.mark.parametrize("column", ["email", "optical_store", "settings", "points"])
def test_other_columns_tell_no_consent(column: str) -> None:
    assert not tells_consent(column)


def test_spellings_are_texts_of_known_fields() -> None:
    lists = [*spellings()["fields"].values(), *spellings()["alike"].values()]
    lists += [spellings()["around"], *spellings()["truths"].values()]
    lists += [spellings()["consent"][each] for each in ("words", "values", "numbers", "others")]
    lists += [*spellings()["inside"].values(), spellings()["several"]]
    assert all(isinstance(each, str) and each for listed in lists for each in listed)
    assert set(spellings()["acting"]) <= set(service().system_fields)
    assert set(spellings()["fields"]) <= set(service().system_fields)
    assert set(spellings()["consent"]["channels"]) <= set(service().channels)


def test_no_spelling_means_two_fields() -> None:
    meant: dict[str, set[str]] = {}
    for field, listed in spellings()["fields"].items():
        for each in listed:
            meant.setdefault(bare(each), set()).add(field)
    assert {name: fields for name, fields in meant.items() if len(fields) > 1} == {}
