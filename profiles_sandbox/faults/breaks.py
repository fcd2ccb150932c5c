"""The breaks: what a person lets go wrong by a click, by name."""

from dataclasses import dataclass

from profiles_sandbox.faults.rule import Error, Rule

BROKEN_CALL = "profiles/update_batch"
"""The call that breaks are about."""


@dataclass(frozen=True)
class Break:
    """A rule with what a person reads of it."""

    title: str
    effect: str
    rule: Rule


BREAKS = {
    "unavailable": Break(
        "Unavailable", "HTTP 503, nothing is executed", Rule(BROKEN_CALL, status=503)
    ),
    "throttle": Break(
        "Throttled",
        "HTTP 429, asks to wait a second",
        Rule(BROKEN_CALL, status=429, headers={"Retry-After": "1"}),
    ),
    "lost": Break(
        "Answer lost", "executed, then the connection closes", Rule(BROKEN_CALL, drop="after")
    ),
    "cut": Break(
        "Connection cut", "closes before anything is executed", Rule(BROKEN_CALL, drop="before")
    ),
    "page": Break(
        "A proxy's page",
        "HTTP 200 with HTML, nothing is executed",
        Rule(BROKEN_CALL, status=200, body="<html><body>Sign in</body></html>"),
    ),
    "short": Break(
        "Answer too short", "executed, one result is missing", Rule(BROKEN_CALL, result="short")
    ),
    "busy": Break(
        "Two at once",
        "HTTP 429 for a third at the same time",
        Rule(BROKEN_CALL, status=429, when_busy=2),
    ),
    "load": Break(
        "Slow under load",
        "200 ms more for each request at once",
        Rule(BROKEN_CALL, delay_ms_per_request=200),
    ),
    "token": Break(
        "Token withdrawn",
        "error 401: a client should stop",
        Rule(BROKEN_CALL, error=Error(401, "token: not a known one")),
    ),
    "tariff": Break(
        "Tariff used up",
        "error 402: a client should stop",
        Rule(BROKEN_CALL, error=Error(402, "Tariff limit reached")),
    ),
}
