"""What is fuzzed: each target takes any bytes, and raises AssertionError or what nobody may raise.

| target | bytes | what must hold |
|---|---|---|
| `decoder` | stdin | a block gives what its lines do, and no less where one is broken |
| `mapping` | settings, chosen by four bytes, and rows | rows together become what each does |
| `encoders` | a profile as JSON | what is read back from either format is what was written |
| `answers` | HTTP status, count, and a body | only what the body says so is accepted |
"""

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import parse_config
from destination_profiles.errors import BrokenInput, InvalidRecord
from destination_profiles.protocol.decoder import Decoder, Message, Records
from destination_profiles.records.batch import Batch, Rejected
from destination_profiles.records.codec import StreamCodec, Taken
from destination_profiles.service.answers import Answers
from destination_profiles.service.formats import Json
from destination_profiles.service.manifest import service
from destination_profiles.service.outcome import Accepted
from destination_profiles.service.reply import XML_BEGINS
from destination_profiles.service.xml_format import Xml

TYPES = (None, "string", "int", "float", "boolean", "date", "datetime", "tags", "phone", "email")
NULLS = ("omit", "unset", "send")
DELETES = ("skip", "reject", "send", "unsubscribe")
COLUMNS: dict[str, Any] = {name: {} for name in ("id", *"abpqnmsk")}
SCHEMAS: tuple[dict[str, Any], ...] = (
    {"type": "object"},
    {"a": {"type": "string"}, "b": {"type": ["null", "object"]}},
    {"a": {"oneOf": [{"type": "number"}, {"type": "boolean"}]}, "n": {"type": "integer"}},
    {"k": {"items": {"type": "string"}}, "a": {"maxLength": 3, "pattern": "^[a-z]"}},
)
STATUSES = (200, 400, 413, 429, 500)


def decoder(data: bytes) -> None:
    whole = _decoded([data])
    lines = _decoded(data.splitlines(keepends=True) if b"\r" not in data else [data])
    if lines and isinstance(lines[-1], str):  # two messages of a block may stand in one line
        assert whole[: len(lines) - 1] == lines[:-1], "a block loses what its lines give"
    else:
        assert whole == lines, "a block and its lines give different messages"


def _decoded(blocks: list[bytes]) -> list[Any]:
    """Messages, with runs of records parted, and how the input ended."""
    reader, found = Decoder(), []
    try:
        for block in blocks:
            for message in reader.messages(block):
                found += _parted(message)
    except BrokenInput as error:
        return [*found, str(error)]
    return [*found, reader.lines, reader.chatter]


def _parted(message: Message) -> list[Any]:
    if not isinstance(message, Records):
        return [msgspec.structs.astuple(message)]
    return [(message.stream, message.namespace, bytes(each)) for each in message.data]


def mapping(data: bytes) -> None:
    choice, rows = data[:4].ljust(4, b"\0"), data[4:].splitlines()
    rows = [each for each in rows if _is_object(each)][:20]
    if not rows:
        return
    codec = _codec(choice)
    together = [each for taken in codec.take(rows) for each in _fates(taken)]
    alone = [each for row in rows for taken in codec.take([row]) for each in _fates(taken)]
    assert together == alone, "rows together are not what they are alone"
    assert len(together) == len(rows), "a row is lost"


def _is_object(row: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(row), dict)
    except (ValueError, RecursionError):
        return False


def _fates(taken: Taken) -> list[Any]:
    """What became of each row."""
    if isinstance(taken, Batch):
        return [(row.profile, row.identities) for row in taken.rows()]
    if isinstance(taken, Rejected):
        return [(taken.original, taken.rejection)]
    return [bytes(each) for each in taken.originals]


@cache
def _codec(choice: bytes) -> StreamCodec:
    """A codec whose settings four bytes choose."""
    kind, second = TYPES[choice[0] % len(TYPES)], TYPES[choice[0] // len(TYPES) % len(TYPES)]
    typed = {"type": kind} if kind else {}
    others = {"type": second} if second else {}
    stream = {
        "name": "users",
        "fields": [
            {"to": "crm_id", "from": "id"},
            {"to": "custom", "from": "a", **typed},
            {"to": "_fname", "from": "b.c", **others},
            {"to": "phones", "columns": ["p", "q"]},
            {"to": "points", "from": "n", "action": "incr"},
            {"to": "source", "value": "fuzz"},
        ],
        "subscriptions": [
            {
                "channel": "email",
                "resource_id": 3,
                "address_from": "m",
                "status_from": "s",
                "status_if_null": "keep",
                "cats_from": "k",
            }
        ],
        "on_delete": DELETES[choice[3] % len(DELETES)],
    }
    raw = {
        "api_url": "https://example.com",
        "token": "t",
        "db_id": 1,
        "matching": {"mode": "custom", "field_name": "crm_id"},
        "null_values": NULLS[choice[1] % len(NULLS)] if choice[2] & 2 else "omit",
        "delivery": {"wire_format": "json" if choice[2] & 2 else "xml"},
        **({"streams": [stream]} if choice[2] & 1 else {}),
    }
    rules = SCHEMAS[choice[1] // 4 % len(SCHEMAS)]
    schema = rules if rules is SCHEMAS[0] else {"properties": {**COLUMNS, **rules}}
    info = StreamInfo("users", None, schema, "append")
    return StreamCodec(info, parse_config(raw), service())


def encoders(data: bytes) -> None:
    try:
        profile = msgspec.json.decode(data, type=dict[str, Any])
    except (ValueError, RecursionError):
        return
    if not profile:  # none is sent without its key
        return
    plain = Json()
    assert plain.decode(plain.encode(profile)) == profile, "JSON is read back as another profile"
    written = Xml()
    try:
        encoded = written.encode(profile)
    except InvalidRecord:
        return
    assert written.decode(encoded) == _texts(profile), "XML is read back as another profile"


def _texts(value: Any) -> Any:
    """A value as XML has it: texts, and a list of one member too, as each is marked."""
    if isinstance(value, dict):
        return {name: _texts(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_texts(each) for each in value]
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def answers(data: bytes) -> None:
    if len(data) < 2:
        return
    status, count, body = STATUSES[data[0] % len(STATUSES)], data[1] % 4 + 1, data[2:]
    for ids in (False, True):
        outcome = _answers(ids).interpret(status, body, count)
        if isinstance(outcome, Accepted) and body.lstrip()[:1] != XML_BEGINS:
            said = _results(body)
            assert status == STATUSES[0]
            assert len(said) == count, "accepted without a result of each profile"
            done = {place for place, code in enumerate(said) if code == 0}
            rest = {*outcome.rejected, *outcome.later}
            assert done == set(range(count)) - rest, "accepted is not what was said"


@cache
def _answers(ids: bool) -> Answers:
    return Answers(service(), ids=ids)


def _results(body: bytes) -> list[Any]:
    """The code of each result, by another reader."""
    reply = json.loads(body.decode(errors="replace"))  # what nobody reads may be no text
    return [each["error"] for each in reply["result"]]


TARGETS: dict[str, Callable[[bytes], None]] = {
    "decoder": decoder,
    "mapping": mapping,
    "encoders": encoders,
    "answers": answers,
}
