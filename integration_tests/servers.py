"""Servers of a test's own, each on a thread."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from threading import Thread


@contextmanager
def serving(server: HTTPServer, scheme: str = "http") -> Iterator[str]:
    """Serve until the block ends; gives the address."""
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"{scheme}://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
