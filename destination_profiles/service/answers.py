"""From the service's answer to one request to its Outcome: what became of each profile, or what to
do next.
"""

import re
from contextlib import suppress
from functools import lru_cache
from typing import Any, Literal

import msgspec
import requests
from airbyte_cdk.sources.declarative.models.declarative_component_schema import (
    DefaultErrorHandler as DefaultErrorHandlerModel,
)
from airbyte_cdk.sources.declarative.parsers.model_to_component_factory import (
    ModelToComponentFactory,
)
from airbyte_cdk.sources.streams.http.error_handlers.response_models import (
    ErrorResolution,
    ResponseAction,
)

from ..errors import BadAnswer, ProfilesError, Refused, SystemFault, Unavailable
from ..rejection import Rejection
from .manifest import Service
from .outcome import ACCEPTED, Action, Outcome

HTTP_OK = 200
DONE = 0  # the service's code for success
FATE_UNKNOWN = (
    "The service answered, but its answer does not hold one result for each of {} "
    "profiles, so what became of them is unknown. "
    "The next sync sends them again."
)
NOT_THE_SERVICE = (
    "What answers at the API URL is not the service, or not a version of it "
    "that is known. Check the API URL."
)
MAX_TEXT = 300  # characters of a service's text in a message
MAX_CODE = 99_999
HIDDEN = "…"
XML_BEGINS = b"<"
PUNCTUATION = ".,:;!?(){}\"'`<>"
INDEX = re.compile(r"\[[0-9]{1,5}\]")  # of an array; more digits may be a value


ACTIONS = {
    ResponseAction.RETRY: Action.RETRY,
    ResponseAction.RATE_LIMITED: Action.THROTTLE,
    ResponseAction.SPLIT_REQUEST_WINDOW: Action.HALVE,
    ResponseAction.FAIL: Action.STOP,
}


class _Item(msgspec.Struct, gc=False):
    error: int
    error_text: str | None = None


class _Answer(msgspec.Struct):
    error: int | None = None
    error_text: str | None = None
    result: list[_Item] | None = None


class _Done(msgspec.Struct, gc=False):
    error: Literal[0]


class _AllDone(msgspec.Struct):
    result: list[_Done]
    error: int | None = None
    error_text: str | None = None


_decode_answer = msgspec.json.Decoder(_Answer).decode
_decode_all_done = msgspec.json.Decoder(_AllDone).decode


def _decode_xml_answer(body: bytes) -> _Answer:
    from .xml_format import decode  # noqa: PLC0415 - its library takes a while, and most syncs do without

    answer = decode(body)
    result = answer.pop("result", None)
    items = (
        [result] if isinstance(result, dict | str) else result or []
    )  # of a single profile, or empty
    head = msgspec.convert(_trimmed(answer), _Answer, strict=False)
    head.result = [
        msgspec.convert(_trimmed(each), _Item, strict=False)
        for each in items
        if not isinstance(each, str) or each.strip()
    ]
    return head


def _trimmed(answer: Any) -> Any:
    """Code and text without the blanks that XML may have around them."""
    return (
        {name: value.strip() for name, value in answer.items() if isinstance(value, str)}
        if isinstance(answer, dict)
        else answer
    )


