"""Why a connection failed, from the types of errors that come through: those of requests, urllib3,
http.client and the system, often one within the other. Their own words are left out: they may quote
a URL.
"""

import http.client
import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import requests.exceptions as of_requests
import urllib3.exceptions as of_urllib3

from ..errors import ConfigError
from .answer import AnswerError
from .transport import NoAnswer

CONNECTION_ERRORS = (  # what a request may raise: urllib3's own and the standard library's come too
    of_requests.RequestException,
    of_urllib3.HTTPError,
    http.client.HTTPException,
    OSError,
    ValueError,
)
TUNNEL = re.compile(r"connection failed: (4[0-9]{2})\b")  # http.client has no type for it
PROXY_LOGIN = "407"
UNKNOWN_AUTHORITY = frozenset({2, 18, 19, 20, 21})  # OpenSSL's codes
NO_TLS = frozenset(  # OpenSSL's words for it
    {"WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"}
)

Entry = TypeVar("Entry")


UNKNOWN_HOST = "the host name is not known"
REFUSED = "the host refused the connection"
NOT_CONNECTED = "the host did not accept a connection in time"
NOT_SENT = "the request could not be sent in time"
NOT_ANSWERED = "the answer did not come in time"
CUT = "the connection was cut"
CLOSED = "the connection was closed without an answer"
NO_HTTP = "what answers at this port does not speak HTTP"
PROXY = "the proxy that the environment names refuses the connection"
OTHER = None

# Why no answer came, in a part of a sentence; without one, what stands within the error says it.
REASONS: Mapping[type[BaseException], str | None] = {
    **dict.fromkeys((socket.gaierror, of_urllib3.NameResolutionError), UNKNOWN_HOST),
    ConnectionRefusedError: REFUSED,
    **dict.fromkeys((of_requests.ConnectTimeout, of_urllib3.ConnectTimeoutError), NOT_CONNECTED),
    TimeoutError: NOT_SENT,  # the system's: requests has types of its own for the other two
    **dict.fromkeys(
        (
            of_requests.ReadTimeout,
            of_requests.Timeout,
            of_urllib3.ReadTimeoutError,
            of_urllib3.TimeoutError,
        ),
        NOT_ANSWERED,
    ),
    **dict.fromkeys(
        (
            ConnectionResetError,
            ConnectionAbortedError,
            BrokenPipeError,
            ssl.SSLEOFError,
            ssl.SSLZeroReturnError,
            http.client.IncompleteRead,
            of_urllib3.IncompleteRead,
            of_urllib3.InvalidChunkLength,
        ),
        CUT,
    ),
    http.client.RemoteDisconnected: CLOSED,
    **dict.fromkeys((http.client.BadStatusLine, http.client.UnknownProtocol), NO_HTTP),
    **dict.fromkeys((of_requests.ProxyError, of_urllib3.ProxyError), PROXY),
    **dict.fromkeys(
        (  # around another error, or of no kind that a user could do something about
            of_requests.ChunkedEncodingError,
            of_requests.ConnectionError,
            of_requests.ContentDecodingError,
            of_requests.HTTPError,
            of_requests.InvalidHeader,
            of_requests.InvalidJSONError,
            of_requests.InvalidProxyURL,
            of_requests.InvalidSchema,
            of_requests.InvalidURL,
            of_requests.JSONDecodeError,
            of_requests.MissingSchema,
            of_requests.RequestException,
            of_requests.RetryError,
            of_requests.SSLError,
            of_requests.StreamConsumedError,
            of_requests.TooManyRedirects,
            of_requests.URLRequired,
            of_requests.UnrewindableBodyError,
            of_urllib3.BodyNotHttplibCompatible,
            of_urllib3.ClosedPoolError,
            of_urllib3.DecodeError,
            of_urllib3.EmptyPoolError,
            of_urllib3.FullPoolError,
            of_urllib3.HTTPError,
            of_urllib3.HeaderParsingError,
            of_urllib3.HostChangedError,
            of_urllib3.InvalidHeader,
            of_urllib3.LocationParseError,
            of_urllib3.LocationValueError,
            of_urllib3.MaxRetryError,
            of_urllib3.NewConnectionError,
            of_urllib3.PoolError,
            of_urllib3.ProtocolError,
            of_urllib3.ProxySchemeUnknown,
            of_urllib3.ProxySchemeUnsupported,
            of_urllib3.RequestError,
            of_urllib3.ResponseError,
            of_urllib3.ResponseNotChunked,
            of_urllib3.SSLError,
            of_urllib3.TimeoutStateError,
            of_urllib3.URLSchemeUnknown,
            of_urllib3.UnrewindableBodyError,
            http.client.HTTPException,
            OSError,
            UnicodeError,
            ValueError,
        ),
        OTHER,
    ),
}


