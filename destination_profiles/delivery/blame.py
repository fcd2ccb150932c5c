"""Who is to blame for a refusal: the profile, or something that all requests share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import ConfigError, ProfilesError
from ..rejection import Rejection
from ..service.outcome import Halve
from .chunks import Chunk
from .isolation import Isolation

# profiles of a chunk that are refused, and none accepted: then it may be the request that is wrong
MAX_REFUSED = 5
ALL_REFUSED = (
    "The service accepts nothing: it refused {} profiles in requests of their own (code "
    "{}: {}). Something that all requests share is "
    "wrong: check the matching, its field and the database."
)
NOT_ITS_OWN = (
    "It is not the service that refuses these requests, but something before it, such as a proxy "
    "or a firewall (HTTP {}). No record is to blame. Let it pass what the connector sends."
)
TOO_LARGE = (
    "Requests of {} bytes are refused as too large (code {}), which is less than the service "
    "itself takes. No record is to blame. Raise the limit of what stands before the service, such "
    "as a proxy."
)


@dataclass(frozen=True, slots=True)
class Resolution:
    """The last word on a chunk: every profile accepted, but those in `rejected`, by position. `ids`
    are the service's own of each profile, where they were asked for.
    """

    chunk: Chunk
    rejected: Mapping[int, Rejection]
    ids: Sequence[str | None] = ()


@dataclass
class Case:
    """One sealed chunk of which something was refused: the search in it, and the parts that nobody
    is blamed for yet.
    """

    search: Isolation[Chunk] = field(default_factory=Isolation)
    suspects: list[Resolution] = field(default_factory=list)
    trusted: bool = False
    foreign: ProfilesError | None = None  # what refuses is not the service

    def count(self) -> int:
        """Profiles that were refused."""
        return sum(len(each.rejected) for each in self.suspects)

    def trust(self) -> None:
        """Whoever is refused is to blame."""
        self.trusted = True
        self.search.trust()


class Blame:
    """Profiles that were refused wait here as suspects until it is clear whether they are to blame.

    They are where a profile of the same chunk was accepted, or the service was asked about the
    settings, and none is wrong. It is to be asked at five refusals in a chunk of which nothing was
    accepted, and before any profile is blamed while nothing was ever accepted.
    """

    def __init__(self, *, expects_refusals: bool = False) -> None:
        """Start with nothing accepted, and nothing refused. `expects_refusals`: that nothing is
        accepted is no surprise, as all was refused before.
        """
        self.accepted = False
        self._expects_refusals = expects_refusals
        self._cases: dict[Chunk, Case] = {}
        self._alone = 0  # profiles refused in requests of their own while nothing was accepted

    def case(self, chunk: Chunk) -> Case:
        """That of a chunk, or of the one that it is a part of."""
        return self._cases.setdefault(chunk.whole, Case())

    def close(self, whole: Chunk) -> None:
        """The last word on a whole chunk was said."""
        self._cases.pop(whole, None)

    def searches(self) -> Iterator[Isolation[Chunk]]:
        """Those in which a part waits to be sent, the newest first."""
        return (each.search for each in reversed(self._cases.values()) if each.search)

    def waiting(self) -> int:
        """Parts that wait as suspects."""
        return sum(len(each.suspects) for each in self._cases.values())

    def accept(self, chunk: Chunk) -> None:
        """Something of a chunk was accepted."""
        self.accepted = True
        if chunk.whole in self._cases:
            self._cases[chunk.whole].trust()

    def suspect(self, suspect: Resolution) -> None:
        """All profiles of a chunk were refused, each with a code of its own."""
        self.case(suspect.chunk).suspects.append(suspect)

    def suspect_alone(self, chunk: Chunk, outcome: Halve) -> None:
        """A request of a single profile was refused."""
        case = self.case(chunk)
        case.suspects.append(Resolution(chunk, {0: outcome.refusal}))
        case.search.refused()
        case.foreign = case.foreign or foreign(chunk, outcome)
        self._alone += not self.accepted

    def blamed(self) -> Iterator[Resolution]:
        """Suspects that are to blame; the caller settles each before it takes the next."""
        for whole, case in list(self._cases.items()):
            few = self.accepted and case.count() < MAX_REFUSED and self._is_all(whole, case)
            while case.suspects and (case.trusted or few):
                yield case.suspects.pop(0)

    def to_ask(self, *, alone: bool) -> Chunk | None:
        """A suspect for which the service is to be asked. `alone`: nothing but suspects is left
        that could be accepted.
        """
        for case in self._cases.values():
            if case.suspects and not case.trusted and (alone or case.count() >= MAX_REFUSED):
                return case.suspects[0].chunk
        return None

    def error(self, chunk: Chunk) -> ProfilesError | None:
        """What to end with instead of asking: the refusal is not the service's own."""
        return self.case(chunk).foreign

    def clear(self) -> ProfilesError | None:
        """The settings are right. Gives the error to end with where all there was is refused."""
        if not (self.accepted or self._expects_refusals) and self._alone >= MAX_REFUSED:
            refusal = self._last_refusal()
            return ConfigError(ALL_REFUSED.format(self._alone, refusal.code, refusal.loggable))
        for case in self._cases.values():
            if case.suspects and case.foreign is None:
                case.trust()
        return None

    def _last_refusal(self) -> Rejection:
        suspects = [each for case in self._cases.values() for each in case.suspects]
        return next(iter(suspects[-1].rejected.values()))

    @staticmethod
    def _is_all(whole: Chunk, case: Case) -> bool:
        """Whether nothing of a chunk is without a last word but suspects."""
        return whole.parts_left == len(case.suspects)


def foreign(chunk: Chunk, outcome: Halve) -> ProfilesError | None:
    """What to end with where it is not the service that refuses a request; None where it is. No
    chunk is larger than the service takes, so what says so is not the service.
    """
    if outcome.too_large:
        return ConfigError(TOO_LARGE.format(f"{chunk.size:,}", outcome.refusal.code))
    return ConfigError(NOT_ITS_OWN.format(outcome.refusal.code)) if outcome.unknown else None
