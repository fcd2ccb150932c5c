"""Scenarios: a load, what goes wrong, and the ranges in which what happens must lie. Each is a YAML
file in scenarios/.
"""

import json
import random
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec
import yaml

from integration_tests.connector import record, state

FOLDER = Path(__file__).with_name("scenarios")
FIELDS = ("source", "language", "occupation", "_city")


class Load(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Records: each profile is updated so often, in random order where it is more than once, with a
    state after every so many.

    `counter`: each record adds 1 to the profile's points. `strangers`: so many records have no
    profile. `bytes`: of a record, about.
    """

    profiles: int
    updates: int = 1
    strangers: int = 0
    state_every: int = 100
    bytes: int = 0
    counter: bool = True
    sync_mode: str = "append"


class Event(msgspec.Struct, forbid_unknown_fields=True):
    """Something from outside, once the service has had so many requests and the process is so far,
    and some seconds more: it answers signals itself, it has read its input, or it has said how it
    ends.
    """

    do: Literal["SIGTERM", "SIGINT", "SIGKILL", "stop S3"]
    after_requests: int = 0
    process: Literal["", "answers signals", "has read", "ends"] = ""
    after_seconds: float = 0.0


class Scenario(msgspec.Struct, forbid_unknown_fields=True):
    """One file. `expect` names measures, each with a number or text, or with the lowest and the
    highest value.
    """

    why: str
    load: Load
    expect: dict[str, Any]
    connector: dict[str, Any] = {}
    sandbox: list[str] = []
    faults: list[dict[str, Any]] = []
    store: Literal["None", "Local", "S3", "full"] = "Local"
    events: list[Event] = []
    input_stays_open: bool = False
    output_is_not_read: bool = False
    # so often the process is killed at a random moment, and the next one resumes from the last
    # state
    kills: int = 0
    soak: bool = False


def load(path: Path) -> Scenario:
    """Read a scenario; a key that it does not have is an error."""
    return msgspec.convert(yaml.safe_load(path.read_text(encoding="utf-8")), Scenario)


@cache
def records(load: Load) -> list[dict[str, Any]]:
    """The data of all records, in their order. The same load gives the same records."""
    rng = random.Random(len(FIELDS))
    numbers = [number for number in range(1, load.profiles + 1) for _ in range(load.updates)]
    numbers += range(load.profiles + 1, load.profiles + load.strangers + 1)
    if load.updates > 1 or load.strangers:
        rng.shuffle(numbers)
    return [_data(load, number, ordinal, rng) for ordinal, number in enumerate(numbers)]


def _data(load: Load, number: int, ordinal: int, rng: random.Random) -> dict[str, Any]:
    data: dict[str, Any] = {"crm_id": number, rng.choice(FIELDS): f"update {ordinal}"}
    if load.counter:
        data["points"] = {"action": "incr", "value": 1}
    if load.bytes:
        data["_region"] = "x" * (load.bytes - len(json.dumps(data)))
    return data


@cache
def messages(load: Load) -> list[bytes]:
    """The lines of the source for each record, with a state where one is due: its cursor is the
    number of records before it.
    """
    data = records(load)
    ends = {*range(load.state_every, len(data), load.state_every), len(data)}
    return [
        record(each) + (state(position) if position in ends else b"")
        for position, each in enumerate(data, 1)
    ]
