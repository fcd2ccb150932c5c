"""The application: HTTP in, HTTP out, around the service."""

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from profiles_sandbox.calls.service import Service
from profiles_sandbox.faults.hostile import ANSWERS
from profiles_sandbox.faults.plan import FaultPlan, Turn
from profiles_sandbox.faults.rule import Rule
from profiles_sandbox.wire.exchange import Answer, Arrived

PREFIX = "/api/v1.1/"

HANG_UP, WRITE = "sandbox.hang_up", "sandbox.write"
"""Keys of an ASGI scope under which the server puts a function that closes the connection, and one
that writes to it as it is and tells how many bytes wait there.
"""
MOST_WAITING = 1 << 20
"""Bytes that wait to leave, at which a raw answer waits too."""
FULL_SECONDS = 0.01

Result = TypeVar("Result")


class Endpoint:
    """Takes every POST: waits without a thread, works on the data file in one thread."""

    def __init__(
        self, service: Service, faults: FaultPlan, changed: Callable[[], None] = lambda: None
    ) -> None:
        """Take the service, which only the one thread uses from now on; `changed` is called when
        the journal has.
        """
        self._service = service
        self._faults = faults
        self._changed = changed
        self._executed: set[Turn] = set()
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="data-file")

    async def __call__(self, request: Request) -> Response:
        """Answer one request, unless its client has gone or the server stops."""
        try:
            answer = await self._answer(request)
        except (ClientDisconnect, asyncio.CancelledError):
            return HangUp()
        if answer is None or isinstance(answer, str):
            return HangUp(answer)
        return Response(answer.body, answer.http_status, dict(answer.headers), answer.content_type)

    def close(self) -> None:
        """Wait for the work under way."""
        self._thread.shutdown()

    async def _answer(self, request: Request) -> Answer | str | None:
        """An honest or a planned one, the name of a raw one, or none."""
        call = _call(request.url.path)
        turn = self._faults.next(call)
        body = await _body(request, turn.arriving())
        arrived = Arrived(call, tuple(request.headers.items()), body)
        others = set(self._executed)
        self._executed.add(
            turn
        )  # at once, so that of several that arrive together none is overlooked
        try:
            received = await self._work(
                lambda: self._service.receive(
                    arrived, lambda message: turn.rule(len(others), message)
                )
            )
            self._changed()
            fault = received.fault
            if fault and not fault.executes:
                self._executed.discard(turn)
            await asyncio.sleep(
                self._faults.latency_ms / 1000
                + (fault.delay(turn.number, len(others)) if fault else 0)
            )
            answer = await self._work(lambda: self._service.finish(received))
            self._changed()
            return fault.raw if answer is None and fault else answer
        finally:
            self._executed.discard(turn)

    async def _work(self, job: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, job)


async def _body(request: Request, rule: Rule | None) -> bytes:
    """Read a body, as fast and as far as the rule that is played meanwhile lets it."""
    if rule is None or not rule.arriving:
        return await request.body()
    wanted = rule.part_read(int(request.headers.get("content-length", 0)))
    body = bytearray()
    blocks = request.stream()
    while len(body) < wanted and (block := await anext(blocks, b"")):
        body += block
        if rule.kbytes_per_second:
            await asyncio.sleep(len(block) / 1000 / rule.kbytes_per_second)
    return bytes(body)


class HangUp(Response):
    """No answer, or a raw one: the connection is closed."""

    def __init__(self, raw: str | None = None) -> None:
        """Of the name of a raw answer, if there is one."""
        super().__init__()
        self._raw = raw

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection and wait until it is closed, or the server has stopped."""
        if self._raw is not None:
            with suppress(asyncio.CancelledError):
                await self._write(scope[WRITE])
        scope[HANG_UP]()
        message: MutableMapping[str, Any] = {}
        with suppress(asyncio.CancelledError):
            while message.get("type") != "http.disconnect":
                message = await receive()

    async def _write(self, write: Callable[[bytes], int | None]) -> None:
        """As fast as the client reads, until it has gone."""
        for piece in ANSWERS[self._raw or ""]():
            if isinstance(piece, float):
                await asyncio.sleep(piece)
                continue
            waiting = write(piece)
            while waiting is not None and waiting > MOST_WAITING:
                await asyncio.sleep(FULL_SECONDS)
                waiting = write(b"")
            if waiting is None:
                return
        while write(b""):
            await asyncio.sleep(FULL_SECONDS)


def _call(path: str) -> str:
    """The call of a path; one outside the API stays as it is and is no call."""
    return path.removeprefix(PREFIX).strip("/") if path.startswith(PREFIX) else path


def make_app(endpoint: Endpoint, pages: Sequence[BaseRoute] = ()) -> Starlette:
    """The ASGI application: routes of pages, then the API; paths outside both are unknown calls,
    journalled like the others.
    """
    api = Route("/{path:path}", endpoint.__call__, methods=["POST"])
    return Starlette(routes=[*pages, api])
