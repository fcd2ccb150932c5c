"""The server: uvicorn on a bound socket, that tells when it listens and stops at once when told
to.
"""

import socket
from asyncio import Transport
from collections.abc import Callable
from errno import EADDRINUSE
from types import FrameType
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from profiles_sandbox.serving.app import HANG_UP, WRITE

GRACE_SECONDS = 1
"""How long requests under way may take to end when the server stops."""

LISTENS = "profiles-sandbox listening on"
"""What the line of a server that listens begins with; the address ends it."""

RECEIVE_BYTES = 1 << 16
"""What the system holds of a body that is read slowly."""

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection is kept: longer than clients pause between two requests."""


class _Connection(H11Protocol):
    """A connection that the application can close without an answer."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as in uvicorn
        super().connection_made(transport)
        application = self.app

        def write(piece: bytes) -> int | None:
            if transport.is_closing():
                return None
            transport.write(piece)
            return transport.get_write_buffer_size()

        async def with_hang_up(scope: Any, receive: Any, send: Any) -> None:
            mine = {HANG_UP: transport.abort, WRITE: write}
            await application({**scope, **mine}, receive, send)

        self.app = with_hang_up


class Server(uvicorn.Server):
    """Serves an application until told to stop."""

    def __init__(
        self,
        app: ASGIApp,
        announce: Callable[[str], None] = print,
        stopping: Callable[[], None] = lambda: None,
    ) -> None:
        """`announce` is given the line that tells the address, once it listens; `stopping` is
        called before it waits for requests under way.
        """
        super().__init__(
            uvicorn.Config(
                app,
                http=_Connection,
                ws="none",
                lifespan="off",
                log_level="error",
                access_log=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self._announce = announce
        self._stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Announce the address once it listens."""
        await super().startup(sockets)
        for listener in sockets or []:
            host, port = listener.getsockname()[:2]
            self._announce(f"{LISTENS} http://{host}:{port}")  # ignore-https-check

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End what never ends by itself first."""
        self._stopping()
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop without raising the signal again, so that the process ends with 0."""
        self.should_exit = True


def bind(host: str, port: int, *, slow: bool = False) -> socket.socket:
    """Take a port, a free one for 0; raises OSError. Where bodies are read slowly, the system holds
    little of them back.
    """
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        if error.errno != EADDRINUSE:
            raise
        raise OSError(
            f"port {port} of {host} is taken: end what listens there, such as a service that was "
            "started earlier, or name another port (0 takes a free one)"
        ) from None
    listener.setsockopt(
        socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
    )  # else a body waits 40 ms for its head to be acknowledged
    if slow:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
    return listener
