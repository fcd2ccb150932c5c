"""Requests over real connections."""

import socket
import threading

import pytest

from destination_profiles.api.body import Blocks
from destination_profiles.api.http import HttpTransport
from destination_profiles.api.transport import HttpRequest, NoAnswer

ANSWER = b'{"error":0,"result":[{"error":0}]}'


def post(server: socket.socket, body: bytes, *timeout: float) -> HttpRequest:
    url = f"http://127.0.0.1:{server.getsockname()[1]}/path"
    return HttpRequest(url, {"Request-ID": "1"}, Blocks([body], len(body)), timeout, 1_000_000)


def test_slow_link_is_no_failure() -> None:
    """The body takes several times as long as a connection may take to open."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        reading = threading.Thread(target=read_slowly, args=[server, 4_000_000])
        reading.start()
        response = HttpTransport()(post(server, b"x" * 4_000_000, 1.0, 30.0))
        reading.join()
    assert (response.status, response.body) == (200, ANSWER)
    assert response.headers["content-length"] == str(len(ANSWER))


def test_failure_is_translated() -> None:
    with socket.socket() as unused, pytest.raises(NoAnswer) as raised:
        unused.bind(("127.0.0.1", 0))
        HttpTransport()(post(unused, b"{}", 30.0, 30.0))
    assert (raised.value.reason, raised.value.left) == (
        "the host refused the connection",
        False,
    )


def test_answer_that_is_cut_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        cutting = threading.Thread(target=cut, args=[server])
        cutting.start()
        with pytest.raises(NoAnswer) as raised:
            HttpTransport()(post(server, b"{}", 1.0, 10.0))
        cutting.join()
    assert (raised.value.reason, raised.value.left) == ("the connection was cut", True)


def cut(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(1 << 16)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")


def read_slowly(server: socket.socket, length: int) -> None:
    connection, _ = server.accept()
    with connection:
        received = bytearray()
        while len(received.partition(b"\r\n\r\n")[2]) < length and (
            block := connection.recv(1 << 16)
        ):
            received += block
            threading.Event().wait(0.05)  # a megabyte a second, or a little more
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(ANSWER), ANSWER)
        )
