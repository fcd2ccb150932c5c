"""Every error that a connection can raise leads to its words on purpose."""

import http.client
import socket
import ssl
from types import ModuleType

import pytest
import requests
import urllib3.exceptions
from urllib3.connection import HTTPConnection

from destination_profiles.api.faults import REASONS, no_answer

CANARY = "canary-7f3a"
HOST = HTTPConnection(CANARY)


def kinds(module: ModuleType) -> list[type[BaseException]]:
    """The exceptions that a module has of its own, without its warnings."""
    return [
        each
        for each in vars(module).values()
        if isinstance(each, type)
        and issubclass(each, Exception)
        and not issubclass(each, Warning)
        and each.__module__ == module.__name__
    ]


@pytest.mark.parametrize("kind", [*kinds(requests.exceptions), *kinds(urllib3.exceptions)], ids=str)
def test_every_exception_has_its_place(kind: type[BaseException]) -> None:
    assert kind in REASONS


@pytest.mark.parametrize("kind", [*REASONS, KeyError, http.client.BadStatusLine])
def test_every_reason_is_part_of_a_sentence(kind: type[BaseException]) -> None:
    answer = no_answer(kind.__new__(kind, CANARY), left=False)
    assert answer.reason.startswith(("the ", "what "))
    assert CANARY not in repr(answer) + answer.reason + str(answer.cure)


def wrapped(error: Exception) -> requests.ConnectionError:
    """As requests has it: within urllib3's, which is within its own."""
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(None, CANARY, error))  # type: ignore[arg-type]


def caused(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


SAID = [
    (
        wrapped(urllib3.exceptions.NameResolutionError(CANARY, HOST, socket.gaierror(CANARY))),
        "the host name is not known",
    ),
    (
        wrapped(
            caused(urllib3.exceptions.NewConnectionError(HOST, CANARY), ConnectionRefusedError())
        ),
        "the host refused the connection",
    ),
    (
        wrapped(caused(urllib3.exceptions.NewConnectionError(HOST, CANARY), OSError(101, CANARY))),
        "the connection failed (OSError)",
    ),
    (
        requests.ConnectTimeout(urllib3.exceptions.ConnectTimeoutError(CANARY)),
        "the host did not accept a connection in time",
    ),
    (requests.ReadTimeout(CANARY), "the answer did not come in time"),
    (
        requests.ConnectionError(urllib3.exceptions.ReadTimeoutError(None, CANARY, CANARY)),  # type: ignore[arg-type]
        "the answer did not come in time",
    ),
    (
        requests.ConnectionError(urllib3.exceptions.ProtocolError(CANARY, TimeoutError(CANARY))),
        "the request could not be sent in time",
    ),
    (
        requests.exceptions.ProxyError(
            urllib3.exceptions.ProxyError(CANARY, ConnectionRefusedError())
        ),
        "the proxy that the environment names refuses the connection",
    ),
    (requests.ConnectionError(ConnectionResetError(CANARY)), "the connection was cut"),
    (
        requests.ConnectionError(
            urllib3.exceptions.ProtocolError(CANARY, http.client.RemoteDisconnected(CANARY))
        ),
        "the connection was closed without an answer",
    ),
    (
        requests.ConnectionError(
            urllib3.exceptions.ProtocolError(CANARY, http.client.BadStatusLine(CANARY))
        ),
        "what answers at this port does not speak HTTP",
    ),
    (
        requests.exceptions.ChunkedEncodingError(CANARY),
        "the connection failed (ChunkedEncodingError)",
    ),
]


@pytest.mark.parametrize("left", [True, False])
@pytest.mark.parametrize(("error", "reason"), SAID, ids=lambda each: str(each)[:40])
def test_outermost_that_says_something_decides(error: Exception, reason: str, left: bool) -> None:
    answer = no_answer(error, left=left)
    assert (answer.reason, answer.left, answer.cure) == (reason, left, None)


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError()
    error.verify_message = "certificate has expired"
    return error


def unknown() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError()
    error.verify_message, error.verify_code = "unable to get local issuer certificate", 20
    return error


def tunnel(code: int) -> urllib3.exceptions.ProxyError:
    """As urllib3 has it of a proxy that opens no way to the host."""
    said = OSError(f"Tunnel connection failed: {code} {CANARY}")
    return urllib3.exceptions.ProxyError("Unable to connect to proxy", said)


def plain() -> ssl.SSLError:
    error = ssl.SSLError()
    error.reason = "WRONG_VERSION_NUMBER"
    return error


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (wrapped(urllib3.exceptions.SSLError(untrusted())), "is not valid (certificate has"),
        (wrapped(urllib3.exceptions.SSLError(unknown())), "is not trusted (unable to get"),
        (requests.exceptions.ProxyError(tunnel(407)), "asks for a user and a password (code 407)"),
        (requests.exceptions.ProxyError(tunnel(403)), "does not lead to the host of the API URL"),
        (requests.exceptions.InvalidProxyURL(CANARY), "is not a valid address. Correct the"),
        (wrapped(urllib3.exceptions.SSLError(plain())), "does not speak TLS on this port"),
        (requests.exceptions.InvalidURL(CANARY), "is not a valid address"),
        (requests.exceptions.InvalidSchema(CANARY), "is not a valid address"),
        (urllib3.exceptions.LocationParseError(CANARY), "is not a valid address"),
        (UnicodeError(CANARY), "is not a valid address"),
    ],
)
def test_what_the_user_can_cure_says_how(error: Exception, sentence: str) -> None:
    cure = no_answer(error, left=False).cure
    assert cure is not None and sentence in cure.message and CANARY not in cure.message
    assert no_answer(error, left=True).cure is None


@pytest.mark.parametrize("code", [502, 503, 504])
def test_proxy_that_is_busy_passes(code: int) -> None:
    assert no_answer(requests.exceptions.ProxyError(tunnel(code)), left=False).cure is None


def test_other_fault_of_tls_has_no_cure() -> None:
    error = wrapped(urllib3.exceptions.SSLError(ssl.SSLError()))
    assert no_answer(error, left=False).cure is None
