"""A resend that is killed at any step loses nothing and doubles nothing."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from destination_profiles.api.inspection import Findings
from destination_profiles.catalog import StreamInfo
from destination_profiles.delivery.chunks import Chunk
from destination_profiles.delivery.senders import Answer, Senders
from destination_profiles.errors import ConfigError, StoreFailed, Unavailable
from destination_profiles.rejection import Rejection
from destination_profiles.rejects.line import UNKNOWN, Origin, line, read, with_unknown_fate
from destination_profiles.rejects.parts import OTHERS, Part, parts_of, replace
from destination_profiles.service.outcome import Accepted, Halve, Outcome, Retry, Stop
from destination_profiles.service.request import Request
from destination_profiles.storage.settings import Outcomes
from destination_profiles.sync import sync
from destination_profiles.sync.resend import Resend
from destination_profiles.sync.resent import Choice, Resent
from unit_tests.outcomes.kept import keep
from unit_tests.settings import config, target

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
NOT_FOUND = Rejection("service", "404", "no profile", "$", "no profile")
POISON = Rejection("service", "400", "wrong", "$", "wrong")
SURE = Choice(may_overwrite=True)
STREAM = StreamInfo("users", "crm", {"type": "object"}, "append", sync_id=7)
Row = Mapping[str, Any]


class AtOnce(Senders):
    """Sends without a thread."""

    def _give(self, chunk: Chunk, job: Callable[[], Outcome], *, asked: bool = False) -> None:
        self.busy += 1
        self._answered(Answer(chunk, job(), 0.0, 0.0, asked))


@pytest.fixture(autouse=True)
def settings_are_right(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the service says where it is asked, before a record is blamed. Nothing runs beside."""
    monkeypatch.setattr(sync, "inspect", lambda *_, **__: Findings())
    monkeypatch.setattr(sync, "Senders", AtOnce)


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
    """Knows some profiles, and refuses a request with poison as a whole."""

    def __init__(self, *known: int) -> None:
        self.profiles: dict[int, dict[str, Any]] = {number: {} for number in known}
        self.requests: set[str] = set()
        self.executed: list[list[int]] = []
        self.silent = 0  # answers that are lost
        self.barred: int | None = None  # a profile with which the caller is refused

    def send(self, request: Request) -> Outcome:
        assert request.request_id not in self.requests, "another request of the same id"
        self.requests.add(request.request_id)
        answer = self._do(request)
        if self.silent:
            self.silent -= 1
            return Retry(Unavailable("no answer"), unknown=True)
        return answer

    def _do(self, request: Request) -> Outcome:
        rows = json.loads(b"".join(request.body))["data"]
        if any(row.get("poison") for row in rows):
            return Halve(POISON, ConfigError("wrong"))
        unknown = [place for place, row in enumerate(rows) if row["id"] not in self.profiles]
        barred = [place for place, row in enumerate(rows) if row["id"] == self.barred]
        rows = [row for row in rows if row["id"] != self.barred]
        self.executed.append([row["id"] for row in rows])
        for row in rows:
            profile = self.profiles.get(row["id"], {})
            for name, value in row.items():
                counts = isinstance(value, dict)
                profile[name] = profile.get(name, 0) + value["value"] if counts else value
        stop = Stop(Unavailable("tariff"))  # whatever its kind
        return Accepted(dict.fromkeys(unknown, NOT_FOUND), dict.fromkeys(barred, stop))


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
    folder: Shelf,
    service: Service,
    choice: Choice = SURE,
    edited: bytes | None = None,
    stream: StreamInfo = STREAM,
    **settings: Any,
) -> Resent:
    made = Resend(
        config(target=target(field_name="id"), max_profiles=3, retry_seconds=0, **settings),
        [stream],
        folder,  # type: ignore[arg-type]
        choice,
        now=lambda: MOMENT,
        edited=edited,
        sender=service,
    )
    try:
        made.run()
    except Unavailable:
        made.pump.abandon()
    except StoreFailed:
        made.end()
        raise
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


