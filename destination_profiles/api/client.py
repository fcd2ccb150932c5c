"""The service over HTTP."""

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import mktime_tz, parsedate_tz
from time import monotonic, time
from typing import Any, NamedTuple, TypeVar

import msgspec
import requests

from ..config import Config
from ..errors import BadAnswer, Refused, Unavailable
from ..service.answers import NOT_THE_SERVICE, Answers
from ..service.formats import encode_json
from ..service.manifest import Call, Service
from ..service.outcome import Accepted, Outcome, Stop
from ..service.request import Request
from .body import Blocks
from .faults import CONNECTION_ERRORS, config_fault, may_have_left, reason

ANSWER_PART = 1 << 19  # bytes of an answer that are read at once
DATABASE_FIELDS = "databases_fields_get"


class _Answer(msgspec.Struct):
    data: Any = None


class ServiceField(msgspec.Struct, frozen=True):
    """A field as the service tells it: its API name, the service's word for the type, and `system`
    or `custom`.
    """

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


class ProfilesClient:
    """Calls of the service for one configuration. `send` may run on several threads, each with a
    session of its own.
    """

    def __init__(self, config: Config, service: Service, answers: Answers) -> None:
        """Connect nowhere yet."""
        self._config = config
        self._service = service
        self._answers = answers
        self._local = threading.local()
        self._block = Blocks.SMALLEST

    def send(self, request: Request) -> Outcome:
        """Send one request once and tell what became of it. Raises nothing but for a defect."""
        headers = {
            **self._service.wire_formats[self._config.wire_format],
            self._service.request_id_header: request.request_id,
        }
        began = monotonic()
        try:
            answer = self._post(
                self._service.calls["update_batch"],
                Blocks(request.body, request.size, self._block),
                headers,
            )
        except CONNECTION_ERRORS as error:
            self._block = Blocks.SMALLEST
            fault = config_fault(error)
            return (
                Stop(fault)
                if fault
                else self._answers.no_answer(reason(error), left=may_have_left(error))
            )
        seconds = monotonic() - began
        wait = retry_after(answer.headers.get(self._service.retry_after_header))
        outcome = self._answers.interpret(answer.status_code, answer.body, request.profiles, wait)
        if isinstance(outcome, Accepted):  # all of the body was carried; a refusal may come before
            self._block = Blocks.fit(request.size / seconds)
        return outcome

    def fields(self, db_id: int) -> list[ServiceField]:
        """The fields of a database. Raises ProfilesError as `read` does.

        The name of the parameter is assumed, so the next one is tried where the service does not
        take the first.
        """
        first, *others = self._service.database_parameters
        try:
            return _converted(self.read(DATABASE_FIELDS, **{first: db_id}), list[ServiceField])
        except Refused as refused:
            for name in others:
                with suppress(Refused):
                    return _converted(
                        self.read(DATABASE_FIELDS, **{name: db_id}), list[ServiceField]
                    )
            raise refused from None

    def subscription_fields(self, resource_id: int, channel: str) -> list[ServiceField]:
        """The fields of a resource's subscriptions on one channel. Raises ProfilesError as `read`
        does.
        """
        return _converted(
            self.read("resources_fields_get", id=resource_id, channel=channel), list[ServiceField]
        )

    def channels(self, resource_id: int) -> frozenset[str]:
        """The channels of a resource. Raises ProfilesError as `read` does."""
        return _converted(self.read("resources_get", id=resource_id), _Resource).channels

    def read(self, call: str, **parameters: Any) -> Any:
        """The `data` of the answer to a call that changes nothing. Raises Refused, Unavailable or
        another ProfilesError.
        """
        body = encode_json({"token": self._config.token.reveal(), **parameters})
        try:
            answer = self._post(self._service.calls[call], Blocks([body], len(body)), {})
        except CONNECTION_ERRORS as error:
            unreachable = (
                f"The service cannot be reached: {reason(error)}. Check the "
                "API URL and the network."
            )
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
        return _Response(
            answer.status_code, answer.headers, b"".join(answer.iter_content(ANSWER_PART))
        )

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = (
                requests.Session()
            )  # tries once: what follows from a failure is the dispatcher's
        session: requests.Session = self._local.session
        return session


def _converted(data: Any, kind: type[Kind]) -> Kind:
    try:
        return (
            msgspec.json.decode(data, type=kind)
            if isinstance(data, bytes)
            else msgspec.convert(data, kind)
        )
    except (msgspec.MsgspecError, ValueError):
        raise BadAnswer(NOT_THE_SERVICE) from None


def retry_after(value: str | None, *, now: Callable[[], float] = time) -> float | None:
    """Seconds that the answer asks to wait, from either form of Retry-After; None where it says
    nothing that can be read.

    `now` gives seconds since the epoch.
    """
    text = (value or "").strip()
    try:
        return float(text) if text.isdecimal() else max(0.0, mktime_tz(parsedate_tz(text)) - now())  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):  # TypeError: no date
        return None
