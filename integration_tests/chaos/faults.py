"""What goes wrong with a request, by name: what the service gets of it, and what comes back.

`ends` names the failure types with which a sync may end because of it, however patient it is;
`gives_up` those that it may end with where its patience is short. `blames`: it looks as if the
record were at fault, where a request holds one only; then that one may be rejected.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

PAGE = b"<html><body>kanarie</body></html>"
RESULT = re.compile(rb"<result>.*?</result>", re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """An answer of HTTP. `sent`: the part of it that leaves before the connection is reset;
    `pause`: seconds before each of its parts.
    """

    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    sent: float = 1.0
    parts: int = 1
    pause: float = 0.0


@dataclass(frozen=True)
class Fault:
    """`read`: the part of the body that is read. `executes`: the service gets the request, and
    `answer` what it said; None resets the connection.
    """

    answer: Callable[[Answer], Answer | None]
    executes: bool = False
    read: float = 1.0
    ends: frozenset[str] = frozenset()
    blames: bool = False
    gives_up: frozenset[str] = frozenset({"transient_error"})


def _lost(_: Answer) -> None:
    return None


def _says(answer: Answer) -> Callable[[Answer], Answer]:
    return lambda _: answer


def _page(status: int) -> Callable[[Answer], Answer]:
    return _says(Answer(status, PAGE, "text/html"))


def _error(code: int) -> Callable[[Answer], Answer]:
    said = {"error": code, "error_text": "kanarie says no"}
    return _says(Answer(200, json.dumps(said).encode()))


def _with_results(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Answer], Answer]:
    """Another list of results in an answer of either format; others are left as they are."""

    def spoil(answer: Answer) -> Answer:
        if answer.kind.startswith("application/xml"):
            results = RESULT.findall(answer.body)
            rest = RESULT.sub(b"", answer.body).removesuffix(b"</xml>")
            return replace(answer, body=rest + b"".join(change(results)) + b"</xml>")
        reply = json.loads(answer.body)
        results = [json.dumps(each).encode() for each in reply.get("result", [])]
        reply["result"] = [json.loads(each) for each in change(results)]
        return replace(answer, body=json.dumps(reply).encode())

    return spoil


CONFIG = frozenset({"config_error"})
UNREADABLE = frozenset({"system_error", "transient_error"})
CUT_OFF = CONFIG | {"system_error"}  # by a proxy: a setting, or a fate that stays unknown

FAULTS = {
    # nothing is executed
    "429": Fault(_says(Answer(429, headers=(("Retry-After", "0"),)))),
    "429 for a second": Fault(_says(Answer(429, headers=(("Retry-After", "1"),)))),
    "503": Fault(_page(503)),
    "500": Fault(_page(500)),
    "408": Fault(_page(408)),
    "page with 200": Fault(_page(200), gives_up=UNREADABLE),
    "proxy's 400": Fault(_page(400), ends=CUT_OFF, blames=True),
    "proxy's 413": Fault(_page(413), ends=CUT_OFF, blames=True),
    "token refused": Fault(_error(401), ends=CONFIG),
    "dropped": Fault(_lost),
    "half sent": Fault(_lost, read=0.5),
    # executed
    "answer lost": Fault(_lost, executes=True),
    "502 for an answer": Fault(_page(502), executes=True),
    "503 for an answer": Fault(_page(503), executes=True),
    "late": Fault(lambda answer: replace(answer, pause=0.3), executes=True, gives_up=frozenset()),
    "trickle": Fault(
        lambda answer: replace(answer, parts=20, pause=0.01), executes=True, gives_up=frozenset()
    ),
    "reset in the answer": Fault(lambda answer: replace(answer, sent=0.5), executes=True),
    "cut answer": Fault(
        lambda answer: replace(answer, body=answer.body[: len(answer.body) // 2]),
        executes=True,
        gives_up=UNREADABLE,
    ),
    "result short": Fault(
        _with_results(lambda results: results[:-1]), executes=True, gives_up=UNREADABLE
    ),
    "result long": Fault(
        _with_results(lambda results: results + results[-1:]), executes=True, gives_up=UNREADABLE
    ),
    "result missing": Fault(_with_results(lambda _: []), executes=True, gives_up=UNREADABLE),
}
EVENTS = {  # from outside, at a request: whether the service has executed it by then
    "SIGKILL before": False,
    "SIGKILL after": True,
    "SIGTERM before": False,
    "SIGTERM after": True,
    "service killed before": False,
    "service killed after": True,
}
ATTEMPTS = ("disk full", "clock jumps")  # what a whole attempt has to live with
