"""`resend`: rejected records once more, from stores on this machine and in S3."""

import json
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import (
    Connector,
    kept,
    record,
    sent_profiles,
    state,
    stream,
    updates,
)
from integration_tests.s3 import MotoServer
from profiles_sandbox.testing import ServedSandbox

CANARY = "canary-7f3a"
SURE = ("--may-overwrite",)
BY_ID = {"matching": "custom", "field_name": "crm_id"}
EMAIL = {"channel": "email", "resource_id": 28}
MAILING = {**EMAIL, "address_from": "mail", "status_from": "news"}
NEWS = {**EMAIL, "email": "ann@example.org"}


def resend(connector: Connector, *options: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    command = [*connector.command("resend"), *options]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def told(connector: Connector, *options: str) -> dict[str, Any]:
    code, out, err = resend(connector, "--json", *options)
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def sums(found: dict[str, Any], name: str = "users") -> dict[str, int]:
    """The counts of a stream that are not 0."""
    (one,) = [each for each in found["streams"] if each["stream"] == name]
    return {key: value for key, value in one.items() if key != "stream" and value}


def rows(connector: Connector, name: str = "users") -> list[dict[str, Any]]:
    """What a store holds, without what differs from run to run."""
    taken = ("rejected_at", "rejected_sync", "rejected_faults", "rejected_message", "rejected_path")
    found = kept(connector.folder / "rejected", name)
    return [{key: each[key] for key in each if key not in taken} for each in found]


def know(sandbox: ServedSandbox, number: int) -> None:
    """Let the service have a profile."""
    sandbox.create({"crm_id": number}, **BY_ID)


def profile(sandbox: ServedSandbox, number: int) -> dict[str, Any]:
    asked = {**BY_ID, "db_id": 1, "field_value": number}
    found: dict[str, Any] = sandbox.post("profiles/get", **asked).message["data"]
    return found


def became(connector: Connector, number: int) -> list[tuple[str, bool]]:
    """What `where` tells of a customer, the newest first: outcomes, and what waits still."""
    command = [*connector.command("where"), "--key", f"crm_id={number}", "--json"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return [(each["outcome"], each["waits"]) for each in json.loads(done.stdout)["events"]]


@pytest.fixture
def lenient(storing: Connector) -> Connector:
    """With a store, whatever is rejected."""
    storing.config["max_rejected_percent"] = 100
    return storing


def test_row_that_arrives_leaves_the_store(lenient: Connector, sandbox: ServedSandbox) -> None:
    for number in (77, 78):
        assert lenient.write(record({"crm_id": number, "_city": "Oslo"}), state(1)).code == 0
    know(sandbox, 77)
    assert sums(told(lenient, *SURE)) == {"waiting": 2, "accepted": 1, "rejected": 1, "stay": 1}
    assert profile(sandbox, 77)["_city"] == "Oslo"
    assert rows(lenient) == [
        {
            "crm_id": 78,
            "_city": "Oslo",
            "rejected_reason": "service",
            "rejected_code": "404",
            "rejected_row": 1,
            "rejected_attempts": 2,
        }
    ]
    assert sums(told(lenient, *SURE)) == {"waiting": 1, "rejected": 1, "stay": 1}
    assert rows(lenient)[0]["rejected_attempts"] == 3


def test_row_goes_back_byte_for_byte(lenient: Connector, bodies: Path, sandbox: Any) -> None:
    data = b'{"crm_id": 77, "source":"\\u0416", "height": 1.50, "points":12345678901234567890}'
    line = b'{"type":"RECORD","record":{"stream":"users","emitted_at":0,"data":' + data + b"}}\n"
    lenient.write(line, state(1))
    know(sandbox, 77)
    told(lenient, *SURE)
    bodies_sent = [path.read_bytes() for path in sorted(bodies.iterdir())]
    assert sum(data in body for body in bodies_sent) == 2


def test_of_one_profile_the_newest_row_alone_is_sent(
    lenient: Connector, bodies: Path, sandbox: ServedSandbox
) -> None:
    for city in ("Oslo", "Bergen"):
        numbers = (77, 78, 77)
        lenient.write(*(record({"crm_id": n, "_city": f"{city} {n}"}) for n in numbers), state(1))
    before = len(sent_profiles(bodies))
    for number in (77, 78):
        know(sandbox, number)
    found = told(lenient, *SURE)
    assert sums(found) == {"waiting": 6, "accepted": 2, "superseded": 4}
    created = 2
    assert [each["_city"] for each in sent_profiles(bodies)[before:] if "_city" in each] == [
        "Bergen 77",
        "Bergen 78",
    ], created
    assert rows(lenient) == []


def test_rows_that_say_different_things_are_all_sent_in_order(
    lenient: Connector, sandbox: ServedSandbox
) -> None:
    lenient.write(record({"crm_id": 77, "_city": "Oslo", "source": "a"}), state(1))
    lenient.write(record({"crm_id": 77, "_city": "Bergen"}), state(1))
    know(sandbox, 77)
    assert sums(told(lenient, *SURE)) == {"waiting": 2, "accepted": 2}
    found_now = profile(sandbox, 77)
    assert (found_now["_city"], found_now["source"]) == ("Bergen", "a")


def test_without_a_word_nothing_is_overwritten(
    lenient: Connector, sandbox: ServedSandbox, bodies: Path
) -> None:
    lenient.write(record({"crm_id": 77}), state(1))
    know(sandbox, 77)
    before = len(sent_profiles(bodies)), rows(lenient)
    code, out, err = resend(lenient)
    assert code == 0 and "--may-overwrite" in err and "Nothing was sent" in out
    assert (len(sent_profiles(bodies)), rows(lenient)) == before
    assert sums(told(lenient, "--dry-run", *SURE)) == {"waiting": 1, "accepted": 1}
    assert (len(sent_profiles(bodies)), rows(lenient)) == before


def test_only_what_is_asked_for_is_sent(lenient: Connector, sandbox: ServedSandbox) -> None:
    lenient.catalog = {"streams": [stream(namespace="crm"), stream("people")]}
    lenient.write(
        record({"crm_id": 77}, namespace="crm"),
        record({"crm_id": None}, namespace="crm"),
        record({"crm_id": 78}, "people"),
    )
    for number in (77, 78):
        know(sandbox, number)
    found = told(lenient, "--stream", "users", "--code", "404", *SURE)
    assert sums(found, "crm.users") == {"waiting": 1, "accepted": 1}
    assert [each["crm_id"] for each in rows(lenient, "crm/users")] == [None]
    assert [each["crm_id"] for each in rows(lenient, "people")] == [78]
    assert sums(told(lenient, "--stream", "people", *SURE), "people") == {
        "waiting": 1,
        "accepted": 1,
    }


def test_own_columns_of_such_names_survive(
    lenient: Connector, sandbox: ServedSandbox, bodies: Path
) -> None:
    lenient.config["streams"] = [
        {
            "name": "users",
            "fields": [
                {"to": "crm_id", "from": "crm_id"},
                {"to": "source", "from": "rejected_reason"},
            ],
        }
    ]
    lenient.write(record({"rejected_reason": "mine", "crm_id": 77, "rejected_row": "A"}), state(1))
    know(sandbox, 77)
    told(lenient, *SURE)
    assert profile(sandbox, 77)["source"] == "mine"


def test_value_that_no_source_sent_reaches_no_profile(
    lenient: Connector, sandbox: ServedSandbox, tmp_path: Path
) -> None:
    odd = {1: float("nan"), 2: "Bob!", 3: float("inf")}
    before = {number: profile(sandbox, number) for number in odd}
    lines = [record({"crm_id": number, "_city": city}) for number, city in odd.items()]
    lenient.write(*(each.replace(b"!", b"\\ud800") for each in lines), state(1))
    assert [each["_city"] for each in rows(lenient)] == ["NaN", "Bob?", "Infinity"]
    found = told(lenient, *SURE)
    assert sums(found) == {"waiting": 3, "held": 3, "stay": 3}
    assert "the store has it altered" in found["held"][0]["why"]
    first, *_ = kept(lenient.folder / "rejected", "users")
    edited = tmp_path / "edited.jsonl"
    edited.write_text(json.dumps({**first, "_city": "Oslo"}))
    found = told(lenient, "--from", str(edited), "--stream", "users", *SURE)
    assert sums(found) == {"waiting": 1, "accepted": 1}
    before[1]["_city"] = "Oslo"
    assert {number: profile(sandbox, number) for number in odd} == before
    assert len(rows(lenient)) == 2


# What outcomes know


@pytest.fixture
def knowing(lenient: Connector) -> Connector:
    """With outcomes, and of one profile chunk by chunk."""
    lenient.config["outcomes"] = {}
    return lenient


KEYED = stream() | {"primary_key": [["crm_id"]]}  # rows of one profile are versions of one row
KEY = {"to": "crm_id", "from": "crm_id"}


BARRED = (
    "[{call: profiles/update_batch, requests: [2], status: 200, execute: true, "
    "body: {error: 0, result: [{error: 0}, {error: 402}]}}]"
)


@pytest.mark.parametrize("faults", [BARRED])
def test_row_beside_one_that_stops_all_has_arrived(
    knowing: Connector, sandbox: ServedSandbox
) -> None:
    one_more = {"action": "incr", "value": 1}
    knowing.write(record({"crm_id": 77, "points": one_more}), record({"crm_id": 78}), state(1))
    for number in (77, 78):
        know(sandbox, number)
    code, out, err = resend(knowing, "--json")
    assert code == 1 and "the tariff limit is reached" in err
    assert sums(json.loads(out)) == {"waiting": 2, "accepted": 1, "stay": 1}
    assert [each["crm_id"] for each in rows(knowing)] == [78]
    assert became(knowing, 77)[0][0] == "accepted"
    assert sums(told(knowing)) == {"waiting": 1, "accepted": 1}
    assert profile(sandbox, 77)["points"] == 1


def test_row_that_is_out_of_date_is_dropped(knowing: Connector, sandbox: ServedSandbox) -> None:
    knowing.catalog = {"streams": [KEYED]}
    knowing.write(record({"crm_id": 77, "_city": "Oslo"}), record({"crm_id": 78}), state(1))
    for number in (77, 78):
        know(sandbox, number)
    knowing.write(record({"crm_id": 77, "_city": "Bergen"}), state(2))
    assert sums(told(knowing)) == {"waiting": 2, "accepted": 1, "out_of_date": 1}
    assert (profile(sandbox, 77)["_city"], rows(knowing)) == ("Bergen", [])
    assert told(knowing)["streams"] == []


def test_later_row_of_the_same_sync_counts(knowing: Connector, sandbox: ServedSandbox) -> None:
    """The earlier one is refused at once, before the later one is sent; and the other way round."""
    born = {"to": "_bdate", "from": "born", "type": "date"}
    knowing.config["streams"] = [{"name": "users", "fields": [KEY, born]}]
    knowing.catalog = {"streams": [KEYED]}
    knowing.write(
        record({"crm_id": 1, "born": "31.12.1984"}),
        record({"crm_id": 1, "born": "1984-12-30"}),
        record({"crm_id": 2, "born": "1984-12-30"}),
        record({"crm_id": 2, "born": "31.12.1984"}),
        state(1),
    )
    found = told(knowing)  # what cannot be read yet may hold something that would be missed
    assert sums(found) == {"waiting": 2, "held": 1, "rejected": 1, "stay": 2}
    born["formats"] = ["%d.%m.%Y"]  # type: ignore[assignment]
    assert sums(told(knowing)) == {"waiting": 2, "out_of_date": 1, "accepted": 1}
    dates = [str(profile(sandbox, number)["_bdate"])[:10] for number in (1, 2)]
    assert dates == ["1984-12-30", "1984-12-31"]


def test_row_without_a_primary_key_is_not_dropped(
    knowing: Connector, sandbox: ServedSandbox
) -> None:
    """Several rows may be of one customer, and each counts."""
    knowing.write(record({"crm_id": 77, "_city": "Oslo"}), state(1))
    know(sandbox, 77)
    knowing.write(record({"crm_id": 77, "source": "shop"}), state(2))
    found = told(knowing)
    assert sums(found) == {"waiting": 1, "held": 1, "stay": 1}
    assert "may overwrite" in found["held"][0]["why"]
    assert sums(told(knowing, *SURE)) == {"waiting": 1, "accepted": 1}
    assert (profile(sandbox, 77)["_city"], profile(sandbox, 77)["source"]) == ("Oslo", "shop")


OPT_OUT = {"crm_id": 1, "points": "5", "mail": "ann@example.org", "news": "unsubscribed"}
FUNCTION = {"crm_id": 1, "points": "5", "more": "1"}


@pytest.mark.parametrize("other", ["users", "orders"])
@pytest.mark.parametrize("row", [OPT_OUT, FUNCTION])
def test_what_a_later_row_does_not_say_is_not_lost(
    knowing: Connector, sandbox: ServedSandbox, row: Any, other: str
) -> None:
    """An opt-out and a function: the later row shares one field."""
    points = {"to": "points", "from": "points"}
    height = {"to": "height", "from": "more", "type": "float", "action": "incr"}
    knowing.config["streams"] = [
        {"name": "users", "fields": [KEY, points, height], "subscriptions": [MAILING]},
        {"name": "orders", "fields": [KEY, points]},
    ]
    knowing.catalog = {"streams": [KEYED, stream("orders")]}
    subscribed = {**NEWS, "status": 0}
    sandbox.create({"crm_id": 1, "subscriptions": [subscribed], "height": 2}, **BY_ID)
    knowing.write(record(row), record({"crm_id": 1, "points": 6}, other), state(1), state(1, other))
    before = profile(sandbox, 1)
    assert before["points"] == 6
    points["type"] = "int"
    assert sums(told(knowing, "--dry-run"))["held"] == 1
    assert sums(told(knowing, "--dry-run", *SURE))["accepted"] == 1
    assert sums(told(knowing)) == {"waiting": 1, "held": 1, "stay": 1}
    assert profile(sandbox, 1) == before
    assert sums(told(knowing, *SURE)) == {"waiting": 1, "accepted": 1}
    now = profile(sandbox, 1)
    opted_out = [each["status"] != 0 for each in now["subscriptions"]]
    assert (opted_out, now["height"]) == (([True], 2) if row is OPT_OUT else ([False], 3))


@pytest.mark.parametrize("on_delete", ["skip", "reject"])
@pytest.mark.parametrize("asked", [(), ("--resubscribe",)])
def test_row_that_was_deleted_since_is_held(
    knowing: Connector, sandbox: ServedSandbox, asked: tuple[str, ...], on_delete: str
) -> None:
    knowing.config["on_delete"] = on_delete
    knowing.catalog = {"streams": [KEYED]}
    row = {"crm_id": 77, "_city": "Oslo"}
    knowing.write(record(row), state(1))
    knowing.write(record({**row, "_ab_cdc_deleted_at": "2026-01-02"}), state(2))
    know(sandbox, 77)
    assert sums(told(knowing, "--code", "404", *asked)) == {"waiting": 1, "held": 1, "stay": 1}
    assert "_city" not in profile(sandbox, 77)
    assert sums(told(knowing, "--code", "404", *asked, *SURE)) == {"waiting": 1, "accepted": 1}
    assert profile(sandbox, 77)["_city"] == "Oslo"


@pytest.mark.parametrize("field", ["_city", "source"])
def test_stream_that_another_catalog_sent_by_another_key_counts(
    knowing: Connector, sandbox: ServedSandbox, field: str
) -> None:
    """Nobody knows which of its rows are of the same customer."""
    born = {"to": "_bdate", "from": "born", "type": "date"}
    mail = {"to": "email", "from": "mail"}
    knowing.config["streams"] = [
        {"name": "users", "fields": [KEY, {"to": "_city", "from": "text"}, born]},
        {
            "name": "people",
            "matching": {"mode": "email_profile"},
            "fields": [mail, {"to": field, "from": "text"}],
        },
    ]
    sandbox.create({"crm_id": 77, "email": "ann@example.org"}, **BY_ID)
    knowing.write(record({"crm_id": 77, "text": "old", "born": "31.12.1984"}), state(1))
    knowing.catalog = {"streams": [stream("people")]}
    knowing.write(record({"mail": "ann@example.org", "text": "new"}, "people"), state(1, "people"))
    assert profile(sandbox, 77)[field] == "new"
    knowing.catalog = {"streams": [KEYED]}
    born["formats"] = ["%d.%m.%Y"]  # type: ignore[assignment]
    held = field == "_city"
    assert sums(told(knowing)).get("held", 0) == held
    assert profile(sandbox, 77).get("_city") == ("new" if held else "old")


def test_row_that_is_found_by_another_key_now_overwrites_nothing(
    knowing: Connector, sandbox: ServedSandbox
) -> None:
    born = {"to": "_bdate", "from": "born", "type": "date"}
    fields = [KEY, {"to": "_city", "from": "text"}, born, {"to": "email", "from": "mail"}]
    knowing.config["streams"] = [{"name": "users", "fields": fields}]
    by_id, knowing.config["matching"] = knowing.config["matching"], {"mode": "email_profile"}
    sandbox.create({"crm_id": 77, "email": "ann@example.org"}, **BY_ID)
    row = {"crm_id": 77, "mail": "ann@example.org"}
    knowing.write(record({**row, "text": "old", "born": "31.12.1984"}), state(1))
    knowing.write(record({**row, "text": "new"}), state(2))
    knowing.config["matching"] = by_id
    born["formats"] = ["%d.%m.%Y"]  # type: ignore[assignment]
    assert sums(told(knowing)) == {"waiting": 1, "held": 1, "stay": 1}
    assert profile(sandbox, 77)["_city"] == "new"


@pytest.mark.parametrize(("field", "sent"), [("_city", False), ("source", True)])
def test_other_stream_counts_where_it_shares_a_field(
    knowing: Connector, sandbox: ServedSandbox, field: str, sent: bool
) -> None:
    knowing.config["streams"] = [
        {"name": "users", "fields": [KEY, {"to": "_city", "from": "text"}]},
        {"name": "people", "fields": [KEY, {"to": field, "from": "text"}]},
    ]
    knowing.catalog = {"streams": [stream("users"), stream("people")]}
    knowing.write(record({"crm_id": 77, "text": "old"}), state(1))
    know(sandbox, 77)
    knowing.write(record({"crm_id": 77, "text": "new"}, "people"), state(2, "people"))
    became = {"accepted": 1} if sent else {"held": 1, "stay": 1}
    assert sums(told(knowing)) == {"waiting": 1, **became}
    assert profile(sandbox, 77).get("_city") == ("old" if sent else "new")


def test_rows_from_before_outcomes_are_held(knowing: Connector, sandbox: ServedSandbox) -> None:
    del knowing.config["outcomes"]
    knowing.write(record({"crm_id": 77}), state(1))
    knowing.config["outcomes"] = {}
    knowing.write(record({"crm_id": 78}), state(1))
    for number in (77, 78):
        know(sandbox, number)
    found = told(knowing)
    assert sums(found) == {"waiting": 2, "accepted": 1, "held": 1, "stay": 1}
    assert "may overwrite" in found["held"][0]["why"]
    assert [each["crm_id"] for each in rows(knowing)] == [77]
    assert sums(told(knowing, *SURE)) == {"waiting": 1, "accepted": 1}


def test_what_a_resend_sends_is_known_by_its_own_place(
    knowing: Connector, sandbox: ServedSandbox
) -> None:
    """The later row waits for another reason: it is not out of date, as the earlier one is older."""
    knowing.config["streams"] = [
        {
            "name": "users",
            "fields": [
                {"to": "crm_id", "from": "crm_id"},
                {"to": "_city", "from": "city"},
                {"to": "_bdate", "from": "born", "type": "date"},
            ],
        }
    ]
    knowing.write(record({"crm_id": 77, "city": "Oslo"}), state(1))
    knowing.write(record({"crm_id": 77, "city": "Bern", "born": "31.12.1984"}), state(2))
    know(sandbox, 77)
    assert sums(told(knowing, "--code", "404")) == {"waiting": 1, "accepted": 1}
    knowing.config["streams"][0]["fields"][2]["formats"] = ["%d.%m.%Y"]
    assert sums(told(knowing)) == {"waiting": 1, "accepted": 1}
    assert profile(sandbox, 77)["_city"] == "Bern"


@pytest.mark.parametrize(("other", "held"), [(("_city",), True), (("source",), False)])
def test_profile_that_another_key_may_find_is_held(
    knowing: Connector, sandbox: ServedSandbox, other: tuple[str, ...], held: bool
) -> None:
    """Nobody knows which rows of the other stream are of the same customer."""
    knowing.config["streams"] = [
        {"name": "users", "fields": [KEY, {"to": "_city", "from": "text"}]},
        {
            "name": "people",
            "matching": {"mode": "email_profile"},
            "fields": [{"to": "email", "from": "mail"}, {"to": other[0], "from": "text"}],
        },
    ]
    knowing.catalog = {"streams": [stream("users"), stream("people")]}
    knowing.write(record({"crm_id": 77, "text": "old"}), state(1))
    know(sandbox, 77)
    assert sums(told(knowing))[("held" if held else "accepted")] == 1


def test_what_is_known_is_not_dated_back_by_a_resend(
    knowing: Connector, sandbox: ServedSandbox
) -> None:
    """The row was refused, and a later one accepted, before outcomes were kept."""
    del knowing.config["outcomes"]
    knowing.write(record({"crm_id": 77, "_city": "Oslo"}), record({"crm_id": 1, "_city": 7}))
    know(sandbox, 77)
    knowing.write(record({"crm_id": 77, "_city": "Bergen"}))
    knowing.config["outcomes"] = {}
    knowing.write(record({"crm_id": 2}))
    assert sums(told(knowing, "--code", "type", *SURE))["waiting"] == 1
    assert sums(told(knowing))["held"] >= 1
    assert profile(sandbox, 77)["_city"] == "Bergen"


# Consent

CASES = [
    ("subscribed", (), False),
    ("unconfirmed", (), False),
    ("unsubscribed", (), True),
    ("subscribed", ("--resubscribe",), True),
]
MAPPED = {
    "name": "users",
    "fields": [{"to": "crm_id", "from": "crm_id"}, {"to": "_city", "from": "city"}],
    "subscriptions": [MAILING],
}


@pytest.mark.parametrize("wire", ["json", "xml"])
@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("case", CASES)
def test_nobody_is_subscribed_again(
    lenient: Connector, sandbox: ServedSandbox, case: Any, mapped: bool, wire: str
) -> None:
    status, options, sent = case
    lenient.config["delivery"] = {"wire_format": wire}
    if mapped:
        lenient.config["streams"] = [MAPPED]
        row = {"crm_id": 77, "city": "Oslo", "mail": "ann@example.org", "news": status}
    else:
        row = {"crm_id": 77, "_city": "Oslo", "subscriptions": [{**NEWS, "status": status}]}
    lenient.write(record(row), state(1))
    know(sandbox, 77)
    assert sums(told(lenient, *SURE, *options)) == {"waiting": 1, "accepted": 1}
    now = profile(sandbox, 77)
    assert (now["_city"], bool(now.get("subscriptions"))) == ("Oslo", sent)


@pytest.mark.parametrize(
    ("streams", "asked", "warns"),
    [([MAPPED], (), True), ([MAPPED], ("--resubscribe",), False), ([], (), False)],
)
def test_what_is_not_subscribed_again_is_told_first(
    lenient: Connector, streams: Any, asked: tuple[str, ...], warns: bool
) -> None:
    lenient.config["streams"] = streams
    lenient.write(record({"crm_id": 77, "city": "Oslo", "mail": "", "news": ""}), state(1))
    _, _, err = resend(lenient, "--dry-run", *asked)
    assert ("only opt-outs are sent" in err) is warns


# Rows that a person has edited


def test_edited_row_takes_the_place_of_its_own(
    lenient: Connector, sandbox: ServedSandbox, tmp_path: Path
) -> None:
    lenient.write(record({"crm_id": 77, "_city": "Oslo"}), record({"crm_id": 78}), state(1))
    first, _ = kept(lenient.folder / "rejected", "users")
    edited = tmp_path / "edited.jsonl"
    edited.write_text(json.dumps({**first, "crm_id": 7}, indent=None) + "\n")
    found = told(lenient, "--from", str(edited), "--stream", "users", *SURE)
    assert sums(found) == {"waiting": 1, "accepted": 1}
    assert profile(sandbox, 7)["_city"] == "Oslo"
    assert [each["crm_id"] for each in rows(lenient)] == [78]


def test_edited_row_that_is_refused_again_stays(lenient: Connector, tmp_path: Path) -> None:
    lenient.write(record({"crm_id": 77, "_city": "Oslo"}), state(1))
    (first,) = kept(lenient.folder / "rejected", "users")
    edited = tmp_path / "edited.jsonl"
    edited.write_text(json.dumps({**first, "crm_id": 79}))
    assert sums(told(lenient, "--from", str(edited), "--stream", "users", *SURE)) == {
        "waiting": 1,
        "rejected": 1,
        "stay": 1,
    }
    assert [(each["crm_id"], each["rejected_attempts"]) for each in rows(lenient)] == [(79, 2)]


def test_lines_that_are_no_rows_are_all_told(lenient: Connector, tmp_path: Path) -> None:
    edited = tmp_path / "edited.jsonl"
    edited.write_text('{"crm_id": 1}\n[1]\n\n{"crm_id": 2\n' + CANARY)
    code, _, err = resend(lenient, "--from", str(edited), "--stream", "users", *SURE)
    assert code == 1 and "Lines of the file are not valid JSON objects: 2, 4, 5." in err
    assert CANARY not in err


# What is wrong


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        (("--stream", "nobody"), "The catalog has no stream of the name in --stream."),
        (("--from", "/none"), "The records of --from belong to a stream: name it with --stream."),
        (
            ("--from", "/none", "--stream", "users"),
            "The file of --from cannot be read: No such file or directory.",
        ),
    ],
)
def test_wrong_choice_is_told(lenient: Connector, chosen: tuple[str, ...], sentence: str) -> None:
    code, out, err = resend(lenient, *chosen, *SURE)
    assert (code, out) == (1, "") and sentence in err


