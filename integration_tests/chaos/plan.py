"""The plan of a seed: a load, settings, and what goes wrong. Nothing else is random."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from integration_tests.chaos.faults import ATTEMPTS, EVENTS, FAULTS
from integration_tests.chaos.later import draw_later
from integration_tests.chaos.load import Kind, Load, draw_load, entry
from integration_tests.connector import by, stream

TOKEN = "token-kanarie-5d1f"
PATIENT, IMPATIENT = 240, 1  # seconds; the former is more than a busy machine needs
MEMORIES = ("crm", "of_all.streams-1")  # names, one is drawn
REMEMBERS = 5  # each seed that this divides has a memory, and more than one sync


@dataclass(frozen=True)
class Trouble:
    """A fault or an event, and the number of the request that it is played at; of ATTEMPTS, the
    number of the attempt. Both count from 1 in each sync.
    """

    at: int
    kind: str
    sync: int = 1

    def __str__(self) -> str:
        counted = "attempt" if self.kind in ATTEMPTS else "request"
        return f"{counted} {self.at} of sync {self.sync}: {self.kind}"


@dataclass(frozen=True)
class Plan:
    """What one seed makes. `later`: what the source sends in further syncs."""

    seed: int
    load: Load
    settings: dict[str, Any]
    troubles: tuple[Trouble, ...]
    debug: bool = False
    later: tuple[Load, ...] = ()

    @property
    def loads(self) -> tuple[Load, ...]:
        return (self.load, *self.later)

    @property
    def patient(self) -> bool:
        return bool(self.settings["delivery"]["retry_seconds"] == PATIENT)

    def at_request(self, sync: int, number: int) -> str | None:
        return next((kind for kind in self._at(sync, number) if kind not in ATTEMPTS), None)

    def at_attempt(self, sync: int, number: int) -> set[str]:
        return {*self._at(sync, number)} & {*ATTEMPTS}

    def _at(self, sync: int, number: int) -> list[str]:
        return [each.kind for each in self.troubles if (each.sync, each.at) == (sync, number)]

    def without(self, troubles: set[Trouble]) -> "Plan":
        return replace(self, troubles=tuple(x for x in self.troubles if x not in troubles))

    def kills_service(self) -> bool:
        return any(each.kind.startswith("service") for each in self.troubles)

    def catalog(self) -> dict[str, Any]:
        described = [
            {
                **stream(each.name, each.mode, each.schema(), **_space(each.namespace)),
                "primary_key": [["id" if "fields" in self.settings["streams"][0] else "crm_id"]],
            }
            for each in self.load.streams
        ]
        return {"streams": described}


def _space(namespace: str | None) -> dict[str, Any]:
    return {"namespace": namespace} if namespace else {}


def make_plan(seed: int) -> Plan:
    """The plan of a seed: the same each time."""
    rng = Random(seed)
    mapped, xml = rng.random() < 0.4, rng.random() < 0.3
    max_bytes = rng.choice([2_000, 4_000, 10_000, 100_000])
    remembers = seed % REMEMBERS == 0
    steady = remembers and rng.random() < 0.7
    kind = Kind(mapped=mapped, xml=xml, max_bytes=max_bytes, steady=steady)
    load = draw_load(rng, kind)
    patience = rng.choice([PATIENT, PATIENT, PATIENT, IMPATIENT])
    settings = {
        "token": TOKEN,
        "matching": by("crm_id"),
        "streams": [entry(each, kind) for each in load.streams],
        "null_values": rng.choice(["omit", "unset"]),
        "max_rejected_percent": 100,
        "batching": {"max_profiles": rng.choice([1, 3, 8, 20, 50]), "max_bytes": max_bytes},
        "delivery": {
            "max_in_flight": rng.choice([1, 2, 4, 8]),
            "retry_seconds": patience,
            "wire_format": "xml" if xml else "json",
        },
    }
    if remembers:
        settings["memory"] = {"name": rng.choice(MEMORIES)}
    plan = Plan(seed, load, settings, _troubles(rng, patience), debug=rng.random() < 0.3)
    return _with_later(rng, plan, kind, patience) if remembers else plan


def _with_later(rng: Random, plan: Plan, kind: Kind, patience: int) -> Plan:
    """The plan with one or two syncs more, in which less goes wrong, or nothing."""
    later = tuple(draw_later(rng, plan.load, kind, rng.choice([1, 2, 2])))
    troubles = plan.troubles
    for sync in range(2, 2 + len(later)):
        drawn = _troubles(rng, patience, most=4) if rng.random() < 0.6 else ()
        troubles += tuple(replace(each, sync=sync) for each in drawn)
    return replace(plan, later=later, troubles=troubles)


def _troubles(rng: Random, patience: int, most: int = 12) -> tuple[Trouble, ...]:
    """Some at requests of their own; sometimes one for so many requests that patience ends."""
    wanted = rng.choice([each for each in (0, 1, 2, 4, 8, 12) if each <= most])
    numbers = rng.sample(range(1, 41), wanted)
    found = [Trouble(number, rng.choice(sorted(FAULTS))) for number in numbers]
    moments = [each for each in range(1, 41) if each not in numbers]
    found += [
        Trouble(number, rng.choice(sorted(EVENTS)))
        for number in rng.sample(moments, rng.choice([0, 0, 1, 1, 2, 3]))
    ]
    if patience == IMPATIENT:
        start, kind = rng.randint(1, 20), rng.choice(sorted(FAULTS))
        free = {each.at for each in found}
        found += [Trouble(at, kind) for at in range(start, start + 8) if at not in free]
    found += [Trouble(1, kind) for kind in ATTEMPTS if rng.random() < 0.15]
    found += [Trouble(2, kind) for kind in ATTEMPTS if rng.random() < 0.1]
    return tuple(sorted(found, key=lambda each: (each.at, each.kind)))