def no_answer(error: BaseException, *, left: bool) -> NoAnswer:
    """What a failed connection is to the caller: the outermost error that says something decides,
    as a proxy's refusal is the proxy's, and not that of the host behind it. Once the request `left`
    there is no cure: whatever is said of addresses, proxies and certificates comes before.
    """
    chain = list(_chain(error))
    told = (each.told for each in chain if isinstance(each, AnswerError))
    reasons = filter(None, (_entry(REASONS, each, OTHER) for each in chain))
    cures = (_entry(CURES, each, _no_cure)(each) for each in chain)
    return NoAnswer(
        next(told, None) or next(reasons, f"the connection failed ({type(chain[-1]).__name__})"),
        left=left,
        cure=None if left else next(filter(None, cures), None),
    )


def _entry(table: Mapping[type[BaseException], Entry], error: BaseException, other: Entry) -> Entry:
    """That of an error's type, else of the nearest type above it."""
    return next((table[kind] for kind in type(error).__mro__ if kind in table), other)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those within it: requests wraps urllib3's, which wraps the system's, some by
    chaining and some as an argument.
    """
    while error is not None:
        yield error
        inner: Any = getattr(error, "reason", None)
        if not isinstance(inner, BaseException):
            inner = next((each for each in error.args if isinstance(each, BaseException)), None)
        inner = inner or error.__cause__ or error.__context__
        error = None if inner is error else inner


def _no_cure(_: BaseException) -> None:
    return None


def _untrusted(error: ssl.SSLCertVerificationError) -> ConfigError:
    if getattr(error, "verify_code", None) in UNKNOWN_AUTHORITY:
        return ConfigError(
            f"The certificate of the API URL's host is not trusted ({error.verify_message}). If "
            "the authority is your own, name its file (PEM) in the variable SSL_CERT_FILE or "
            "REQUESTS_CA_BUNDLE, or install it in the system's store, where the connector runs."
        )
    return ConfigError(
        f"The certificate of the API URL's host is not valid ({error.verify_message}). "
        "Check the API URL, or have the certificate renewed."
    )


def _tunnel_refused(error: OSError) -> ConfigError | None:
    """What a proxy said instead of leading to the host: its code stands in the text alone."""
    said = TUNNEL.search(str(error))  # others pass: 502, 503, ...
    if said is None:
        return None
    if said[1] == PROXY_LOGIN:
        return ConfigError(
            "The proxy that the environment names asks for a user and a password (code 407). Write "
            "them into the variable HTTPS_PROXY, such as user:password@proxy.example.com:3128."
        )
    return ConfigError(
        f"The proxy that the environment names does not lead to the host of the API URL (code "
        f"{said[1]}). Let it, or name the host in the variable NO_PROXY."
    )


def _no_proxy(_: Exception) -> ConfigError:
    return ConfigError(
        "The proxy that the environment names is not a valid address. Correct the variable "
        "HTTPS_PROXY, such as proxy.example.com:3128."
    )


def _no_tls(error: ssl.SSLError) -> ConfigError | None:
    if getattr(error, "reason", None) not in NO_TLS:  # Python's own have none
        return None
    return ConfigError(
        "The host of the API URL does not speak TLS on this port. Check the "
        "scheme and the port of the API URL."
    )


def _no_address(_: Exception) -> ConfigError:
    return ConfigError(
        "The API URL is not a valid address. "
        "It is a scheme and a host, such as https://example.com."
    )


CURES: Mapping[type[BaseException], Callable[[Any], ConfigError | None]] = {
    ssl.SSLCertVerificationError: _untrusted,
    ssl.SSLError: _no_tls,
    OSError: _tunnel_refused,
    of_requests.InvalidProxyURL: _no_proxy,
    of_urllib3.ProxySchemeUnknown: _no_proxy,
    of_urllib3.ProxySchemeUnsupported: _no_proxy,
    of_requests.InvalidURL: _no_address,
    of_requests.InvalidSchema: _no_address,
    of_requests.MissingSchema: _no_address,
    of_urllib3.LocationValueError: _no_address,
    UnicodeError: _no_address,
}
