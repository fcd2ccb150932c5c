"""`forecast`: what a write would do, told without doing it."""

import json
import os
import shlex
import subprocess
from typing import Any

import pytest

from integration_tests.connector import Connector, line, record, state, stream, updates
from profiles_sandbox.testing import ServedSandbox

CANARY = "canary-7f3a"
BODY = b'{"token":"sandbox-token","db_id":1,"matching":"custom","field_name":"crm_id","data":[{"crm_id":2,"_bdate":"2001-02-03"}]}'


def forecast(
    connector: Connector, *lines: bytes, options: tuple[str, ...] = ()
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    command = [*connector.command("forecast"), *options]
    done = subprocess.run(
        command, input=b"".join(lines), capture_output=True, timeout=300, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def told(connector: Connector, *lines: bytes, options: tuple[str, ...] = ()) -> dict[str, Any]:
    code, out, err = forecast(connector, *lines, options=("--json", *options))
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


MAPPED = {
    "name": "users",
    "fields": [
        {"to": "crm_id", "from": "id"},
        {"to": "_bdate", "from": "born", "type": "date"},
        {"to": "_city", "from": "city"},
    ],
    "subscriptions": [{"channel": "sms", "resource_id": 3, "address_from": "tel", "status": 1}],
}


@pytest.mark.parametrize("wire", ["json", "xml"])
@pytest.mark.parametrize("sync_mode", ["append", "append_dedup"])
def test_forecast_is_what_a_write_then_does(
    connector: Connector, sandbox: ServedSandbox, sync_mode: str, wire: str
) -> None:
    connector.config |= {
        "streams": [MAPPED],
        "unlisted_streams": "send",
        "batching": {"max_profiles": 3},
        "delivery": {"wire_format": wire},
    }
    connector.catalog["streams"] = [stream("users", sync_mode), stream("orders")]
    days = ["2001-02-03", CANARY, None, "2001-02-03"]
    rows = [
        record({"id": 1 + number // 4, "born": days[number % 4], "city": None})
        for number in range(12)
    ]
    lines = [
        *rows,
        record({"crm_id": 9}, "orders"),
        record({"crm_id": CANARY * 0}, "orders"),
        record({}, "lost"),
        state(1),
    ]
    found = told(connector, *lines)
    assert [row["call"] for row in sandbox.journal()] == ["profiles/import_batch"]

    said = connector.write(*lines)
    requests = updates(sandbox)
    assert (found["requests"], found["bytes"]) == (
        len(requests),
        sum(row["body_bytes"] for row in requests),
    )
    assert found["profiles_per_request"]["largest"] == max(row["profiles"] for row in requests) == 3
    assert found["bytes_per_request"]["smallest"] == min(row["body_bytes"] for row in requests)
    users, orders = found["streams"]
    assert (users["records"], users["rejected"], users["always_null"]) == (
        12,
        3,
        ["_city", "subscriptions"],
    )
    assert users["sent"] + users["superseded"] == 9
    assert (users["superseded"] > 0) is (sync_mode == "append_dedup")
    assert orders == {
        "stream": "orders",
        "records": 2,
        "sent": 1,
        "superseded": 0,
        "deleted": 0,
        "unchanged": 0,
        "rejected": 1,
        "always_null": [],
        "statuses": {},
    }
    assert said.stats == [(9.0, 3.0)]
    reason = "$.born _bdate must be date, and this string cannot be read as one"
    assert found["rejections"][0] == {
        "stream": "users",
        "step": "conversion",
        "code": "date",
        "reason": reason,
        "records": 3,
        "shapes": {"a-9a9a": 3},
        "other_shapes": 0,
    }
    assert found["rejections"][1]["shapes"] == {"empty": 1}
    assert found["unknown_streams"] == {"lost": 1}


def test_estimate_counts_round_trips(connector: Connector) -> None:
    connector.config["batching"] = {"max_profiles": 1}
    rows = [record({"crm_id": number}) for number in range(20)]
    found = told(connector, *rows, options=("--latency-ms", "60000", "--in-flight", "6"))
    # 4, 6, 6 and 4 at once
    assert (found["requests"], found["seconds"], found["in_flight"]) == (20, 240.0, 6)


def test_estimate_keeps_to_the_rate(connector: Connector) -> None:
    connector.config |= {
        "batching": {"max_profiles": 1},
        "delivery": {"max_requests_per_second": 0.5},
    }
    rows = [record({"crm_id": number}) for number in range(20)]
    found = told(connector, *rows, options=("--latency-ms", "1"))
    assert (found["requests"], found["seconds"]) == (20, 40.0)


def test_table_is_for_people(connector: Connector) -> None:
    connector.config["streams"] = [MAPPED]
    rows = [record({"id": 1, "born": CANARY}), record({"id": 2, "born": "2001-02-03"})]
    code, out, err = forecast(connector, *rows)
    assert (code, err) == (0, "")
    assert "stream  records  sent  superseded  deleted  rejected  always null" in out
    assert "users         2     1           0        0         1  _city, subscriptions" in out
    assert f"1 request with {len(BODY)} bytes in all. Nothing was sent." in out
    assert '"a-9a9a" 1 ' in out
    assert "A write takes about 0.5 s where the service needs 500 ms for a request and takes" in out
    assert CANARY not in out


@pytest.mark.parametrize(
    "tail", [b'{"type":"RECORD","rec', line({"type": "RECORD", "record": {"stream": "users"}})]
)
def test_broken_input_is_an_error(connector: Connector, tail: bytes) -> None:
    code, out, err = forecast(connector, record({"crm_id": 1}), tail)
    assert (code, out) == (1, "")
    assert err.startswith("ERROR Line 2 of the input ") and err.count("\n") == 1


def test_wrong_configuration_is_an_error(connector: Connector) -> None:
    connector.config["db_id"] = CANARY
    assert forecast(connector) == (
        1,
        "",
        "ERROR The setting db_id is wrong: must be integer, not string. See docs/errors.md#configerror\n",
    )


@pytest.mark.parametrize(
    ("option", "value"), [("--latency-ms", "-1"), ("--in-flight", "0"), ("--in-flight", "many")]
)
def test_wrong_option_is_told(connector: Connector, option: str, value: str) -> None:
    code, _, err = forecast(connector, options=(option, value))
    assert code == 2 and f"argument {option}" in err


def test_nothing_to_send_is_told(connector: Connector) -> None:
    assert told(connector)["requests"] == 0
    code, out, _ = forecast(connector)
    assert code == 0 and "0 requests with 0 bytes in all. Nothing was sent." in out


def test_limit_of_rejections_does_not_end_it(connector: Connector) -> None:
    connector.config["max_rejected"] = 0
    assert told(connector, record({}), record({"crm_id": 1}))["streams"][0]["rejected"] == 1


def test_limit_of_rejections_is_told(connector: Connector) -> None:
    connector.config["max_rejected"] = 0
    _, out, _ = forecast(connector, record({}), record({"crm_id": 1}), b"chatter\n")
    assert "But a write stops when more than 0 records are rejected, as max_rejected asks." in out
    assert "Lines that are not Airbyte messages, and so are ignored: 1." in out


@pytest.mark.parametrize(
    ("rejected", "percent", "fails"),
    [(10, 50, False), (11, 50, True), (11, 55, False), (20, 100, False)],
)
def test_part_that_a_write_fails_above_is_told(
    connector: Connector, rejected: int, percent: int, fails: bool
) -> None:
    connector.config["max_rejected_percent"] = percent
    rows = [*(record({}) for _ in range(rejected))]
    rows += [record({"crm_id": 1 + number % 9}) for number in range(20 - rejected)]
    code, out, _ = forecast(connector, *rows)
    sentence = f"a write fails where more than {percent} percent of the records are rejected"
    assert (code, sentence in out) == (0, fails)
    assert connector.write(*rows).code == int(fails)


@pytest.mark.parametrize("flags", [(), ("--json",)])
@pytest.mark.parametrize("name", ["日本", "foo[/bar]", "[red]x", "a:smile:b"])
def test_any_name_of_a_stream_is_shown(
    connector: Connector, name: str, flags: tuple[str, ...]
) -> None:
    connector.catalog["streams"] = [stream(name)]
    command = [*connector.command("forecast"), *flags]
    lines = record({"crm_id": 1}, name) + record({"crm_id": 1}, f"{name}2")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    done = subprocess.run(
        command, input=lines, capture_output=True, timeout=300, check=False, env=environment
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert name in done.stdout.decode() and f"{name}2" in done.stdout.decode()


def test_closed_output_is_told(connector: Connector) -> None:
    done = subprocess.run(
        f"{shlex.join(connector.command('forecast'))} >&-",
        shell=True,
        input=b"",
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert done.stderr.startswith(
        b"ERROR Whoever started the sync does not read its output any more."
    )


def test_values_that_are_left_out_are_told(connector: Connector) -> None:
    born = {"to": "_bdate", "from": "born", "type": "date", "on_error": "omit"}
    connector.config["streams"] = [
        {"name": "users", "fields": [{"to": "crm_id", "from": "id"}, born]}
    ]
    lines = [record({"id": 1, "born": CANARY}), record({"id": 2, "born": "2001-02-03"})]
    found = told(connector, *lines)
    assert (found["rejections"], found["omissions"]) == (
        [],
        [
            {
                "stream": "users",
                "step": "conversion",
                "code": "date",
                "reason": "$.born _bdate must be date, and this string cannot be read as one",
                "records": 1,
                "shapes": {"a-9a9a": 1},
                "other_shapes": 0,
            }
        ],
    )
    assert "left out" in forecast(connector, *lines)[1]


def test_forecast_counts_statuses_and_deletions(connector: Connector) -> None:
    told_by = {"status_from": "news", "status_if_null": "keep", "resource_id": 3}
    subscription = {"channel": "sms", "address_from": "tel", **told_by}
    connector.config["streams"] = [{**MAPPED, "subscriptions": [subscription]}]
    words = ["subscribed", "Unsubscribed", "unsubscribed", None]
    rows = [record({"id": at, "tel": "79000000000", "news": word}) for at, word in enumerate(words)]
    deleted = record({"id": 5, "_ab_cdc_deleted_at": "2026-11-01"})
    (users,) = told(connector, *rows, deleted)["streams"]
    assert users["statuses"] == {"unsubscribed": 2, "subscribed": 1, "without a status": 1}
    assert (users["records"], users["sent"], users["deleted"]) == (5, 4, 1)
    code, out, _ = forecast(connector, *rows, deleted)
    lines = [line.split() for line in out.splitlines()]
    assert (code, ["users", "without", "a", "status", "1"] in lines) == (0, True)


def pairs(example: dict[str, Any]) -> dict[str, Any]:
    return {
        ", ".join(each["before"]) or each["field"]: (each["before"], each["field"], each["after"])
        for each in example["values"]
    }


SHOWN = {
    "name": "users",
    "fields": [
        {"to": "crm_id", "from": "id"},
        {"to": "_bdate", "from": "born", "type": "date"},
        {"to": "points", "from": "points", "type": "int"},
        {"to": "phones", "columns": ["home", "work"]},
        {"to": "_city", "from": "address.city"},
        {"to": "source", "value": "warehouse"},
    ],
    "subscriptions": [{"channel": "sms", "resource_id": 3, "address_from": "tel", "status": 1}],
}


def test_row_whose_path_cannot_be_read_is_shown(connector: Connector) -> None:
    fields = [{"to": "crm_id", "from": "id"}, {"to": "_city", "from": "address.city"}]
    connector.config["streams"] = [{"name": "users", "fields": fields}]
    rows = [record({"id": 1, "address": '{"city": "Os'}), record({"id": 2, "address": None})]
    code, out, _ = forecast(connector, *rows, options=("--json", "--show", "1"))
    examples = json.loads(out)["examples"]
    assert (code, [each["row"] for each in examples]) == (0, [1, 2])
    assert "holds JSON that cannot be read" in str(examples[0]["reason"])


def test_rows_are_shown_beside_what_they_become(connector: Connector) -> None:
    connector.config["streams"] = [SHOWN]
    good = {"id": 1, "born": "2001-02-03T10:00:00", "home": CANARY, "address": {"city": "Ulm"}}
    rows = [
        record({**good, "tel": "+49301", "left": "alone"}),
        record({"id": 2, "born": CANARY, "points": "many"}),
        record({"id": 3, "born": CANARY}),
        record({"born": "2001-02-03"}),
        *(record({"id": each}) for each in range(4, 9)),
    ]
    code, out, err = forecast(connector, *rows, options=("--json", "--show", "2"))
    assert (code, err) == (
        0,
        "WARN These are values of rows, personal data among them: keep them to yourself.\n",
    )
    examples = json.loads(out)["examples"]
    assert [(each["row"], each["reason"] is None) for each in examples] == [
        (1, True),
        (2, False),
        (4, False),
        (5, True),
    ]
    assert pairs(examples[0]) == {
        "id": ({"id": 1}, "crm_id", 1),
        "born": ({"born": "2001-02-03T10:00:00"}, "_bdate", "2001-02-03"),
        "points": ({}, "points", None),
        "home": ({"home": CANARY}, "phones", [CANARY]),
        "address.city": ({"address.city": "Ulm"}, "_city", "Ulm"),
        "source": ({}, "source", "warehouse"),
        "tel": ({"tel": "+49301"}, None, None),
        "subscriptions": (
            {},
            "subscriptions",
            [{"channel": "sms", "resource_id": 3, "phone": "+49301", "status": 1}],
        ),
    }
    faults = [(each["step"], each["column"], each["field"]) for each in examples[1]["faults"]]
    assert faults == [("conversion", "born", "$._bdate"), ("conversion", "points", "$.points")]
    assert pairs(examples[1])["born"] == ({"born": CANARY}, "_bdate", None)
    assert examples[2]["faults"] == [
        {"step": "profile", "rule": "required", "column": "id", "field": "$"}
    ]


def test_rows_are_shown_as_a_table(connector: Connector) -> None:
    connector.config["streams"] = [SHOWN]
    rows = [record({"id": 1, "born": "2001-02-03"}), record({"id": 2, "born": CANARY})]
    _, out, _ = forecast(connector, *rows, options=("--show", "1"))
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["Row", "1", "of", "users", "would", "be", "sent:"]
    assert ["born", '"2001-02-03"', "_bdate", '"2001-02-03"'] in lines
    assert ["born", f'"{CANARY}"', "_bdate"] in lines
    assert ["-", "conversion", "date:", "born", "to", "$._bdate"] in lines


@pytest.mark.parametrize("wire", ["json", "xml"])
def test_rows_that_go_as_they_come_are_shown(connector: Connector, wire: str) -> None:
    connector.config["delivery"] = {"wire_format": wire}
    found = told_with_values(connector, record({"crm_id": 1, "_city": CANARY, "_fname": None}))
    city = pairs(found["examples"][0])["_city"]
    assert city == ({"_city": CANARY}, "_city", CANARY)


def told_with_values(connector: Connector, *lines: bytes) -> dict[str, Any]:
    code, out, _ = forecast(connector, *lines, options=("--json", "--show", "9"))
    assert code == 0
    found: dict[str, Any] = json.loads(out)
    return found


def test_rows_that_are_no_json_are_shown(connector: Connector) -> None:
    connector.config["streams"] = [SHOWN]
    broken = b'{"type":"RECORD","record":{"stream":"users","data":{"id":1,"born":NaN}}}\n'
    (example,) = told_with_values(connector, broken)["examples"]
    assert (example["row"], example["reason"].startswith("$.born must be a number")) == (1, True)


def test_no_value_is_shown_unless_asked_for(connector: Connector) -> None:
    connector.config["streams"] = [SHOWN]
    _, out, err = forecast(connector, record({"id": 1, "home": CANARY}), options=("--json",))
    assert CANARY not in out + err
    assert not {"examples", "known"} & json.loads(out).keys()


def test_share_that_the_service_knows_is_told(connector: Connector, sandbox: ServedSandbox) -> None:
    rows = [record({"crm_id": number}) for number in range(1, 13)]
    found = told(connector, *rows, options=("--ask", "12"))
    assert found["known"] == [{"stream": "users", "asked": 12, "known": 9, "problem": None}]
    few = told(connector, *rows, options=("--ask", "4"))["known"]
    assert few[0]["asked"] == 4
    assert told(connector, *rows, options=("--ask", "4"))["known"] == few
    assert {row["call"] for row in sandbox.journal()} == {"profiles/import_batch", "profiles/get"}
    _, out, _ = forecast(connector, *rows, options=("--ask", "12"))
    assert "Of 12 profiles of users that were asked for, the service knows 9 (75.0%)." in out


@pytest.mark.parametrize(
    ("matching", "known"),
    [
        ({"mode": "email"}, {"email": "ann@example.org"}),
        ({"mode": "phone"}, {"phones": ["+4930123456"]}),
        ({"mode": "email_phone"}, {"phones": ["+4930123456"]}),
    ],
)
def test_profiles_are_asked_for_by_their_key(
    connector: Connector, sandbox: ServedSandbox, matching: dict[str, Any], known: dict[str, Any]
) -> None:
    sandbox.create(known, matching=matching["mode"])
    connector.config["matching"] = matching
    found = told(connector, record(known), options=("--ask", "1"))
    assert [(each["asked"], each["known"]) for each in found["known"]] == [(1, 1)]


@pytest.mark.parametrize("faults", ["- {call: profiles/get, error: {code: 403, text: denied}}"])
def test_service_that_does_not_tell_is_told(connector: Connector) -> None:
    found = told(connector, record({"crm_id": 1}), options=("--ask", "1"))["known"]
    assert (found[0]["asked"], "no right" in found[0]["problem"]) == (0, True)
    assert (
        "could not be asked for more: "
        in forecast(connector, record({"crm_id": 1}), options=("--ask", "1"))[1]
    )


def test_cut_input_says_that_nothing_was_sent(connector: Connector) -> None:
    code, out, err = forecast(connector, record({"crm_id": 1}), b'{"type": "RECORD"')
    assert (code, out) == (1, "")
    assert "so it ends here; nothing was sent. Run it again, and look at the source's log." in err
