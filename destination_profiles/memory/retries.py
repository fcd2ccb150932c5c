"""Rows that the service rejected and that later syncs send again, until a newer one of their
profile is sent.

In the folder of a memory: `retry/` has them, in parts as a store of rejected records has, and
`replaced/` says of which of them a newer one was sent, or may have been.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec

from ..rejection import Rejection
from ..rejects.line import Kept, read, timestamp
from ..rejects.parts import NAME, lines, parts_of
from ..rejects.store import PartStore, Place
from ..storage.folder import Below, Folder, joined
from ..storage.settings import Retried
from ..stream_key import StreamKey
from .store import place

STEP = "service"  # of rejections that have a code of the service
Where = tuple[str, int]  # the start of a sync, and the number of a row in its input, from 1
_wheres = msgspec.json.Decoder(list[Where]).decode


@dataclass(frozen=True, slots=True)
class Own:
    """A stream of a sync: how a person knows it, where its parts stand, the seed of its lane."""

    label: str
    place: Place
    lane: int


class Retries:
    """Those of a memory, for one sync. What is waiting is held by the hashes of identities: rows of
    all streams, as streams of one lane send the same fields of a profile.
    """

    def __init__(
        self,
        folder: Folder,
        name: str,
        setting: Retried,
        *,
        streams: Mapping[StreamKey, Own],
        lanes: Collection[int],
        now: Callable[[], datetime],
        sync: str | None = None,
    ) -> None:
        """Read what waits. Rows of `streams` may be sent again; `lanes` are the seeds of all that
        the memory has; `sync` is the start of the sync where it is not now. Raises ProfilesError as
        the folder does.
        """
        self.folder = Below(folder, joined(place(name), "retry"))
        self._setting, self._now = setting, now
        self._notes = Below(folder, joined(place(name), "replaced"))
        places = {own.label: own.place for own in streams.values()}
        self._store = PartStore(self.folder, places, now, sync=sync)
        self._lanes = {own.label: own.lane for own in streams.values()}
        self._begun = self._notes.names()
        self._replaced, is_in_doubt = self._read_notes()
        self._elsewhere: set[Where] = set()  # rows of other streams
        self._waiting: dict[bytes, list[Where]] = {}
        self._under_way: dict[bytes, int] = {}  # the newest row of a profile that has left
        self._resent: Callable[[int], Where] | None = None
        self.count = 0
        gone: set[Where] = set()
        for part in parts_of(self.folder, streams, others=True)[0]:
            rows = list(_rows(lines(self.folder, part)))
            places_of_all = {kept.origin.place() for kept in rows}
            own = streams.get(part.stream)
            if own is None:
                self._elsewhere |= places_of_all
            else:
                self.count += len(rows)
            gone |= places_of_all if is_in_doubt else self._look(rows, own, lanes)
        self._replace(gone)

    def _look(self, rows: Sequence[Kept], own: Own | None, lanes: Collection[int]) -> set[Where]:
        """Let rows of a part wait, each in its lane; gives those of which nobody knows whether a
        newer one was sent.
        """
        unclear: set[Where] = set()
        for kept in rows:
            where = kept.origin.place()
            if where in self._replaced:
                continue
            lane, identities = _profile_of(kept.origin.profile)
            if identities and lane in lanes and (own is None or lane == own.lane):
                self._wait(identities, where)
            else:
                unclear.add(where)
        return unclear

    def _read_notes(self) -> tuple[set[Where], bool]:
        """Which rows a newer one has replaced, and whether more may be."""
        found: set[Where] = set()
        is_in_doubt = False
        for name in self._begun:
            try:
                found.update(_wheres(self._notes.read(name)))
            except msgspec.MsgspecError:
                is_in_doubt = True
        return found, is_in_doubt

    def _wait(self, ids: Iterable[bytes], where: Where) -> None:
        for each in ids:
            self._waiting.setdefault(each, []).append(where)

    def resending(self, place: Callable[[int], Where]) -> None:
        """What is sent was rejected before, and may be older than what waits: `place` tells where a
        row stood, by its number.
        """
        self._resent = place

    def leaving(self, rows: Iterable[tuple[Sequence[bytes], int]]) -> None:
        """Rows are about to be sent: the hashes of their identities, and their numbers from 0."""
        gone: set[Where] = set()
        for ids, ordinal in rows:
            for each in ids:
                self._under_way[each] = ordinal
                if each in self._waiting:
                    gone.update(self._not_after(each, ordinal))
        self._replace(gone)

    def _not_after(self, identity: bytes, ordinal: int) -> list[Where]:
        """Waiting rows of a profile that are no newer than one that is sent; they wait no more."""
        waiting = self._waiting.pop(identity)
        if self._resent is None:
            return waiting
        place = self._resent(ordinal)
        if later := [each for each in waiting if each > place]:
            self._waiting[identity] = later
        return [each for each in waiting if each <= place]

    def unsent(self, ids: Iterable[bytes]) -> None:
        """Newer rows came, and are not sent. In a resend these are not newer."""
        if self._resent is not None:
            return
        gone: set[Where] = set()
        for each in ids:
            self._under_way.pop(each, None)
            gone.update(self._waiting.pop(each, ()))
        self._replace(gone)

    def settle(self, ids: Sequence[bytes], ordinal: int) -> bool:
        """The last word on a row was said; tells whether it is the newest of its profile."""
        is_newest = all(self._under_way.get(each) == ordinal for each in ids)
        for each in ids:
            if self._under_way.get(each) == ordinal:
                del self._under_way[each]
        return is_newest

    def takes(self, rejection: Rejection) -> bool:
        """Whether a row is to be sent again."""
        return rejection.reason == STEP and rejection.code in self._setting.codes

    def keep(
        self,
        stream: str,
        original: bytes,
        rejection: Rejection,
        ordinal: int,
        *,
        ids: Sequence[bytes],
    ) -> None:
        """Keep a row that it takes, of a profile with these identities. It is safe once `flush`
        returned.
        """
        profile = _profile(self._lanes[stream], ids)
        self._store.put(stream, original, rejection, ordinal, profile=profile)
        self._wait(ids, (self._store.sync, ordinal + 1))

    def flush(self) -> None:
        """Make safe what is kept."""
        self._store.flush()

    def is_due(self, kept: Kept) -> bool:
        """Whether a row is sent in this sync: it was not rejected by it."""
        return kept.origin.sync < self._store.sync

    def is_given_up(self, kept: Kept) -> bool:
        """Whether a row is kept no longer: a newer one was sent, or may have been, or it was sent
        often enough, or is too old.
        """
        return (
            kept.origin.place() in self._replaced
            or kept.origin.attempts > self._setting.max_attempts
            or kept.origin.sync < self._oldest()
        )

    def end(self) -> None:
        """The parts of its streams hold none any more that was replaced. Those of others may, and
        they may be kept for longer than these.
        """
        begun = self._begun.copy()
        self._note(self._replaced & self._elsewhere)
        for name in begun:
            self._notes.remove(name)

    def _oldest(self) -> str:
        """The start of the oldest sync whose rows are not given up."""
        return timestamp(self._now() - timedelta(days=self._setting.max_age_days))

    def _replace(self, gone: set[Where]) -> None:
        gone -= self._replaced
        self._replaced |= gone
        self._note(gone)

    def _note(self, gone: set[Where]) -> None:
        if not gone:
            return
        name = f"{timestamp(self._now()).replace(':', '')}_{len(self._begun):06}.json"
        self._notes.write(name, msgspec.json.encode(sorted(gone)))
        self._begun.append(name)


def is_waiting(folder: Folder, name: str) -> bool:
    """Whether rows are kept in a memory."""
    return any(map(NAME.fullmatch, folder.names(f"{joined(place(name), 'retry')}/")))


def _profile(lane: int, ids: Iterable[bytes]) -> str:
    """How a row says its profile: the seed of a lane, and the hashes of its identities there."""
    return f"{lane:x}:{','.join(each.hex() for each in ids)}"


def _profile_of(text: str | None) -> tuple[int | None, list[bytes]]:
    """Its lane and identities; it has no lane where it cannot be read."""
    lane, _, ids = (text or "").partition(":")
    try:
        return int(lane, 16), [bytes.fromhex(each) for each in ids.split(",") if each]
    except ValueError:
        return None, []


def _rows(texts: Iterable[bytes]) -> Iterator[Kept]:
    for text in texts:
        with suppress(ValueError):  # a line that is broken says nothing
            yield read(text)
