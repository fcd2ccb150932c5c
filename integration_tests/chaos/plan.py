"""The plan of a seed: a load, settings, and what goes wrong. Nothing else is random."""

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from integration_tests.chaos.faults import ATTEMPTS, EVENTS, FAULTS
from integration_tests.chaos.load import Load, draw_load, entry
from integration_tests.connector import by, stream

TOKEN = "token-kanarie-5d1f"
PATIENT, IMPATIENT = 240, 1  # seconds; the former is more than a busy machine needs
MEMORIES: tuple[dict[str, Any], ...] = ({},)  # settings of a memory between syncs, one is drawn


@dataclass(frozen=True)
class Trouble:
    """A fault or an event, and the number of the request that it is played at; of ATTEMPTS, the
    number of the attempt. Both count from 1.
    """

    at: int
    kind: str

    def __str__(self) -> str:
        return f"{'attempt' if self.kind in ATTEMPTS else 'request'} {self.at}: {self.kind}"


@dataclass(frozen=True)
class Plan:
    """What one seed makes."""

    seed: int
    load: Load
    settings: dict[str, Any]
    troubles: tuple[Trouble, ...]
    debug: bool = False

    @property
    def patient(self) -> bool:
        return bool(self.settings["delivery"]["retry_seconds"] == PATIENT)

    def at_request(self, number: int) -> str | None:
        found = (each.kind for each in self.troubles if each.at == number)
        return next((kind for kind in found if kind not in ATTEMPTS), None)

    def at_attempt(self, number: int) -> set[str]:
        return {each.kind for each in self.troubles if each.at == number} & set(ATTEMPTS)

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
    load = draw_load(rng, mapped=mapped, xml=xml, max_bytes=max_bytes)
    patience = rng.choice([PATIENT, PATIENT, PATIENT, IMPATIENT])
    settings = {
        "token": TOKEN,
        "matching": by("crm_id"),
        "streams": [entry(each, mapped=mapped) for each in load.streams],
        "null_values": rng.choice(["omit", "unset"]),
        "max_rejected_percent": 100,
        "batching": {"max_profiles": rng.choice([1, 3, 8, 20, 50]), "max_bytes": max_bytes},
        "delivery": {
            "max_in_flight": rng.choice([1, 2, 4, 8]),
            "retry_seconds": patience,
            "wire_format": "xml" if xml else "json",
        },
        **rng.choice(MEMORIES),
    }
    return Plan(seed, load, settings, _troubles(rng, patience), debug=rng.random() < 0.3)


def _troubles(rng: Random, patience: int) -> tuple[Trouble, ...]:
    """Some at requests of their own; sometimes one for so many requests that patience ends."""
    wanted = rng.choice([0, 1, 2, 4, 8, 12])
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
