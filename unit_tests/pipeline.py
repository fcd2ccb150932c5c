"""The pipeline in simulated time: a service that a test controls, and a writer and its pump over
it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import Config
from destination_profiles.delivery.bound import BOUND, Bound
from destination_profiles.delivery.checkpoint import SafeState
from destination_profiles.delivery.chunks import Chunk, ChunkPolicy
from destination_profiles.delivery.concurrency import Concurrency
from destination_profiles.delivery.dispatcher import Dispatcher
from destination_profiles.delivery.mailbox import Mail
from destination_profiles.delivery.recorder import Recorder
from destination_profiles.delivery.schedule import Schedule
from destination_profiles.delivery.senders import Answer, Inspect, inspected
from destination_profiles.delivery.writer import Writer
from destination_profiles.errors import ProfilesError
from destination_profiles.records.codec import StreamCodec
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.store import RejectStore
from destination_profiles.service.manifest import service
from destination_profiles.service.outcome import ACCEPTED as ACCEPT
from destination_profiles.service.outcome import Outcome
from destination_profiles.service.request import Request
from destination_profiles.sync.pump import LONG_SECONDS, Heartbeat, Pump
from unit_tests.rejects.memory import MemoryStore
from unit_tests.settings import config

REFUSAL = Rejection("service", "404", "not found", "$", "not found")
USERS = (None, "users")


def codec(
    name: str = "users", sync_mode: str = "append", settings: Config | None = None
) -> StreamCodec:
    return StreamCodec(
        StreamInfo(name, None, {"type": "object"}, sync_mode), settings or config(), service()
    )


def profiles(request: Request) -> list[dict[str, Any]]:
    """Those of a request."""
    body = json.loads(b"".join(request.body))
    return body["data"] if isinstance(body, dict) else body


def ids(sent: Request | Chunk) -> list[Any]:
    """What the profiles of a request, or of a chunk, are found by."""
    if isinstance(sent, Chunk):
        return [json.loads(row.profile)["id"] for row in sent.rows]
    return [profile["id"] for profile in profiles(sent)]


def accept(_: Request) -> Outcome:
    return ACCEPT


class Clock:
    """A clock that stands still until a test sets `now`, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Full(Concurrency):
    """No control of the concurrency."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.limit = most

    def accepted(self, now: float, sent_at: float) -> None:
        pass

    def pressed(self, now: float, sent_at: float, *, refused: bool) -> None:
        pass


class Link:
    """Stands for the senders and the mailbox: answers each chunk as a function says, and remembers
    what it was given. A wait ends with the oldest answer, if there is one that is not `held`, or
    when its time has passed.
    """

    def __init__(self, answer: Callable[[Request], Outcome] = accept) -> None:
        self.clock = Clock()
        self.busy = 0
        self.interruption: ProfilesError | None = None
        self.sent: list[list[Any]] = []
        self.request_ids: list[str] = []
        self.waits: list[float] = []
        self.held = False
        self.asks_long, self.asked_for = False, list[Answer]()  # what is told when a test says so
        self._answer = answer
        self._under_way: list[tuple[Chunk, Request, float]] = []
        self._ready: list[Answer] = []

    def send(self, chunk: Chunk) -> None:
        self.busy += 1
        request = chunk.request()
        self.sent.append(ids(request))
        self.request_ids.append(request.request_id)
        self._under_way.append((chunk, request, self.clock.now))

    def ask(self, chunk: Chunk, inspect: Inspect) -> None:
        self.busy += 1
        answer = Answer(chunk, inspected(inspect), self.clock.now, self.clock.now, asked=True)
        (self.asked_for if self.asks_long else self._ready).append(answer)

    def take(self, answer: Answer) -> Chunk:
        self.busy -= 1
        return answer.chunk

    def reply(self, outcome: Outcome = ACCEPT, to: Any = None) -> None:
        """Let the answer to the request that holds an id be there, or to the oldest."""
        place = next(
            place
            for place, (_, request, _) in enumerate(self._under_way)
            if to is None or to in ids(request)
        )
        chunk, _, sent_at = self._under_way.pop(place)
        self._ready.append(Answer(chunk, outcome, sent_at, self.clock.now))

    def tell(self) -> None:
        """Let what was asked for be answered."""
        self._ready += self.asked_for
        self.asked_for = []

    def interrupt(self, error: ProfilesError) -> None:
        self.interruption = error

    def wait(self, seconds: float, source: int | None = None) -> Mail:
        self.waits.append(seconds)
        if not self._ready and not self.held and self._under_way:
            self.reply(self._answer(self._under_way[0][1]))
        answers, self._ready = self._ready, []
        if not answers and self.interruption is None:
            assert seconds < LONG_SECONDS, "the pipeline waits for an answer that cannot come"
            self.clock.now += seconds
        return Mail(answers)


def held(answer: Callable[[Request], Outcome] = accept) -> Link:
    """A link whose answers come when the test says so."""
    link = Link(answer)
    link.held = True
    return link


def dispatcher(link: Link, **more: Any) -> Dispatcher:
    """A dispatcher that may use all of `max_in_flight` from the start: how the limit moves is
    tested beside concurrency.py.
    """
    budget = {"backoff": lambda _: 0.0, "retry_seconds": 60.0, "draw": lambda: 1.0}
    budget["max_per_second"] = None
    budget |= {name: more.pop(name) for name in list(more) if name in budget}
    made = Dispatcher(
        link,  # type: ignore[arg-type] - it stands for the senders
        Schedule(**budget),
        **{"max_in_flight": 4, "clock": link.clock, **more},
    )
    made.concurrency = Full(more.get("max_in_flight", 4))
    return made


class Pipeline:
    """A pump with codecs by stream name; `states` are those that left, with their counts."""

    def __init__(
        self,
        link: Link,
        *,
        codecs: Mapping[str, StreamCodec] | None = None,
        store: RejectStore | None = None,
        recorder: Recorder | None = None,
        remembering: Any = None,
        max_profiles: int = 2,
        max_rejected: int | None = None,
        max_rejected_percent: int = 100,
        bound: Bound = BOUND,
        heartbeat: Heartbeat = lambda _: LONG_SECONDS,
        **delivery: Any,
    ) -> None:
        self.states: list[tuple[Any, int, int]] = []
        self.dispatcher = dispatcher(link, **delivery)
        self.writer = Writer(
            {(None, name): each for name, each in (codecs or {"users": codec()}).items()},
            policy=ChunkPolicy(max_profiles, 10_000, 60),
            dispatcher=self.dispatcher,
            store=store or MemoryStore(),
            recorder=recorder,
            remembering=remembering,
            release=self._release,
            max_rejected=max_rejected,
            max_rejected_percent=max_rejected_percent,
            bound=bound,
            new_id=iter(map(str, range(10**6))).__next__,
            clock=link.clock,
        )
        self.pump = Pump(self.writer, link, heartbeat=heartbeat, clock=link.clock)

    def _release(self, safe: SafeState) -> None:
        self.states.append((safe.state, safe.delivered, safe.rejected))

    def feed(self, *inputs: int | str, stream: str = "users") -> None:
        """A number is a record with that id, a text a state of that name."""
        for each in inputs:
            if isinstance(each, str):
                self.writer.checkpoint(each, (None, stream))
            else:
                self.writer.records((None, stream), [json.dumps({"id": each}).encode()])
