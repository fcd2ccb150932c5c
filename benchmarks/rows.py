"""Rows to measure with, each made from its number. In each `_fname` stands once and is never null:
the sink counts profiles by it.
"""

import json
import random
from collections import Counter
from typing import Any

Row = dict[str, Any]


def encode(value: Any) -> str:
    """JSON as sources write it."""
    return json.dumps(value, separators=(",", ":"))


def filled(row: Row, field: str, size: int) -> Row:
    """A row with so much more text in one field that it has `size` bytes."""
    row[field] += "x" * (size - len(encode(row)))
    return row


def small(number: int) -> Row:
    """60 bytes."""
    return filled({"email": f"person.{number:08}@example.com", "_fname": "Ann"}, "_fname", 60)


def flat(number: int) -> Row:
    """479 bytes in 17 fields."""
    person = {
        "email": f"person.number.{number:07}@example.com",
        "_fname": "Annabel",
        "_lname": "Example",
        "Custom_ID": number + 1_000_000,
        "_city": "Bowling Green",
        "_country": "MQ",
        "language": "Khmer",
        "height": 1.78,
        "vip": number % 2 == 0,
        "occupation": "Hearing Therapist",
    }
    texts = {f"field_{place}": f"a text of customer {number % 10_000:04}" for place in range(7)}
    return filled(person | texts, "field_6", 479)


def texts(number: int, columns: int, size: int) -> Row:
    """A profile of an address, a name, and texts of so many bytes in the other columns."""
    person = {"email": f"person.number.{number:07}@example.com", "_fname": "Ann"}
    text = f"{number:07} {'lorem ipsum dolor ' * 20}"[:size]
    return person | {f"field_{place:02}": text for place in range(columns - 2)}


def large(number: int) -> Row:
    """5,000 bytes in 50 fields."""
    return filled(texts(number, 50, 86), "field_47", 5000)


def wide(number: int) -> Row:
    """300 bytes in 15 fields."""
    return filled(texts(number, 15, 6), "field_12", 300)


def nested(number: int) -> Row:
    """A profile in the service's own form, with two subscriptions inside."""
    email = f"person.number.{number:07}@example.com"
    newsletter = {
        "channel": "email",
        "email_data": {"email": email},
        "resource_id": 3,
        "status": "subscribed",
        "priority": 0,
        "custom_fields": {"source": "warehouse", "subscriber_id": number},
        "cats": ["news", "offers"],
    }
    chat = {
        "channel": "whatsapp",
        "cc_data": {"phone": f"+7900{number:07}"},
        "resource_id": 3,
        "status": -1,
    }
    return {
        "crm_id": number,
        "_fname": "Annabel",
        "email": email,
        "tags": ["vip", "beta"],
        "subscriptions": [newsletter, chat],
    }


def database(number: int) -> Row:
    """A row of 15 columns of which 5 are null, others in each of 13 rows; the key and the name
    never are.
    """
    values: Row = {
        "_lname": "Example",
        "email": f"person.number.{number:07}@example.com",
        "_city": "Bowling Green",
        "_country": "MQ",
        "language": "Khmer",
        "occupation": "Hearing Therapist",
        "plan": "basic",
        "score": 7.5,
        "points": number % 1000,
        "vip": number % 2 == 0,
        "last_seen": f"2024-05-{1 + number % 28:02}T12:00:00Z",
        "_bdate": f"{1950 + number % 50}-07-{1 + number % 28:02}",
        "note": "called in May, wants the catalogue on paper",
    }
    for place, name in enumerate(values):
        if (place + number) % len(values) < 5:  # noqa: PLR2004 - a third of 15
            values[name] = None
    return {"crm_id": number, "_fname": "Annabel", **values}


def time_of(number: int) -> str:
    """One of May 2024, without a zone, two hours and twelve minutes behind that of the number
    before.
    """
    moment = number * 7919
    return (
        f"2024-05-{1 + moment // 86_400 % 28:02}T{moment // 3600 % 24:02}:"
        f"{moment // 60 % 60:02}:{moment % 60:02}"
    )


def people(number: int) -> Row:
    """A row of 15 columns as a shop's table has them: the key and a number as text, dates, tags
    joined by a comma, an object, words of consent.
    """
    return {
        "id": f"{1_000_000 + number}",
        "email": f"person.number.{number:07}@example.com",
        "first_name": "Annabel",
        "last_name": "Example",
        "birth_date": f"{1950 + number % 50}-{1 + number % 12:02}-{1 + number % 28:02}",
        "last_order": time_of(number),
        "interests": ("books, music", "garden", "books, garden, sport")[number % 3],
        "address": {"city": "Bowling Green", "country": "MQ", "street": f"{number % 90} Elm"},
        "score": f"{number % 1000 / 10}",
        "newsletter": ("subscribed", "unsubscribed")[number % 2],
        "mobile": f"+7900{number:07}",
        "language": "Khmer",
        "orders": number % 40,
        "vip": number % 2 == 0,
        "remark": f"a text of customer {number % 10_000:04}",
    }


def dirty(number: int) -> Row:
    """A row of 15 columns as older systems write them: local times, days and numbers as people of
    a country do, telephone numbers as they are dialled there, words for countries and consent.
    """
    return {
        "id": float(1_000_000 + number),
        "email": f" Person.Number.{number:07}@Example.com",
        "first_name": " Annabel ",
        "last_name": "Example",
        "birth_date": f"{1 + number % 28:02}.{1 + number % 12:02}.{1950 + number % 50}",
        "last_order": time_of(number).replace("T", " "),
        "interests": ("books, music", "garden", "books, garden, sport")[number % 3],
        "address": {"city": "Bowling Green", "country": "MQ", "street": f"{number % 90} Elm"},
        "country": ("Germany", "AUT", "Italia", "de")[number % 4],
        "score": f"1.{number % 1000:03},{number % 100:02}",
        "newsletter": ("ja", "nein", "y", "0")[number % 4],
        "mobile": f"0171 {number:07}",
        "orders": f"{number % 40}.0",
        "vip": ("t", "f")[number % 2],
        "remark": f"a text of customer {number % 10_000:04}",
    }


class Orders:
    """Rows of 150 bytes of orders that update their customer, drawn anew in the same way each
    time; `deepest` is the number of updates of the profile that has most.
    """

    def __init__(self, updates: int, profiles: int) -> None:
        """Draw the customer of each."""
        drawn = random.Random(1)
        self.customers = [drawn.randrange(profiles) for _ in range(updates)]

    def __call__(self, number: int) -> Row:
        """The row of an order."""
        row = {
            "crm_id": 1_000_000 + self.customers[number % len(self.customers)],
            "_fname": "Annabel",
            "last_seen": f"2024-05-{1 + number % 28:02}T12:00:00Z",
            "points": number % 1000,
            "note": "",
        }
        return filled(row, "note", 150)

    @property
    def deepest(self) -> int:
        """Updates of the profile that has most."""
        return max(Counter(self.customers).values())
