"""Keeps the outcome of each record."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from ..delivery.blame import Resolution
from ..delivery.chunks import Chunk
from ..records.batch import Data
from ..records.key_reader import KeyReader
from ..rejection import Rejection
from ..rejects.line import timestamp
from ..rejects.store import PART_BYTES, utc_now
from ..service.identities import Identities
from ..service.matching import Target
from ..storage.folder import Folder
from ..storage.part_names import own_digits
from . import parts
from .keeper import Keeper
from .line import ACCEPTED, DELETED, REJECTED, RETRIED, SUPERSEDED, UNCHANGED, Place, head, lines

NOT_REPLACED = {"step": "superseded", "code": "rejected"}


class OutcomeRecorder:
    """A recorder of delivery/recorder.py that keeps a line for each record in a folder, in parts:
    one a chunk, or more where they grow large.
    """

    def __init__(
        self,
        folder: Folder,
        readers: Mapping[str, KeyReader],
        *,
        sync: str,
        values: bool = False,
        places: Callable[[int], Place] | None = None,
        clock: Callable[[], datetime] = utc_now,
        part_bytes: int = PART_BYTES,
    ) -> None:
        """`readers` are those of streams by their labels, `sync` is the start of the sync as a
        timestamp. `values`: profiles are named by their keys themselves, else by digests. `places`
        tells where a record stood, by its number in the input from 0, if not in this sync.
        """
        self._readers, self._sync = readers, sync
        self._values, self._clock, self._part_bytes = values, clock, part_bytes
        self._places = places
        self._keeper, self._own = Keeper(folder), own_digits()
        self._open: list[bytes] = []
        self._size = self._parts = 0

    def attach(self, wake: Callable[[], None]) -> None:
        """`wake` is called on another thread whenever more is safe, or nothing more will be."""
        self._keeper.wake = wake

    def answered(self, resolution: Resolution) -> None:
        """Each profile of a chunk, and the records that others took the place of."""
        chunk, rejected, ids = resolution.chunk, resolution.rejected, resolution.ids
        more, start = self._of_request(chunk), 0
        for stream, identities, ordinals, _ in chunk.runs():
            stop = start + len(identities)
            opening = head(stream, chunk.target, ACCEPTED, **more)
            made = self._lines(opening, identities, ordinals, ids[start:stop])
            for place in rejected.keys() & range(start, stop) if rejected else ():
                refused = head(stream, chunk.target, REJECTED, **more, **_why(rejected[place]))
                one = slice(place - start, place - start + 1)
                made[one] = self._lines(refused, identities[one], ordinals[one])
            self._put(made)
            start = stop
        for place, interval, row in chunk.superseded:
            fate = {**more, **NOT_REPLACED} if place in rejected else more
            outcome = REJECTED if place in rejected else SUPERSEDED
            opening = head(interval.stream, chunk.target, outcome, **fate)
            self._put(self._lines(opening, [row.identities], [row.ordinal]))

    def put_off(self, chunk: Chunk, code: str) -> None:
        """Profiles of which the service said that they are to be sent once more."""
        for stream, identities, ordinals, _ in chunk.runs():
            opening = head(stream, chunk.target, RETRIED, **self._of_request(chunk), code=code)
            self._put(self._lines(opening, identities, ordinals))

    def unsent(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        """A record that was rejected here."""
        opening = head(stream, self._target(stream), REJECTED, **self._now(), **_why(rejection))
        self._put(self._lines(opening, self._readers[stream].keys([original]), [ordinal]))

    def unchanged(
        self, stream: str, identities: Sequence[Identities], ordinals: Sequence[int]
    ) -> None:
        """Records that were left out, as the service has them."""
        opening = head(stream, self._target(stream), UNCHANGED, **self._now())
        self._put(self._lines(opening, identities, ordinals))

    def deleted(self, stream: str, originals: Sequence[Data], first: int) -> None:
        """Records that were left out."""
        opening = head(stream, self._target(stream), DELETED, **self._now())
        ordinals = range(first, first + len(originals))
        self._put(self._lines(opening, self._readers[stream].keys(originals), ordinals))

    def begin(self) -> int:
        """Let what is open be written as a part."""
        if self._open:
            # of a resend none is the first of a sync: it does not tell of all its records
            number = self._parts if self._places is None else self._parts + 1
            self._keeper.put(parts.name(self._clock(), number, self._own), self._open)
            self._parts += 1
            self._open, self._size = [], 0
        return self._parts

    def kept(self) -> int:
        """How many parts are safe, of those that were begun."""
        return self._keeper.kept()

    def close(self) -> None:
        """Write what is open, and wait for it."""
        self.begin()
        self._keeper.wait()

    def _put(self, made: list[str]) -> None:
        text = "".join(made).encode()
        self._open.append(text)
        self._size += len(text)
        if self._size >= self._part_bytes:
            self.begin()

    def _lines(
        self,
        opening: str,
        identities: Sequence[Identities],
        ordinals: Sequence[int],
        ids: Sequence[str | None] = (),
    ) -> list[str]:
        rows: Sequence[int | str] = [each + 1 for each in ordinals]
        if self._places is not None:
            rows = [f'{row},"sync":"{sync}"' for sync, row in map(self._places, ordinals)]
        return lines(opening, identities, rows, ids, values=self._values)

    def _target(self, stream: str) -> Target:
        return self._readers[stream].target

    def _now(self) -> dict[str, str]:
        now = {"at": timestamp(self._clock())}
        return now if self._places is not None else {"sync": self._sync, **now}

    def _of_request(self, chunk: Chunk) -> dict[str, str]:
        return {"request_id": chunk.request_id, **self._now()}


def _why(rejection: Rejection) -> dict[str, str]:
    return {"step": rejection.reason, "code": rejection.code}
