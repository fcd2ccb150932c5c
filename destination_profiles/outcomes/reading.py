"""What outcomes tell of profiles, part by part: no more than one is held at a time."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from ..errors import StoreFailed
from ..service.identities import Identities
from ..service.matching import Target
from ..storage.folder import Folder
from . import parts
from .line import ACCEPTED, UNCHANGED, Line, Place, digest, found_by

FEW = (
    50  # texts that are looked for before a line is decoded; beyond it takes as long to decode all
)

IN_PLACE = (ACCEPTED, UNCHANGED)  # what the service has

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
    which all outcomes are kept; None where there is none. `newest`: by profile and stream, where
    the newest record stood that was accepted.
    """

    since: str | None = None
    newest: dict[Profile, dict[str, Place]] = field(default_factory=dict)


def profiles(target: Target, identities: Identities) -> list[Profile]:
    """A profile by each of its identities."""
    return [Profile(target.db_id, found_by(target), each) for each in identities]


def later_accepted(folder: Folder, wanted: Collection[Profile]) -> Known:
    """Which records of profiles were accepted, as far as outcomes in a folder tell. A record of
    which `Origin.place()` is smaller than a `newest` is older than one that was accepted; one whose
    sync is before `since` may be, too. Raises ProfilesError as the folder does.
    """
    known = Known(since(folder))
    for profile, line in lines_of(folder, wanted):
        if line.outcome in IN_PLACE:
            of_streams = known.newest.setdefault(profile, {})
            of_streams[line.stream] = max(of_streams.get(line.stream, ("", 0)), line.place())
    return known


def lines_of(folder: Folder, wanted: Collection[Profile]) -> Iterator[tuple[Profile, Line]]:
    """All lines of profiles, in the order in which they were written; of a profile that is wanted
    by several of its identities, a line comes with each.
    """
    keys = _keys(wanted)
    texts = [msgspec.json.encode(key) for key in keys]
    for name in parts.names(folder) if wanted else ():
        for line in _decoded(name, _likely(parts.read(folder, name), texts)):
            for key in (line.key, *line.other_keys):
                profile = keys.get(str(key), {}).get((line.db_id, line.found_by))
                if profile is not None:
                    yield profile, line


def _keys(wanted: Collection[Profile]) -> Mapping[str, Mapping[tuple[int, str], Profile]]:
    """Profiles by the keys that a line may name them by: their digests, or themselves."""
    keys: dict[str, dict[tuple[int, str], Profile]] = {}
    for profile in wanted:
        for key in (digest(profile.identity), profile.identity):
            keys.setdefault(key, {})[profile.db_id, profile.found_by] = profile
    return keys


def _likely(text: bytes, texts: Collection[bytes]) -> bytes:
    """The lines that may be of interest."""
    if len(texts) > FEW:
        return text
    held = [each for each in texts if each in text]
    if not held:
        return b""
    return b"\n".join(line for line in text.split(b"\n") if any(each in line for each in held))


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
