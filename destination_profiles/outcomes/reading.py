"""What outcomes tell of profiles, part by part: no more than one is held at a time."""

from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from ..errors import StoreFailed
from ..service.identities import Identities
from ..service.matching import Target
from ..storage.folder import Folder
from . import parts
from .line import (
    ACCEPTED,
    ARRIVED,
    DELETED,
    REJECTED,
    UNCHANGED,
    Line,
    Place,
    Record,
    digest,
    found_by,
)

FEW = (
    50  # texts that are looked for before a line is decoded; beyond it takes as long to decode all
)

IN_PLACE = (ACCEPTED, UNCHANGED)  # what the service has
FOUND_BY = b'"found_by":'  # in a text its quotes are escaped, so it is found as a key alone
Newest = dict[str, Place]  # by stream

_decode_lines = msgspec.json.Decoder(Line).decode_lines


class Profile(NamedTuple):
    """A profile as one of its identities names it: the text that a codec gives, such as that of
    `Batch.identities`.
    """

    db_id: int
    found_by: str
    identity: str


@dataclass
class Known:
    """What is known of some profiles. `since`: the start, as a timestamp, of the first sync of
    which all outcomes are kept; None where there is none. `accepted` and `deleted`: by profile and
    stream, where the newest record stood that the service has, and the newest that its source has
    deleted. `others`: by database, `found_by` and stream, where the newest record of either kind
    stood, whatever its profile; of a `found_by` that all profiles have there is none. `arrived` are
    those of the records asked for that the service took after all.
    """

    since: str | None = None
    accepted: dict[Profile, Newest] = field(default_factory=dict)
    deleted: dict[Profile, Newest] = field(default_factory=dict)
    others: dict[tuple[int, str], Newest] = field(default_factory=dict)
    arrived: set[Record] = field(default_factory=set)

    def newest(self, profile: Profile) -> Iterator[tuple[str, Place]]:
        """Where records of a profile stood, accepted or deleted, with their streams."""
        for places in (self.accepted, self.deleted):
            yield from places.get(profile, {}).items()

    def other_keys(self, target: Target) -> Iterator[tuple[str, str, Place]]:
        """Likewise those of the same database whose profiles are found by something else: which
        profiles these are nobody knows. With each comes what it is found by.
        """
        for (db_id, other), newest in self.others.items():
            if db_id == target.db_id and other != found_by(target):
                yield from ((stream, other, place) for stream, place in newest.items())


def profiles(target: Target, identities: Identities) -> list[Profile]:
    """A profile by each of its identities."""
    return [Profile(target.db_id, found_by(target), each) for each in identities]


def known_of(folder: Folder, wanted: Collection[Profile], records: Container[Record] = ()) -> Known:
    """Which records of profiles were accepted or deleted, as far as outcomes in a folder tell, and
    which of some `records` of theirs have arrived. A record of which `Origin.place()` is smaller is
    older than they are; one whose sync is before `since` may be, too. Raises ProfilesError as the
    folder does.
    """
    known, keys = Known(since(folder)), _keys(wanted)
    names = {each.found_by for each in wanted}
    alone = names if len(names) == 1 else set[str]()
    for line in _lines(folder, keys, [FOUND_BY + msgspec.json.encode(each) for each in alone]):
        if line.outcome in ARRIVED and line.record() in records:
            known.arrived.add(line.record())
        if line.outcome in IN_PLACE:
            places = known.accepted
        elif _is_deletion(line):
            places = known.deleted
        else:
            continue
        if line.found_by not in alone:
            _see(known.others.setdefault((line.db_id, line.found_by), {}), line)
        for profile in _named(keys, line):
            _see(places.setdefault(profile, {}), line)
    return known


def _is_deletion(line: Line) -> bool:
    """Whether the source has deleted the row, and nothing of it was sent."""
    return line.outcome == DELETED or (line.outcome == REJECTED and line.step == DELETED)


def _see(newest: Newest, line: Line) -> None:
    newest[line.stream] = max(newest.get(line.stream, line.place()), line.place())


def lines_of(folder: Folder, wanted: Collection[Profile]) -> Iterator[tuple[Profile, Line]]:
    """All lines of profiles, in the order in which they were written; of a profile that is wanted
    by several of its identities, a line comes with each.
    """
    keys = _keys(wanted)
    for line in _lines(folder, keys, [FOUND_BY]):
        yield from ((profile, line) for profile in _named(keys, line))


def arrived(folder: Folder, sync: str, records: Container[Record]) -> set[Record]:
    """Those of some records that a sync was refused which the service took after all. Raises
    ProfilesError as the folder does.
    """
    return {
        line.record()
        for name in parts.names(folder, since=sync)
        for line in _decoded(name, parts.read(folder, name))
        if line.outcome in ARRIVED and line.record() in records
    }


Keys = Mapping[str, Mapping[tuple[int, str], Profile]]


def _keys(wanted: Collection[Profile]) -> Keys:
    """Profiles by the keys that a line may name them by: their digests, or themselves."""
    keys: dict[str, dict[tuple[int, str], Profile]] = {}
    for profile in wanted:
        for key in (digest(profile.identity), profile.identity):
            keys.setdefault(key, {})[profile.db_id, profile.found_by] = profile
    return keys


def _named(keys: Keys, line: Line) -> list[Profile]:
    """The profiles that a line names."""
    found = [
        keys[each] for each in (line.key, *line.other_keys) if each is not None and each in keys
    ]
    target = line.db_id, line.found_by
    return [each[target] for each in found if target in each]


def _lines(folder: Folder, keys: Keys, own: Collection[bytes]) -> Iterator[Line]:
    """Those that may be of interest: all that name a key, and all without any text of `own`."""
    texts = [msgspec.json.encode(key) for key in keys]
    for name in parts.names(folder) if keys else ():
        yield from _decoded(name, _likely(parts.read(folder, name), texts, own))


def _likely(text: bytes, texts: Collection[bytes], own: Collection[bytes]) -> bytes:
    if len(texts) > FEW:
        return text
    held = [each for each in texts if each in text]
    are_strange = sum(map(text.count, own)) < text.count(FOUND_BY)
    if not held and not are_strange:
        return b""
    return b"\n".join(
        line
        for line in text.split(b"\n")
        if any(each in line for each in held)
        or (are_strange and not any(each in line for each in own))
    )


def _decoded(name: str, text: bytes) -> list[Line]:
    try:
        return _decode_lines(text)
    except ValueError:
        raise StoreFailed(parts.BROKEN.format(name)) from None


def since(folder: Folder) -> str | None:
    """The start of the first sync of which all outcomes are kept, None where there is none. Parts
    go by their age, so that of the oldest sync some may have gone.
    """
    for name in parts.names(folder):
        if parts.is_first(name):
            first, *_ = parts.read(folder, name).split(b"\n", 1)
            return _decoded(name, first)[0].sync
    return None
