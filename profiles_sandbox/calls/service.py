"""The service: takes a request as it arrived, gives the answer, and journals both.

A request is received (journalled, in a transaction of its own) and then finished: its changes, the
answer kept for repeats and the rest of its journal row are one transaction.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import Any

from profiles_sandbox.calls.intake import HTTP_ERRORS, Intake, Taken
from profiles_sandbox.calls.items import SUCCESS, prepare_batch
from profiles_sandbox.calls.listings import Listings
from profiles_sandbox.calls.lookup import Lookup
from profiles_sandbox.data.datafile import DataFile
from profiles_sandbox.data.history import History
from profiles_sandbox.data.journal import Ending, Journal
from profiles_sandbox.data.replay import Answers, replay_key
from profiles_sandbox.data.store import ProfileStore
from profiles_sandbox.faults.rule import Rule
from profiles_sandbox.profiles.setup import Setup
from profiles_sandbox.refusals import RequestRefused
from profiles_sandbox.switches import Switches
from profiles_sandbox.wire.exchange import Answer, Arrived
from profiles_sandbox.wire.formats import JSON, Codec, Message

UPDATE, IMPORT = "profiles/update_batch", "profiles/import_batch"

CALLS = (
    UPDATE,
    IMPORT,
    "profiles/get",
    "databases/list",
    "databases/get",
    "databases/fields_get",
    "resources/list",
    "resources/get",
    "resources/fields_get",
)
"""Calls that the service has."""

DEFAULT_TOKEN = "sandbox-token"  # noqa: S105 - a stand-in has no secrets

BEARER = "Bearer "

_PLACE = re.compile(r"\[\d+\]")


@dataclass(frozen=True)
class Received:
    """A request in the journal."""

    number: int
    arrived: Arrived
    taken: Taken
    fault: Rule | None


@dataclass(frozen=True)
class _Outcome:
    """An answer, and what it stands for in the journal."""

    answer: Answer | None
    duplicate: bool = False
    accepted: int | None = None
    failed: int | None = None


class Service:
    """The whole API over one data file. Use it from one thread at a time."""

    def __init__(
        self,
        data: DataFile,
        setup: Setup,
        switches: Switches,
        token: str,
        *,
        bodies: Path | None = None,
        now: Callable[[], float] = time,
    ) -> None:
        """Take the open file; `bodies` is a directory that gets every request body, `now` gives
        seconds.
        """
        self._data = data
        self._setup = setup
        self._switches = switches
        self._intake = Intake(setup, switches)
        self._token = token
        self._bodies = bodies
        self._now = now
        self._store = ProfileStore(data.connection)
        self._journal = Journal(data.connection)
        self._history = History(data.connection)
        self._answers = Answers(data.connection, switches.replay_seconds)
        listings = Listings(setup, switches)
        self._reads: dict[str, Callable[[Mapping[str, Any]], Message]] = {
            "profiles/get": Lookup(self._store, setup, switches).profiles_get,
            "databases/list": listings.databases_list,
            "databases/get": listings.databases_get,
            "databases/fields_get": listings.databases_fields_get,
            "resources/list": listings.resources_list,
            "resources/get": listings.resources_get,
            "resources/fields_get": listings.resources_fields_get,
        }

    def receive(
        self, arrived: Arrived, choose: Callable[[Message], Rule | None] = lambda _: None
    ) -> Received:
        """Read a request and journal it; `choose` gives the fault to play for what was read."""
        taken = self._intake.take(arrived)
        fault = choose(taken.message)
        with self._data.transaction():
            number = self._journal.open(
                arrived,
                taken.message,
                self._now(),
                body_format=taken.format,
                fault=str(fault) if fault else None,
            )
        if self._bodies:
            (self._bodies / f"{number:06d}.{taken.format or JSON.name}").write_bytes(arrived.body)
        return Received(number, arrived, taken, fault)

    def finish(self, received: Received) -> Answer | None:
        """Execute a request, or play its fault, and journal the end; None closes the connection."""
        fault = received.fault
        with self._data.transaction():
            outcome = self._outcome(received)
            answer = fault.answer(outcome.answer) if fault else outcome.answer
            self._journal.close(received.number, _ending(answer, outcome), self._now())
        return answer

    def _outcome(self, received: Received) -> _Outcome:
        fault = received.fault
        try:
            if fault and fault.error:
                raise RequestRefused(fault.error.code, fault.error.text)
            if fault and not fault.executes:
                return _Outcome(None)
            if received.taken.refusal:
                raise received.taken.refusal
            return self._executed(received)
        except RequestRefused as refusal:
            reply = {"error": refusal.code, "error_text": refusal.text}
            return _Outcome(self._answer(received.taken.answer, reply, refusal.http_status))

    def _executed(self, received: Received) -> _Outcome:
        call = received.arrived.call
        if call not in CALLS:
            raise RequestRefused(404, "no such call", http_status=404)
        token = self._authorised(received)
        if call in self._reads:
            reply = {"error": 0, "error_text": SUCCESS, **self._reads[call](received.taken.message)}
            return _Outcome(self._answer(received.taken.answer, reply))
        key = replay_key(received.arrived, token)
        if first := self._answers.first(key, self._now()):
            return _Outcome(first, duplicate=True)
        outcome = self._batch(received, create=call == IMPORT)
        if outcome.answer:
            self._answers.keep(key, outcome.answer, self._now())
        return outcome

    def _batch(self, received: Received, *, create: bool) -> _Outcome:
        batch = prepare_batch(
            received.taken.message, self._store, self._setup, self._switches, create=create
        )
        reply = batch.run()
        refused = [result for result in reply["result"] if result["error"] != 0]
        failed, accepted = len(refused), len(reply["result"]) - len(refused)
        reasons = Counter((each["error"], _any_place(each["error_text"])) for each in refused)
        self._history.add(received.number, batch.changes, reasons)
        return _Outcome(
            self._answer(received.taken.answer, reply), accepted=accepted, failed=failed
        )

    def _authorised(self, received: Received) -> str:
        """The token of a request, from its body or else its header, when it is the right
        one.
        """
        authorization = received.arrived.header("authorization") or ""
        bearer = authorization.removeprefix(BEARER) if authorization.startswith(BEARER) else None
        token = received.taken.message.get("token") or bearer
        if token != self._token:
            raise RequestRefused(401, "token: missing" if not token else "token: not a known one")
        return self._token

    def _answer(self, codec: Codec, reply: Message, http_status: int | None = None) -> Answer:
        error, text = reply["error"], reply["error_text"]
        if http_status is None:
            same = self._switches.error_http_status == "same" and error in HTTP_ERRORS
            http_status = error if same else 200
        return Answer(http_status, codec.content_type, codec.encode(reply), error, text)


def _any_place(text: str) -> str:
    """A reason without places in lists, so that equal ones are counted together."""
    return _PLACE.sub("[]", text)


def _ending(answer: Answer | None, outcome: _Outcome) -> Ending:
    return Ending(
        http_status=answer.http_status if answer else None,
        error=answer.error if answer else None,
        error_text=answer.error_text if answer else None,
        duplicate=outcome.duplicate,
        accepted=outcome.accepted,
        failed=outcome.failed,
    )
