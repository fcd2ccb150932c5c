"""A random load: rows of a few streams that share profiles, and the order in which a source sends
them.

Streams change fields of their own, so that what a profile must be in the end does not depend on the
order between streams; `points` and `tags` are changed by all, with functions whose order does not
matter.
"""

import math
from dataclasses import dataclass, field
from random import Random
from typing import Any

from integration_tests.connector import line, record

CANARY = "kanarie"  # stands in every text of a record and of a state
FIRST_ID = 735_802_400_000  # of a profile: digits that no output has by chance
STRANGERS = 900  # added to the number of a profile that the service does not know
POISON = 800  # added to that of a profile that spoils its whole request
ELSEWHERE = {"stranger": STRANGERS, "poison": POISON}  # what is bad about profiles, not values
KEY = "crm_id"
MAILS = "subscriptions"
FIELDS = (  # of each stream: the field that tells which row was the last, and plain ones
    ("source", ("score", "height")),
    ("language", ("vip", "plan")),
    ("occupation", ("_fname", "_lname")),
    ("_city", ("_region", "_country")),
)
TYPES = {"score": "number", "height": "number", "vip": "boolean"}  # the others are texts
OTHERS = (*(marker for marker, _ in FIELDS), "id", KEY, "points", "tags", MAILS, "mail", "news")
STEADY_PROFILES, SHIFT = 40, 10  # of steady rows; how far streams stand apart in them
PARTNERS = 3  # the stream that may write into database 2, which has system fields only
MODES = ("append", "append", "append_dedup", "update", "overwrite")
NAMES = ("users", "people of côté", "orders", "leads")


@dataclass(frozen=True)
class Row:
    """A record. `changes` is what it does, in the form of the service's own profiles; `bad` why it
    must be rejected, if it must.
    """

    stream: int
    number: int  # in its stream, from 1
    profile: int
    changes: dict[str, Any]
    line: bytes
    bad: str | None = None


