"""What is known of a customer, in words."""

import json
from collections.abc import Iterator

from ..outcomes.history import Event
from ..outcomes.line import ACCEPTED, DELETED, REJECTED, RETRIED, SUPERSEDED, UNCHANGED
from ..protocol.messages import printable
from .whereabouts import Found, Whereabouts

OF_SERVICE = "service"
WORDS = {
    ACCEPTED: "accepted",
    SUPERSEDED: "left out, as a later row of the same request took its place",
    DELETED: "left out, as its source has deleted it",
    UNCHANGED: "left out, as the memory knows that the service has it",
    RETRIED: "put off by the service (code {}), and sent once more",
}
NO_OUTCOMES = "No outcomes are kept, so rows that were accepted are not told. Set outcomes."


def sentences(told: Whereabouts) -> Iterator[str]:
    """One a line; times are those of UTC."""
    yield from map(_event, told.events)
    if not told.events:
        yield "No row of this customer is known."
    if told.since is not None:
        yield f"Outcomes are complete from the sync of {_time(told.since)} on (UTC)."
    elif not told.outcomes:
        yield NO_OUTCOMES
    if not told.keeps:
        yield "Rejected rows are kept nowhere: object_storage_config names no store."
    for each in told.service:
        yield from _found(each)


def _event(event: Event) -> str:
    where = [f"stream {event.stream}"]
    if event.row:
        where.append(f"row {event.row:,} of the sync of {_time(event.sync)}")
    if event.request_id:
        where.append(f"request {event.request_id}")
    if event.profile_id:
        where.append(f"profile {printable(event.profile_id)}")
    return f"{_time(event.at)} {_what(event)}, {', '.join(where)}{_now(event)}"


def _what(event: Event) -> str:
    if event.outcome != REJECTED:
        return WORDS.get(event.outcome, event.outcome).format(event.code)
    who = "by the service" if event.step == OF_SERVICE else f"in the step {event.step}"
    why = f": {printable(event.message)}" if event.message else ""
    return f"refused {who} (code {event.code}){why} (attempt {event.attempts})"


def _now(event: Event) -> str:
    if event.in_doubt:
        return "; kept: it was sent again, and no answer came"
    return "; kept, and waiting to be sent again" if event.waits else ""


def _found(found: Found) -> Iterator[str]:
    place = f"database {found.db_id}, by {found.found_by}"
    if found.problem is not None:
        yield f"The service could not be asked ({place}): {found.problem}"
    elif found.profile is None:
        yield f"The service has no such profile now ({place})."
    else:
        yield f"The service has now ({place}):"
        yield from (f"  {printable(name)}: {_json(each)}" for name, each in found.profile.items())


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _time(timestamp: str) -> str:
    """To the second."""
    return printable(timestamp[:19].replace("T", " "))
