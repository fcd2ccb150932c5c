"""From the service's answer to one request to its Outcome: what became of each profile, or what to
do next.
"""

import re
from collections.abc import Sequence

from ..errors import BadAnswer, ProfilesError, Refused, SystemFault, Unavailable
from ..rejection import Rejection
from .error_handler import AGAIN, ErrorHandler, Resolution
from .manifest import Service
from .order import of_each
from .outcome import ACCEPTED, Accepted, Halve, Outcome, Retry, Stop
from .reply import Item, Reply, all_done, all_named, read

HTTP_OK = 200
LIMITED = "RATE_LIMITED"  # nothing was done
REDIRECTS = range(300, 400)
PROXY_LOGIN = 407
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
PUNCTUATION = ".,:;!?(){}\"'`<>"
INDEX = re.compile(r"\[[0-9]{1,5}\]")  # of an array; more digits may be a value


class Answers:
    """The manifest's tables of codes, ready to interpret answers. Safe to use from several
    threads.
    """

    def __init__(
        self, service: Service, names: frozenset[str] = frozenset(), *, ids: bool = False
    ) -> None:
        """Of a manifest; `names` are field names that log lines may hold beside its words. `ids`:
        the service's own of each profile are wanted, which takes longer.
        """
        self._service, self._ids = service, ids
        self._words = frozenset(
            word.lower()
            for word in service.loggable_words
            | names
            | service.system_fields.keys()
            | service.matching_modes.keys()
        )
        self._handler = ErrorHandler(service.error_handler)
        self._undeclared = Resolution(**service.undeclared_code)

    def backoff(self, attempt: int) -> float:
        """The longest wait in seconds before try number `attempt` + 2; attempts count from 0."""
        return min(self._service.max_backoff_seconds, self._handler.backoff_time(attempt))

    def no_answer(self, what: str, *, left: bool) -> Retry:
        """The outcome of a request that got no answer. `left`: its body may have reached the
        service.
        """
        error = Unavailable(f"The service did not answer: {what}. Run the sync again later.")
        return Retry(error, unknown=left, reason=what)

    def interpret(
        self,
        status: int,
        body: bytes,
        count: int,
        retry_after: float | None = None,
        ids: Sequence[str] = (),
    ) -> Outcome:
        """Read the answer to a request of `count` profiles. `status` is HTTP's; `retry_after` is in
        seconds; `ids` are those that the profiles are found by, where the service tells them back.
        """
        if status == HTTP_OK and not ids and (accepted := self._all_done(body, count)):
            return accepted
        reply = read(body)
        items = reply.result if status == HTTP_OK and reply is not None else None
        wait = self._believed(retry_after)
        if items is not None and len(items) == count:
            items = of_each(items, ids) if ids else items
            if items is not None:
                return self._of_items(items, wait)
            reply = None  # of another request
        code, text = self._code_of(status, reply)
        if code in (DONE, HTTP_OK):
            error = BadAnswer(FATE_UNKNOWN.format(count))
            return Retry(error, wait, unknown=True, reason="the answer cannot be read")
        spoken = reply is not None and bool(reply.error)
        if not spoken and self._is_of_another(code):
            return Stop(_of_another(code, body))
        return self._of_code(code, text, wait, spoken=spoken)

    def _all_done(self, body: bytes, count: int) -> Accepted | None:
        """The outcome of an answer that accepts all, as most do."""
        if not self._ids:
            return ACCEPTED if all_done(body, count) else None
        ids = all_named(body, count)
        return None if ids is None else Accepted(ids=ids)

    def refusal_of_call(
        self, status: int, body: bytes, retry_after: float | None = None
    ) -> ProfilesError | None:
        """What a read call's answer says against the caller, or None when it says nothing."""
        reply = read(body)
        code, text = self._code_of(status, reply)
        if code in (DONE, HTTP_OK):
            return None if reply is not None and reply.error == DONE else BadAnswer(NOT_THE_SERVICE)
        refuses = self._resolution(code).action == "SPLIT_REQUEST_WINDOW"
        if not (reply and reply.error) and (refuses or self._is_of_another(code)):
            return _of_another(code, body)
        wait = self._believed(retry_after)
        error = self._error(code, text, wait)
        if isinstance(error, Refused) or refuses:
            return Refused(error.message, code=code, detail=self._detail(code, text))
        if isinstance(error, Unavailable):
            error.reason = f"code {_loggable_code(code)}"
            error.retry_after = wait
        return error

    def _is_of_another(self, code: int) -> bool:
        """Whether a status without the service's own words is a refusal by something else: a
        firewall, a proxy, another program. Redirects and what passes with time have their own
        sentences.
        """
        if code in REDIRECTS:
            return False
        return code in self._service.foreign_statuses or self._resolution(code).action == "FAIL"

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

    def _code_of(self, status: int, reply: Reply | None) -> tuple[int, str | None]:
        """The code that decides, and the service's text to it."""
        if reply is None:
            return status, None
        speaks = reply.error and (
            status == HTTP_OK or self._handler.resolve(reply.error) is not None
        )
        return (reply.error or status if speaks else status), reply.error_text

    def _believed(self, retry_after: float | None) -> float | None:
        """A wait that somebody may mean; else back off as if nothing had been said."""
        if retry_after is None or retry_after >= self._service.max_retry_after_seconds:
            return None
        return retry_after

    def _of_items(self, items: list[Item], wait: float | None) -> Accepted:
        rejected: dict[int, Rejection] = {}
        later: dict[int, Retry | Stop] = {}
        for position, item in enumerate(items):
            if item.error == DONE:
                continue
            action = self._service.item_actions.get(item.error, self._service.item_default_action)
            if action == "FAIL":
                later[position] = Stop(self._error(item.error, item.error_text))
            if action == "REJECT":
                rejected[position] = self._rejection(item.error, item.error_text)
            if action in AGAIN:
                error, limited = self._error(item.error, item.error_text, wait), action == LIMITED
                code = _loggable_code(item.error)
                later[position] = Retry(
                    error, wait, unknown=not limited, throttled=limited, code=code
                )
        return Accepted(rejected, later, [each.id() for each in items] if self._ids else ())

    def _of_code(self, code: int, text: str | None, wait: float | None, *, spoken: bool) -> Outcome:
        """Of a code for a whole request. `spoken`: the service itself gave it."""
        error = self._error(code, text, wait)
        match self._resolution(code).action:
            case "RETRY":
                return Retry(error, wait, unknown=True, reason=f"code {_loggable_code(code)}")
            case "RATE_LIMITED":
                return Retry(error, wait, throttled=True, reason=f"code {_loggable_code(code)}")
            case "SPLIT_REQUEST_WINDOW":
                too_large = code in self._service.too_large_codes
                return Halve(self._rejection(code, text), error, too_large, unknown=not spoken)
            case _:
                return Stop(error)

    def _rejection(self, code: int, text: str | None) -> Rejection:
        sentence = self.loggable(text or "") or "the service gives no text"
        return Rejection("service", _loggable_code(code), text or sentence, "$", sentence)

    def _error(self, code: int, text: str | None, wait: float | None = None) -> ProfilesError:
        resolution = self._resolution(code)
        message = f"{resolution.error_message} {self._detail(code, text)}"
        if resolution.action in AGAIN or resolution.failure_type == "transient_error":
            asked = [f"It asks to wait {wait:,.0f} seconds."] if wait and wait >= 1 else []
            return Unavailable(" ".join([message, *asked]))
        if resolution.failure_type == "config_error":
            return Refused(message, code=code)
        return SystemFault(message)

    def _detail(self, code: int, text: str | None) -> str:
        return f"(code {_loggable_code(code)}" + (f": {self.loggable(text)})" if text else ")")

    def _resolution(self, code: int) -> Resolution:
        """What follows from a code: an HTTP status and the service's own share one table."""
        return self._handler.resolve(code) or self._undeclared


def _of_another(code: int, body: bytes) -> Refused:
    if code == PROXY_LOGIN:
        return Refused(
            "A proxy on the way to the service asks for a user and a password (code 407). Check "
            "the proxy, and the variable HTTPS_PROXY where the connector runs.",
            code=code,
            spoken=False,
        )
    return Refused(
        f"Something other than the service answers, with HTTP status {code} and {_look(body)}: "
        "a firewall, a proxy or another program. Check the API URL, and what is in between.",
        code=code,
        spoken=False,
    )


def _look(body: bytes) -> str:
    """What a body is that does not have the service's form."""
    begin = body.lstrip()[:1]
    if not begin:
        return "an empty answer"
    if begin == b"<":
        return "a page of HTML"
    return "JSON of another form" if begin in b"{[" else "another text"


def _loggable_code(code: int) -> str:
    """A code as a log line may hold it: what is longer than any code may be a value."""
    return str(code) if abs(code) <= MAX_CODE else HIDDEN