def check_books(folder: Shelf, service: Service, rows: list[Row]) -> None:
    """Each row has arrived once, or waits; what holds a function may wait though it has arrived,
    and is not sent then.
    """
    waiting = [row for row, _, _ in folder.rows()]
    done = {number: profile.get("points", 0) for number, profile in service.profiles.items()}
    for number in (2, 4):
        wanted = sum(row["id"] == number and "points" in row for row in rows)
        held = sum(row["id"] == number for row in waiting)
        assert done[number] <= wanted <= done[number] + held
    assert service.profiles[1] == {"id": 1, "city": "Bergen"}
    assert [row for row in waiting if row["id"] not in (2, 4)] == [
        row for row in rows if row["id"] in (3, 9)
    ]
    assert folder.names("resend/") == []
    assert len(folder.things) == len({name.split(".")[0] for name in folder.things})


@pytest.mark.parametrize("dies_before", [True, False])
@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_killed_at_any_step_it_loses_and_doubles_nothing(step: int, dies_before: bool) -> None:
    folder, service = shelf(), Service(1, 2, 3, 4)
    folder.dies_at, folder.dies_before = step, dies_before
    with pytest.raises(Killed):
        resend(folder, service)
    folder.dies_at = None
    for _ in range(2):
        resend(folder, service)
        check_books(folder, service, ROWS)


@pytest.mark.parametrize("step", range(1, STEPS, 3))
def test_killed_twice_it_loses_and_doubles_nothing(step: int) -> None:
    for second in range(1, STEPS, 2):
        folder, service = shelf(), Service(1, 2, 3, 4)
        for dies_at in (step, second):
            folder.steps, folder.dies_at = 0, dies_at
            try:
                resend(folder, service)
            except Killed:
                continue
        folder.dies_at = None
        resend(folder, service)
        check_books(folder, service, ROWS)


def test_nothing_is_in_doubt_where_it_ends_well() -> None:
    """Killed before anything left, and after everything was said, each function counts."""
    for step, dies_before in ((1, True), (STEPS, False)):
        folder, service = shelf(), Service(1, 2, 3, 4)
        folder.dies_at, folder.dies_before = step, dies_before
        with pytest.raises(Killed):
            resend(folder, service)
        folder.dies_at = None
        resend(folder, service)
        assert (service.profiles, folder.rows()[0][0]) == (THERE, ROWS[3])


OVERWRITES = "it may overwrite what a later record of its profile said"
HOLDS = "an earlier resend may have sent it, and it holds a function such as incr"


def test_plain_row_without_an_answer_is_sent_again() -> None:
    folder, service = shelf([ROWS[0]], parts=1), Service(1)
    service.silent = 1
    assert resend(folder, service).unknown == 1
    assert counts(resend(folder, service)) == {"waiting": 1, "accepted": 1}
    assert folder.rows() == []


def test_function_without_an_answer_is_held() -> None:
    folder, service = shelf([ROWS[1], ROWS[0]], parts=1), Service(1, 2)
    service.silent = 1
    assert resend(folder, service).unknown == 2
    for _ in range(2):
        assert resend(folder, service).held == {("crm.users", HOLDS): 1}
        assert service.profiles[2] == {"id": 2, "points": 1}
    assert [row for row, _, _ in folder.rows()] == [ROWS[1]]


def test_function_beside_an_item_that_stops_all_counts_once() -> None:
    folder, service = shelf([ROWS[1], ROWS[6]], parts=1), Service(2, 4)
    service.barred = 4
    assert counts(resend(folder, service)) == {"waiting": 2, "accepted": 1}
    assert [row for row, _, _ in folder.rows()] == [ROWS[6]]
    service.barred = None
    assert counts(resend(folder, service)) == {"waiting": 1, "accepted": 1}
    assert service.profiles == {2: THERE[2] | {"points": 1}, 4: THERE[4]}
    assert folder.rows() == []


