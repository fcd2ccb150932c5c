"""A service that closes connections that are idle for some seconds, and remembers all it is sent."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

IDLE_SECONDS = 5


class Impatient(ThreadingHTTPServer):
    """Accepts all. `connections` were opened so far, `closed` of them by the service, as they were
    idle; `requests` are the `Request-ID` and the profiles of each write call.
    """

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.connections = self.closed = 0
        self.requests: list[tuple[str, list[dict[str, Any]]]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS  # of a read, after which the connection is closed
    wbufsize = 1 << 16  # one write an answer
    server: Impatient

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        profiles = json.loads(body)["data"]
        self.server.requests.append((self.headers["Request-ID"], profiles))
        ok = {"error": 0, "error_text": "Successful operation"}
        item = {**ok, "profile_id": "65f0c0ffee0000000000a501"}
        answer = json.dumps({**ok, "result": [item] * len(profiles)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_error(self, format: str, *arguments: Any) -> None:
        """Called where a read took too long, and where a request cannot be read."""
        self.server.closed += isinstance(arguments[-1], TimeoutError)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
