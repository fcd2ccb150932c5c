"""The plan: rules of what goes wrong, request by request, read from a YAML list or added while the
service runs.

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
from msgspec.structs import replace

from profiles_sandbox.faults.rule import Rule, Span, problem


class FaultsError(Exception):
    """The faults plan cannot be used; the text says where and why."""


class FaultPlan:
    """The rules, how long every answer is delayed, and how many requests came to each call. Use it
    from one thread.
    """

    def __init__(self, rules: list[Rule], latency_ms: int = 0) -> None:
        """Take rules in order of precedence."""
        self.latency_ms = latency_ms
        self._rules = dict(enumerate(rules, 1))
        self._last = len(rules)
        self._received: Counter[str] = Counter()

    @property
    def slow(self) -> bool:
        """Whether some bodies are read slowly."""
        return any(rule.kbytes_per_second for rule in self._rules.values())

    def next(self, call: str) -> "Turn":
        """Count a request and give the rules among which one is played."""
        self._received[call] += 1
        number = self._received[call]
        rules = self._rules.values()
        return Turn(
            number, [rule for rule in rules if rule.call == call and number in rule.requests]
        )

    def add(self, rule: Rule, count: int | None = None) -> None:
        """Play a rule before the others: at the next `count` requests to its call, or at all."""
        first = self._received[rule.call] + 1
        span = Span(first, None if count is None else first + count - 1)
        self._last += 1
        self._rules = {self._last: replace(rule, requests=span), **self._rules}

    def remove(self, number: int) -> None:
        """Play a rule no more; one that is not there is none."""
        self._rules.pop(number, None)

    def clear(self) -> None:
        """Let nothing go wrong any more, and answer at once."""
        self._rules, self.latency_ms = {}, 0

    def active(self) -> dict[int, tuple[Rule, int | None]]:
        """The rules that may still be played, by number, in order of precedence, each with how many
        requests it is played at; None is no limit.
        """
        left = {number: (rule, self._left(rule)) for number, rule in self._rules.items()}
        return {number: each for number, each in left.items() if each[1] != 0}

    def _left(self, rule: Rule) -> int | None:
        received, requests = self._received[rule.call], rule.requests
        if isinstance(requests, list):
            return sum(number > received for number in requests)
        if requests.last is None:
            return None
        return max(0, requests.last - max(received, requests.first - 1))


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


def load_plan(path: Path, calls: Collection[str], latency_ms: int = 0) -> FaultPlan:
    """Read a plan whose rules name some of `calls`, none of an empty file; raises FaultsError."""
    try:
        listed = yaml.safe_load(path.read_text("utf-8"))
        rules = msgspec.convert([] if listed is None else listed, list[Rule])
    except (yaml.YAMLError, msgspec.ValidationError) as error:
        raise FaultsError(f"{path}: {error}") from error
    for position, rule in enumerate(rules, 1):
        if fault := problem(rule, calls):
            raise FaultsError(f"{path}: rule {position}: {fault}")
    return FaultPlan(rules, latency_ms)