def in_doubt() -> tuple[Shelf, Service]:
    """After a resend that was killed when the service had executed a function."""
    folder, service = shelf([ROWS[1]], parts=1), Service(2)
    folder.dies_at = 2  # the note of the answer
    with pytest.raises(Killed):
        resend(folder, service)
    folder.dies_at = None
    assert service.profiles[2] == {"id": 2, "points": 1}
    return folder, service


def test_doubt_outlives_a_run_that_looks_at_other_rows() -> None:
    folder, service = in_doubt()
    assert resend(folder, service, Choice(code="400", may_overwrite=True)).streams == {}
    assert folder.names("resend/") == []
    assert resend(folder, service).held == {("crm.users", HOLDS): 1}


def test_doubt_outlives_an_edit() -> None:
    folder, service = in_doubt()
    better = edited((ROWS[1], 1))
    assert resend(folder, service, CHOSEN, edited=better).held == {("crm.users", HOLDS): 1}
    (marked,) = folder.things.values()
    assert read(marked).origin.fate == UNKNOWN
    assert resend(folder, service, CHOSEN, edited=marked).held == {("crm.users", HOLDS): 1}
    assert counts(resend(folder, service, CHOSEN, edited=better))["accepted"] == 1


def test_doubtful_row_that_cannot_be_sent_stays_doubtful() -> None:
    folder = shelf([{"points": ONE_MORE}], parts=1)
    (name,) = folder.things
    folder.things[name] = with_unknown_fate(folder.things[name])
    assert resend(folder, Service()).held == {("crm.users", HOLDS): 1}


def test_store_that_fails_at_an_answer_doubles_nothing() -> None:
    folder, service = shelf([ROWS[1]], parts=1), Service(2)
    write = folder.write

    def fail(name: str, content: bytes) -> None:
        if name.endswith("_answered.json"):
            raise StoreFailed("full")
        write(name, content)

    folder.write = fail  # type: ignore[method-assign]
    with pytest.raises(StoreFailed):
        resend(folder, service)
    folder.write = write  # type: ignore[method-assign]
    assert resend(folder, service).held == {("crm.users", HOLDS): 1}
    assert service.profiles[2] == {"id": 2, "points": 1}


def test_refusals_of_all_are_no_surprise() -> None:
    rows = [{"id": number, "poison": 1} for number in range(10, 20)]
    folder = shelf(rows, parts=1)
    assert counts(resend(folder, Service())) == {"waiting": 10, "rejected": 10}
    assert {attempts for _, _, attempts in folder.rows()} == {2}


# What outcomes know

KEYED = StreamInfo("users", "crm", {}, "append", sync_id=7, primary_key=("id",))
OPT_OUT = {"channel": "push", "resource_id": 3, "status": "unsubscribed"}
OPT_OUT |= {"provider": "Firefox", "subscription_id": "a"}
FOUND: list[tuple[StreamInfo, Row, str]] = [
    (KEYED, {"id": 1, "city": "Oslo"}, "out_of_date"),
    (KEYED, {"id": 2, "city": "Oslo"}, "held"),  # it is from before outcomes were kept
    (STREAM, {"id": 1, "city": "Oslo"}, "held"),
    (KEYED, {"id": 1, "points": ONE_MORE}, "held"),
    (KEYED, {"id": 1, "tags": {"action": "delete", "value": ["a"]}}, "held"),
    (KEYED, {"id": 1, "subscriptions": [OPT_OUT]}, "held"),
    (KEYED, {"id": 1, "subscriptions": 1}, "held"),  # it cannot be read
]


@pytest.mark.parametrize("wire", ["json", "xml"])
@pytest.mark.parametrize(("stream", "row", "became"), FOUND)
def test_row_leaves_the_store_only_for_a_newer_version_that_misses_nothing(
    stream: StreamInfo, row: Row, became: str, wire: str
) -> None:
    folder, service = shelf([row], parts=1), Service(1, 2)
    keep(folder, 0, ("1",), stream="crm.users")  # type: ignore[arg-type]
    settings = {"outcomes": Outcomes(keep_days=100_000), "wire_format": wire}
    told = resend(folder, service, Choice(), stream=stream, **settings)
    assert counts(told) == {"waiting": 1, became: 1}
    assert len(folder.rows()) == (became == "held")
    assert service.executed == []


