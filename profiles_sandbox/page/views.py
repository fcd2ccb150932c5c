"""The views: what each page shows, read from the data file at one moment."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, islice
from pathlib import Path
from typing import Any

from profiles_sandbox.data.browse import Browser
from profiles_sandbox.data.history import History
from profiles_sandbox.data.requests import Request, Requests
from profiles_sandbox.data.store import profile_id, profile_number
from profiles_sandbox.page import bodies, charts
from profiles_sandbox.page.endings import Ending, ending_of, whole
from profiles_sandbox.profiles.setup import Setup

Shown = dict[str, Any]
"""What a template is given."""

DRAWN, NEWEST, REASONS = 300, 12, 12
"""Requests of the charts, requests of the table, and reasons of the overview."""

PAGE = 50
"""Requests, profiles or changes of a page."""

_NEWEST = 1 << 62
"""Above every number of a request."""

Asked = Mapping[str, str]
"""Parameters of a page's address."""


class Missing(Exception):
    """There is nothing of this number; the text says so."""


@dataclass(frozen=True)
class Views:
    """Each view takes a connection that reads. `since` is the number of the last request of
    earlier processes, `bodies` where bodies are kept.
    """

    setup: Setup
    token: str
    bodies: Path | None
    since: int
    now: Callable[[], float]

    def overview(self, connection: sqlite3.Connection) -> Shown:
        """Everything in short."""
        requests = Requests(connection)
        latest = requests.latest(DRAWN)
        return {
            "sums": requests.sums(self.since),
            "stored": sum(Browser(connection).counts().values()),
            "charts": self._charts(charts.burst(latest)),
            "rows": self._rows(latest[:NEWEST]),
            "more": len(latest) > NEWEST,
            "reasons": requests.reasons(REASONS),
            "refusals": self._refusals(requests),
        }

    def requests(self, connection: sqlite3.Connection, asked: Asked) -> Shown:
        """A page of requests, the latest first, with their charts."""
        only = asked.get("only", "all")
        found = Requests(connection).latest(PAGE + 1, before=_int(asked, "before"), only=only)
        page = found[:PAGE]
        return {
            "only": only,
            "rows": self._rows(page),
            "charts": self._charts(page[::-1]),
            "older": page[-1].id if len(found) > PAGE else None,
            "first": "before" not in asked,
        }

    def request(self, connection: sqlite3.Connection, number: int) -> Shown:
        """One request: how it ended, why items were refused, its attempts; raises Missing."""
        requests = Requests(connection)
        request = requests.one(number)
        if request is None:
            raise Missing(f"There is no request {number}.")
        attempts = requests.attempts(request.request_id, PAGE) if request.request_id else []
        return {
            "request": request,
            "ending": ending_of(request, self.since),
            "reasons": requests.reasons_of(number),
            "attempts": self._rows(attempts),
            "body": bodies.shown(self.bodies, number, request.format, self.token),
            "kept": self.bodies is not None,
        }

    def profiles(self, connection: sqlite3.Connection, asked: Asked) -> Shown:
        """A page of the profiles of a database, with those that have a text."""
        browser = Browser(connection)
        first = next(iter(self.setup.databases), 0)
        db_id = _int(asked, "db") or first
        text = asked.get("q", "").strip()
        found = browser.search(db_id, text, after=_int(asked, "after") or 0, limit=PAGE)
        counts = browser.counts()
        return {
            "databases": [
                (database, counts.get(database.id, 0)) for database in self.setup.databases.values()
            ],
            "db_id": db_id,
            "q": text,
            "profiles": {profile_id(pk): profile for pk, profile in found.profiles.items()},
            "changed": {
                profile_id(pk): number
                for pk, number in browser.changed_by(list(found.profiles)).items()
            },
            "after": found.after,
            "first": "after" not in asked,
        }

    def profile(self, connection: sqlite3.Connection, id_: str, asked: Asked) -> Shown:
        """One profile and its history; raises Missing."""
        number = profile_number(id_)
        found = Browser(connection).one(number) if number else None
        if number is None or found is None:
            raise Missing("There is no profile with this id.")
        db_id, profile = found
        before = (_int(asked, "before") or _NEWEST, _int(asked, "item") or 0)
        steps = dropwhile(
            lambda step: (step.request, step.item) >= before,
            History(connection).steps(number, profile),
        )
        page = list(islice(steps, PAGE + 1))
        requests = Requests(connection)
        database = self.setup.databases.get(db_id)
        return {
            "id": id_,
            "db_id": db_id,
            "database": database,
            "fields": database.fields if database else {},
            "profile": profile,
            "resources": self.setup.resources,
            "steps": [(step, requests.one(step.request)) for step in page[:PAGE]],
            "older": page[PAGE - 1] if len(page) > PAGE else None,
            "first": "before" not in asked,
        }

    def subscriptions(self, connection: sqlite3.Connection) -> Shown:
        """How many subscriptions each resource has, by channel and status."""
        resources: dict[int, dict[str, dict[int, int]]] = {}
        for (_, resource, channel, status), count in sorted(
            Browser(connection).subscriptions().items()
        ):
            statuses = resources.setdefault(resource, {}).setdefault(channel, {})
            statuses[status] = statuses.get(status, 0) + count
        return {"counts": resources, "resources": self.setup.resources}

    def _rows(self, requests: Sequence[Request]) -> list[tuple[Request, Ending]]:
        return [(request, ending_of(request, self.since)) for request in requests]

    def _charts(self, requests: Sequence[Request]) -> charts.Charts | None:
        endings = [ending_of(request, self.since) for request in requests]
        return charts.draw(requests, endings, self.now())

    @staticmethod
    def _refusals(requests: Requests) -> list[tuple[Shown, Ending]]:
        found = ((row, whole(row)) for row in requests.refusals(REASONS))
        return [(row, ending) for row, ending in found if ending]


def _int(asked: Asked, name: str) -> int | None:
    text = asked.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else None  # noqa: PLR2004 - digits of what SQLite holds
