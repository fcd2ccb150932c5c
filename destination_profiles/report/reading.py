"""What a sync printed becomes runs again."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from ..protocol.figures import FIGURES, STARTED, Figures, Requested, Sample, Started
from ..stream_key import label


class _Descriptor(msgspec.Struct):
    name: str
    namespace: str | None = None


class _Stream(msgspec.Struct):
    stream_descriptor: _Descriptor


class _Stats(msgspec.Struct):
    record_count: float = msgspec.field(default=0.0, name="recordCount")
    rejected: float = msgspec.field(default=0.0, name="rejectedRecordCount")


class _State(msgspec.Struct):
    stats: _Stats | None = msgspec.field(default=None, name="destinationStats")
    stream: _Stream | None = None


class _Analytics(msgspec.Struct):
    type: str
    value: str | None = None


class _Error(msgspec.Struct):
    message: str = ""
    failure_type: str = ""


class _Trace(msgspec.Struct):
    type: str
    analytics: _Analytics | None = None
    error: _Error | None = None


class _Message(msgspec.Struct):
    type: str
    state: _State | None = None
    trace: _Trace | None = None


UNKNOWN = "unknown"  # kind of failure
OF_ALL = ""  # where a state is of all streams
_message = msgspec.json.Decoder(_Message).decode
_started = msgspec.json.Decoder(Started).decode
_figures = msgspec.json.Decoder(Figures).decode


@dataclass(slots=True)
class Run:
    """One attempt of a sync. `figures` are its last ones; `requests` have beside each how many it
    stands for. `delivered` and `rejected` are those of its states, by stream.
    """

    started: Started | None = None
    figures: Figures | None = None
    samples: list[Sample] = field(default_factory=list)
    requests: list[tuple[Requested, int]] = field(default_factory=list)
    states: int = 0
    delivered: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    error: str | None = None
    failure_type: str = ""

    def is_empty(self) -> bool:
        """Whether nothing is known of it."""
        return not (self.started or self.figures or self.states or self.error)

    def is_whole(self) -> bool:
        """Whether it said its last word."""
        return self.figures is not None and self.figures.ended


@dataclass(frozen=True, slots=True)
class Output:
    """The runs of a file, how many of its lines are messages, and are none, and how many of the
    messages are those of a source: rows, and states that no sync has counted.
    """

    runs: list[Run]
    messages: int
    others: int
    of_source: int


def read(lines: Iterable[str]) -> Output:
    """The runs whose messages stand in some lines, in their order. Whatever else stands in them is
    passed over.
    """
    reader = _Reader()
    for line in filter(str.strip, lines):
        reader.take(line)
    return Output([run for run in reader.runs if not run.is_empty()], *reader.counts())


class _Reader:
    def __init__(self) -> None:
        self.runs = [Run()]
        self._messages = self._others = self._of_source = 0

    def counts(self) -> tuple[int, int, int]:
        return self._messages, self._others, self._of_source

    def take(self, line: str) -> None:
        try:
            message = _message(line)
        except ValueError:
            self._others += 1
            return
        self._messages += 1
        if message.type == "STATE" and message.state is not None:
            self._state(message.state)
        elif message.type == "RECORD":
            self._of_source += 1
        elif message.trace is not None and message.trace.error is not None:
            self._failed(message.trace.error)
        elif message.trace is not None and message.trace.analytics is not None:
            self._told(message.trace.analytics)

    def _open(self) -> Run:
        """The run that goes on: nothing follows the last word of one."""
        if self.runs[-1].failure_type or self.runs[-1].is_whole():
            self.runs.append(Run())
        return self.runs[-1]

    def _state(self, state: _State) -> None:
        run = self._open()
        found = state.stream and state.stream.stream_descriptor
        of = label((found.namespace, found.name)) if found else OF_ALL
        run.states += 1
        if state.stats is None:
            self._of_source += 1
            return
        run.delivered[of] += round(state.stats.record_count)
        run.rejected[of] += round(state.stats.rejected)

    def _failed(self, error: _Error) -> None:
        run = self.runs[-1] if not self.runs[-1].failure_type else self._open()
        run.error, run.failure_type = error.message, error.failure_type or UNKNOWN

    def _told(self, told: _Analytics) -> None:
        try:
            if told.type == STARTED:
                self.runs.append(Run(_started(told.value or "")))
            elif told.type == FIGURES:
                self._figures(_figures(told.value or ""))
        except ValueError:  # of another version
            self._others += 1

    def _figures(self, figures: Figures) -> None:
        run = self.runs[-1]
        run.figures = figures
        run.samples += figures.samples
        run.requests += [(each, figures.every) for each in figures.requests]
        if figures.failure is not None:
            run.error = run.error or figures.failure
