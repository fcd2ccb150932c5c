"""Who is to blame for a refusal: the profile, or something that all requests share."""

from collections import Counter
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
    "It is not the service that refuses these requests, but something in front of it, such as a "
    "proxy or a firewall (HTTP {}). No record is to blame. Let it pass what the connector sends."
)
TOO_LARGE = (
    "Requests of {} bytes are refused as too large (code {}), which is less than the service "
    "itself takes. No record is to blame. Raise the limit of what is in front of the service, such "
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
    alone: int = 0  # profiles that were refused in requests of their own
    foreign: ProfilesError | None = None  # what refuses is not the service
    pages: int = 0  # such refusals of single profiles since something was accepted

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
    settings, and none is wrong. It is to be asked at five refusals, in a chunk of which nothing was
    accepted or in several small ones since the last acceptance, and before any profile is blamed
    while nothing was ever accepted. What one database accepts says nothing of another.

    Settings that are right do not mean that the service is well. One that refuses five requests of
    a single profile in a chunk of which it accepts nothing is given up, as those lie apart.
    """

    def __init__(self, *, expects_refusals: bool = False) -> None:
        """Start with nothing accepted, and nothing refused. `expects_refusals`: that nothing is
        accepted is no surprise, as all was refused before.
        """
        self._accepted: set[int] = set()  # databases that accepted something
        self._expects_refusals = expects_refusals
        self._cases: dict[Chunk, Case] = {}
        # of a database, since it accepted something: profiles that were blamed unasked, and those
        # that were refused in requests of their own
        self._blamed: Counter[int] = Counter()
        self._alone: Counter[int] = Counter()

    def case(self, chunk: Chunk) -> Case:
        """That of a chunk, or of the one that it is a part of."""
        return self._cases.setdefault(chunk.whole, Case())

    def close(self, whole: Chunk) -> None:
        """The last word on a whole chunk was said."""
        self._cases.pop(whole, None)

    def searches(self) -> Iterator[Isolation[Chunk]]:
        """Those in which a part waits to be sent, the newest first."""
        return (each.search for each in reversed(self._cases.values()) if each.search)

    def accept(self, chunk: Chunk) -> None:
        """Something of a chunk was accepted."""
        db_id = chunk.target.db_id
        self._accepted.add(db_id)
        self._blamed[db_id] = self._alone[db_id] = 0
        if (case := self._cases.get(chunk.whole)) is not None:
            case.foreign, case.pages = None, 0
            case.trust()

    def suspect(self, suspect: Resolution) -> None:
        """All profiles of a chunk were refused, each with a code of its own."""
        self.case(suspect.chunk).suspects.append(suspect)

    def suspect_alone(self, chunk: Chunk, outcome: Halve) -> None:
        """A request of a single profile was refused."""
        case = self.case(chunk)
        case.suspects.append(Resolution(chunk, {0: outcome.refusal}))
        case.search.refused()
        case.alone += 1
        if (error := foreign(chunk, outcome)) is not None:
            case.foreign, case.pages = case.foreign or error, case.pages + 1
            # a filter may refuse what one record holds; so many behind each other is a proxy
            case.trusted = case.trusted and case.pages < MAX_REFUSED
        self._alone[chunk.target.db_id] += 1

    def blamed(self) -> Iterator[Resolution]:
        """Suspects that are to blame; the caller settles each before it takes the next."""
        for whole, case in list(self._cases.items()):
            db_id = whole.target.db_id
            is_well = db_id in self._accepted and case.foreign is None and not case.trusted
            few = self._blamed[db_id] + case.count() < MAX_REFUSED and self._is_all(whole, case)
            if is_well and few:
                self._blamed[db_id] += case.count()
                case.trust()
            while case.suspects and case.trusted:
                yield case.suspects.pop(0)

    def to_ask(self, under_way: Mapping[int, int]) -> Chunk | None:
        """A suspect for which the service is to be asked. `under_way` counts the chunks of each
        database that are: nothing but suspects may be left of it that could be accepted.
        """
        waiting: Counter[int] = Counter()
        for whole, case in self._cases.items():
            waiting[whole.target.db_id] += len(case.suspects)
        for whole, case in self._cases.items():
            left = under_way.get(whole.target.db_id, 0) - waiting[whole.target.db_id]
            many = max(case.count(), case.pages) >= MAX_REFUSED
            if case.suspects and not case.trusted and (many or not left):
                return case.suspects[0].chunk
        return None

    def error(self, chunk: Chunk) -> ProfilesError | None:
        """What to end with instead of asking: the refusal is not the service's own."""
        return self.case(chunk).foreign

    def clear(self) -> ProfilesError | None:
        """The settings are right. Gives the error to end with where all there was is refused."""
        asked = [
            (whole.target.db_id, case)
            for whole, case in self._cases.items()
            if case.suspects and not case.trusted and case.foreign is None
        ]
        for db_id, case in asked:
            refused = case.alone if db_id in self._accepted else self._alone[db_id]
            if refused >= MAX_REFUSED and not self._expects_refusals:
                refusal = next(iter(case.suspects[-1].rejected.values()))
                return ConfigError(ALL_REFUSED.format(refused, refusal.code, refusal.loggable))
        for _, case in asked:
            case.trust()
        self._blamed.clear()
        return None

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
