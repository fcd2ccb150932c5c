"""Lines of stdin become records and states."""

import codecs
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from io import BytesIO
from typing import Any

import msgspec

from ..errors import BrokenInput, NoMessages
from ..records.changes import KEPT, Change
from ..records.salvage import TOO_DEEP, clean, fault, flattened, lenient
from ..rejection import Rejection
from ..stream_key import StreamKey
from .estimates import Estimates
from .looks import LOOKED_AT, holds_message, look

decode = msgspec.json.Decoder().decode
_decode_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


NOTHING = msgspec.Raw()


class Record(msgspec.Struct, gc=False):
    """A record: `data` are its bytes as they came, not decoded yet."""

    stream: str
    data: msgspec.Raw
    namespace: str | None = None
    meta: msgspec.Raw = NOTHING


class Records(msgspec.Struct):
    """The `data` of records of one stream that follow each other."""

    stream: str
    namespace: str | None
    data: list[msgspec.Raw]


class ChangedRecord(msgspec.Struct):
    """A record of which its source says that some values are not those it has."""

    stream: str
    data: msgspec.Raw
    changes: list[Change]
    namespace: str | None = None


class FaultyRecord(msgspec.Struct):
    """A record that no strict JSON reader takes; `data` are bytes that any reader does."""

    stream: str
    data: bytes
    rejection: Rejection
    namespace: str | None = None


class State(msgspec.Struct):
    """A state: the message's own parts, byte for byte, and the stream it is of, or None where it is
    of all streams.
    """

    message: Mapping[str, Any]
    state: dict[str, Any]
    stream: StreamKey | None


Message = Records | ChangedRecord | FaultyRecord | State


class _RecordMessage(msgspec.Struct, gc=False, tag_field="type", tag="RECORD"):
    record: Record


class _StateMessage(
    msgspec.Struct, gc=False, tag_field="type", tag="STATE", forbid_unknown_fields=True
):
    state: msgspec.Raw


class _Broken(msgspec.Struct):
    line: bytes
    what: str


class _Descriptor(msgspec.Struct):
    name: str
    namespace: str | None = None


class _StreamState(msgspec.Struct):
    stream_descriptor: _Descriptor


class _Meta(msgspec.Struct):
    changes: list[Change] = []


LONGEST_EMPTY = 24  # bytes of a record's `meta` that holds no change, as sources write it
_meta = msgspec.json.Decoder(_Meta)
NO_PARTS = "holds a state without its parts"
_messages = msgspec.json.Decoder(_RecordMessage | _StateMessage)
KINDS = frozenset(  # of messages; every other `type` may be a column of a row
    {
        "RECORD", "STATE", "LOG", "TRACE", "CATALOG", "DESTINATION_CATALOG", "SPEC", "CONTROL",
        "CONNECTION_STATUS",
    }
)  # fmt: skip
_FAULTS = (ValueError, RecursionError)  # msgspec's errors are ValueErrors, and others of text
_NOT_WHOLE = (*_FAULTS, KeyError)
_STATE: Mapping[str, Any] = {"type": "STATE"}


