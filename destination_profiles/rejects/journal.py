"""What a resend notes down, so that one that is killed loses nothing and doubles nothing."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec

from ..errors import StoreFailed
from ..storage.folder import Folder
from .line import timestamp

FOLDER = "resend"
SENT, ANSWERED = "_sent.json", "_answered.json"  # ends of names
REMEMBERED = timedelta(hours=23)  # the service knows a request again for a day
Place = tuple[str, int]  # name of a part, and number of a line in it from 0


class Sent(msgspec.Struct, tag="sent"):
    """A request that is about to leave: its id, when, and where its records stand, in order."""

    request_id: str
    at: datetime
    rows: list[Place]


class Answered(msgspec.Struct, tag="answered"):
    """Records that have arrived, and records that were refused."""

    arrived: list[Place]
    refused: list[Place]


_decode = msgspec.json.Decoder(Sent | Answered).decode
_encode = msgspec.json.Encoder().encode


class Journal:
    """Notes in the folder `resend/`, each durable before what it speaks of goes on. They are of use
    until the parts are written anew, and then taken away.
    """

    def __init__(self, folder: Folder, now: datetime) -> None:
        """Read what a resend has left that did not come to its end. Raises StoreFailed where it
        cannot be read.
        """
        self._folder = folder
        self._begun = f"{FOLDER}/{timestamp(now).replace(':', '')}_{uuid4().hex[:8]}"
        self._names = folder.names(f"{FOLDER}/")
        notes = [self._read(name) for name in self._names]
        answered = [each for each in notes if isinstance(each, Answered)]
        self.arrived = {place for each in answered for place in each.arrived}
        self._refused = {place for each in answered for place in each.refused}
        self._sent = [each for each in notes if isinstance(each, Sent)]

    def pending(self, now: datetime) -> list[Sent]:
        """Requests of which some records have no answer, and which the service still knows. Sent
        once more as they were, whole, they do nothing twice, and are answered alike.
        """
        return [each for each in self._unanswered() if now - each.at < REMEMBERED]

    def forgotten(self, now: datetime) -> set[Place]:
        """Where those stand of which it will never be known whether they were executed."""
        old = (each.rows for each in self._unanswered() if now - each.at >= REMEMBERED)
        return {place for rows in old for place in rows if self._is_open(place)}

    def open(self) -> set[Place]:
        """Where those stand that have no answer."""
        rows = (each.rows for each in self._unanswered())
        return {place for each in rows for place in each if self._is_open(place)}

    def _unanswered(self) -> Iterator[Sent]:
        return (each for each in self._sent if any(map(self._is_open, each.rows)))

    def _is_open(self, place: Place) -> bool:
        return place not in self.arrived and place not in self._refused

    def parts(self) -> set[str]:
        """Names of the parts that the notes speak of."""
        places = (place for each in self._sent for place in each.rows)
        return {name for name, _ in (*places, *self.arrived, *self._refused)}

    def sent(self, request_id: str, at: datetime, rows: Sequence[Place]) -> None:
        """Note a request that is about to leave."""
        self._write(Sent(request_id, at, list(rows)))

    def answered(self, arrived: Iterable[Place], refused: Iterable[Place]) -> None:
        """Note an answer."""
        self._write(Answered(list(arrived), list(refused)))

    def end(self) -> None:
        """Take the notes away, as the parts say it all: those of requests first, since without
        their answers they would be sent once more.
        """
        for name in sorted(self._names, key=lambda each: each.endswith(ANSWERED)):
            self._folder.remove(name)

    def _write(self, note: Sent | Answered) -> None:
        end = ANSWERED if isinstance(note, Answered) else SENT
        self._names.append(f"{self._begun}_{len(self._names):06}{end}")
        self._folder.write(self._names[-1], _encode(note))

    def _read(self, name: str) -> Sent | Answered:
        try:
            note: Sent | Answered = _decode(self._folder.read(name))
        except msgspec.MsgspecError:
            raise StoreFailed(
                f"The note {name} of an earlier resend in the object storage cannot be read. Look "
                "at it, take it away, and run this again: its rows may be sent twice."
            ) from None
        return note
