"""The wire: a request as it arrived, an answer as it leaves."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Arrived:
    """A request before anything is understood of it. Header names are in lower case."""

    call: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return next((value for key, value in self.headers if key == name), None)


@dataclass(frozen=True)
class Answer:
    """What the client gets. `error` and `error_text` are those of the body, for the journal."""

    http_status: int
    content_type: str
    body: bytes
    error: int | None = None
    error_text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
