"""Answers that do not end, from a service on a raw socket."""

import gzip
import socket
import tracemalloc
import zlib
from collections.abc import Iterator
from itertools import repeat
from threading import Event

import pytest

from destination_profiles.api.body import Blocks
from destination_profiles.api.http import HttpTransport
from destination_profiles.api.transport import HttpRequest, HttpResponse, NoAnswer
from unit_tests.api.hostile import Hostile, hostile

OK = b"HTTP/1.1 200 OK\r\n"
SHORT = OK + b"Content-Length: 2\r\n\r\n{}"
MOST = 200_000  # bytes
LONGER = "the answer was longer than 0.2 MB"
NOT_ENDED = "the answer did not end within 1 s"
PATIENCE = 1.0  # seconds
MANY = 400  # pieces of a trickle: it lasts four times as long as the patience, then it is whole
BOMB = gzip.compress(bytes(300 * MOST))
MOVED = b"Location: https://example.com/\r\n"


def trickle(head: bytes, piece: bytes, end: bytes = b"") -> Iterator[bytes]:
    """A head, and pieces that come slowly."""
    yield head
    for _ in range(MANY):
        Event().wait(0.01)
        yield piece
    yield end


def request(server: Hostile, seconds: float = 30.0) -> HttpRequest:
    return HttpRequest(server.url, {}, Blocks([b"{}"], 2), (30.0, seconds), MOST)


def posted(server: Hostile, seconds: float = 30.0) -> HttpResponse:
    return HttpTransport({})(request(server, seconds))


def sized(body: bytes, *headers: bytes) -> bytes:
    return OK + b"".join(headers) + b"Content-Length: %d\r\n\r\n" % len(body) + body