ARRIVED = {"outcomes": Outcomes(keep_days=100_000)}


def arrived() -> tuple[Shelf, Service]:
    """A row of a sync that was accepted since, and one that was not."""
    folder = shelf([ROWS[1], ROWS[0]], parts=1)
    keep(folder, 0, ("2",), stream="crm.users", start="2026-01-01")  # type: ignore[arg-type]
    keep(folder, 1, ("2",), stream="crm.users")  # type: ignore[arg-type]
    return folder, Service(1, 2)


@pytest.mark.parametrize("choice", [SURE, Choice()])
def test_row_that_arrived_by_another_way_is_not_sent(choice: Choice) -> None:
    """Whatever came later of its profile."""
    folder, service = arrived()
    found = counts(resend(folder, service, choice, **ARRIVED))
    assert found == {"waiting": 2, "arrived": 1, "accepted": 1}
    assert (service.executed, folder.rows()) == ([[1]], [])


def test_edit_of_a_row_that_arrived_by_another_way_is_refused() -> None:
    folder, service = arrived()
    rows = edited((ROWS[1], 1), (ROWS[0], 2))
    with pytest.raises(ConfigError, match=r"match no record that waits in the store: 1\."):
        resend(folder, service, CHOSEN, edited=rows, **ARRIVED)
    assert (service.executed, len(folder.rows())) == ([], 2)


# Rows that a person has edited


def edited(*rows: tuple[Row, int]) -> bytes:
    """Rows with their numbers in the sync."""
    lines = [
        line(json.dumps(row).encode(), NOT_FOUND, MOMENT, Origin("2026-01-01", number))
        for row, number in rows
    ]
    return b"".join(lines)


CHOSEN = Choice(stream="crm.users", may_overwrite=True)


@pytest.mark.parametrize("step", range(1, 7))
def test_edited_row_is_never_sent_beside_its_own(step: int) -> None:
    folder, service = shelf([ROWS[1], ROWS[0]], parts=1), Service(1, 2)
    folder.dies_at = step
    better = edited(({"id": 2, "points": ONE_MORE, "city": "new"}, 1))
    with pytest.raises(Killed):
        resend(folder, service, CHOSEN, edited=better)
    folder.dies_at = None
    resend(folder, service)
    assert service.profiles[2].get("points") == 1 or [row["id"] for row, _, _ in folder.rows()] == [
        2
    ]
    assert service.profiles[2].get("points", 1) == 1
    assert service.profiles[1] == ROWS[0]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([(ROWS[1], 7)], "match no record that waits in the store: 1."),
        ([(ROWS[1], 1), (ROWS[1], 1)], "match no record that waits in the store: 2."),
    ],
)
def test_row_of_no_other_is_refused(rows: list[tuple[Row, int]], told: str) -> None:
    folder = shelf([ROWS[1]], parts=1)
    with pytest.raises(ConfigError, match=told):
        resend(folder, Service(2), CHOSEN, edited=edited(*rows))


def test_file_with_a_mark_is_read() -> None:
    folder, service = shelf([ROWS[0]], parts=1), Service(5)
    text = b"\xef\xbb\xbf" + edited(({"id": 5}, 1)).replace(b"\n", b"\r\n")
    assert counts(resend(folder, service, CHOSEN, edited=text)) == {"waiting": 1, "accepted": 1}
    assert folder.rows() == []


ODD = Rejection("json", "number", "must be a number", "$.city", "")
AS_KEPT: Row = {"id": 1, "city": "NaN"}
ALTERED = "the store has it altered, as it could not be kept as it came (step json)"


