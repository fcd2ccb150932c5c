"""A service that does no work: answers one success for each profile of a request, and counts.
Prints its port, runs until killed.
"""

import argparse
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import ClassVar

MARK = b'"_fname":'  # stands once in each profile of the benchmarks
ITEM = b'{"error":0,"error_text":"Successful operation","profile_id":"65f0c0ffee0000000000a501"}'


class Sink(BaseHTTPRequestHandler):
    """Reads the body whole, counts the profiles, answers."""

    protocol_version = "HTTP/1.1"
    wbufsize = (
        1 << 20
    )  # one write an answer: two would wait for the client's delayed acknowledgement
    latency = 0.0
    lock = Lock()
    counts: ClassVar[dict[str, float]] = {}

    def do_POST(self) -> None:
        """Answer any call as if it had updated every profile."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        profiles = body.count(MARK)
        self._count(profiles)
        time.sleep(self.latency)
        self._answer(
            b'{"error":0,"error_text":"Successful operation","result":['
            + b",".join([ITEM] * profiles)
            + b"]}"
        )

    def do_GET(self) -> None:
        """Answer what was counted since the last such call: requests, profiles, and the time of the
        first request on the system's monotonic clock.
        """
        with self.lock:
            counts = {"requests": 0, "profiles": 0, "first": 0.0, **self.counts}
            self.counts.clear()
        self._answer(json.dumps(counts).encode())

    def _count(self, profiles: int) -> None:
        with self.lock:
            self.counts.setdefault("first", time.monotonic())
            for name, more in (("requests", 1), ("profiles", profiles)):
                self.counts[name] = self.counts.get(name, 0) + more

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve on a free port."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    Sink.latency = parser.parse_args().latency_ms / 1000
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    print(server.server_port)
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
