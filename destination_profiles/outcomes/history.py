"""What became of a customer: the outcomes and the rejected records of a profile, put together."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from ..catalog import StreamInfo
from ..config import Config
from ..records.key_reader import KeyReader
from ..rejects.line import UNKNOWN, Kept, read
from ..rejects.parts import lines, parts_of
from ..rejects.streams import streams_in
from ..service.manifest import service
from ..storage.folder import Folder
from ..stream_key import StreamKey
from ..stream_key import label as label_of
from .line import ARRIVED, REJECTED, Line, Record
from .reading import Profile, lines_of, profiles

AT_ONCE = 256  # rejected records whose keys are read together
ANY_MODE = "append"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that became of a record of a profile. `attempts`, `waits` and `message` are those
    of a rejected record that is kept, and so waits to be sent again, unless it has arrived since;
    `in_doubt`: it was sent again, and no answer came.
    """

    at: str
    stream: str
    outcome: str
    sync: str
    row: int
    step: str | None = None
    code: str | None = None
    message: str | None = None
    request_id: str | None = None
    profile_id: str | None = None
    attempts: int = 1
    waits: bool = False
    in_doubt: bool = False

    def record(self) -> Record:
        """The record that it is about."""
        return self.stream, self.sync, self.row


def history(
    folder: Folder, config: Config, wanted: Collection[Profile], stream: str | None = None
) -> list[Event]:
    """All that is kept of profiles, the newest first; of one stream, where its name is given."""
    told = {_event(line) for _, line in lines_of(folder, wanted) if is_called(line.stream, stream)}
    kept = [
        _kept_event(label, each)
        for key in streams_in(folder.names())
        if is_called(label := label_of(key), stream)
        for each in _kept(folder, config, key, wanted)
    ]
    return sorted(_joined(told, kept), key=lambda each: (each.at, each.row), reverse=True)


def is_called(label: str, stream: str | None) -> bool:
    """Whether a person who names a stream, or none, may mean the one of a label."""
    return stream is None or label == stream or label.endswith(f".{stream}")


def _joined(told: Collection[Event], kept: Iterable[Event]) -> Iterator[Event]:
    """The newest refusal of a record that is kept is one event with what is kept of it."""
    arrived = {each.record() for each in told if each.outcome in ARRIVED}
    waiting = {
        each.record(): replace(each, waits=False, in_doubt=False)
        if each.record() in arrived
        else each
        for each in kept
    }
    for each in sorted(told, key=lambda each: each.at, reverse=True):
        mine = waiting.get(each.record())
        if each.outcome == REJECTED and mine is not None and mine.request_id is None:
            waiting[each.record()] = replace(mine, request_id=each.request_id or "")
        else:
            yield each
    yield from waiting.values()


def _event(line: Line) -> Event:
    return Event(
        line.at,
        line.stream,
        line.outcome,
        line.sync,
        line.row,
        step=line.step,
        code=line.code,
        request_id=line.request_id,
        profile_id=line.profile_id,
    )


def _kept_event(stream: str, kept: Kept) -> Event:
    origin = kept.origin
    return Event(
        kept.at,
        stream,
        REJECTED,
        origin.sync,
        origin.row,
        step=kept.reason,
        code=kept.code,
        message=kept.message,
        attempts=origin.attempts,
        waits=True,
        in_doubt=origin.fate == UNKNOWN,
    )


def _kept(
    folder: Folder, config: Config, stream: StreamKey, wanted: Collection[Profile]
) -> Iterator[Kept]:
    """The rejected records of a stream that are of a profile, those of earlier versions too."""
    namespace, name = stream
    reader = KeyReader(StreamInfo(name, namespace, {}, ANY_MODE), config, service())
    those = frozenset(wanted)
    parts, _ = parts_of(folder, [stream])
    for part in parts:
        records = list(_records(lines(folder, part)))
        for some in (records[each : each + AT_ONCE] for each in range(0, len(records), AT_ONCE)):
            keys = reader.keys([each.original for each in some])
            for each, identities in zip(some, keys, strict=True):
                if not those.isdisjoint(profiles(reader.target, identities)):
                    yield each


def _records(texts: Iterable[bytes]) -> Iterator[Kept]:
    for each in texts:
        with suppress(ValueError):  # a line that a person has broken says nothing
            yield read(each)
