"""Clean values of customers, and ways to write them."""

import json
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from .spelling import itself

ZONE = ZoneInfo("Europe/Berlin")  # that of the configuration
FIRST = ("Anna", "Jörg", "Zoë", "Łukasz", "Çelik", "Mary Ann", "अनिता", "李雷", "Noor")
ODD_NAMES = (
    'Bobby "Tables"; DROP',
    "D'Arcy <b>&amp;</b>",
    "Zoe\u0308",
    "👩\u200d🚀 Ada",
    "نور",
    "Ann\nMarie",
    "x" * 3000,
)
CITIES = ("Berlin", "Köln", "Łódź", "Roma", "Saint-Étienne")
TAGS = ("vip", "newsletter", "händler", "b2b", "returns", "50%")
NAMES_OF_COUNTRIES = {
    "DE": ("Germany", "Deutschland", "GER", "de"),
    "AT": ("Austria", "Österreich", "AUT", "at"),
    "IT": ("Italy", "Italia", "ITA", "it"),
}
BROKEN_MAILS = ("anna.example.org", "anna@@example.org", "anna@example", "keine")
YES = (1, 1.0, "1", "Y", " y ", True, "true", "TRUE", "ja", "Subscribed")
NO = (0, 0.0, "0", "N", "n", False, "false", "False", "nein", "unsubscribed ")
CODES = ("subscribed", "unsubscribed", "complained", "hardbounced", "unconfirmed", "suspended")


def a_day(rng: Random, _: int) -> date:
    """A date of birth."""
    return date(1930, 1, 1) + timedelta(days=rng.randrange(28_000))


def a_moment(rng: Random, _: int) -> datetime:
    """Never in an hour that a change of the clocks takes or gives."""
    day = datetime(2012, 1, 1, 8, tzinfo=UTC) + timedelta(days=rng.randrange(4500))
    return day + timedelta(seconds=rng.randrange(36_000))


def local(moment: datetime) -> str:
    """As the clocks of the configured zone have it, with their offset."""
    return moment.astimezone(ZONE).isoformat()


def by_the_clocks(form: str) -> Any:
    """A clean moment as the clocks of the source show it."""
    return lambda moment: moment.astimezone(ZONE).strftime(form)


def midnight(moment: datetime) -> str:
    """The beginning of its day."""
    return moment.astimezone(ZONE).replace(hour=0, minute=0, second=0).isoformat()


def zulu(moment: datetime) -> str:
    """In UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def germanly(number: float) -> str:
    """With points and a comma."""
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


def some_tags(rng: Random, _: int) -> list[str]:
    """One to three."""
    return rng.sample(TAGS, rng.randrange(1, 4))


def as_objects(tags: list[str]) -> list[dict[str, Any]]:
    """As members that have a name."""
    return [{"id": place, "name": tag} for place, tag in enumerate(tags)]


def an_address(rng: Random, _: int) -> tuple[str, str]:
    """City and postal code."""
    return rng.choice(CITIES), str(rng.randrange(10_000, 99_999))


def a_mobile(rng: Random, _: int) -> str:
    """In E.164, as are landlines."""
    return f"+4917139200{rng.randrange(100):02}"  # numbers for films: nobody has one


def a_landline(rng: Random, _: int) -> str:
    """Likewise."""
    return f"+493023125{rng.randrange(1000):03}"


def a_mail(rng: Random, customer: int) -> str:
    """With a capital."""
    return f"Kunde.{customer}@{rng.choices(('example.org', 'example.com'), (9, 1))[0]}"


def as_object(change: Any = itself) -> Any:
    """An address as an object, perhaps changed."""
    return lambda address: change({"street": "x", "city": address[0], "zip": address[1]})


def without_city(address: dict[str, Any]) -> dict[str, Any]:
    """With nulls inside."""
    return {**address, "city": None, "geo": {"lat": None, "lon": [None, {"alt": None}]}}


def with_number(address: dict[str, Any]) -> dict[str, Any]:
    """With a postal code that went through a table of numbers."""
    return {**address, "zip": float(address["zip"])}


def padded(address: dict[str, Any]) -> str:
    """As JSON text, with blanks in it."""
    return json.dumps({**address, "city": f" {address['city']}\t"})
