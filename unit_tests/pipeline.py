"""The pipeline without a socket: a sender that a test controls, and a writer over it."""

import json
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from time import monotonic
from typing import Any

from destination_profiles.catalog import StreamInfo
from destination_profiles.config import Config
from destination_profiles.delivery.checkpoint import SafeState
from destination_profiles.delivery.chunks import Chunk, Chunker, ChunkPolicy
from destination_profiles.delivery.concurrency import Concurrency
from destination_profiles.delivery.dispatcher import Dispatcher
from destination_profiles.delivery.senders import Senders
from destination_profiles.delivery.writer import Writer
from destination_profiles.records.codec import StreamPlan
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.store import NoStore, RejectStore
from destination_profiles.secret import Secret
from destination_profiles.service.manifest import service
from destination_profiles.service.matching import Matching, Target
from destination_profiles.service.outcome import ACCEPTED as ACCEPT
from destination_profiles.service.outcome import Outcome
from destination_profiles.service.request import Request

REFUSAL = Rejection("service", "404", "not found", "$", "not found")
USERS = (None, "users")


def target(db_id: int = 1, mode: str = "custom", field_name: str | None = "id") -> Target:
    return Target(
        db_id,
        Matching(service().matching_modes[mode], {"field_name": field_name} if field_name else {}),
    )


def config(**more: Any) -> Config:
    return Config(
        **{"api_url": "https://example.com", "token": Secret("token"), "target": target(), **more}
    )


def plan(
    name: str = "users", sync_mode: str = "append", settings: Config | None = None
) -> StreamPlan:
    return StreamPlan(
        StreamInfo(name, None, {"type": "object"}, sync_mode), settings or config(), service()
    )


def ids(chunk: Chunk) -> list[Any]:
    """What the profiles of a chunk are found by."""
    return [json.loads(bytes(row.profile))["id"] for row in chunk.rows]


def accept(_: Chunk) -> Outcome:
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


class Scripted:
    """A sender that answers each chunk as a function says, and remembers what it was given."""

    def __init__(self, answer: Callable[[Chunk], Outcome] = accept) -> None:
        self._answer = answer
        self.sent: list[list[Any]] = []
        self.request_ids: list[str] = []

    def send(self, request: Request) -> Outcome:
        chunk = request.body
        self.sent.append(ids(chunk))
        self.request_ids.append(chunk.request_id)
        return self._answer(chunk)


class Held(Scripted):
    """A sender whose answers come when the test says so, each to the chunk that has a given id in
    it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[Any, SimpleQueue[Outcome]] = {}

    def queue(self, first: Any) -> SimpleQueue[Outcome]:
        return self._answers.setdefault(first, SimpleQueue())

    def send(self, request: Request) -> Outcome:
        chunk = request.body
        self.sent.append(ids(chunk))
        return self.queue(ids(chunk)[0]).get(timeout=10)


def dispatcher(sender: Scripted, **more: Any) -> Dispatcher:
    """A dispatcher that may use all of `max_in_flight` from the start: how the limit moves is
    tested beside concurrency.py.
    """
    made = Dispatcher(
        Senders(sender),
        **{"backoff": lambda _: 0.0, "max_in_flight": 4, "retry_seconds": 60, **more},
    )
    made.concurrency = Full(more.get("max_in_flight", 4))
    return made


class Pipeline:
    """A writer with plans by stream name; `states` are those that left, with their counts."""

    def __init__(
        self,
        sender: Scripted,
        *,
        plans: Mapping[str, StreamPlan] | None = None,
        store: RejectStore | None = None,
        max_profiles: int = 2,
        max_rejected: int | None = None,
        clock: Callable[[], float] = monotonic,
        **delivery: Any,
    ) -> None:
        self.states: list[tuple[Any, int, int]] = []
        self.dispatcher = dispatcher(sender, **delivery)
        self.writer = Writer(
            {(None, name): each for name, each in (plans or {"users": plan()}).items()},
            chunker=Chunker(
                ChunkPolicy(max_profiles, 10_000, 60), new_id=iter(map(str, range(10**6))).__next__
            ),
            dispatcher=self.dispatcher,
            store=store or NoStore(),
            release=self._release,
            max_rejected=max_rejected,
            clock=clock,
        )

    def _release(self, safe: SafeState) -> None:
        self.states.append((safe.state, safe.delivered, safe.rejected))

    def feed(self, *inputs: int | str, stream: str = "users") -> None:
        """A number is a record with that id, a text a state of that name."""
        for each in inputs:
            if isinstance(each, str):
                self.writer.checkpoint(each, (None, stream))
            else:
                self.writer.records((None, stream), [json.dumps({"id": each}).encode()])
