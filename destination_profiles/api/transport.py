"""The seam to the network: one request out, one response back, or NoAnswer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..errors import ConfigError
from .body import Blocks


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A POST; `timeout` is (connect, answer) in seconds: a connection stands, and the answer is
    whole within them. `most_bytes` are those of the answer, decoded.
    """

    url: str
    headers: Mapping[str, str]
    body: Blocks
    timeout: tuple[float, float]
    most_bytes: int


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back, whole. Names of `headers` are of any case where they come over HTTP."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class NoAnswer(Exception):
    """No response came: `reason` says why in a part of a sentence. `left`: the service may have had
    some of the body. `cure`: what the user must change, where that is why.
    """

    def __init__(self, reason: str, *, left: bool = True, cure: ConfigError | None = None) -> None:
        """Keep all three."""
        super().__init__(reason)
        self.reason = reason
        self.left = left
        self.cure = cure


Transport = Callable[[HttpRequest], HttpResponse]  # raises NoAnswer; called on several threads
