"""What is known of a customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..outcomes.history import Event


@dataclass(frozen=True)
class Found:
    """What the service has now, as far as it could be asked; `profile` is None where it has
    none.
    """

    db_id: int
    found_by: str
    profile: Mapping[str, Any] | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Whereabouts:
    """All that is known of a customer: what became of records, the newest first, and what the
    service has. `since`: the start of the first sync of which all outcomes are kept. `keeps`:
    whether there is an object storage.
    """

    keeps: bool
    outcomes: bool
    since: str | None = None
    events: list[Event] = field(default_factory=list)
    service: list[Found] = field(default_factory=list)

    def is_empty(self) -> bool:
        """Whether nothing is known, where everybody who may know something was asked."""
        return not self.events and all(each.profile is None for each in self.service)
