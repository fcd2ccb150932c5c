"""Input to measure with: messages of Airbyte, and of Singer for a peer that speaks it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rows import encode
from shapes import STREAM, Shape

STATE_EVERY = 5_000


def record(data: Any, stream: str = STREAM) -> str:
    """The line of a record."""
    message = {"stream": stream, "data": data, "emitted_at": 1}
    return encode({"type": "RECORD", "record": message}) + "\n"


def state(number: int, stream: str = STREAM) -> str:
    """The line of a state."""
    descriptor = {"stream_descriptor": {"name": stream}, "stream_state": {"id": number}}
    return encode({"type": "STATE", "state": {"type": "STREAM", "stream": descriptor}}) + "\n"


def messages(shape: Shape, records: int, state_every: int = STATE_EVERY) -> Iterator[str]:
    """Lines of input: records, and a state after each `state_every`."""
    for number in range(records):
        yield record(shape.make(number))
        if (number + 1) % state_every == 0:
            yield state(number)


def singer(shape: Shape, records: int, state_every: int = STATE_EVERY) -> Iterator[str]:
    """The same as messages of Singer."""
    schema = {"properties": shape.schema()["properties"]}
    about = {"stream": STREAM, "schema": schema, "key_properties": ["email"]}
    yield encode({"type": "SCHEMA", **about}) + "\n"
    for number in range(records):
        message = {"type": "RECORD", "stream": STREAM, "record": shape.make(number)}
        yield encode(message) + "\n"
        if (number + 1) % state_every == 0:
            yield encode({"type": "STATE", "value": {"id": number}}) + "\n"


Lines = Callable[[Shape, int, int], Iterator[str]]


def write(path: Path, lines: Iterator[str]) -> Path:
    """A file of lines."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines)
    return path
