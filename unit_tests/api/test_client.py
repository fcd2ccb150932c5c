import io
import socket
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import requests

from destination_profiles.api.body import Blocks
from destination_profiles.api.client import ProfilesClient, retry_after
from destination_profiles.api.faults import may_have_left, reason
from destination_profiles.service.answers import Answers
from destination_profiles.service.manifest import service
from destination_profiles.service.outcome import Accepted
from destination_profiles.service.request import Request
from unit_tests.pipeline import config


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7.0), (" 7 ", 7.0), ("0", 0.0), ("soon", None), ("-1", None), ("", None), ("1.5", None)],
)
def test_retry_after_in_seconds(value: str, seconds: float | None) -> None:
    assert retry_after(value) == seconds


def test_retry_after_as_a_date() -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 85 < (retry_after(at) or 0) <= 90
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0.0


def test_retry_after_may_be_absent() -> None:
    assert retry_after(None) is None


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (
            requests.exceptions.ConnectTimeout("canary"),
            "the host did not accept a connection in time",
        ),
        (requests.exceptions.ReadTimeout("canary"), "the answer did not come in time"),
        (
            requests.exceptions.ProxyError("canary"),
            "the proxy that the environment names refuses the connection",
        ),
        (
            requests.exceptions.ConnectionError(ConnectionResetError("canary")),
            "the connection was cut",
        ),
        (
            requests.exceptions.ChunkedEncodingError("canary"),
            "the connection failed (ChunkedEncodingError)",
        ),
    ],
)
def test_no_answer_has_its_reason(error: requests.RequestException, sentence: str) -> None:
    assert reason(error) == sentence


def test_may_have_left_depends_on_where_it_failed() -> None:
    refused = requests.exceptions.ConnectionError(ConnectionRefusedError("canary"))
    cut = requests.exceptions.ConnectionError(ConnectionResetError("canary"))
    assert [
        may_have_left(error) for error in (refused, requests.exceptions.ConnectTimeout("canary"))
    ] == [False, False]
    assert [may_have_left(error) for error in (cut, requests.exceptions.ReadTimeout("canary"))] == [
        True,
        True,
    ]


@pytest.mark.parametrize("size", [0, 1, Blocks.SMALLEST, Blocks.SMALLEST + 1, 3 * Blocks.SMALLEST])
@pytest.mark.parametrize("pieces", [1, 2, 3, 1000])
def test_blocks_are_the_body(size: int, pieces: int) -> None:
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    step = size // pieces + 1
    made = Blocks([body[start : start + step] for start in range(0, size, step)], size)
    blocks = list(made)
    assert (b"".join(blocks), len(made)) == (body, size)
    assert all(len(block) <= Blocks.SMALLEST for block in blocks)


def test_small_pieces_leave_together() -> None:
    assert [bytes(block) for block in Blocks([b"a", b"", b"b", b",", b"c"], 4)] == [b"ab,c"]
    assert len(list(Blocks([bytes(Blocks.SMALLEST // 4)] * 8, 2 * Blocks.SMALLEST))) == 2


def test_slow_link_is_no_failure() -> None:
    """The body takes several times as long as a connection may take to open."""
    large = Request([b"x" * 4_000_000], 4_000_000, 1, "id")
    quick = replace(
        service(),
        calls={"update_batch": replace(service().calls["update_batch"], timeout=(0.4, 10.0))},
    )
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        reading = threading.Thread(target=read_slowly, args=[server, large.size])
        reading.start()
        outcome = ProfilesClient(config(api_url=url), quick, Answers(quick)).send(large)
        reading.join()
    assert isinstance(outcome, Accepted)


@pytest.mark.parametrize(
    ("seconds", "status", "largest"),
    [
        (0.0, 200, Blocks.LARGEST),
        (4.0, 200, 1_000_000),
        (100.0, 200, Blocks.SMALLEST),
        (0.0, 429, Blocks.SMALLEST),
    ],
)
def test_blocks_are_as_large_as_the_link_is_quick(
    monkeypatch: pytest.MonkeyPatch, seconds: float, status: int, largest: int
) -> None:
    now, sizes, answers = [0.0], [], [status, 200, 0, 200]

    def post(_session: requests.Session, _url: str, data: Blocks, **_: object) -> requests.Response:
        sizes.append(max(map(len, data)))
        now[0] += seconds or 1e-6
        if not (code := answers.pop(0)):
            raise requests.ConnectionError
        answer = requests.Response()
        answer.status_code, answer.raw = code, io.BytesIO(b'{"error":0,"result":[{"error":0}]}')
        return answer

    monkeypatch.setattr(requests.Session, "post", post)
    monkeypatch.setattr("destination_profiles.api.client.monotonic", lambda: now[0])
    client = ProfilesClient(config(), service(), Answers(service()))
    large = Request([b"x" * 4_000_000], 4_000_000, 1, "id")
    for _ in range(4):
        client.send(large)
    again = Blocks.fit(4_000_000 / (seconds or 1e-6))
    assert sizes == [Blocks.SMALLEST, largest, again, Blocks.SMALLEST]


def read_slowly(server: socket.socket, length: int) -> None:
    answer = b'{"error":0,"result":[{"error":0}]}'
    connection, _ = server.accept()
    with connection:
        received = bytearray()
        while len(received.partition(b"\r\n\r\n")[2]) < length and (
            block := connection.recv(1 << 16)
        ):
            received += block
            threading.Event().wait(0.02)  # three megabytes a second
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(answer), answer)
        )
