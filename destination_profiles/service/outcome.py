"""What became of a request, or what follows from its answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from ..errors import ProfilesError
from ..rejection import Rejection


class Action(Enum):
    """What follows from an answer."""

    ACCEPT = "accept"
    RETRY = "retry"
    THROTTLE = "throttle"
    HALVE = "halve"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a chunk.

    ACCEPT: every profile was accepted but those whose position stands in `rejected`. RETRY: the
    same request again, and the service may have executed it (`unknown`). THROTTLE: likewise, but
    the service said that it did nothing and asks for patience. Either may name a wait of
    `retry_after` seconds, and `error` is what to end with when the retries are used up. HALVE: the
    service refuses the data, perhaps for its size (`too_large`); `refusal` is its word if one
    profile is left. Where it is not the service that speaks, but something before it, that tells
    nothing of an earlier try of the request (`unknown`). STOP: `error` ends the sync.
    """

    action: Action
    rejected: Mapping[int, Rejection] = field(default_factory=dict)
    refusal: Rejection | None = None
    error: ProfilesError | None = None
    retry_after: float | None = None
    unknown: bool = False
    too_large: bool = False


ACCEPTED = Outcome(Action.ACCEPT)
