"""Which streams share the entries of a profile, and which have their own."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import msgspec

TWO_WAYS = (
    "Streams find profiles of database {} in different ways, by {}: nothing is skipped there, as "
    "nobody knows which of their rows are of the same profile."
)
OTHER_WAY = (
    "Profiles of database {} are found in another way than before, or at another address, so "
    "everything is sent there."
)
SHARED = (
    "Streams of database {} send fields that others alone have sent before, so everything is sent "
    "there that these have sent."
)


@dataclass(frozen=True)
class Sends:
    """What a stream sends: to a database of a service, whose address is that of all streams of a
    sync, to profiles that are found in a way; the names of its fields, None where they are those
    that its rows have.
    """

    stream: str
    service: str
    db_id: int
    found_by: str
    names: frozenset[str] | None


class Lane(msgspec.Struct):
    """Entries of profiles to which some fields were sent: those of other lanes were not. What was
    ever sent in it stays its own.
    """

    seed: int
    names: list[str] | None

    def shares(self, names: frozenset[str] | None) -> bool:
        """Whether one of these fields was sent in it, or both are of nothing but keys."""
        if self.names is None or names is None:
            return True
        return not names.isdisjoint(self.names) or not (names or self.names)


class Database(msgspec.Struct):
    """Profiles that are found in one way, at the address of a service."""

    found_by: str
    service: str
    lanes: list[Lane] = []


def settle(
    databases: dict[str, Database],
    streams: Iterable[Sends],
    new_seed: Callable[[], int],
    tell: Callable[[str], None],
) -> dict[str, int | None]:
    """Let streams be in their lanes, and change `databases` so. Gives the seed of each stream's
    lane, None where nothing is remembered. `tell` hears what is not as it was.
    """
    seeds: dict[str, int | None] = {}
    by_database: dict[str, list[Sends]] = {}
    for each in streams:
        by_database.setdefault(str(each.db_id), []).append(each)
    for name, those in by_database.items():
        ways = list(dict.fromkeys(each.found_by for each in those))
        if len(ways) > 1:
            databases.pop(name, None)  # what these send is seen by no entry
            seeds |= {each.stream: None for each in those}
            tell(TWO_WAYS.format(name, " and ".join(ways)))
            continue
        known, (found_by,), service = databases.get(name), ways, those[0].service
        if known is None or (known.found_by, known.service) != (found_by, service):
            if known is not None:
                tell(OTHER_WAY.format(name))
            known = databases[name] = Database(found_by, service, [])
        seeds |= _in_lanes(known, those, new_seed, tell)
    return seeds


def _in_lanes(
    database: Database,
    streams: Sequence[Sends],
    new_seed: Callable[[], int],
    tell: Callable[[str], None],
) -> dict[str, int | None]:
    before = {lane.seed for lane in database.lanes}
    of_streams: dict[str, Lane] = {}
    for each in streams:
        shared = [lane for lane in database.lanes if lane.shares(each.names)]
        lane = shared[0] if len(shared) == 1 else Lane(new_seed(), [])
        for one in shared:
            lane.names = _both(lane.names, one.names)
        lane.names = _both(lane.names, each.names)
        database.lanes = [one for one in database.lanes if one not in shared] + [lane]
        of_streams = {name: lane if one in shared else one for name, one in of_streams.items()} | {
            each.stream: lane
        }
    if before - {lane.seed for lane in database.lanes}:
        tell(SHARED.format(streams[0].db_id))
    return {name: lane.seed for name, lane in of_streams.items()}


def _both(some: Iterable[str] | None, others: Iterable[str] | None) -> list[str] | None:
    return None if some is None or others is None else sorted({*some, *others})
