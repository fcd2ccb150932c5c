"""The manifest's table of codes, which is an error handler of Airbyte's low-code CDK, without the
CDK: importing it takes a second.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["SUCCESS", "RETRY", "RATE_LIMITED", "SPLIT_REQUEST_WINDOW", "FAIL"]
AGAIN = frozenset({"RETRY", "RATE_LIMITED"})  # the actions that end with time
MOST_DOUBLINGS = 30  # of a wait; a float holds no more than a thousand


@dataclass(frozen=True, slots=True)
class Resolution:
    """What is declared of a code: the CDK's words for what to do and for who must act, and the
    sentence for the user, empty where there is nothing to say.
    """

    action: Action
    failure_type: str
    error_message: str = ""


class ErrorHandler:
    """`DefaultErrorHandler` of `HttpResponseFilter`s that go by the code alone, with an
    `ExponentialBackoffStrategy`.
    """

    def __init__(self, component: Mapping[str, Any]) -> None:
        """Of the component as the manifest has it."""
        self._resolutions = {
            code: _resolution(each)
            for each in component["response_filters"]
            for code in each["http_codes"]
        }
        self._factor: float = component["backoff_strategies"][0]["factor"]

    def resolve(self, code: int) -> Resolution | None:
        """What is declared of a code, None where nothing is."""
        return self._resolutions.get(code)

    def backoff_time(self, attempt_count: int) -> float:
        """Seconds to wait after try number `attempt_count` + 1; they double with each."""
        return float(self._factor * 2 ** min(attempt_count, MOST_DOUBLINGS))


def _resolution(declared: Mapping[str, Any]) -> Resolution:
    action: Action = declared["action"]
    failure_type = "transient_error" if action in AGAIN else "system_error"
    if action == "FAIL":  # the CDK looks at what is declared of others no more than this
        failure_type = declared["failure_type"]
    return Resolution(action, failure_type, declared.get("error_message", ""))