def test_without_a_store_there_is_nothing_to_send(connector: Connector) -> None:
    code, _, err = resend(connector)
    assert code == 1 and "There is no store of rejected records" in err


def test_resend_waits_for_a_sync_to_end(lenient: Connector) -> None:
    lenient.config["batching"] = {"max_profiles": 1}
    running = lenient.start()
    running.feed(record({"crm_id": 1}), state(1))
    assert running.next("STATE") is not None
    code, _, err = resend(lenient, *SURE)
    assert code == 1 and "a sync or a command that looks at it runs with it" in err
    assert running.end() == 0


def test_service_that_is_away_leaves_the_store(lenient: Connector) -> None:
    lenient.write(record({"crm_id": 77}), state(1))
    before = rows(lenient)
    lenient.config["api_url"] = "http://127.0.0.1:9"
    lenient.config["delivery"] = {"retry_seconds": 1}
    code, out, err = resend(lenient, "--json", *SURE)
    assert code == 1 and "did not answer" in err and "Run it again later." in err
    assert sums(json.loads(out)) == {"waiting": 1, "stay": 1}
    assert rows(lenient) == before
    assert [path.name for path in (lenient.folder / "rejected" / "resend").glob("*")] == []


# Stopped and killed

LOST = (
    "[{call: profiles/update_batch, requests: [2], status: 502, execute: true, "
    'headers: {Retry-After: "60"}}]'
)


