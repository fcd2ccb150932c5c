"""What happened in a scenario: its measures, and the promises that must hold whatever it was."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from destination_profiles.config import MAX_IN_FLIGHT
from integration_tests.connector import Said
from integration_tests.scenario import Load, Scenario, records

FIRST_REQUESTS = 20  # in which a limit may still be sought
# measures of which a busy machine makes more, and less
HOW_LONG = ("seconds", "sending_seconds", "most_at_once")
HOW_BUSY = ("mean_at_once", "most_at_once")


@dataclass
class Happened:
    """What a run left behind."""

    scenario: Scenario
    said: Said
    seconds: float  # of the process
    requests: list[dict[str, Any]]
    profiles: dict[int, dict[str, Any]]  # by crm_id
    rejected: list[dict[str, Any]]  # of the store

    @property
    def cursors(self) -> list[int]:
        return [each["stream"]["stream_state"]["cursor"] for each in self.said.states]

    def measures(self) -> dict[str, Any]:
        """Every figure that a scenario may expect something of."""
        answered = [row for row in self.requests if row["accepted"] is not None]
        refused = [row for row in self.requests if row["http_status"] in (429, 503)]
        late = [row for row in refused if self.requests.index(row) >= FIRST_REQUESTS]
        spans = [
            (_time(row["received_at"]), _time(row["ended_at"]))
            for row in answered
            if row["ended_at"]
        ]
        span = max((end for _, end in spans), default=0.0) - min(
            (start for start, _ in spans), default=0.0
        )
        errors = [trace["error"] for trace in self.said.traces if trace["type"] == "ERROR"]
        return {
            "exit_code": self.said.code,
            "failure_type": errors[0]["failure_type"] if errors else None,
            "message": errors[0]["message"] if errors else None,
            "log": self.said.log,
            "seconds": round(self.seconds, 2),
            "sending_seconds": round(span, 2),
            "states": len(self.said.states),
            "delivered": int(sum(delivered for delivered, _ in self.said.stats)),
            "rejected": int(sum(rejected for _, rejected in self.said.stats)),
            "stored": len(self.rejected),
            "requests": len(self.requests),
            "executed": len(answered),
            "repeats": len(self.requests) - len({row["request_id"] for row in self.requests}),
            "answered_again": sum(row["duplicate"] for row in self.requests),
            "refused": len(refused),
            "too_large": sum(row["http_status"] == 413 for row in self.requests),
            "refused_late": round(len(late) / max(1, len(self.requests) - FIRST_REQUESTS), 3),
            "mean_at_once": round(sum(end - start for start, end in spans) / span, 2)
            if span
            else 0.0,
            "most_at_once": _most_at_once(spans),
            "most_profiles": max((row["profiles"] or 0 for row in self.requests), default=0),
            "longest_body": max((row["body_bytes"] for row in self.requests), default=0),
            "longest_accepted_body": max((row["body_bytes"] for row in answered), default=0),
            "rate_limited": sum(trace["type"] == "STREAM_STATUS" for trace in self.said.traces),
        }

    def unexpected(self, *, timed: bool = True) -> list[str]:
        """What lies outside of its range. Not `timed`: on a machine that has other things to do,
        too, where all may take longer. No more requests than are allowed are ever sent at once.
        """
        allowed = self.scenario.connector.get("delivery", {}).get("max_in_flight", MAX_IN_FLIGHT)
        measures = self.measures()
        found = []
        for name, wanted in self.scenario.expect.items():
            met = measures[name]
            if name in ("message", "log"):
                fits = wanted in (met or "")
            elif isinstance(wanted, list):
                least, most = wanted
                if not timed and name in HOW_BUSY:
                    least = 0
                if not timed and name in HOW_LONG:
                    most = allowed if name == "most_at_once" else math.inf
                fits = least <= met <= most
            else:
                fits = met == wanted
            if not fits:
                found.append(f"{name}: {met!r} instead of {wanted!r}")
        return found

    def broken_promises(self, *, resumed: bool = False) -> list[str]:
        """What must hold whatever happens. `resumed`: some records were sent by an earlier run that
        did not end well.
        """
        load = self.scenario.load
        data = records(load)
        wrong = [*self._states_out_of_place(data)]
        set_aside = {each["crm_id"] for each in self.rejected} | set(
            range(load.profiles + 1, load.profiles + load.strangers + 1)
        )
        passed = Counter(each["crm_id"] for each in data[: max(self.cursors, default=0)])
        reached = {number: self.profiles.get(number, {}).get("points", 0) for number in passed}
        if load.counter:
            wrong += [
                f"profile {number} is short"
                for number, count in passed.items()
                if reached[number] < count and number not in set_aside
            ]
            wrong += [
                f"profile {number} moved twice"
                for number, count in reached.items()
                if count > load.updates and not resumed
            ]
        wrong += [
            f"{row['id']}: too large"
            for row in self.requests
            if row["body_bytes"] > 10_000_000 or (row["profiles"] or 0) > 10_000
        ]
        bodies = {
            (row["request_id"], row["body_sha256"])
            for row in self.requests
            if row["profiles"] is not None
        }
        wrong += [
            f"{request_id}: two bodies"
            for request_id, count in Counter(each for each, _ in bodies).items()
            if count > 1
        ]
        if self.said.code == 0 and max(self.cursors, default=0) == len(data):
            overlooked = (
                {"points"} if resumed else set()
            )  # what was sent by a killed process is sent again, and counts again
            for number, wanted in applied(load, set_aside).items():
                found = self.profiles[number]
                if any(
                    found.get(name) != wanted.get(name) for name in {*found, *wanted} - overlooked
                ):
                    wrong.append(f"profile {number} differs")
        return wrong

    def _states_out_of_place(self, data: list[dict[str, Any]]) -> Iterator[str]:
        every = self.scenario.load.state_every
        first = self.cursors[0] - (self.cursors[0] - 1) % every - 1 if self.cursors else 0
        before = first
        for cursor, (delivered, rejected) in zip(self.cursors, self.said.stats, strict=True):
            if cursor != min(before + every, len(data)):
                yield f"state {cursor} follows {before}"
            if delivered + rejected != cursor - before:
                yield f"state {cursor} counts {delivered} and {rejected}, not {cursor - before}"
            before = cursor


def applied(load: Load, set_aside: set[int]) -> dict[int, dict[str, Any]]:
    """Every known profile after all records were applied one by one, in their order, but for those
    that were set aside.
    """
    profiles: dict[int, dict[str, Any]] = {
        number: {"crm_id": number, "points": 0} for number in range(1, load.profiles + 1)
    }
    for each in records(load):
        profile = {} if each["crm_id"] in set_aside else profiles[each["crm_id"]]
        plain = {name: value for name, value in each.items() if name != "points"}
        profile |= {**plain, "points": profile.get("points", 0) + ("points" in each)}
    return profiles


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _most_at_once(spans: list[tuple[float, float]]) -> int:
    edges = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most
