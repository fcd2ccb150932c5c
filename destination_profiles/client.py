"""The service over HTTP."""

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from email.utils import mktime_tz, parsedate_tz
from time import monotonic, time
from typing import Any, NamedTuple, TypeVar

import msgspec
import requests
from urllib3.exceptions import HTTPError, LocationValueError

from .answers import NOT_THE_SERVICE, Action, Answers, Outcome
from .chunks import Chunk
from .config import Config
from .encoding import encode_json
from .errors import BadAnswer, ConfigError, Refused, Unavailable
from .manifest import Call, Service

NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")  # OpenSSL's words for it
CONNECTION_FAULTS = {  # by the name of the innermost exception
    "gaierror": "the host name is not known",
    "NameResolutionError": "the host name is not known",
    "ConnectionRefusedError": "the host refused the connection",
    "ConnectionResetError": "the connection was cut",
    "BrokenPipeError": "the connection was cut",
    "RemoteDisconnected": "the connection was closed without an answer",
}


NEVER_LEFT = frozenset({"gaierror", "NameResolutionError", "ConnectionRefusedError"})  # before there was a connection
CONNECTION_ERRORS = (requests.RequestException, HTTPError, ValueError)  # urllib3's own and the standard library's may come through
INVALID_URLS = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, LocationValueError, UnicodeError)


ANSWER_PART = 1 << 19  # bytes of an answer that are read at once
DATABASE_FIELDS = "databases_fields_get"


class _Answer(msgspec.Struct):
    data: Any = None


class ServiceField(msgspec.Struct, frozen=True):
    """A field as the service tells it: its API name, the service's word for the type, and `system` or `custom`."""

    name: str
    type: str = ""
    category: str = "custom"


class _Resource(msgspec.Struct):
    channels: frozenset[str]


class _Response(NamedTuple):
    status_code: int
    headers: Mapping[str, str]
    body: bytes


Kind = TypeVar("Kind")


class Blocks:
    """A body that is sent block by block. Each must leave within the time allowed for connecting, so a slow link takes small ones; a quick
    one takes large ones in a fraction of the steps.
    """

    SMALLEST, LARGEST = 1 << 17, 1 << 21  # bytes
    SECONDS = 1.0  # in which a block is to leave

    def __init__(self, pieces: Iterable[bytes], size: int, block: int = SMALLEST) -> None:
        """Of pieces that are `size` bytes in all, in blocks of at most `block`; they are asked for once, while they are sent."""
        self._pieces, self._size, self._block = pieces, size, block

    def __len__(self) -> int:
        """Bytes of the body, for Content-Length."""
        return self._size

    def __iter__(self) -> Iterator[bytes | memoryview]:
        """The blocks: small pieces joined, parts of large ones."""
        held: list[bytes] = []
        length = 0
        for piece in self._pieces:
            if length + len(piece) > self._block:
                yield b"".join(held)
                held, length = [], 0
            if len(piece) > self._block:
                whole = memoryview(piece)
                yield from (whole[start : start + self._block] for start in range(0, len(whole), self._block))
            else:
                held.append(piece)
                length += len(piece)
        yield b"".join(held)

    @classmethod
    def fit(cls, rate: float) -> int:
        """The bytes of blocks for a link that carries so many bytes a second."""
        return max(cls.SMALLEST, min(cls.LARGEST, int(rate * cls.SECONDS)))


