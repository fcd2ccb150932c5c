"""The service's calls, for one configuration."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import mktime_tz, parsedate_tz
from functools import cached_property
from time import monotonic, time
from typing import Any, TypeVar

import msgspec

from ..config import Config
from ..errors import BadAnswer, Refused, Unavailable
from ..service.answers import NOT_THE_SERVICE, Answers
from ..service.formats import encode_json
from ..service.manifest import Call, Service
from ..service.matching import Target
from ..service.outcome import Accepted, Outcome, Stop
from ..service.request import Request
from .body import Blocks
from .transport import HttpRequest, HttpResponse, NoAnswer, Transport

DATABASE_FIELDS = "databases_fields_get"
# Of an answer. A result has some 100 bytes, and a text of the service's more; a page of a proxy's
# stands instead of them all. 8 answers of 10,000 profiles have 88 MB together.
BYTES_A_PROFILE, BYTES_BESIDE = 1_000, 1_000_000
READ_BYTES = 20_000_000  # a profile, or the fields of a database with the options of each
FIRST_ID = 1  # a list of all begins here


class _Read(msgspec.Struct):
    data: Any = None


class ServiceField(msgspec.Struct, frozen=True):
    """A field as the service tells it: its API name, the service's word for the type, `system` or
    `custom`, the name that people see, and what stands for the options of an enum.
    """

    name: str
    type: str = ""
    category: str = "custom"
    title: str = ""
    dictionary: Any = None

    def options(self) -> tuple[str, ...]:
        """Those of an enum, as far as the service tells them."""
        listed = self.dictionary if isinstance(self.dictionary, list) else []
        return tuple(each for each in listed if isinstance(each, str))


class Resource(msgspec.Struct, frozen=True):
    """What subscriptions belong to."""

    id: int
    name: str = ""


class _Page(msgspec.Struct):
    data: list[Resource]
    next_from_id: int | None = None


class _Channels(msgspec.Struct):
    channels: frozenset[str]


Kind = TypeVar("Kind")


class ProfilesClient:
    """Calls of the service for one configuration. `send` may run on several threads."""

    def __init__(
        self,
        config: Config,
        service: Service,
        answers: Answers,
        transport: Transport | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Connect nowhere yet. Without a `transport`, requests go over HTTP."""
        self._config = config
        self._service = service
        self._answers = answers
        self._given = transport
        self._clock = clock
        self._block = Blocks.SMALLEST

    def send(self, request: Request) -> Outcome:
        """Send one request once and tell what became of it. Raises nothing but for a defect."""
        headers = {
            **self._service.wire_formats[self._config.wire_format],
            self._service.request_id_header: request.request_id,
        }
        body = Blocks(request.body, request.size, self._block)
        began = self._clock()
        try:
            answer = self._post(
                self._service.calls["update_batch"],
                body,
                headers,
                BYTES_BESIDE + BYTES_A_PROFILE * request.profiles,
            )
        except NoAnswer as missing:
            self._block = Blocks.SMALLEST
            if missing.cure is not None:
                return Stop(missing.cure)
            return self._answers.no_answer(missing.reason, left=missing.left)
        seconds = self._clock() - began
        wait = retry_after(answer.headers.get(self._service.retry_after_header))
        outcome = self._answers.interpret(
            answer.status, answer.body, request.profiles, wait, request.ids
        )
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
        return _converted(self.read("resources_get", id=resource_id), _Channels).channels

    def resources(self) -> list[Resource]:
        """All resources, page by page. Raises ProfilesError as `read` does."""
        found: list[Resource] = []
        after: int | None = FIRST_ID
        while after:
            page = _converted(self._answer("resources_list", from_id=after), _Page)
            found += page.data
            is_later = page.next_from_id is not None and page.next_from_id > after
            after = page.next_from_id if is_later else None
        return found

    def profile(self, target: Target, key: Mapping[str, str]) -> dict[str, Any] | None:
        """The profile that the service finds by a key, None where it finds none. Raises
        ProfilesError as `read` does.
        """
        parameters = target.matching.search(key)
        try:
            data = self.read("profiles_get", db_id=target.db_id, **parameters)
        except Refused as refused:
            if refused.spoken and refused.code in self._service.read_codes["unknown"]:
                return None
            raise
        return _converted(data, dict[str, Any])

    def read(self, call: str, **parameters: Any) -> Any:
        """The `data` of the answer to a call that changes nothing. Raises Refused, Unavailable or
        another ProfilesError.
        """
        return _converted(self._answer(call, **parameters), _Read).data

    def _answer(self, call: str, **parameters: Any) -> bytes:
        """The body of the answer to a call that changes nothing."""
        body = encode_json({"token": self._config.token.reveal(), **parameters})
        try:
            blocks = Blocks([body], len(body))
            answer = self._post(self._service.calls[call], blocks, {}, READ_BYTES)
        except NoAnswer as missing:
            unreachable = (
                f"The service cannot be reached: {missing.reason}. Check the "
                "API URL and the network."
            )
            raise missing.cure or Unavailable(unreachable, reason=missing.reason) from None
        wait = retry_after(answer.headers.get(self._service.retry_after_header))
        refusal = self._answers.refusal_of_call(answer.status, answer.body, wait)
        if refusal is not None:
            raise refusal
        return answer.body

    def _post(
        self, call: Call, body: Blocks, headers: Mapping[str, str], most_bytes: int
    ) -> HttpResponse:
        url, headers = self._config.api_url + call.path, {**call.headers, **headers}
        return self._transport(HttpRequest(url, headers, body, call.timeout, most_bytes))

    @cached_property
    def _transport(self) -> Transport:
        if self._given is not None:
            return self._given
        from .http import HttpTransport  # noqa: PLC0415 - a command that sends nothing does without

        return HttpTransport()


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