class Answers:
    """The manifest's tables of codes, ready to interpret answers. Safe to use from several
    threads.
    """

    def __init__(self, service: Service, names: frozenset[str] = frozenset()) -> None:
        """Build the CDK's error handler from the manifest; `names` are field names that log lines
        may hold beside the manifest's words.
        """
        self._service = service
        self._words = frozenset(
            word.lower()
            for word in service.loggable_words
            | names
            | service.system_fields.keys()
            | service.matching_modes.keys()
        )
        self._handler = ModelToComponentFactory().create_component(
            DefaultErrorHandlerModel, dict(service.error_handler), {}
        )
        self._declared = {
            code
            for each in service.error_handler["response_filters"]
            for code in each["http_codes"]
        }
        self._resolve = lru_cache(maxsize=None)(self._ask_handler)

    def backoff(self, attempt: int) -> float:
        """The longest wait in seconds before try number `attempt` + 2; attempts count from 0."""
        longest = self._service.max_backoff_seconds
        wait = self._handler.backoff_time(None, attempt_count=min(attempt, 30))
        return min(longest, wait if wait is not None else longest)

    def no_answer(self, what: str, *, left: bool) -> Outcome:
        """The outcome of a request that got no answer: the same request again. `left`: its body may
        have reached the service.
        """
        return Outcome(
            Action.RETRY,
            error=Unavailable(f"The service did not answer: {what}. Run the sync again later."),
            unknown=left,
        )

    def interpret(
        self, status: int, body: bytes, count: int, retry_after: float | None = None
    ) -> Outcome:
        """Read the answer to a request of `count` profiles. `status` is HTTP's; `retry_after` is in
        seconds.
        """
        if status == HTTP_OK and _all_done(body, count):
            return ACCEPTED
        answer = self._read(body)
        if (
            status == HTTP_OK
            and answer is not None
            and answer.result is not None
            and len(answer.result) == count
        ):
            return self._items(answer.result)
        code, text = self._code_of(status, answer)
        if retry_after is not None and retry_after >= self._service.max_retry_after_seconds:
            retry_after = None  # nobody means that; back off as if nothing had been said
        if code in (DONE, HTTP_OK):
            return Outcome(
                Action.RETRY,
                error=BadAnswer(FATE_UNKNOWN.format(count)),
                retry_after=retry_after,
                unknown=True,
            )
        resolution = self._resolve(code)
        action = (
            ACTIONS.get(resolution.response_action, Action.STOP)
            if resolution.response_action
            else Action.STOP
        )
        if action is Action.HALVE:
            return Outcome(
                action,
                refusal=self._rejection(code, text),
                error=self._error(code, text, resolution),
                too_large=code in self._service.too_large_codes,
                unknown=answer is None or not answer.error,
            )
        unknown = action is Action.RETRY
        return Outcome(
            action,
            error=self._error(code, text, resolution),
            retry_after=retry_after,
            unknown=unknown,
        )

    def refusal_of_call(self, status: int, body: bytes) -> ProfilesError | None:
        """What a read call's answer says against the caller, or None when it says nothing."""
        answer = self._read(body)
        code, text = self._code_of(status, answer)
        if code in (DONE, HTTP_OK):
            return (
                None if answer is not None and answer.error == DONE else BadAnswer(NOT_THE_SERVICE)
            )
        error = self._error(code, text, self._resolve(code))
        if (
            isinstance(error, Refused)
            or self._resolve(code).response_action is ResponseAction.SPLIT_REQUEST_WINDOW
        ):
            return Refused(
                error.message,
                code=code,
                detail=self._detail(code, text),
                spoken=bool(answer and answer.error),
            )
        return error

    def loggable(self, text: str) -> str:
        """`text` with every word that is not in the manifest's list shown as three dots: it may be
        a record's value.
        """
        words = (word if self._is_known(word) else HIDDEN for word in text[:MAX_TEXT].split())
        return INDEX.sub("[*]", re.sub(rf"{HIDDEN}(?: {HIDDEN})+", HIDDEN, " ".join(words)))

    def _is_known(self, word: str) -> bool:
        """Whether a word, or each part of a path such as `subscriptions[0].email`, is in the
        list.
        """
        path = INDEX.sub("", word.strip(PUNCTUATION).lower())
        return all(part in self._words for part in path.split("."))

    def _read(self, body: bytes) -> _Answer | None:
        """The answer in whichever format it came: the service lets a request choose it apart from
        its own.
        """
        try:
            return (
                _decode_xml_answer(body)
                if body.lstrip()[:1] == XML_BEGINS
                else _decode_answer(body)
            )
        except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
            return None

    def _code_of(self, status: int, answer: _Answer | None) -> tuple[int, str | None]:
        if (
            answer is not None
            and answer.error
            and (status == HTTP_OK or answer.error in self._declared)
        ):
            return answer.error, answer.error_text
        return status, answer.error_text if answer is not None else None

    def _items(self, result: list[_Item]) -> Outcome:
        rejected = {}
        for position, item in enumerate(result):
            if item.error == DONE:
                continue
            action = self._service.item_actions.get(item.error, self._service.item_default_action)
            if action == "FAIL":
                return Outcome(
                    Action.STOP,
                    error=self._error(item.error, item.error_text, self._resolve(item.error)),
                )
            if action == "REJECT":
                rejected[position] = self._rejection(item.error, item.error_text)
        return Outcome(Action.ACCEPT, rejected=rejected)

    def _rejection(self, code: int, text: str | None) -> Rejection:
        sentence = self.loggable(text or "") or "the service gives no text"
        return Rejection("service", _loggable_code(code), text or sentence, "$", sentence)

    def _error(self, code: int, text: str | None, resolution: ErrorResolution) -> ProfilesError:
        undeclared = code not in self._declared
        sentence = (
            self._service.undeclared_code["error_message"]
            if undeclared
            else resolution.error_message or "The service is not available."
        )
        message = f"{sentence} {self._detail(code, text)}"
        if (
            resolution.response_action in (ResponseAction.RETRY, ResponseAction.RATE_LIMITED)
            and not undeclared
        ):
            return Unavailable(message)
        kind = (
            self._service.undeclared_code["failure_type"]
            if undeclared
            else resolution.failure_type and resolution.failure_type.value
        )
        if kind == "config_error":
            return Refused(message, code=code)
        return Unavailable(message) if kind == "transient_error" else SystemFault(message)

    def _detail(self, code: int, text: str | None) -> str:
        return f"(code {_loggable_code(code)}" + (f": {self.loggable(text)})" if text else ")")

    def _ask_handler(self, code: int) -> ErrorResolution:
        """The declared resolution of a code. An HTTP status and the service's own code share one
        table, so both are asked as a status.
        """
        if code not in self._declared:
            return ErrorResolution(response_action=ResponseAction.FAIL)
        answer = requests.Response()
        answer.status_code = code
        resolution: ErrorResolution = self._handler.interpret_response(answer)
        return resolution


def _all_done(body: bytes, count: int) -> bool:
    """Whether an answer in JSON says of each of `count` profiles that it was accepted, as most do;
    no more of it is decoded than that.
    """
    with suppress(ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return len(_decode_all_done(body).result) == count
    return False


def _loggable_code(code: int) -> str:
    """A code as a log line may hold it: what is longer than any code may be a value."""
    return str(code) if abs(code) <= MAX_CODE else HIDDEN