@pytest.mark.parametrize("faults", [LOST])
def test_what_is_stopped_says_where_the_rest_is(lenient: Connector, sandbox: ServedSandbox) -> None:
    lenient.write(record({"crm_id": 77, "_city": "Oslo"}), state(1))
    know(sandbox, 77)
    command = [*lenient.command("resend"), *SURE]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while "_city" not in profile(sandbox, 77):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.terminate()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143
    assert b"the rest stays in the store until the next resend. See docs/" in err
    assert [each["crm_id"] for each in rows(lenient)] == [77]


@pytest.mark.parametrize("faults", [LOST])
def test_killed_while_sending_it_counts_once(lenient: Connector, sandbox: ServedSandbox) -> None:
    """The service has executed the request, and its answer never comes."""
    one_more = {"action": "incr", "value": 1}
    lenient.write(record({"crm_id": 77, "points": one_more}), record({"crm_id": 78}), state(1))
    know(sandbox, 77)
    process = subprocess.Popen([*lenient.command("resend"), *SURE])
    deadline = time.monotonic() + 60
    while profile(sandbox, 77).get("points") != 1:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    know(sandbox, 78)
    for _ in range(2):
        found = told(lenient, *SURE)
        assert "an earlier resend may have sent it" in found["held"][0]["why"]
        assert profile(sandbox, 77)["points"] == 1
        assert [(each["crm_id"], each["rejected_fate"]) for each in rows(lenient)] == [
            (77, "unknown")
        ]
    edited = lenient.folder / "edited.jsonl"
    (kept_row,) = kept(lenient.folder / "rejected", "users")
    del kept_row["rejected_fate"]
    edited.write_text(json.dumps(kept_row))
    assert sums(told(lenient, "--from", str(edited), "--stream", "users", *SURE)) == {
        "waiting": 1,
        "accepted": 1,
    }
    assert (profile(sandbox, 77)["points"], rows(lenient)) == (2, [])


