"""What must hold whatever happened, seen from outside: in the service's data, in the store of
rejected records, and in what the connector said.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Any

from integration_tests.chaos.bodies import Item, items_of
from integration_tests.chaos.faults import EVENTS, FAULTS
from integration_tests.chaos.load import CANARY, FIRST_ID, Row
from integration_tests.chaos.memory import recalled
from integration_tests.chaos.plan import TOKEN
from integration_tests.chaos.run import Attempt, Happened
from integration_tests.chaos.truth import applied, points, seen

UNSENT = re.compile(r"([\d,]+) superseded, [\d,]+ deleted, (?:([\d,]+) unchanged, )?0 on their way")
SECRETS = (CANARY, TOKEN, str(FIRST_ID)[:9])


def broken(happened: Happened) -> list[str]:
    """Each promise that was broken, in a sentence that begins with its name."""
    return list(Checks(happened).all())


class Checks:
    """The promises, each told from the others."""

    def __init__(self, happened: Happened) -> None:
        self._is = happened
        self._streams = {each.place: each for each in happened.plan.load.streams}

    @cached_property
    def _items(self) -> dict[int, list[Item]]:
        """Of each write call that was executed, the rows in it."""
        executed = [row["id"] for row in self._is.requests if row["accepted"] is not None]
        return {number: items_of(self._is.bodies[number]) for number in executed}

    @cached_property
    def _executed(self) -> list[tuple[int, list[Row]]]:
        """Write calls that were executed, in that order, and the rows in them as they were then."""
        rows = [{(row.stream, row.number): row for row in x.fed.rows} for x in self._is.attempts]
        return [
            (
                row["id"],
                [rows[self._attempt_of(row["id"])][item] for item in self._items[row["id"]]],
            )
            for row in self._in_order()
        ]

    def _in_order(self) -> list[dict[str, Any]]:
        executed = [row for row in self._is.requests if row["id"] in self._items]
        return sorted(executed, key=lambda row: (row["ended_at"] or "", row["id"]))

    def _attempt_of(self, request: int) -> int:
        return sum(each.before < request for each in self._is.attempts) - 1

    @cached_property
    def _blamed(self) -> set[Item]:
        """Good rows that may be rejected all the same."""
        lone = [items for each in self._is.blamed if len(items := items_of(each)) == 1]
        return {item for (item,) in lone}

    def all(self) -> Iterator[str]:
        for number, attempt in enumerate(self._is.attempts, 1):
            checks = (self._end, self._states, self._books, self._unsent, self._missing)
            for check in (*checks, self._rejected, self._canaries):
                yield from (f"{fault} (attempt {number})" for fault in check(attempt))
        yield from self._order()
        yield from self._limits()
        yield from recalled(self._is)
        yield from self._content()

    def _end(self, attempt: Attempt) -> Iterator[str]:
        if attempt.hung:
            yield "end: it hung"
        allowed = {0, *self._signals(attempt)}
        errors = attempt.errors()
        if attempt.code == 1 and len(errors) == 1:
            if errors[0] not in self._failures(attempt):
                yield f"end: {errors[0]} after {sorted(attempt.played)}: {attempt.sentence()}"
        elif errors or attempt.code not in allowed:
            yield f"end: code {attempt.code} and {errors} after {sorted(attempt.played)}"
        if attempt.code == 0 and len(attempt.passed) != len(attempt.fed.states):
            yield "end: 0, but states are left out"

    def _signals(self, attempt: Attempt) -> set[int]:
        names = {each.split()[0] for each in attempt.played if each in EVENTS}
        return {code for name, code in (("SIGKILL", -9), ("SIGTERM", 143)) if name in names}

    def _failures(self, attempt: Attempt) -> set[str]:
        """The failure types that what went wrong explains."""
        faults = [FAULTS[each] for each in attempt.played if each in FAULTS]
        found = {kind for each in faults for kind in each.ends}
        if not self._is.plan.patient:
            found |= {kind for each in faults for kind in each.gives_up}
            found |= {"transient_error"} if attempt.played & set(EVENTS) else set()
        if "disk full" in attempt.played:  # of the store, or for the copy of a memory
            found |= {"transient_error" if "memory" in self._is.plan.settings else "system_error"}
        return found

    def _states(self, attempt: Attempt) -> Iterator[str]:
        for came, (sent, _) in zip(attempt.passed, attempt.fed.states, strict=False):
            if {**came.state, "destinationStats": None} != {**sent, "destinationStats": None}:
                yield f"states: {came.state} where {sent} is due"
                return
        if len(attempt.passed) > len(attempt.fed.states):
            yield "states: more than there were"

    def _books(self, attempt: Attempt) -> Iterator[str]:
        """The counts of each state are those of the rows since the one before it."""
        reached: dict[str, int] = {}
        numbered = list(enumerate(attempt.fed.rows, 1))
        for came, (sent, position) in zip(attempt.passed, attempt.fed.states, strict=False):
            scope = json.dumps(sent.get("stream", {}).get("stream_descriptor"))
            since = numbered[reached.get(scope, 0) : position]
            mine = [(number, row) for number, row in since if self._is_of(row, sent)]
            reached[scope] = position
            stats = came.state["destinationStats"]
            refused = sum(number in attempt.rejected for number, _ in mine)
            wanted = (len(mine) - refused, refused)
            told = (stats["recordCount"], stats["rejectedRecordCount"])
            if told != wanted:
                yield f"books: {told} instead of {wanted} before state {position}"

    def _unsent(self, attempt: Attempt) -> Iterator[str]:
        """What is counted as superseded or unchanged was not sent, and the other way round."""
        if attempt.code != 0:
            return
        logs = [each["log"]["message"] for each in attempt.messages if each["type"] == "LOG"]
        told = UNSENT.findall("\n".join(logs))
        if not told:
            yield "books: no line tells that nothing is on its way"
            return
        count = sum(int(each.replace(",", "") or 0) for each in told[-1])
        place = self._is.attempts.index(attempt)
        sent = {
            item
            for number, items in self._items.items()
            if self._attempt_of(number) == place
            for item in items
        }
        left = sum(
            number not in attempt.rejected and (row.stream, row.number) not in sent
            for number, row in enumerate(attempt.fed.rows, 1)
        )
        if count != left:
            yield f"books: {count} rows are told to be unsent, {left} are"

    def _is_of(self, row: Row, state: dict[str, Any]) -> bool:
        """Whether a state tells of a row's stream."""
        return (
            "global" in state
            or state["stream"]["stream_descriptor"] == self._streams[row.stream].descriptor
        )

    def _missing(self, attempt: Attempt) -> Iterator[str]:
        """No state before its rows: each was executed by then, or stood in the store, or in the
        service as it is.
        """
        began = min(each.before for each in self._is.attempts if each.sync == attempt.sync)
        for came, (sent, position) in zip(attempt.passed, attempt.fed.states, strict=False):
            since = [number for number in came.executed if number > began]
            done = {item for number in since for item in self._items[number]}
            for number, row in enumerate(attempt.fed.rows[:position], 1):
                if self._is_of(row, sent) and not (
                    number in came.rejected
                    or (row.stream, row.number) in done
                    or self._is_superseded(row, attempt.fed.rows[number:], done)
                    or self._is_known(row, came.executed)
                ):
                    yield f"missing: row {row.number} of stream {row.stream} ({row.bad})"

    def _is_known(self, row: Row, executed: set[int]) -> bool:
        """Whether there is a memory, and this is what its stream sent to its profile last."""
        if "memory" not in self._is.plan.settings:
            return False
        mine = (
            self._said(sent)
            for number, rows in reversed(self._executed)
            if number in executed
            for sent in reversed(rows)
            if (sent.stream, sent.profile) == (row.stream, row.profile)
        )
        return next(mine, None) == self._said(row)

    def _said(self, row: Row) -> dict[str, Any]:
        """What is sent of a row."""
        if self._is.plan.settings["null_values"] == "unset":
            return row.changes
        return {name: value for name, value in row.changes.items() if value is not None}

    def _is_superseded(self, row: Row, later: list[Row], done: set[Item]) -> bool:
        """Whether a later row stands for this one, and is done."""
        if self._streams[row.stream].mode == "append":
            return False
        if any(isinstance(each, dict) for each in row.changes.values()):
            return False
        return any(
            (each.stream, each.profile) == (row.stream, row.profile)
            and (each.stream, each.number) in done
            for each in later
        )

    def _rejected(self, attempt: Attempt) -> Iterator[str]:
        """Only what must be is rejected."""
        for number in attempt.rejected:
            row = attempt.fed.rows[number - 1]
            later = attempt.fed.rows[number:]
            item = (row.stream, row.number)
            if (
                row.bad is None
                and item not in self._blamed
                and not self._is_superseded(row, later, self._blamed)
            ):
                yield f"content: row {row.number} of stream {row.stream} is rejected"

    def _canaries(self, attempt: Attempt) -> Iterator[str]:
        for secret in SECRETS:
            if secret.encode() in attempt.raw:
                yield f"canaries: {secret} in the output"

    def _order(self) -> Iterator[str]:
        """Rows of a profile are executed in their order, once in each attempt; but for rows of a
        request that a page has refused: their parts are sent though an earlier try was executed.
        """
        refused = {item for body in self._is.blamed for item in items_of(body)}
        profile_of = {(x.stream, x.number): x.profile for x in self._is.plan.load.rows}
        last: dict[tuple[int, int, int], int] = {}
        for row in self._in_order():
            attempt = self._attempt_of(row["id"])
            for stream, number in self._items[row["id"]]:
                key = (attempt, stream, profile_of[stream, number])
                if last.get(key, 0) >= number and (stream, number) not in refused:
                    yield f"order: row {number} of stream {stream} after {last[key]}"
                last[key] = number
        yield from self._overlaps(profile_of)

    def _overlaps(self, profile_of: dict[Item, int]) -> Iterator[str]:
        """No two requests under way at once hold one profile."""
        spans = [
            (
                (row["received_at"], row["ended_at"], row["db_id"]),
                {profile_of[item] for item in self._items[row["id"]]},
            )
            for row in self._is.requests
            if row["id"] in self._items
        ]
        for (one, mine), (other, theirs) in pairwise(spans):
            if one[2] == other[2] and other[0] < one[1] and one[0] < other[1] and mine & theirs:
                yield "order: two requests at once hold one profile"

    def _limits(self) -> Iterator[str]:
        batching = self._is.plan.settings["batching"]
        for row in self._is.requests:
            if row["body_bytes"] > batching["max_bytes"]:
                yield f"limits: {row['body_bytes']} bytes"
            if (row["profiles"] or 0) > batching["max_profiles"]:
                yield f"limits: {row['profiles']} profiles"
        bodies = {(row["request_id"], row["body_sha256"]) for row in self._is.requests}
        for request_id, count in Counter(each for each, _ in bodies).items():
            if count > 1 or request_id is None:
                yield f"limits: {count} bodies for one Request-ID"

    def _content(self) -> Iterator[str]:
        """In the end every profile is what the rows make of it, one by one."""
        plan, attempts = self._is.plan, self._is.attempts
        if attempts[-1].code != 0:
            yield f"end: no attempt of sync {attempts[-1].sync} ended well"
            return
        databases = {each.place: each.db_id for each in plan.load.streams}
        clears = plan.settings["null_values"] == "unset"
        rows = [row for load in plan.loads for row in load.rows]
        truth = applied(rows, databases, plan.load.profiles, clears=clears)
        most = points([row for each in attempts for row in each.fed.rows])
        numbers = {(row.stream, row.number): row.profile for row in plan.load.rows}
        spared = {numbers[item] for item in self._blamed}
        for key, wanted in truth.items():
            if key[1] in spared:
                continue
            found = seen(self._is.profiles[key])
            least, had = wanted.pop("points", 0), found.pop("points", 0)
            if not least <= had <= (most[key[1]] if key[0] == 1 else 0):
                yield f"content: {had} points instead of {least}"
            wrong = {name for name in {*found, *wanted} if found.get(name) != wanted.get(name)}
            if wrong:
                yield f"content: {sorted(wrong)} of profile {key[1]} in database {key[0]}"
