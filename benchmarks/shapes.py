"""Shapes of records: the rows, what their source declares, how they are mapped."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import rows
from rows import Row, encode

Schema = Mapping[str, Any]
TYPES: Mapping[type, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    dict: "object",
    list: "array",
}
BY_NUMBER = {"matching": {"mode": "custom", "field_name": "crm_id"}}
STREAM = "users"


@dataclass(frozen=True)
class Shape:
    """One kind of records. `make(number)` gives one of them; `columns` is what the source declares,
    or else each column with the type it has or null; `config` is added to the connector's
    configuration.
    """

    key: str
    name: str
    records: int
    make: Callable[[int], Row]
    config: Mapping[str, Any] = field(default_factory=dict)
    columns: Mapping[str, Schema] | None = None
    holds_nulls: bool = False

    def schema(self) -> Schema:
        """The stream's schema, as its source declares it."""
        return object_of(self.columns or described(self.make(1))["properties"])

    def floor_schema(self) -> Schema:
        """The same, made nullable where rows hold nulls that the source does not declare."""
        if not self.holds_nulls:
            return self.schema()
        columns = self.schema()["properties"]
        return object_of(
            {name: {**each, "type": ["null", each["type"]]} for name, each in columns.items()}
        )

    def catalog(self) -> dict[str, Any]:
        """The configured catalog: one stream, in mode append."""
        return catalog_of({STREAM: self.schema()})

    def size(self) -> int:
        """Bytes of a row."""
        return len(encode(self.make(self.records)))


def object_of(columns: Mapping[str, Schema]) -> Schema:
    """The schema of a stream with these columns."""
    draft = "http://json-schema.org/draft-07/schema#"
    return {"$schema": draft, "type": "object", "properties": columns}


def described(*values: Any) -> dict[str, Any]:
    """The schema of some values as sources of APIs declare it: all that has a name may be null."""
    schema: dict[str, Any] = {"type": ["null", *sorted({TYPES[type(each)] for each in values})]}
    objects = [each for each in values if isinstance(each, dict)]
    if objects:
        names = dict.fromkeys(name for each in objects for name in each)
        schema["properties"] = {
            name: described(*(each[name] for each in objects if name in each)) for name in names
        }
    members = [member for each in values if isinstance(each, list) for member in each]
    if members:
        items = described(*members)
        schema["items"] = {**items, "type": items["type"][1:]}
    return schema


def catalog_of(schemas: Mapping[str, Schema]) -> dict[str, Any]:
    """A configured catalog of streams by name, in mode append."""
    modes = {"sync_mode": "incremental", "destination_sync_mode": "append"}
    supported = {"supported_sync_modes": ["full_refresh", "incremental"]}
    return {
        "streams": [
            {"stream": {"name": name, "json_schema": schema, **supported}, **modes}
            for name, schema in schemas.items()
        ]
    }


def listed(words: Mapping[str, str]) -> list[dict[str, str]]:
    """Words of a column and what they become, as a mapping lists them."""
    return [{"from": word, "to": becomes} for word, becomes in words.items()]


DATABASE_COLUMNS: Mapping[str, Schema] = {
    "crm_id": {"type": "number", "airbyte_type": "integer"},
    "_fname": {"type": "string"},
    "_lname": {"type": "string"},
    "email": {"type": "string"},
    "_city": {"type": "string"},
    "_country": {"type": "string"},
    "language": {"type": "string"},
    "occupation": {"type": "string"},
    "plan": {"type": "string"},
    "score": {"type": "number"},
    "points": {"type": "number", "airbyte_type": "integer"},
    "vip": {"type": "boolean"},
    "last_seen": {
        "type": "string",
        "format": "date-time",
        "airbyte_type": "timestamp_with_timezone",
    },
    "_bdate": {"type": "string", "format": "date"},
    "note": {"type": "string"},
}

MAPPED = {
    "streams": [
        {
            "name": STREAM,
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
PEOPLE = BY_NUMBER | {
    "streams": [
        {
            "name": STREAM,
            "fields": [
                {"to": "crm_id", "from": "id", "type": "int"},
                {"to": "email", "from": "email"},
                {"to": "_fname", "from": "first_name"},
                {"to": "_lname", "from": "last_name"},
                {"to": "_bdate", "from": "birth_date", "type": "date"},
                {"to": "last_seen", "from": "last_order", "type": "datetime"},
                {"to": "tags", "from": "interests", "type": "tags"},
                {"to": "_city", "from": "address.city"},
                {"to": "score", "from": "score", "type": "float"},
                {"to": "language", "from": "language"},
                {"to": "points", "from": "orders"},
                {"to": "vip", "from": "vip"},
                {"to": "source", "value": "warehouse"},
            ],
            "subscriptions": [
                {
                    "channel": "email",
                    "resource_id": 28,
                    "address_from": "email",
                    "status_from": "newsletter",
                },
                {
                    "channel": "sms",
                    "resource_id": 3,
                    "address_from": "mobile",
                    "status_if_null": "keep",
                    "cats": ["delivery"],
                },
            ],
        }
    ]
}
WORDS = {"germany": "DE", "de": "DE", "aut": "AT", "italia": "IT"}
CONSENT = {"ja": "subscribed", "y": "subscribed", "nein": "unsubscribed", "0": "unsubscribed"}
DIRTY = BY_NUMBER | {
    "time_zone": "Europe/Berlin",
    "streams": [
        {
            "name": STREAM,
            "fields": [
                {"to": "crm_id", "from": "id", "type": "int"},
                {"to": "email", "from": "email", "type": "email", "clean": ["lower"]},
                {"to": "_fname", "from": "first_name", "clean": ["trim"]},
                {"to": "_lname", "from": "last_name"},
                {"to": "_bdate", "from": "birth_date", "type": "date", "formats": ["%d.%m.%Y"]},
                {"to": "last_seen", "from": "last_order", "type": "datetime"},
                {"to": "tags", "from": "interests", "type": "tags"},
                {"to": "_city", "from": "address.city"},
                {"to": "_country", "from": "country", "values": listed(WORDS)},
                {"to": "score", "from": "score", "type": "float", "decimal": ","},
                {"to": "phones", "columns": ["mobile"], "type": "phone", "region": "DE"},
                {"to": "points", "from": "orders", "type": "int"},
                {"to": "vip", "from": "vip", "type": "boolean"},
            ],
            "subscriptions": [
                {
                    "channel": "email",
                    "resource_id": 28,
                    "address_from": "email",
                    "status_from": "newsletter",
                    "status_values": listed(CONSENT),
                },
            ],
        }
    ],
}
FLAT = Shape("flat", "479 bytes", 1_000_000, rows.flat)
SHAPES = {
    shape.key: shape
    for shape in (
        FLAT,
        Shape("small", "60 bytes", 1_000_000, rows.small),
        Shape("large", "5,000 bytes, 50 fields", 300_000, rows.large),
        Shape("wide", "300 bytes, 15 fields", 300_000, rows.wide),
        Shape("nested", "subscriptions inside", 300_000, rows.nested, BY_NUMBER),
        Shape(
            "database",
            "a third null, as databases declare it",
            300_000,
            rows.database,
            BY_NUMBER | {"null_values": "omit"},
            DATABASE_COLUMNS,
            holds_nulls=True,
        ),
        Shape("mapped", "12 mapped fields, a subscription", 300_000, rows.flat, MAPPED),
        Shape("people", "a mapping as people write it", 300_000, rows.people, PEOPLE),
        Shape("dirty", "a mapping that cleans", 50_000, rows.dirty, DIRTY),
    )
}
