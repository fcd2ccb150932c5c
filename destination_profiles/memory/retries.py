"""Rows that the service rejected and that later syncs send again, until a newer one of their
profile is sent.

In the folder of a memory: `retry/` has them, in parts as a store of rejected records has, and
`replaced/` says of which of them a newer one was sent.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

import msgspec

from ..rejection import Rejection
from ..rejects.line import Kept, read, timestamp
from ..rejects.parts import lines, parts_of
from ..rejects.store import PartStore, Place
from ..storage.folder import Below, Folder, joined
from ..storage.settings import Retried
from ..stream_key import StreamKey
from .store import place

AT_ONCE = 256  # rows whose identities are read together
STEP = "service"  # of rejections that have a code of the service
Where = tuple[str, int]  # the start of a sync, and the number of a row in its input, from 1
_wheres = msgspec.json.Decoder(list[Where]).decode
Hashed = Callable[[StreamKey, Sequence[bytes]], Iterable[Sequence[bytes]]]


class Retries:
    """Those of a memory, for one sync. What is waiting is held by the hashes of identities."""

    def __init__(
        self,
        folder: Folder,
        name: str,
        setting: Retried,
        *,
        streams: Mapping[StreamKey, Place],
        labels: Mapping[StreamKey, str],
        hashed: Hashed,
        now: Callable[[], datetime],
    ) -> None:
        """Read what waits of `streams`, which stand at some places. `hashed` gives the hashes of
        the identities of rows. Raises ProfilesError as the folder does.
        """
        self.folder = Below(folder, joined(place(name), "retry"))
        self._setting, self._now, self._hashed = setting, now, hashed
        self._notes = Below(folder, joined(place(name), "replaced"))
        self._store = PartStore(self.folder, {labels[key]: streams[key] for key in streams}, now)
        self._begun = self._notes.names()
        self._replaced, self._is_in_doubt = self._read_notes()
        self._here: set[Where] = set()
        self._waiting: dict[bytes, list[Where]] = {}
        self._under_way: dict[bytes, int] = {}  # the newest row of a profile that has left
        self.count = 0
        for part in parts_of(self.folder, streams)[0]:
            rows = list(_rows(lines(self.folder, part)))
            self.count += len(rows)
            for start in range(0, len(rows), AT_ONCE):
                some = rows[start : start + AT_ONCE]
                originals = [each.original for each in some]
                self._here.update(each.origin.place() for each in some)
                for kept, ids in zip(some, hashed(part.stream, originals), strict=True):
                    self._wait(ids, kept.origin.place())

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

    def leaving(self, rows: Iterable[tuple[Sequence[bytes], int]]) -> None:
        """Rows are about to be sent: the hashes of their identities, and their numbers from 0."""
        gone: set[Where] = set()
        for ids, ordinal in rows:
            for each in ids:
                self._under_way[each] = ordinal
                gone.update(self._waiting.pop(each, ()))
        self._replace(gone)

    def unsent(self, ids: Iterable[bytes]) -> None:
        """Newer rows came, and are not sent."""
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
        where = self._store.sync, ordinal + 1
        self._store.put(stream, original, rejection, ordinal)
        self._here.add(where)
        self._wait(ids, where)

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
            (self._is_in_doubt and self.is_due(kept))
            or kept.origin.place() in self._replaced
            or kept.origin.attempts > self._setting.max_attempts
            or kept.origin.sync < self._oldest()
        )

    def end(self) -> None:
        """The parts of its streams hold none any more that was replaced. Those of others may."""
        begun, oldest = self._begun.copy(), self._oldest()
        self._note({each for each in self._replaced - self._here if each[0] >= oldest})
        for name in begun:
            self._notes.remove(name)

    def _oldest(self) -> str:
        """The start of the oldest sync whose rows are not given up."""
        return timestamp(self._now() - timedelta(days=self._setting.max_age_days))

    def _replace(self, gone: set[Where]) -> None:
        self._replaced |= gone
        self._note(gone)

    def _note(self, gone: set[Where]) -> None:
        if not gone:
            return
        name = f"{timestamp(self._now()).replace(':', '')}_{len(self._begun):06}.json"
        self._notes.write(name, msgspec.json.encode(sorted(gone)))
        self._begun.append(name)


def _rows(texts: Iterable[bytes]) -> Iterator[Kept]:
    for text in texts:
        with suppress(ValueError):  # a line that is broken says nothing
            yield read(text)