def test_row_that_is_not_as_it_came_is_sent_once_it_is_edited() -> None:
    folder, service = shelf([AS_KEPT], parts=1), Service(1)
    (name,) = folder.things
    odd = line(json.dumps(AS_KEPT).encode(), ODD, MOMENT, Origin("2026-01-01", 1))
    folder.things[name] = odd
    for choice in (SURE, Choice(dry_run=True)):
        assert resend(folder, service, choice).held == {("crm.users", ALTERED): 1}
    assert (folder.things[name], service.executed) == (odd, [])
    cautious = Choice(stream="crm.users")
    better = odd.replace(b"NaN", b"Oslo")
    assert resend(folder, service, cautious, edited=better).held == {("crm.users", OVERWRITES): 1}
    assert counts(resend(folder, service)) == {"waiting": 1, "accepted": 1}  # it stays edited
    assert (service.profiles, folder.rows()) == ({1: {"id": 1, "city": "Oslo"}}, [])


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
    with pytest.raises(ConfigError, match="did not finish"):
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


def test_stream_whose_name_ends_as_a_generation_is_another() -> None:
    folder = Shelf()
    folder.things = dict.fromkeys(["u.jsonl", "u.1.jsonl", "u!2.jsonl"], b"")
    streams = [(None, "u"), (None, "u.1")]
    parts, replaced = parts_of(folder, streams)  # type: ignore[arg-type]
    assert [(part.name, part.stream[1]) for part in parts] == [
        ("u!2.jsonl", "u"),
        ("u.1.jsonl", "u.1"),
    ]
    assert [part.name for part in replaced] == ["u.jsonl"]


def test_newest_generation_of_a_part_counts() -> None:
    folder = Shelf()
    names = ["7/crm/users/a_1_0.jsonl", "7/crm/users/a_1_0.2.jsonl", "7/crm/users/a_1_0.10.jsonl"]
    others = ["7/users/a_1_0.jsonl", "x/crm/users/a_1_0.jsonl", "resend/a.json", "users.jsonl"]
    folder.things = dict.fromkeys([*names, *others, "crm.users.jsonl"], b"")
    parts, replaced = parts_of(folder, [("crm", "users")])  # type: ignore[arg-type]
    assert [part.name for part in parts] == ["crm.users.jsonl", names[2]]
    assert sorted(part.name for part in replaced) == sorted(names[:2])


def test_parts_of_other_streams_count_where_they_are_asked_for() -> None:
    folder = Shelf()
    long = "7/" + "a" * 200 + "-0123456789abcdef/a_2_0"
    names = ["7/crm/users/a_1_0.jsonl", f"{long}.jsonl", f"{long}.1.jsonl", "0/users/a_3_0.jsonl"]
    others = ["x/crm/users/a_1_0.jsonl", "resend/a.json", "users.jsonl"]
    folder.things = dict.fromkeys([*names, *others], b"")
    parts, replaced = parts_of(folder, [("crm", "users")], others=True)  # type: ignore[arg-type]
    assert [(part.name, part.stream) for part in parts] == [
        (names[0], ("crm", "users")),
        (names[2], OTHERS),
        (names[3], OTHERS),
    ]
    assert [part.name for part in replaced] == [names[1]]


def test_parts_stand_as_they_were_written() -> None:
    stems = ["7/u/x_20_0", "0/u/x_9_2", "0/u/x_9_10", "u"]
    parts = [Part(stem, 0, (None, "u")) for stem in stems]
    assert [part.stem for part in sorted(parts, key=Part.written)] == ["u", *stems[1:3], stems[0]]


def test_part_without_lines_is_gone() -> None:
    folder = Shelf()
    folder.things["u.jsonl"] = b"a\nb\n"
    part = Part("u", 0, (None, "u"))
    replace(folder, part, [b"b"])  # type: ignore[arg-type]
    assert folder.things == {"u!1.jsonl": b"b\n"}
    replace(folder, part.next(), [])  # type: ignore[arg-type]
    assert folder.things == {}
