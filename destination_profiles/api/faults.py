"""Why a connection failed, in the user's words."""

import ssl
from typing import Any

import requests
from urllib3.exceptions import HTTPError, LocationValueError

from ..errors import ConfigError

NO_TLS = (
    "WRONG_VERSION_NUMBER",
    "UNKNOWN_PROTOCOL",
    "HTTP_REQUEST",
    "RECORD_LAYER_FAILURE",
)  # OpenSSL's words for it
CONNECTION_FAULTS = {  # by the name of the innermost exception
    "gaierror": "the host name is not known",
    "NameResolutionError": "the host name is not known",
    "ConnectionRefusedError": "the host refused the connection",
    "ConnectionResetError": "the connection was cut",
    "BrokenPipeError": "the connection was cut",
    "RemoteDisconnected": "the connection was closed without an answer",
}
NEVER_LEFT = frozenset(
    {"gaierror", "NameResolutionError", "ConnectionRefusedError"}
)  # before there was a connection
CONNECTION_ERRORS = (
    requests.RequestException,
    HTTPError,
    ValueError,
)  # urllib3's own and the standard library's may come through
INVALID_URLS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    LocationValueError,
    UnicodeError,
)


def config_fault(error: Exception) -> ConfigError | None:
    """What the user must change, where that is why a connection failed. The library's own words are
    left out: they may quote a URL.
    """
    cause = _root(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ConfigError(
            f"The certificate of the API URL's host is not trusted ({cause.verify_message}). "
            "Check the API URL, or install the host's certificate authority."
        )
    if isinstance(cause, ssl.SSLError) and cause.reason in NO_TLS:
        return ConfigError(
            "The host of the API URL does not speak TLS on this port. Check the "
            "scheme and the port of the API URL."
        )
    if isinstance(error, INVALID_URLS):
        return ConfigError(
            "The API URL is not a valid address. It is a scheme and a host, such as https://example.com."
        )
    return None


def reason(error: Exception) -> str:
    """Why no answer came, in a part of a sentence."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return "the host did not accept a connection in time"
    if isinstance(error, requests.exceptions.Timeout):
        return "the answer did not come in time"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy that the environment names refuses the connection"
    name = type(_root(error)).__name__
    return CONNECTION_FAULTS.get(name, f"the connection failed ({name})")


def may_have_left(error: Exception) -> bool:
    """Whether the service may have had the request, as far as the failed connection tells."""
    proxied = isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError)
    return not proxied and type(_root(error)).__name__ not in NEVER_LEFT


def _root(error: BaseException) -> BaseException:
    """The innermost exception: requests wraps urllib3's, which wraps the system's, some by chaining
    and some as an argument.
    """
    inner: Any = getattr(error, "reason", None)
    if not isinstance(inner, BaseException):
        inner = next((each for each in error.args if isinstance(each, BaseException)), None)
    inner = inner or error.__cause__ or error.__context__
    return error if inner is None or inner is error else _root(inner)