@dataclass(frozen=True)
class Stream:
    """A stream of the catalog and its entry in the configuration."""

    place: int
    name: str
    namespace: str | None
    mode: str
    declared: bool  # its schema tells the types of columns
    db_id: int
    every: int  # rows from one of its states to the next

    @property
    def marker(self) -> str:
        return FIELDS[self.place][0]

    @property
    def descriptor(self) -> dict[str, Any]:
        spaced = {"namespace": self.namespace} if self.namespace else {}
        return {"name": self.name, **spaced}

    def schema(self) -> dict[str, Any]:
        if not self.declared:
            return {"type": "object"}
        kinds = {name: TYPES.get(name, "string") for name in FIELDS[self.place][1]}
        typed = {name: {"type": ["null", kind]} for name, kind in kinds.items()}
        return {"type": "object", "properties": {**{name: {} for name in OTHERS}, **typed}}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a load is like. `mapped`: columns have names of their own, as `columns` tells; `steady`:
    no stream has two rows of a profile, or functions, so that a memory has something to skip.
    """

    mapped: bool
    xml: bool
    max_bytes: int
    steady: bool = False


@dataclass(frozen=True)
class Load:
    """Streams, their rows in the order of the source, and every so many rows a global state; 0: a
    state for each stream instead.
    """

    streams: list[Stream]
    rows: list[Row]
    profiles: list[int]
    together: int = 0
    lasts: dict[int, int] = field(default_factory=dict)  # number of the last row of each stream


@dataclass
class Fed:
    """What the source sends from some position on: lines, the rows among them, and each state with
    the number of rows before it.
    """

    lines: list[bytes] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    states: list[tuple[dict[str, Any], int]] = field(default_factory=list)


def feed(load: Load, cursors: dict[int, int]) -> Fed:
    """Everything after the rows that cursors of the last states name, by stream."""
    fed = Fed()
    reached = dict(cursors)
    for position, row in enumerate(load.rows, 1):
        if row.number > cursors.get(row.stream, 0):
            fed.lines.append(row.line)
            fed.rows.append(row)
            reached[row.stream] = row.number
            for state in _states(load, row, position, reached):
                fed.lines.append(line({"type": "STATE", "state": state}))
                fed.states.append((state, len(fed.rows)))
    return fed


def _states(load: Load, row: Row, position: int, reached: dict[int, int]) -> list[dict[str, Any]]:
    """The state that follows a row, if one does."""
    if load.together:
        due = position % load.together == 0 or position == len(load.rows)
        parts = [_part(each, reached.get(each.place, 0)) for each in load.streams]
        shared = {"shared_state": {"note": CANARY}, "stream_states": parts}
        return [{"type": "GLOBAL", "global": shared}] if due else []
    stream = next(each for each in load.streams if each.place == row.stream)
    due = row.number % stream.every == 0 or row.number == load.lasts[row.stream]
    return [{"type": "STREAM", "stream": _part(stream, row.number)}] if due else []


def _part(stream: Stream, cursor: int) -> dict[str, Any]:
    return {
        "stream_descriptor": stream.descriptor,
        "stream_state": {"cursor": cursor, "place": stream.place, "note": CANARY},
    }


def cursors_of(state: dict[str, Any]) -> dict[int, int]:
    """The cursor of each stream that a state tells of."""
    parts = state["global"]["stream_states"] if "global" in state else [state["stream"]]
    states = [each["stream_state"] for each in parts]
    return {each["place"]: each["cursor"] for each in states}


def draw_load(rng: Random, kind: Kind) -> Load:
    """A load of a kind."""
    streams = [
        Stream(
            place,
            NAMES[place],
            rng.choice([None, "crm"]),
            rng.choice(MODES),
            rng.random() < 0.7,
            2 if place == PARTNERS and rng.random() < 0.5 else 1,
            rng.randint(1, 25),
        )
        for place in sorted(rng.sample(range(len(FIELDS)), rng.randint(1, len(FIELDS))))
    ]
    known = STEADY_PROFILES if kind.steady else rng.randint(4, 25) - 1
    profiles = [FIRST_ID + number for number in range(1, known + 1)]
    most = STEADY_PROFILES - SHIFT if kind.steady else 90
    order = [each for each in streams for _ in range(rng.randint(10, most))]
    if rng.random() < 0.7:
        rng.shuffle(order)
    maker = Maker(rng, profiles, kind)
    numbers = dict.fromkeys(range(len(FIELDS)), 0)
    rows = []
    for each in order:
        numbers[each.place] += 1
        rows.append(maker.row(each, numbers[each.place]))
    together = rng.choice([0, 0, rng.randint(2, 40)])
    return Load(streams, rows, profiles, together, numbers)


class Maker:
    """Draws rows."""

    def __init__(self, rng: Random, profiles: list[int], kind: Kind) -> None:
        self._rng, self._profiles, self._kind = rng, profiles, kind
        self._bad = rng.choice([0.0, 0.0, 0.03, 0.1])

    def row(self, stream: Stream, number: int) -> Row:
        """The row of this number, of some profile."""
        if self._kind.steady:
            profile = self._profiles[(number - 1 + SHIFT * stream.place) % len(self._profiles)]
        else:
            profile = self._rng.choice(self._profiles)
        bad = self._badness(stream) if self._rng.random() < self._bad else None
        profile += ELSEWHERE.get(bad or "", 0)
        return self._row(stream, number, profile, bad)

    def another(self, stream: Stream, row: Row) -> Row:
        """What a good row may be in a later sync: other changes to the same profile."""
        bad = self._badness(stream) if self._rng.random() < self._bad else None
        return self._row(stream, row.number, row.profile, None if bad in ELSEWHERE else bad)

    def _row(self, stream: Stream, number: int, profile: int, bad: str | None) -> Row:
        changes = {KEY: profile, stream.marker: f"{CANARY} {number}", **self._changes(stream)}
        if bad is not None and bad not in ELSEWHERE:
            changes |= self._spoilt(stream, bad)
        data = columns(stream, changes) if self._kind.mapped else changes
        more = {"namespace": stream.namespace} if stream.namespace else {}
        return Row(stream.place, number, profile, changes, record(data, stream.name, **more), bad)

    def _badness(self, stream: Stream) -> str:
        """A reason why a row must be rejected. In a mode in which rows give way to later ones, none
        that only the service finds and that other rows of the profile do not share.
        """
        kinds = ["stranger", "poison", "nan", "size"]
        if stream.declared or (stream.mode == "append" and stream.place < 2):
            kinds.append("type")
        if self._kind.xml:
            kinds.append("control")
        return self._rng.choice(kinds)

    def _spoilt(self, stream: Stream, bad: str) -> dict[str, Any]:
        first = FIELDS[stream.place][1][0]
        return {
            "nan": {first: math.nan},
            "size": {stream.marker: CANARY * (self._kind.max_bytes // len(CANARY) + 1)},
            "type": {first: [CANARY]},
            "control": {stream.marker: f"{CANARY}\x01"},
        }[bad]

    def _changes(self, stream: Stream) -> dict[str, Any]:
        rng = self._rng
        changes = {
            name: None if rng.random() < 0.2 else self._value(name)
            for name in FIELDS[stream.place][1]
            if rng.random() < 0.6
        }
        functions = stream.db_id == 1 and not self._kind.steady
        if functions and rng.random() < 0.4:
            changes["points"] = {"action": "incr", "value": rng.randint(1, 9)}
        if functions and rng.random() < 0.2:
            changes["tags"] = {"action": "add", "value": [f"{CANARY} {rng.randint(1, 5)}"]}
        if rng.random() < 0.2 and _mails(stream, self._kind):
            address = f"{CANARY}{rng.randint(1, 2)}.{stream.place}@example.org"
            changes[MAILS] = [{"channel": "email", "resource_id": 28, "email": address}]
            changes[MAILS][0]["status"] = rng.choice(["subscribed", "unsubscribed"])
        return changes

    def _value(self, name: str) -> Any:
        number = self._rng.randint(1, 9)
        kinds = {"number": number / 2, "boolean": number > 4}
        if name == "plan":
            return self._rng.choice(["basic", "pro"])
        return kinds.get(TYPES.get(name, ""), f"{CANARY} <&> é {number}")


def columns(stream: Stream, changes: dict[str, Any]) -> dict[str, Any]:
    """The row of a table that a mapping makes these changes of."""
    row = {name: value for name, value in changes.items() if name not in ("tags", MAILS, "points")}
    row["id"] = row.pop(KEY)
    for name in ("points", "tags"):
        if name in changes:
            row[name] = changes[name]["value"]
    for each in changes.get(MAILS, ()):
        row |= {"mail": each["email"], "news": each["status"]}
    return {**row, "left": CANARY}  # a column that nothing is taken from


def entry(stream: Stream, kind: Kind) -> dict[str, Any]:
    """A stream's entry in the configuration."""
    known = {**stream.descriptor, "db_id": stream.db_id}
    if not kind.mapped:
        return known
    fields = [
        {"to": KEY, "from": "id"},
        *({"to": name, "from": name} for name in (stream.marker, *FIELDS[stream.place][1])),
    ]
    if stream.db_id == 1 and not kind.steady:
        fields += [
            {"to": "points", "from": "points", "action": "incr"},
            {"to": "tags", "from": "tags", "action": "add"},
        ]
    mails = {"channel": "email", "resource_id": 28, "address_from": "mail", "status_from": "news"}
    mailing = {"subscriptions": [mails]} if _mails(stream, kind) else {}
    return {**known, "fields": fields, **mailing}


def _mails(stream: Stream, kind: Kind) -> bool:
    """Whether it changes subscriptions. Of steady streams one does, so that nothing is shared."""
    return stream.place == 0 or not kind.steady
