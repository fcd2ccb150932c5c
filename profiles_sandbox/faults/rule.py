"""A rule: what goes wrong, and when.

It names a call, the requests it is played at (counted from 1 for each call since the start),
conditions if any, a delay, and at most one of these actions:

| action | the service |
|---|---|
| `status`, `headers`, `body` | answers this; executes the request only with `execute: true` |
| `error: {code, text}` | answers with this error for the whole request, executes nothing |
| `result: short, long or missing` | executes, answers with a list of another length, or none |
| `drop: head, middle` | closes the connection before the body, or in the middle of it |
| `drop: before, after` | closes the connection before executing, or after it |
| `raw: NAME` | answers what no honest service does, one of hostile.py, and executes nothing |

| condition | the rule is played |
|---|---|
| `when_busy: N` | while N other requests or more are executed |
| `when_holds: {field, values}` | where an item of the batch has one of the values |
| `when_items: N` | where the batch has N items or more |
| `when_database: N` | where it is for the database N |
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Any, Literal

import msgspec

from profiles_sandbox.faults.hostile import ANSWERS
from profiles_sandbox.wire.exchange import Answer
from profiles_sandbox.wire.formats import FORMATS

HTTP_STATUSES = range(200, 600)
"""What `status` may be: the final ones."""


class Span(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"first": "from", "last": "to"}
):
    """A range of requests, both ends played."""

    first: int = 1
    last: int | None = None

    def __contains__(self, number: int) -> bool:
        """Whether the request of this number is in the range."""
        return number >= self.first and (self.last is None or number <= self.last)


class Error(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An error of a whole request."""

    code: int
    text: str


