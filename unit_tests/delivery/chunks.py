"""Chunks, rows and routes for tests."""

from collections.abc import Callable
from typing import Any

from destination_profiles.delivery.checkpoint import Token
from destination_profiles.delivery.chunks import Chunk, ChunkPolicy
from destination_profiles.delivery.layers import Layers
from destination_profiles.delivery.ledger import Interval
from destination_profiles.delivery.open_chunks import OpenChunks
from destination_profiles.records.batch import Batch, Joined, Row
from destination_profiles.records.route import Route
from destination_profiles.service.formats import Envelope
from destination_profiles.service.matching import Target
from unit_tests.pipeline import Clock
from unit_tests.settings import target

ENVELOPE = Envelope(b'{"data":[', b",", b"]}")
INTERVAL = Interval("users")
ALWAYS, NEVER = (lambda *_: True), (lambda *_: False)
Supersedes = Callable[[Row, Row], bool] | None


def row(number: int, text: str = "", *more: str, original: bytes = b"{}") -> Row:
    return Row(f'{{"id":{number},"text":"{text}"}}'.encode(), original, (str(number), *more))


def batch(*rows: Row, first: int = 0) -> Batch:
    profiles = Joined([each.profile for each in rows], b",")
    originals = Joined([each.original for each in rows], b",")
    ordinals = range(first, first + len(rows))
    return Batch(profiles, originals, [each.identities for each in rows], ordinals=ordinals)


def route(to: Target | None = None, supersedes: Supersedes = None, label: str = "users") -> Route:
    return Route(label, to or target(), ENVELOPE, supersedes)


def chunk(*numbers: int, first: int = 0, db_id: int = 1, request_id: str = "") -> Chunk:
    """A sealed chunk of profiles that are found by these numbers."""
    made = Chunk(
        target(db_id), ENVELOPE, request_id=request_id or f"request {numbers}", token=Token(first)
    )
    if numbers:
        rows = [row(number) for number in numbers]
        made.extend(batch(*rows), INTERVAL, [each.identities[0] for each in rows])
    return made


def open_chunks(clock: Clock | None = None, **limits: float) -> OpenChunks:
    policy: dict[str, Any] = {"max_profiles": 1000, "max_bytes": 1_000_000, "max_age_seconds": 60}
    return OpenChunks(
        ChunkPolicy(**{**policy, **limits}),
        track=Token,
        new_id=iter(map(str, range(10**6))).__next__,
        clock=clock or Clock(),
    )


def layers(made: OpenChunks, db_id: int = 1) -> Layers:
    return made._layers[db_id]


def put(made: OpenChunks, *rows: Row, supersedes: Supersedes = None, to: Target | None = None):
    """The chunks that are sealed by rows with ordinals from 0, each taken by itself."""
    where = route(to, supersedes)
    return [
        each
        for ordinal, one in enumerate(rows)
        for each in made.put(batch(one, first=ordinal), where, INTERVAL)
    ]
