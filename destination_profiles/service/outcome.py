"""What became of one request, and what follows from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import ProfilesError
from ..rejection import Rejection


@dataclass(frozen=True, slots=True)
class Cleared:
    """The service was asked about the settings, and nothing is wrong with them, as far as it
    tells: the profiles that it refused are to blame.
    """


@dataclass(frozen=True, slots=True)
class Retry:
    """The same request again, after `retry_after` seconds where the service names a wait; `error`
    is what to end with when the retries are used up. `unknown`: the service may have executed it.
    `throttled`: the service said that it did nothing and asks for patience. `reason`: why, in part
    of a sentence; `code`: the service's own for a single profile.
    """

    error: ProfilesError
    retry_after: float | None = None
    unknown: bool = False
    throttled: bool = False
    reason: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Unasked:
    """The service could not be asked about the settings; it is asked again as a request would be
    sent again.
    """

    retry: Retry


@dataclass(frozen=True, slots=True)
class Halve:
    """The service refuses the data, perhaps for its size (`too_large`); `refusal` is its word if
    one profile is left, `error` what to end with if that is no record's fault. `unknown`: it is
    not the service that speaks, but something before it, which tells nothing of an earlier try.
    """

    refusal: Rejection
    error: ProfilesError
    too_large: bool = False
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Stop:
    """`error` ends the sync. `unknown`: the service may have executed the request."""

    error: ProfilesError
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """Every profile was accepted but those whose position stands in `rejected`, and those in
    `later`, on which there is no last word: the service asks to send them once more, or refuses the
    caller with them. `ids` are its own of each profile, where they were asked for.
    """

    rejected: Mapping[int, Rejection] = field(default_factory=dict)
    later: Mapping[int, Retry | Stop] = field(default_factory=dict)
    ids: Sequence[str | None] = ()


Outcome = Accepted | Retry | Halve | Stop | Cleared | Unasked
ACCEPTED = Accepted()
