"""The plan: rules of what goes wrong, request by request, read from a YAML list.

The first rule that fits a request is played. Repeats of a request find the answer that a fault
kept back.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from profiles_sandbox.faults.rule import Rule, problem


class FaultsError(Exception):
    """The faults plan cannot be used; the text says where and why."""


class FaultPlan:
    """The rules, and how many requests came to each call."""

    def __init__(self, rules: list[Rule]) -> None:
        """Take rules in order of precedence."""
        self._rules = rules
        self._received: Counter[str] = Counter()

    @property
    def slow(self) -> bool:
        """Whether some bodies are read slowly."""
        return any(rule.kbytes_per_second for rule in self._rules)

    def next(self, call: str) -> "Turn":
        """Count a request and give the rules among which one is played."""
        self._received[call] += 1
        number = self._received[call]
        return Turn(
            number, [rule for rule in self._rules if rule.call == call and number in rule.requests]
        )


@dataclass(frozen=True, eq=False)
class Turn:
    """A request's number and the rules for it, in order of precedence. No two turns are equal."""

    number: int
    rules: list[Rule]

    def arriving(self) -> Rule | None:
        """The rule that is played while the body arrives: none that depends on more."""
        return self.rules[0] if self.rules and not self.rules[0].conditional else None

    def rule(self, busy: int, message: Mapping[str, Any]) -> Rule | None:
        """The rule to play, with so many other requests being executed."""
        return next((rule for rule in self.rules if rule.fits(busy, message)), None)


def load_plan(path: Path, calls: Collection[str]) -> FaultPlan:
    """Read a plan whose rules name some of `calls`; raises FaultsError."""
    try:
        rules = msgspec.convert(yaml.safe_load(path.read_text("utf-8")), list[Rule])
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise FaultsError(f"{path}: {error}") from error
    for position, rule in enumerate(rules, 1):
        if fault := problem(rule, calls):
            raise FaultsError(f"{path}: rule {position}: {fault}")
    return FaultPlan(rules)
