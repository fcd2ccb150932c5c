"""A resend that is killed at any step loses nothing and doubles nothing."""

import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from destination_profiles.api.inspection import Findings
from destination_profiles.catalog import StreamInfo
from destination_profiles.errors import ConfigError, StoreFailed, Unavailable
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.line import Origin, line, read
from destination_profiles.rejects.parts import Part, parts_of, replace
from destination_profiles.service.outcome import Accepted, Halve, Outcome, Retry
from destination_profiles.service.request import Request
from destination_profiles.sync import sync
from destination_profiles.sync.resend import Resend
from destination_profiles.sync.resent import Choice, Resent
from unit_tests.settings import config, target

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOT_FOUND = Rejection("service", "404", "no profile", "$", "no profile")
POISON = Rejection("service", "400", "wrong", "$", "wrong")
SURE = Choice(may_overwrite=True)
STREAM = StreamInfo("users", "crm", {"type": "object"}, "append", sync_id=7)
Row = Mapping[str, Any]


@pytest.fixture(autouse=True)
def settings_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the service says where it is asked, before a record is blamed."""
    monkeypatch.setattr(sync, "inspect", lambda *_, **__: Findings())


class Killed(BaseException):
    """As by kill -9: nothing is done any more."""


class Shelf:
    """A folder in memory. Before or after its step number `dies_at` whoever writes is killed."""

    def __init__(self) -> None:
        self.things: dict[str, bytes] = {}
        self.steps = 0
        self.dies_at: int | None = None
        self.dies_before = True

    def write(self, name: str, content: bytes) -> None:
        self._step(lambda: self.things.update({name: content}))

    def remove(self, name: str) -> None:
        self._step(lambda: self.things.pop(name, None))

    def read(self, name: str) -> bytes:
        return self.things[name]

    def names(self, prefix: str = "") -> list[str]:
        return sorted(name for name in self.things if name.startswith(prefix))

    def _step(self, act: Any) -> None:
        self.steps += 1
        if self.dies_at is not None and (
            self.steps > self.dies_at or (self.steps == self.dies_at and self.dies_before)
        ):
            raise Killed
        act()
        if self.steps == self.dies_at:
            raise Killed

    def rows(self) -> list[tuple[Row, str, int]]:
        """What is kept: rows with the code and the count of attempts."""
        parts, _ = parts_of(self, [("crm", "users")])  # type: ignore[arg-type]
        kept = [read(each) for part in parts for each in self.things[part.name].splitlines()]
        return [(json.loads(each.original), each.code, each.origin.attempts) for each in kept]


class Service:
    """Knows some profiles, remembers requests, and refuses a request with poison as a whole."""

    def __init__(self, *known: int) -> None:
        self.profiles: dict[int, dict[str, Any]] = {number: {} for number in known}
        self.answers: dict[str, Outcome] = {}
        self.executed: list[list[int]] = []
        self.silent = 0  # answers that are lost

    def send(self, request: Request) -> Outcome:
        if request.request_id not in self.answers:
            self.answers[request.request_id] = self._do(request)
        if self.silent:
            self.silent -= 1
            return Retry(Unavailable("no answer"), unknown=True)
        return self.answers[request.request_id]

    def _do(self, request: Request) -> Outcome:
        rows = json.loads(b"".join(request.body))["data"]
        if any(row.get("poison") for row in rows):
            return Halve(POISON, ConfigError("wrong"))
        unknown = [place for place, row in enumerate(rows) if row["id"] not in self.profiles]
        self.executed.append([row["id"] for row in rows])
        for row in rows:
            profile = self.profiles.get(row["id"], {})
            for name, value in row.items():
                counts = isinstance(value, dict)
                profile[name] = profile.get(name, 0) + value["value"] if counts else value
        return Accepted(dict.fromkeys(unknown, NOT_FOUND))


ONE_MORE = {"action": "incr", "value": 1}
ROWS: list[Row] = [
    {"id": 1, "city": "Oslo"},
    {"id": 2, "points": ONE_MORE},
    {"id": 1, "city": "Bergen"},
    {"id": 9, "points": ONE_MORE},
    {"id": 2, "points": ONE_MORE},
    {"id": 3, "poison": 1},
    {"id": 4, "city": "Rome", "points": ONE_MORE},
]
THERE = {1: {"id": 1, "city": "Bergen"}, 2: {"id": 2, "points": 2}}
THERE |= {3: {}, 4: {"id": 4, "city": "Rome", "points": 1}}
STEPS = 20  # that a run over all rows takes
STAY = [(ROWS[3], "404", 2), (ROWS[5], "400", 2)]


def shelf(rows: list[Row] = ROWS, parts: int = 2) -> Shelf:
    """A store with the rows of one sync in some parts."""
    made = Shelf()
    for number in range(parts):
        lines = [
            line(json.dumps(row).encode(), NOT_FOUND, MOMENT, Origin("2026-01-01", place + 1))
            for place, row in enumerate(rows)
            if place * parts // len(rows) == number
        ]
        made.things[f"7/crm/users/2026_01_01_1767225600000_{number}.jsonl"] = b"".join(lines)
    return made


def resend(
    folder: Shelf, service: Service, choice: Choice = SURE, *, now: datetime = MOMENT, **more: Any
) -> Resent:
    made = Resend(
        config(target=target(field_name="id"), max_profiles=3, retry_seconds=0, **more),
        [STREAM],
        folder,  # type: ignore[arg-type]
        choice,
        now=lambda: now,
        sender=service,
    )
    try:
        made.run()
    except Unavailable:
        made.pump.abandon()
    made.end()
    return made.told


def counts(told: Resent) -> dict[str, int]:
    sums = vars(told.of("crm.users"))
    return {name: count for name, count in sums.items() if count}


def test_rows_arrive_and_refused_ones_stay() -> None:
    folder, service = shelf(), Service(1, 2, 3, 4)
    told = resend(folder, service)
    assert counts(told) == {"waiting": 7, "accepted": 4, "superseded": 1, "rejected": 2}
    assert (service.profiles, folder.rows()) == (THERE, STAY)
    assert (folder.steps, folder.names("resend/")) == (STEPS, [])


@pytest.mark.parametrize("dies_before", [True, False])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_killed_at_any_step_it_is_as_if_it_was_not(step: int, dies_before: bool) -> None:
    folder, service = shelf(), Service(1, 2, 3, 4)
    folder.dies_at, folder.dies_before = step, dies_before
    with pytest.raises(Killed):
        resend(folder, service)
    folder.dies_at = None
    resend(folder, service)
    assert service.profiles == THERE
    assert [(row, code) for row, code, _ in folder.rows()] == [each[:2] for each in STAY]
    assert folder.names("resend/") == []
    assert len(folder.things) == len({name.split(".")[0] for name in folder.things})


CALM = [row for row in ROWS if "poison" not in row]


@pytest.mark.parametrize("step", range(1, STEPS, 3))
def test_killed_twice_it_is_as_if_it_was_not(step: int) -> None:
    for second in range(1, STEPS):
        folder, service = shelf(CALM), Service(1, 2, 3, 4)
        for dies_at in (step, second):
            folder.steps, folder.dies_at = 0, dies_at
            try:
                resend(folder, service)
            except Killed:
                continue
        folder.dies_at = None
        resend(folder, service)
        assert service.profiles == THERE
        assert [row for row, _, _ in folder.rows()] == [ROWS[3]]
        assert folder.names("resend/") == []


def test_lost_answer_is_asked_for_in_the_same_request() -> None:
    folder, service = shelf(), Service(1, 2, 3, 4)
    service.silent = 1
    before = copy.copy(folder.things)
    told = resend(folder, service)
    assert told.unknown == 3 and folder.things.items() >= before.items()
    told = resend(folder, service)
    assert (told.unknown, service.profiles, folder.rows()[0][0]) == (0, THERE, STAY[0][0])


def test_function_of_unknown_fate_is_not_sent_after_a_day() -> None:
    folder, service = shelf([ROWS[1], ROWS[0]], parts=1), Service(1, 2)
    service.silent = 1
    resend(folder, service)
    for _ in range(2):
        told = resend(folder, service, now=MOMENT + timedelta(hours=24))
        assert told.held == {
            (
                "crm.users",
                "an earlier resend may have sent it, and it holds a function such as incr",
            ): 1
        }
        assert service.profiles[2] == {"id": 2, "points": 1}
    assert [row for row, _, _ in folder.rows()] == [ROWS[1]]


def test_request_that_was_not_executed_leaves_no_doubt() -> None:
    folder = shelf()

    class Away(Service):
        def send(self, request: Request) -> Outcome:
            return Retry(Unavailable("refused"), unknown=False)

    told = resend(folder, Away())
    assert (told.unknown, folder.names("resend/")) == (0, [])
    assert [(row, attempts) for row, _, attempts in folder.rows()] == [(row, 1) for row in ROWS]


def test_notes_of_another_stream_stop_it() -> None:
    folder = shelf()
    folder.things["7/people/2026_01_01_1767225600000_0.jsonl"] = b"{}\n"
    note = {"type": "answered", "arrived": [["7/people/2026_01_01_1767225600000_0.jsonl", 0]]}
    folder.things["resend/1.json"] = json.dumps({**note, "refused": []}).encode()
    with pytest.raises(ConfigError, match="did not come to its end"):
        resend(folder, Service())


def test_note_that_cannot_be_read_stops_it() -> None:
    folder = shelf()
    folder.things["resend/1.json"] = b"{"
    with pytest.raises(StoreFailed, match=r"The note resend/1\.json"):
        resend(folder, Service())


def test_line_that_is_no_row_stays() -> None:
    folder, service = shelf([ROWS[0]], parts=1), Service(1)
    (name,) = folder.things
    folder.things[name] = b'{"cut": \n\n' + folder.things[name]
    assert counts(resend(folder, service)) == {"waiting": 1, "accepted": 1, "unreadable": 1}
    assert [each for each in folder.things.values() if each] == [b'{"cut": \n\n']


# Parts


def test_newest_generation_of_a_part_counts() -> None:
    folder = Shelf()
    names = ["7/crm/users/a_1_0.jsonl", "7/crm/users/a_1_0.2.jsonl", "7/crm/users/a_1_0.10.jsonl"]
    others = ["7/users/a_1_0.jsonl", "x/crm/users/a_1_0.jsonl", "resend/a.json", "users.jsonl"]
    folder.things = dict.fromkeys([*names, *others, "crm.users.jsonl"], b"")
    parts, replaced = parts_of(folder, [("crm", "users")])  # type: ignore[arg-type]
    assert [part.name for part in parts] == ["crm.users.jsonl", names[2]]
    assert sorted(part.name for part in replaced) == sorted(names[:2])


def test_parts_stand_as_they_were_written() -> None:
    stems = ["7/u/x_20_0", "0/u/x_9_2", "0/u/x_9_10", "u"]
    parts = [Part(stem, 0, (None, "u")) for stem in stems]
    assert [part.stem for part in sorted(parts, key=Part.written)] == ["u", *stems[1:3], stems[0]]


def test_part_without_lines_is_gone() -> None:
    folder = Shelf()
    folder.things["u.jsonl"] = b"a\nb\n"
    part = Part("u", 0, (None, "u"))
    replace(folder, part, [b"b"])  # type: ignore[arg-type]
    assert folder.things == {"u.1.jsonl": b"b\n"}
    replace(folder, part.next(), [])  # type: ignore[arg-type]
    assert folder.things == {}