@pytest.mark.parametrize("faults", [LOST.replace("execute: true, ", "")])
def test_killed_request_is_not_sent_over_a_newer_row(
    knowing: Connector, sandbox: ServedSandbox
) -> None:
    """It was not executed, and a sync has sent a later row since."""
    knowing.catalog = {"streams": [KEYED]}
    knowing.write(record({"crm_id": 77, "_city": "Oslo"}), state(1))
    know(sandbox, 77)
    before = len(updates(sandbox))
    process = subprocess.Popen(knowing.command("resend"))
    deadline = time.monotonic() + 60
    while len(updates(sandbox)) == before:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    knowing.write(record({"crm_id": 77, "_city": "Bergen"}), state(2))
    assert sums(told(knowing)) == {"waiting": 1, "out_of_date": 1}
    assert (profile(sandbox, 77)["_city"], rows(knowing)) == ("Bergen", [])


# S3


def test_store_in_s3_is_sent_again(
    lenient: Connector, s3: MotoServer, sandbox: ServedSandbox
) -> None:
    lenient.config["object_storage_config"] = s3.setting()
    lenient.write(record({"crm_id": 77}), record({"crm_id": 78}), state(1))
    know(sandbox, 77)
    assert sums(told(lenient, *SURE)) == {"waiting": 2, "accepted": 1, "rejected": 1, "stay": 1}
    assert [(each["crm_id"], each["rejected_attempts"]) for each in s3.lines()] == [(78, 2)]
    (key,) = s3.objects()
    assert re.search(r"_0\d{9}\.1\.jsonl$", key)