LONG = {
    "without a length": [OK, b"\r\n", *repeat(b"x" * 1000, 2 * MOST // 1000)],
    "with its length": [sized(b"x" * 2 * MOST)],
    "in chunks": [
        OK + b"Transfer-Encoding: chunked\r\n\r\n",
        *repeat(b"a\r\n0123456789\r\n", MOST // 10),
        b"0\r\n\r\n",
    ],
    "beside a refusal": [b"HTTP/1.1 503 No\r\n\r\n", *repeat(b"x" * 1000, 2 * MOST // 1000)],
    "a gzip bomb": [sized(BOMB, b"Content-Encoding: gzip\r\n")],
    "a bomb within a bomb": [
        sized(gzip.compress(BOMB), b"Content-Encoding: gzip, gzip\r\n"),
    ],
    "a bomb that leads elsewhere": [
        sized(BOMB, MOVED, b"Content-Encoding: gzip\r\n").replace(b"200 OK", b"302 Found")
    ],
    "a deflate bomb": [sized(zlib.compress(bytes(300 * MOST)), b"Content-Encoding: deflate\r\n")],
    "trailers": [
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
        *repeat(b"A: " + b"x" * 995 + b"\r\n", 2 * MOST // 1000),
        b"\r\n",
    ],
    "heads of interim answers": [*repeat(b"HTTP/1.1 100 Continue\r\n\r\n", MOST // 10), SHORT],
    "lines of the head": [
        OK,
        *(b"X-%d: %b\r\n" % (number, b"x" * 60_000) for number in range(10)),
        b"Content-Length: 2\r\n\r\n{}",
    ],
}


@pytest.mark.parametrize("pieces", LONG.values(), ids=LONG)
def test_answer_is_bounded_in_bytes(pieces: list[bytes]) -> None:
    with hostile(pieces) as server, pytest.raises(NoAnswer) as raised:
        posted(server)
    assert (raised.value.reason, raised.value.left, raised.value.cure) == (LONGER, True, None)


def test_length_of_a_chunk_is_bounded() -> None:
    """The library has a bound of its own for it."""
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    with (
        hostile([head, *repeat(b"0" * 1000, 2 * MOST // 1000), b"\r\n\r\n"]) as server,
        pytest.raises(NoAnswer),
    ):
        posted(server)


SLOW = {
    "the body": (OK + b"Content-Length: %d\r\n\r\n" % MANY, b"x"),
    "a body without a length": (OK + b"\r\n", b"x"),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", b"0\r\n\r\n"),
    "the head": (OK + b"X-Slow: ", b"x", b"\r\nContent-Length: 2\r\n\r\n{}"),
    "the first line": (b"HTTP/1.1 200 O", b"K", b"\r\nContent-Length: 2\r\n\r\n{}"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", SHORT),
}


@pytest.mark.parametrize("parts", SLOW.values(), ids=SLOW)
def test_answer_is_bounded_in_time(parts: tuple[bytes, ...]) -> None:
    with hostile(trickle(*parts)) as server, pytest.raises(NoAnswer) as raised:
        posted(server, PATIENCE)
    assert (raised.value.reason, raised.value.left) == (NOT_ENDED, True)


def test_silence_is_no_answer_in_time() -> None:
    with hostile(trickle(b"", b"", SHORT)) as server, pytest.raises(NoAnswer) as raised:
        posted(server, PATIENCE)
    assert raised.value.reason == "the answer did not come in time"


@pytest.mark.parametrize("status", [b"200 OK", b"302 Found", b"307 Temporary Redirect"])
def test_bomb_is_not_unpacked(status: bytes) -> None:
    bomb = sized(BOMB, MOVED, b"Content-Encoding: gzip\r\n").replace(b"200 OK", status)
    with hostile([bomb]) as server:
        transport = HttpTransport({})
        tracemalloc.start()
        with pytest.raises(NoAnswer):
            transport(request(server))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 10 * MOST


@pytest.mark.parametrize("body", [b"x" * (MOST - 1_000), bytes(MOST)], ids=["plain", "packed"])
def test_answer_may_have_all_that_is_allowed(body: bytes) -> None:
    packed = [b"Content-Encoding: gzip\r\n"] if not any(body) else []
    sent = gzip.compress(body) if packed else body
    with hostile([sized(sent, *packed)]) as server:
        assert posted(server).body == body


@pytest.mark.parametrize("status", [100, 102, 103, 199])
def test_interim_answers_are_passed_over(status: int) -> None:
    interim = b"HTTP/1.1 %d Wait\r\nLink: </a>\r\n\r\n" % status
    with hostile([interim, interim, SHORT]) as server:
        assert posted(server).status == 200


def test_connection_is_used_again_after_an_answer() -> None:
    with hostile([SHORT]) as server:
        transport = HttpTransport({})
        assert [transport(request(server)).body for _ in range(3)] == [b"{}"] * 3
        assert server.requests == 3


def test_rest_of_a_long_answer_is_not_the_next() -> None:
    with hostile([sized(b"x" * 2 * MOST)]) as server:
        transport = HttpTransport({})
        with pytest.raises(NoAnswer):
            transport(request(server))
        server.pieces = [SHORT]
        assert transport(request(server)).body == b"{}"


def test_cookies_are_not_kept() -> None:
    cookie = OK + b"Set-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\n{}"
    with hostile([cookie]) as server:
        transport = HttpTransport({})
        transport(request(server))
        assert len(transport._session(server.url).cookies) == 0


def test_service_that_does_not_read_is_told() -> None:
    """A block of a body leaves within the time for connecting, or not at all."""
    body = b"x" * 50_000_000  # more than the system holds for a connection
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(NoAnswer) as raised:
            HttpTransport({})(HttpRequest(url, {}, Blocks([body], len(body)), (0.2, 30.0), MOST))
    assert (raised.value.reason, raised.value.left) == (
        "the request could not be sent in time",
        True,
    )


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 2\r\nContent-Length: 3\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n",
    ],
)
def test_request_whose_answer_cannot_be_read_was_there(head: bytes) -> None:
    """The library says of some of these what it says of a request that it does not send."""
    with hostile([OK + head + b"\r\n{}\r\n"]) as server, pytest.raises(NoAnswer) as raised:
        posted(server)
    assert (raised.value.left, raised.value.cure) == (True, None)


@pytest.mark.parametrize("place", [b"http://\xff\xfe/", b"http://[::1", b"//", b"/\xff"])
def test_redirect_is_an_answer_wherever_it_leads(place: bytes) -> None:
    answer = b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 2\r\n\r\n{}" % place
    with hostile([answer]) as server:
        response = posted(server)
    assert (response.status, response.body) == (302, b"{}")


def test_request_that_finds_no_tls_was_not_there() -> None:
    """The other side has read something, but nothing of a body."""
    with hostile([]) as server, pytest.raises(NoAnswer) as raised:
        url = server.url.replace("http:", "https:")
        HttpTransport({})(HttpRequest(url, {}, Blocks([b"{}"], 2), (0.5, 0.5), MOST))
    assert raised.value.left is False


def test_answer_of_an_old_protocol_is_read() -> None:
    with hostile([b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"]) as server:
        assert posted(server).body == b"{}"


def test_answer_that_is_shorter_than_it_says_is_cut() -> None:
    short = OK + b"Content-Length: 100\r\n\r\n{}"
    with hostile([short], hang_up=True) as server, pytest.raises(NoAnswer) as raised:
        posted(server)
    assert raised.value.reason == "the connection was cut"


def test_rest_behind_an_answer_is_not_the_next() -> None:
    """A service that sends two answers to one request."""
    with hostile([SHORT, SHORT.replace(b"{}", b"[]")]) as server:
        transport = HttpTransport({})
        first = transport(request(server))
        server.answered.wait()
        server.pieces = [SHORT.replace(b"{}", b"42")]
        assert first.body == b"{}"
        assert transport(request(server)).body == b"42"