class Holding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A batch with an item whose field has one of the values."""

    field: str
    values: list[Any]

    def fits(self, message: Mapping[str, Any]) -> bool:
        """Whether a request is such a batch."""
        data = message.get("data")
        items = data if isinstance(data, list) else []
        return any(isinstance(item, dict) and item.get(self.field) in self.values for item in items)


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What goes wrong, and when."""

    call: str
    requests: list[int] | Span = Span()
    when_busy: int = 0
    when_holds: Holding | None = None
    when_items: int = 0
    when_database: int | None = None
    delay_ms: int | tuple[int, int] = 0
    delay_ms_per_request: int = 0
    kbytes_per_second: int = 0
    status: int | None = None
    headers: dict[str, str] = {}
    retry_after_date: int | None = None
    body: str | dict[str, Any] | list[Any] | None = None
    execute: bool = False
    error: Error | None = None
    result: Literal["short", "long", "missing"] | None = None
    drop: Literal["head", "middle", "before", "after"] | None = None
    raw: str | None = None

    @property
    def actions(self) -> list[str]:
        """Names of the actions given."""
        given = {
            "status": self.status is not None or self.body is not None,
            "error": self.error,
            "result": self.result,
            "drop": self.drop,
            "raw": self.raw,
        }
        return [name for name, value in given.items() if value]

    @property
    def executes(self) -> bool:
        """Whether the request is executed."""
        return self.execute or not self.actions or self.result is not None or self.drop == "after"

    @property
    def delays(self) -> bool:
        """Whether it makes a request slower."""
        return bool(self.delay_ms or self.delay_ms_per_request or self.kbytes_per_second)

    @property
    def arriving(self) -> bool:
        """Whether it is played while the body arrives."""
        return self.drop in ("head", "middle") or self.kbytes_per_second > 0

    @property
    def conditional(self) -> bool:
        """Whether more than the number of the request decides."""
        given = (self.when_busy, self.when_holds, self.when_items, self.when_database)
        return any(given)

    def fits(self, busy: int, message: Mapping[str, Any]) -> bool:
        """Whether the conditions hold, with so many other requests being executed."""
        data = message.get("data")
        return (
            busy >= self.when_busy
            and (self.when_holds is None or self.when_holds.fits(message))
            and (len(data) if isinstance(data, list) else 0) >= self.when_items
            and self.when_database in (None, message.get("db_id"))
        )

    def delay(self, number: int, busy: int) -> float:
        """Seconds to wait before the answer; the same for the same request of every run."""
        low, high = (
            (self.delay_ms, self.delay_ms) if isinstance(self.delay_ms, int) else self.delay_ms
        )
        drawn = low if low == high else Random(number).uniform(low, high)  # noqa: S311 - a delay is no secret
        return (drawn + self.delay_ms_per_request * (busy + 1)) / 1000

    def part_read(self, length: int) -> int:
        """How many bytes of a body of this length are read: all, unless the connection is closed
        before its end.
        """
        return {"head": 0, "middle": length // 2}.get(self.drop or "", length)

    def __str__(self) -> str:
        """The rule as the journal names it: `status 503`, `drop after, delay 100 ms`."""
        words = [f"{name} {self._word(name)}" for name in self.actions]
        if self.execute:
            words.append("executed")
        if self.delay_ms:
            range_of_ms = (self.delay_ms,) if isinstance(self.delay_ms, int) else self.delay_ms
            words.append(f"delay {' to '.join(map(str, range_of_ms))} ms")
        if self.delay_ms_per_request:
            words.append(f"delay {self.delay_ms_per_request} ms a request")
        if self.kbytes_per_second:
            words.append(f"{self.kbytes_per_second} kB/s")
        return ", ".join(words)

    def answer(self, honest: Answer | None) -> Answer | None:
        """What is sent for the honest answer, which is None when not executed; None closes the
        connection.
        """
        if "status" in self.actions:
            return self._planned()
        if self.result and honest:
            return _spoilt(honest, self.result)
        return None if self.drop or self.raw else honest

    def _planned(self) -> Answer:
        status, headers = self.status or 200, dict(self.headers)
        if self.retry_after_date is not None:  # a date has whole seconds: round up
            headers["Retry-After"] = format_datetime(
                datetime.now(UTC) + timedelta(seconds=self.retry_after_date + 1), usegmt=True
            )
        if isinstance(self.body, str):
            return Answer(status, "text/html; charset=utf-8", self.body.encode(), headers=headers)
        body = b"" if self.body is None else msgspec.json.encode(self.body)
        return Answer(status, "application/json", body, headers=headers)

    def _word(self, action: str) -> Any:
        return {
            "status": self.status or 200,
            "error": self.error and self.error.code,
            "result": self.result,
            "drop": self.drop,
            "raw": self.raw,
        }[action]


def _spoilt(honest: Answer, result: str) -> Answer:
    """Change the length of `result`, in an answer that has one."""
    codec = next(codec for codec in FORMATS.values() if codec.content_type == honest.content_type)
    reply = codec.decode(honest.body)
    if "result" not in reply:
        return honest
    results = reply.pop("result")
    results = results if type(results) is list else [results]  # one in XML
    if result == "short":
        reply["result"] = results[:-1]
    elif result == "long":
        reply["result"] = results + (
            results[-1:] or [{"error": 0, "error_text": "", "profile_id": ""}]
        )
    return replace(honest, body=codec.encode(reply))


def problem(rule: Rule, calls: Collection[str]) -> str | None:
    """What is wrong with a rule, which may name some of `calls`."""
    told = "status" in rule.actions
    problems = {
        f"call {rule.call!r} is not one of {', '.join(calls)}": rule.call not in calls,
        f"{' and '.join(rule.actions)} exclude each other": len(rule.actions) > 1,
        f"raw is not one of {', '.join(ANSWERS)}": rule.raw not in (None, *ANSWERS),
        "no action and no delay": not rule.actions and not rule.delays,
        "headers and execute go with status or body": not told
        and (rule.headers or rule.execute or rule.retry_after_date is not None),
        "delay_ms is below 0": (
            rule.delay_ms if isinstance(rule.delay_ms, int) else min(rule.delay_ms)
        )
        < 0,
        "no condition goes with drop head, drop middle and kbytes_per_second": rule.conditional
        and rule.arriving,
        "status is not between 200 and 599": rule.status is not None
        and rule.status not in HTTP_STATUSES,
    }
    return next((text for text, wrong in problems.items() if wrong), None)