class Decoder:
    """Lines to messages. `chatter` counts lines that are no Airbyte message, `lines` all lines."""

    def __init__(self) -> None:
        """Start at line 0."""
        self.lines = 0
        self.chatter = 0
        self.estimates = Estimates()
        self._start = b""  # of the input
        self._understood = False  # a message was in it

    def check(self) -> None:
        """At the end: raises NoMessages where something came in, and no message was in it."""
        if self._start.strip() and not self._understood:
            raise NoMessages(self.lines, look(self._start))

    def messages(self, block: bytes) -> Iterator[Message]:
        """What stands in some whole lines; those that the destination has nothing to do with are
        left out.

        Raises BrokenInput, once all before it is given, for a line in which a record may be lost:
        it begins as a JSON object or mentions a record, and is cut, broken or of another type.
        """
        before = self.lines
        if not before:  # a file that was saved on Windows begins with it
            block = block.removeprefix(codecs.BOM_UTF8)
        if not self._start:
            self._start = block.lstrip()[:LOOKED_AT]
        count = block.count(b"\n") + (block[-1:] not in (b"\n", b""))
        try:
            whole: list[Any] = _messages.decode_lines(block)
        except _FAULTS:
            whole = []
        # Any white space parts messages for it, so a line may hold two of them or half of one. Then
        # each line has a look of its own.
        is_whole = len(whole) == count
        self._understood = self._understood or bool(whole)
        found: Iterable[Any] = whole if is_whole else map(self._message, BytesIO(block))
        run: Records | None = None
        for message in found:
            self.lines += 1
            if type(message) is _RecordMessage:
                record = message.record
                meta = record.meta
                is_long = meta is not NOTHING and len(meta) > LONGEST_EMPTY
                if is_long and (changes := _changes(meta)):
                    if run is not None:
                        yield run
                        run = None
                    yield ChangedRecord(record.stream, record.data, changes, record.namespace)
                    continue
                if run is not None:
                    if record.stream == run.stream and record.namespace == run.namespace:
                        run.data.append(record.data)
                        continue
                    yield run
                run = Records(record.stream, record.namespace, [record.data])
                continue
            if run is not None:
                yield run
                run = None
            if (other := self._other(message, block, self.lines - before)) is not None:
                yield other
        if run is not None:
            yield run

    def _other(self, message: Any, block: bytes, line: int) -> FaultyRecord | State | None:
        """What is given of a message that is no record, the one in a line of a block."""
        match message:
            case _StateMessage():
                try:  # a copy: it may wait long, and is a part of a large block
                    return _state(_STATE, bytes(message.state))
                except _NOT_WHOLE:
                    broken = _Broken(BytesIO(block).readlines()[line - 1], NO_PARTS)
                    raise self._broken(broken) from None
            case _Broken():
                raise self._broken(message)
            case FaultyRecord() | State():
                return message
        return None

    def _message(
        self, line: bytes
    ) -> _RecordMessage | _StateMessage | FaultyRecord | State | _Broken | None:
        """What a line is by itself; None where the destination has nothing to do with it."""
        try:
            message: _RecordMessage | _StateMessage = _messages.decode(line)
        except _FAULTS:
            return self._odd_line(line) if line.strip() else None
        self._understood = True
        return message

    def _odd_line(self, line: bytes) -> _RecordMessage | FaultyRecord | State | _Broken | None:
        stripped = line.strip()
        if not stripped.startswith(b"{"):
            is_mixed = b'"RECORD"' in stripped or b'"STATE"' in stripped
            self.chatter += not is_mixed
            return _Broken(line, "mixes a message with other text") if is_mixed else None
        odd: Rejection | None = None
        try:
            try:
                message = lenient(stripped)
            except RecursionError:
                message, odd = lenient(flattened(stripped)), TOO_DEEP
        except (ValueError, RecursionError):
            return _Broken(line, "is cut or is not valid JSON")
        kind = message.get("type")
        self._understood = self._understood or (isinstance(kind, str) and kind in KINDS)
        if kind == "RECORD":
            return self._odd_record(line, message.get("record"), odd)
        if kind == "STATE":
            return self._odd_state(line)
        if holds_message(message):
            return _Broken(line, "holds a record or a state, and has another type")
        if kind == "TRACE":
            self.estimates.hear(message)
        self.chatter += not isinstance(kind, str) or kind not in KINDS
        return None

    def _odd_record(
        self, line: bytes, record: Any, odd: Rejection | None
    ) -> _RecordMessage | FaultyRecord | _Broken:
        stream, namespace = (
            (record.get("stream"), record.get("namespace"))
            if isinstance(record, dict)
            else (None, None)
        )
        if (
            not isinstance(stream, str)
            or not isinstance(namespace, str | None)
            or "data" not in record
        ):
            return _Broken(line, "holds a record without a stream or without data")
        data = clean(record["data"])
        rejection = odd or fault(record["data"])
        if rejection is None:
            meta = record.get("meta")
            told = msgspec.Raw(clean(meta)) if isinstance(meta, dict) else NOTHING
            return _RecordMessage(Record(stream, msgspec.Raw(data), namespace, told))
        return FaultyRecord(stream, data, rejection, namespace)

    def _odd_state(self, line: bytes) -> State | _Broken:
        """A state with parts beside `state`."""
        try:
            message = _decode_parts(line)
        except _FAULTS:
            return _Broken(line, "holds a state that cannot be given back as it came")
        try:
            return _state(message, message.pop("state"))
        except _NOT_WHOLE:
            return _Broken(line, NO_PARTS)

    def _broken(self, broken: _Broken) -> BrokenInput:
        line = broken.line.removesuffix(b"\n")
        size, digest = len(line), hashlib.sha256(line).hexdigest()[:16]
        return BrokenInput(
            f"Line {self.lines:,} of the input {broken.what} ({size:,} bytes, SHA-256 "
            f"{digest}...). A record may be lost in it, so the "
            "sync stops; what came before it is delivered. Run the sync again, "
            "and look at the source's log."
        )


def _changes(meta: msgspec.Raw) -> list[Change]:
    """What a record's `meta` says of its values."""
    try:
        changes = _meta.decode(meta).changes
    except _FAULTS:
        return []
    return [each for each in changes if each.change in KEPT]


def _state(message: Mapping[str, Any], parts: bytes) -> State:
    """A state of its `parts` and of what the message has beside them. Raises what msgspec does, or
    KeyError, where they are not whole.
    """
    state = {
        "global" if key == "global_" else key: value for key, value in _decode_parts(parts).items()
    }
    if decode(state.get("type", b"null")) != "STREAM":
        return State(message, state, None)
    descriptor = msgspec.json.decode(state["stream"], type=_StreamState).stream_descriptor
    return State(message, state, (descriptor.namespace or None, descriptor.name))
