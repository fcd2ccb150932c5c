"""Where the records of a stream go."""

from collections.abc import Callable
from dataclasses import dataclass

from ..service.formats import Envelope
from ..service.matching import Target
from .batch import Row


@dataclass(frozen=True, slots=True)
class Route:
    """The way of a stream's records: its label, the target of its profiles, the envelope of its
    requests. `supersedes(later, earlier)` tells whether one record of the stream may take the place
    of another of the same profile; None where the sync mode sends all.
    """

    label: str
    target: Target
    envelope: Envelope
    supersedes: Callable[[Row, Row], bool] | None = None
