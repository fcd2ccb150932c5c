"""The endings: what became of a request, as a kind that has a colour, and in words."""

from typing import Any, NamedTuple

from profiles_sandbox.data.requests import Request


class Ending(NamedTuple):
    """How a request ended. `kind` is one of KINDS."""

    kind: str
    words: str


KINDS = {
    "done": "answered, nothing refused",
    "partly": "some profiles refused",
    "refused": "refused as a whole",
    "lost": "no answer",
    "repeat": "repeat, not executed again",
    "open": "under way",
    "cut": "never ended",
}
"""Every kind with its meaning, in the order of a legend."""

HTTP_REDIRECT = 300
"""The first status of an answer that a client cannot take for one."""


def ending_of(request: Request, since: int) -> Ending:
    """The ending of a request; those up to number `since` are of an earlier process."""
    if request.ended_at is None:
        return Ending("open", "under way") if request.id > since else Ending("cut", "never ended")
    if request.http_status is not None and request.duplicate:
        return Ending("repeat", "answered again")
    return whole(vars(request)) or _of_batch(request)


def whole(ended: dict[str, Any]) -> Ending | None:
    """How a request went wrong as a whole: `{http_status, error, error_text, fault}`."""
    status, error = ended["http_status"], ended["error"]
    if status is None:
        return Ending("lost", "no answer")
    if error:
        return Ending("refused", f"{error} {ended['error_text'] or ''}".strip())
    if status >= HTTP_REDIRECT:
        return Ending("refused", f"HTTP {status}")
    if error is None:
        return Ending("refused", f"HTTP {status}, another answer")
    return None


def _of_batch(request: Request) -> Ending:
    if request.accepted is None:
        return Ending("done", "answered")
    if not request.failed:
        return Ending("done", f"{request.accepted:,} accepted")
    counts = f"{request.accepted:,} accepted, {request.failed:,} refused"
    return Ending("partly", counts if request.accepted else f"{request.failed:,} refused")
