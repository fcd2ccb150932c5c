"""Records to measure with: how large a profile is, what its schema says, and how it is mapped."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}


@dataclass(frozen=True)
class Case:
    """One kind of records. `make(number)` gives one of them, `config` is added to the connector's
    configuration.
    """

    name: str
    records: int
    make: Callable[[int], dict[str, Any]]
    config: dict[str, Any] = field(default_factory=dict)

    def catalog(self) -> dict[str, Any]:
        """The configured catalog with the schema of these records: each column may be null, as
        sources say.
        """
        columns = {
            name: {"type": ["null", TYPES[type(value)]]} for name, value in self.make(1).items()
        }
        schema = {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": columns,
        }
        stream = {
            "name": "users",
            "json_schema": schema,
            "supported_sync_modes": ["full_refresh", "incremental"],
        }
        return {
            "streams": [
                {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append"}
            ]
        }

    def size(self) -> int:
        """Bytes of a record's data."""
        return len(encode(self.make(self.records)))


def encode(value: Any) -> str:
    """JSON as sources write it."""
    return json.dumps(value, separators=(",", ":"))


def filled(profile: dict[str, Any], field: str, size: int) -> dict[str, Any]:
    """A profile with so much more text in one field that it has `size` bytes."""
    profile[field] += "x" * (size - len(encode(profile)))
    return profile


def small(number: int) -> dict[str, Any]:
    """60 bytes."""
    return filled({"email": f"person.{number:08}@example.com", "_fname": "Ann"}, "_fname", 60)


def usual(number: int) -> dict[str, Any]:
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


def wide(number: int) -> dict[str, Any]:
    """5,000 bytes in 50 fields."""
    person = {"email": f"person.number.{number:07}@example.com", "_fname": "Ann"}
    texts = {
        f"field_{place:02}": f"{number:07} {'lorem ipsum dolor ' * 5}"[:86] for place in range(48)
    }
    return filled(person | texts, "field_47", 5000)


MAPPED = {
    "streams": [
        {
            "name": "users",
            "fields": [
                *(
                    {"to": name, "from": name}
                    for name in ("email", "_fname", "_lname", "_city", "_country")
                ),
                {"to": "customer", "from": "Custom_ID", "type": "string"},
                {"to": "tongue", "from": "language", "type": "string"},
                {"to": "size", "from": "height", "type": "float"},
                {"to": "is_vip", "from": "vip", "type": "boolean"},
                {"to": "job", "from": "occupation"},
                {"to": "note_1", "from": "field_0"},
                {"to": "note_2", "from": "field_1"},
            ],
            "subscriptions": [
                {
                    "channel": "email",
                    "resource_id": 12,
                    "address_from": "email",
                    "status": "subscribed",
                }
            ],
        }
    ]
}
USUAL = Case("479 bytes", 1_000_000, usual)
CASES = [
    USUAL,
    Case("60 bytes", 1_000_000, small),
    Case("5,000 bytes, 50 fields", 100_000, wide),
    Case("12 mapped fields, a subscription", 300_000, usual, MAPPED),
]


def messages(case: Case, records: int, state_every: int) -> Iterator[str]:
    """Lines of input: records, and a state after each `state_every`."""
    for number in range(records):
        yield (
            encode(
                {
                    "type": "RECORD",
                    "record": {"stream": "users", "data": case.make(number), "emitted_at": 1},
                }
            )
            + "\n"
        )
        if (number + 1) % state_every == 0:
            descriptor = {"stream_descriptor": {"name": "users"}, "stream_state": {"id": number}}
            yield (
                encode({"type": "STATE", "state": {"type": "STREAM", "stream": descriptor}}) + "\n"
            )


def singer(case: Case, records: int, state_every: int) -> Iterator[str]:
    """The same as messages of Singer."""
    columns = case.catalog()["streams"][0]["stream"]["json_schema"]["properties"]
    yield (
        encode(
            {
                "type": "SCHEMA",
                "stream": "users",
                "schema": {"properties": columns},
                "key_properties": ["email"],
            }
        )
        + "\n"
    )
    for number in range(records):
        yield encode({"type": "RECORD", "stream": "users", "record": case.make(number)}) + "\n"
        if (number + 1) % state_every == 0:
            yield encode({"type": "STATE", "value": {"id": number}}) + "\n"


def write(path: Path, lines: Iterator[str]) -> Path:
    """A file of lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines)
    return path