class ProfilesClient:
    """Calls of the service for one configuration. `send` may run on several threads, each with a session of its own."""

    def __init__(self, config: Config, service: Service, answers: Answers) -> None:
        """Connect nowhere yet."""
        self._config = config
        self._service = service
        self._answers = answers
        self._local = threading.local()
        self._block = Blocks.SMALLEST

    def send(self, chunk: Chunk) -> Outcome:
        """Send one chunk once and tell what became of it. Raises nothing but for a defect."""
        headers = {**self._service.wire_formats[self._config.wire_format], self._service.request_id_header: chunk.request_id}
        began = monotonic()
        try:
            answer = self._post(self._service.calls["update_batch"], Blocks(chunk.body(), chunk.size, self._block), headers)
        except CONNECTION_ERRORS as error:
            self._block = Blocks.SMALLEST
            fault = config_fault(error)
            return Outcome(Action.STOP, error=fault) if fault else self._answers.no_answer(reason(error), left=may_have_left(error))
        seconds = monotonic() - began
        wait = retry_after(answer.headers.get(self._service.retry_after_header))
        outcome = self._answers.interpret(answer.status_code, answer.body, len(chunk), wait)
        if outcome.action is Action.ACCEPT:  # all of the body was carried, where a refusal may come before its end
            self._block = Blocks.fit(chunk.size / seconds)
        return outcome

    def fields(self, db_id: int) -> list[ServiceField]:
        """The fields of a database. Raises ProfilesError as `read` does.

        The name of the parameter is assumed, so the next one is tried where the service does not take the first.
        """
        first, *others = self._service.database_parameters
        try:
            return _converted(self.read(DATABASE_FIELDS, **{first: db_id}), list[ServiceField])
        except Refused as refused:
            for name in others:
                with suppress(Refused):
                    return _converted(self.read(DATABASE_FIELDS, **{name: db_id}), list[ServiceField])
            raise refused from None

    def subscription_fields(self, resource_id: int, channel: str) -> list[ServiceField]:
        """The fields of a resource's subscriptions on one channel. Raises ProfilesError as `read` does."""
        return _converted(self.read("resources_fields_get", id=resource_id, channel=channel), list[ServiceField])

    def channels(self, resource_id: int) -> frozenset[str]:
        """The channels of a resource. Raises ProfilesError as `read` does."""
        return _converted(self.read("resources_get", id=resource_id), _Resource).channels

    def read(self, call: str, **parameters: Any) -> Any:
        """The `data` of the answer to a call that changes nothing. Raises Refused, Unavailable or another ProfilesError."""
        body = encode_json({"token": self._config.token.reveal(), **parameters})
        try:
            answer = self._post(self._service.calls[call], Blocks([body], len(body)), {})
        except CONNECTION_ERRORS as error:
            unreachable = f"The service cannot be reached: {reason(error)}. Check the API URL and the network."
            raise config_fault(error) or Unavailable(unreachable) from None
        fault = self._answers.refusal_of_call(answer.status_code, answer.body)
        if fault is not None:
            raise fault
        return _converted(answer.body, _Answer).data

    def _post(self, call: Call, body: Blocks, headers: Mapping[str, str]) -> _Response:
        answer = self._session().post(
            self._config.api_url + call.path,
            data=body,  # type: ignore[arg-type]  # memoryviews are sent as bytes are
            headers={**call.headers, **headers},
            timeout=call.timeout,
            allow_redirects=False,  # a redirect would carry the token to another address
            stream=True,  # so that the answer is read in large parts
        )
        return _Response(answer.status_code, answer.headers, b"".join(answer.iter_content(ANSWER_PART)))

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()  # tries once: what follows from a failure is the dispatcher's
        session: requests.Session = self._local.session
        return session


def _converted(data: Any, kind: type[Kind]) -> Kind:
    try:
        return msgspec.json.decode(data, type=kind) if isinstance(data, bytes) else msgspec.convert(data, kind)
    except (msgspec.MsgspecError, ValueError):
        raise BadAnswer(NOT_THE_SERVICE) from None


def config_fault(error: Exception) -> ConfigError | None:
    """What the user must change, where that is why a connection failed. The library's own words are left out: they may quote a URL."""
    cause = _root(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return ConfigError(
            f"The certificate of the API URL's host is not trusted ({cause.verify_message}). "
            "Check the API URL, or install the host's certificate authority."
        )
    if isinstance(cause, ssl.SSLError) and cause.reason in NO_TLS:
        return ConfigError("The host of the API URL does not speak TLS on this port. Check the scheme and the port of the API URL.")
    if isinstance(error, INVALID_URLS):
        return ConfigError("The API URL is not a valid address. It is a scheme and a host, such as https://example.com.")
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
    """The innermost exception: requests wraps urllib3's, which wraps the system's, some by chaining and some as an argument."""
    inner: Any = getattr(error, "reason", None)
    if not isinstance(inner, BaseException):
        inner = next((each for each in error.args if isinstance(each, BaseException)), None)
    inner = inner or error.__cause__ or error.__context__
    return error if inner is None or inner is error else _root(inner)


def retry_after(value: str | None, *, now: Callable[[], float] = time) -> float | None:
    """Seconds that the answer asks to wait, from either form of Retry-After; None where it says nothing that can be read.

    `now` gives seconds since the epoch.
    """
    text = (value or "").strip()
    try:
        return float(text) if text.isdecimal() else max(0.0, mktime_tz(parsedate_tz(text)) - now())  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):  # TypeError: no date
        return None
