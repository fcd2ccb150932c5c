"""What a resend notes down, so that one that is killed loses nothing and doubles nothing."""

from collections.abc import Iterable
from datetime import datetime
from uuid import uuid4

import msgspec

from ..errors import StoreFailed
from ..storage.folder import Folder
from .line import timestamp

FOLDER = "resend"
SENT, ANSWERED = "_sent.json", "_answered.json"  # ends of names
Place = tuple[str, int]  # name of a part, and number of a line in it from 0


class Sent(msgspec.Struct, tag="sent"):
    """A request that is about to leave: its id, and where its records stand."""

    request_id: str
    rows: list[Place]


class Answered(msgspec.Struct, tag="answered"):
    """Records that have arrived, and records that were not executed."""

    arrived: list[Place]
    refused: list[Place]


_decode = msgspec.json.Decoder(Sent | Answered).decode
_encode = msgspec.json.Encoder().encode


class Journal:
    """Notes in the folder `resend/`, each durable before what it speaks of goes on. They are of use
    until the parts are written anew, and then taken away.
    """

    def __init__(self, folder: Folder, now: datetime) -> None:
        """Read what a resend has left that did not come to its end: `arrived` is where those stand
        that have arrived, `open` where those stand that may have. Raises StoreFailed where it
        cannot be read.
        """
        self._folder = folder
        self._begun = f"{FOLDER}/{timestamp(now).replace(':', '')}_{uuid4().hex[:8]}"
        self._names = folder.names(f"{FOLDER}/")
        notes = [self._read(name) for name in self._names]
        answered = [each for each in notes if isinstance(each, Answered)]
        sent = {place for each in notes if isinstance(each, Sent) for place in each.rows}
        self.arrived = {place for each in answered for place in each.arrived}
        refused = {place for each in answered for place in each.refused}
        self.open = sent - refused - self.arrived
        self.parts = {name for name, _ in sent | self.arrived}

    def sent(self, request_id: str, rows: Iterable[Place]) -> None:
        """Note a request that is about to leave."""
        self._write(Sent(request_id, list(rows)))

    def answered(self, arrived: Iterable[Place], refused: Iterable[Place]) -> None:
        """Note an answer."""
        self._write(Answered(list(arrived), list(refused)))

    def end(self) -> None:
        """Take the notes away, as the parts say it all: those of requests first, since without
        their answers they would speak of doubt.
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
                "at it, remove it, and run this again: its rows may be sent twice."
            ) from None
        return note
