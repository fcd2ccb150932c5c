"""What may be executed twice, where nobody knows whether it was executed."""

from collections.abc import Callable

from ..errors import BadAnswer, ConfigError, ProfilesError
from ..service.outcome import Halve
from .blame import foreign
from .chunks import Chunk

DONE_PERHAPS = (
    "The service asks to send {} profiles later, which it may have updated already, and some "
    "hold a function such as incr that must not be executed twice. What became of them is unknown."
)
NOT_IN_PARTS = (
    "A request of {} bytes, which the service may have executed, is refused as too large (code {}) "
    "by something before it, such as a proxy, and is not sent in parts, as {}. Raise the limit of "
    "what stands before the service, or set batching.max_bytes below these bytes."
)
TRIGGERS = "that could start its triggers twice (skip_triggers is not set)"
FUNCTIONS = "some of its profiles hold a function such as incr that must not be executed twice"


class Repeats:
    """Whether something has the same effect once and twice."""

    def __init__(
        self,
        repeatable: Callable[[bytes], bool] = lambda _profile: True,
        *,
        starts_triggers: bool = True,
    ) -> None:
        """`repeatable` tells whether a profile may be executed twice, triggers aside."""
        self._repeatable, self._starts_triggers = repeatable, starts_triggers

    def against_later(self, chunk: Chunk) -> ProfilesError | None:
        """Why profiles that the service may have executed, and asks for once more, are not sent
        again; None where they may be.
        """
        return (
            None if self._adds_nothing(chunk) else BadAnswer(DONE_PERHAPS.format(f"{len(chunk):,}"))
        )

    def against_parts(self, chunk: Chunk, outcome: Halve) -> ProfilesError | None:
        """Why a chunk that the service may have executed, and that something before it refuses, is
        not sent in parts; None where it may be.

        The parts are other requests with ids of their own, so the service executes them even if it
        has executed the whole. That changes nothing if each profile says what its fields are to be
        (no function adds to them), and no trigger starts: once the parts are done, each profile is
        what it was after the whole. Between the two nothing else of these profiles is sent, as what
        holds one of them waits for the last word on all parts. Left is a service that executes the
        whole later than its parts, and than a later update of the same profile: but that may happen
        as well where the sync ends here, and the next one sends all of it again.

        Only what is too large helps to send in parts; any other page may be gone at the next try.
        """
        if not outcome.too_large:
            return foreign(chunk, outcome)
        if self._starts_triggers:
            why = TRIGGERS
        elif not self._adds_nothing(chunk):
            why = FUNCTIONS
        else:
            return None
        return ConfigError(NOT_IN_PARTS.format(f"{chunk.size:,}", outcome.refusal.code, why))

    def _adds_nothing(self, chunk: Chunk) -> bool:
        return all(self._repeatable(row.profile) for row in chunk.rows)
