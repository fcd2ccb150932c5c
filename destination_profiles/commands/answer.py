"""What a command found, which entry.py tells."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found: for the page that a person reads, and as the protocol's message.
    `failed`: a person's shell hears of it by the exit code; the platform reads the message.
    """

    found: Any
    message: Mapping[str, Any]
    failed: bool = False
