"""`write`: what arrives, which states come back, and when."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from integration_tests.connector import (
    Connector,
    by,
    line,
    record,
    rejected,
    sent,
    sent_profiles,
    state,
    stream,
    updates,
    wait_for_request,
)
from profiles_sandbox.testing import ServedSandbox

EXAMPLES = Path(__file__).with_name("examples")


def test_records_arrive_and_states_return(connector: Connector, sandbox: ServedSandbox) -> None:
    said = connector.write(
        record({"crm_id": 1, "_fname": "Ann"}),
        state(1),
        record({"crm_id": 2, "_fname": "Bob"}),
        state(2),
    )
    assert (said.code, said.stats) == (0, [(1.0, 0.0), (1.0, 0.0)])
    assert [sandbox.profile(f"65f0c0ffee0000000000000{number}")["_fname"] for number in (1, 2)] == [
        "Ann",
        "Bob",
    ]


def test_body_equals_the_wire_example(connector: Connector, bodies: Path) -> None:
    example = json.loads((EXAMPLES / "update_batch.request.json").read_text())
    connector.config |= {
        "token": example["token"],
        "db_id": example["db_id"],
        "matching": by(example["field_name"]),
        "skip_triggers": True,
    }
    said = connector.write(*(record(profile) for profile in example["data"]))
    assert json.loads(sent(bodies)[0]) == example
    assert (
        said.error["failure_type"] == "config_error"
    )  # the sandbox knows neither that token nor that database


def test_unchanged_records_keep_their_bytes(connector: Connector, bodies: Path) -> None:
    data = '{"crm_id" : 1, "_fname":"\\u0411 Бо", "score": 1.50}'.encode()
    connector.write(
        b'{"type":"RECORD","record":{"stream":"users","data":' + data + b',"emitted_at":1}}\n'
    )
    head = b'{"token":"sandbox-token","db_id":1,"matching":"custom","field_name":"crm_id","data":['
    assert sent(bodies) == [head + data + b"]}"]


def test_state_keeps_every_byte(connector: Connector) -> None:
    inner = '"id":12,"sourceStats":{"recordCount":1.0},"zone":null,"stream":{"stream_descriptor":{"name":"users"},"stream_state":{"n":1.10}}'
    connector_line = (
        f'{{"type":"STATE","state":{{"type":"STREAM",{inner}}},"extra":[1, 2]}}\n'.encode()
    )
    said = connector.write(record({"crm_id": 1}), connector_line)
    stats = '"destinationStats":{"recordCount":1.0,"rejectedRecordCount":0.0}'
    given_back = f'{{"type":"STATE","extra":[1, 2],"state":{{"type":"STREAM",{inner},{stats}}}}}'
    assert given_back.encode() in said.raw.splitlines()


def test_partial_failure_rejects_only_its_records(
    storing: Connector, sandbox: ServedSandbox
) -> None:
    said = storing.write(
        *(record({"crm_id": number, "_fname": "Ann"}) for number in (1, 77, 2, 78)), state(4)
    )
    assert (said.code, said.stats) == (0, [(2.0, 2.0)])
    assert (updates(sandbox)[0]["accepted"], updates(sandbox)[0]["failed"]) == (2, 2)
    assert [
        (row["crm_id"], row["rejected_reason"], row["rejected_code"], row["rejected_path"])
        for row in rejected(storing)
    ] == [
        (77, "service", "404", "$"),
        (78, "service", "404", "$"),
    ]
    assert "users   service  404         2  crm_id: no profile found by custom" in said.log


def test_schema_violation_rejects_only_its_record(storing: Connector, bodies: Path) -> None:
    schema = {
        "type": "object",
        "properties": {
            "crm_id": {"type": "integer"},
            "address": {"properties": {"zip": {"type": "string"}}},
        },
    }
    storing.catalog = {"streams": [stream(schema=schema)]}
    said = storing.write(
        record({"crm_id": 1}),
        record({"crm_id": 2, "address": {"zip": 12345}}),
        record({"crm_id": 3}),
        state(3),
    )
    assert ([each["crm_id"] for each in sent_profiles(bodies)], said.stats) == (
        [1, 3],
        [(2.0, 1.0)],
    )
    (row,) = rejected(storing)
    assert (row["rejected_reason"], row["rejected_code"], row["rejected_path"]) == (
        "schema",
        "type",
        "$.address.zip",
    )
    assert row["rejected_message"] == "must be string or null, not integer"


def test_record_without_its_key_is_rejected(storing: Connector, bodies: Path) -> None:
    storing.write(record({"_fname": "Ann"}), record({"crm_id": None}), record({"crm_id": 1}))
    assert sent_profiles(bodies) == [{"crm_id": 1}]
    assert [row["rejected_message"] for row in rejected(storing)] == ["crm_id must be there"] * 2


def test_chunk_is_sealed_at_ten_thousand(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.config |= {"delivery": {"max_in_flight": 1}, "max_rejected_percent": 100}
    said = connector.write(
        *(record({"crm_id": 1000 + number}) for number in range(10_001)), state("end")
    )
    assert [row["profiles"] for row in updates(sandbox)] == [10_000, 1]
    assert said.stats == [(0.0, 10_001.0)]


def test_chunk_never_exceeds_its_bytes(connector: Connector, bodies: Path) -> None:
    connector.config |= {"batching": {"max_bytes": 1000}, "delivery": {"max_in_flight": 1}}
    texts = ["Б" * (number * 17 % 200) for number in range(40)]
    connector.write(
        *(record({"crm_id": number + 1, "source": text}) for number, text in enumerate(texts))
    )
    sizes = [len(body) for body in sent(bodies)]
    assert max(sizes) <= 1000
    firsts = [msgspec.json.encode(json.loads(body)["data"][0]) for body in sent(bodies)]
    assert all(
        size + 1 + len(first) > 1000 for size, first in zip(sizes, firsts[1:], strict=False)
    )  # sealed before the one too many
    assert [each["source"] for each in sent_profiles(bodies)] == texts


def test_body_of_exactly_the_limit_is_sent(storing: Connector, bodies: Path) -> None:
    head = (
        b'{"token":"sandbox-token","db_id":1,"matching":"custom","field_name":"crm_id","data":[]}'
    )
    storing.config["batching"] = {"max_bytes": 1000}
    room = 1000 - len(head) - len(b'{"crm_id":1,"source":""}')
    said = storing.write(
        record({"crm_id": 1, "source": "x" * room}),
        record({"crm_id": 2, "source": "x" * (room + 1)}),
        state(2),
    )
    assert ([len(body) for body in sent(bodies)], said.stats) == ([1000], [(1.0, 1.0)])
    assert (
        rejected(storing)[0]["rejected_message"]
        == f"is {1001 - len(head)} bytes as a profile; a request has room for {1000 - len(head)}"
    )


def test_old_chunk_leaves_while_stdin_is_silent(connector: Connector) -> None:
    connector.config["batching"] = {"max_age_seconds": 0.5}
    running = connector.start()
    running.feed(record({"crm_id": 1}), state(1))
    assert running.next("STATE", seconds=20) is not None  # stdin is still open
    assert running.end() == 0


def test_state_without_records_leaves_at_once(connector: Connector) -> None:
    running = connector.start()
    running.feed(state(1))
    assert running.next("STATE", seconds=20) is not None
    assert running.end() == 0


def test_state_waits_for_its_chunk(connector: Connector, sandbox: ServedSandbox) -> None:
    """A full chunk of another database shows that all before it has been read."""
    connector.catalog["streams"].append(stream("partners"))
    connector.config |= {
        "streams": [{"name": "users"}, {"name": "partners", "db_id": 2}],
        "batching": {"max_profiles": 2},
    }
    running = connector.start()
    running.feed(record({"crm_id": 1}), state(1))
    running.feed(*(record({"crm_id": number}, "partners") for number in (1, 2)))
    wait_for_request(sandbox)
    assert running.next("STATE", seconds=0.5) is None  # its record stands in an open chunk
    assert running.end() == 0
    assert running.next("STATE") is not None
    assert [row["db_id"] for row in updates(sandbox)] == [2, 1]


def test_chunk_is_not_cut_for_a_state(connector: Connector, sandbox: ServedSandbox) -> None:
    said = connector.write(
        *(
            message
            for number in range(1, 10)
            for message in (record({"crm_id": number}), state(number))
        )
    )
    assert [row["profiles"] for row in updates(sandbox)] == [9]
    assert [each["stream"]["stream_state"]["cursor"] for each in said.states] == list(range(1, 10))


@pytest.mark.parametrize(
    "faults", ["- {call: profiles/update_batch, requests: [1], delay_ms: 500}"]
)
def test_states_keep_their_order(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.config |= {"batching": {"max_profiles": 1}}
    said = connector.write(
        *(
            message
            for number in range(1, 6)
            for message in (record({"crm_id": number}), state(number))
        )
    )
    assert [each["stream"]["stream_state"]["cursor"] for each in said.states] == [1, 2, 3, 4, 5]
    assert said.stats == [(1.0, 0.0)] * 5
    assert len({row["request_id"] for row in updates(sandbox)}) == 5


@pytest.mark.parametrize("key", ["global", "global_"])
def test_global_state_counts_all_streams(connector: Connector, key: str) -> None:
    connector.catalog = {"streams": [stream("users"), stream("people")]}
    shared = {"type": "GLOBAL", key: {"shared_state": {"lsn": 2**70}, "stream_states": []}}
    said = connector.write(
        record({"crm_id": 1}),
        record({"crm_id": 2}, "people"),
        record({"crm_id": 88}),
        line({"type": "STATE", "state": shared}),
    )
    assert said.stats == [(2.0, 1.0)]
    assert said.states[0]["global"] == {"shared_state": {"lsn": 2**70}, "stream_states": []}
    assert "global_" not in said.states[0]


def test_legacy_state_is_given_back(connector: Connector) -> None:
    said = connector.write(
        record({"crm_id": 1}), line({"type": "STATE", "state": {"data": {"users": 1}}})
    )
    assert said.states == [
        {"data": {"users": 1}, "destinationStats": {"recordCount": 1.0, "rejectedRecordCount": 0.0}}
    ]


def test_counts_are_per_stream(connector: Connector) -> None:
    connector.catalog = {"streams": [stream("users"), stream("people")]}
    said = connector.write(
        record({"crm_id": 1}),
        record({"crm_id": 2}, "people"),
        record({"crm_id": 99}, "people"),
        state(1),
        state(2, "people"),
    )
    assert said.stats == [(1.0, 0.0), (1.0, 1.0)]


def test_later_record_supersedes_in_dedup_mode(connector: Connector, bodies: Path) -> None:
    connector.catalog = {"streams": [stream(sync_mode="append_dedup")]}
    said = connector.write(
        record({"crm_id": 1, "source": "a"}),
        record({"crm_id": 2}),
        record({"crm_id": 1, "source": "b"}),
        state(3),
    )
    assert sent_profiles(bodies) == [{"crm_id": 1, "source": "b"}, {"crm_id": 2}]
    assert said.stats == [(3.0, 0.0)]
    assert "1 superseded" in said.log


@pytest.mark.parametrize(
    ("primary_key", "superseded"),
    [
        ([["id"]], 1),  # a table of customers: the later row is the same customer
        ([["order"]], 0),  # a table of orders: each row is another order of the customer
        ([["id"], ["order"]], 0),
        ([], 0),
        (None, 0),
    ],
)
def test_overwrite_keeps_the_last_row_of_a_key_and_loses_no_other(
    connector: Connector, sandbox: ServedSandbox, primary_key: Any, superseded: int
) -> None:
    """Airbyte's overwrite with dedup arrives so where refreshes are off."""
    fields = [{"to": "crm_id", "from": "id"}, {"to": "source", "from": "order"}]
    connector.config["streams"] = [{"name": "users", "fields": fields}]
    configured = stream(sync_mode="overwrite") | {"primary_key": primary_key}
    connector.catalog = {"streams": [configured]}
    rows = [record({"id": 1, "order": "a"}), record({"id": 1, "order": "b"})]
    said = connector.write(*rows, record({"id": 2, "order": "c"}), state(3))
    assert (said.code, said.stats) == (0, [(3.0, 0.0)])
    assert sum(row["accepted"] for row in updates(sandbox)) == 3 - superseded
    assert sandbox.profile("65f0c0ffee00000000000001")["source"] == "b"


def test_every_record_is_sent_in_append_mode(connector: Connector, bodies: Path) -> None:
    connector.write(
        *(record({"crm_id": 1, "source": text}) for text in "abc"), record({"crm_id": 2})
    )
    assert [json.loads(body)["data"] for body in sent(bodies)] == [
        [{"crm_id": 1, "source": "a"}, {"crm_id": 2}],
        [{"crm_id": 1, "source": "b"}],
        [{"crm_id": 1, "source": "c"}],
    ]


@pytest.mark.parametrize(
    "faults", ["- {call: profiles/update_batch, requests: [1], delay_ms: 300}"]
)
def test_updates_of_one_profile_keep_their_order(
    connector: Connector, sandbox: ServedSandbox
) -> None:
    connector.config["batching"] = {"max_profiles": 1}
    connector.write(*(record({"crm_id": 1, "source": text}) for text in "abc"))
    assert sandbox.profile("65f0c0ffee00000000000001")["source"] == "c"


def test_functions_are_never_superseded(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.catalog = {"streams": [stream(sync_mode="append_dedup")]}
    connector.write(
        *(record({"crm_id": 1, "points": {"action": "incr", "value": 2}}) for _ in range(3))
    )
    assert sandbox.profile("65f0c0ffee00000000000001")["points"] == 6


def test_mapping_sends_only_its_fields(connector: Connector, bodies: Path) -> None:
    fields = [
        {"to": "crm_id", "from": "id"},
        {"to": "_city", "from": "address.city"},
        {"to": "last_seen", "from": "seen", "type": "date"},
        {"to": "source", "value": "warehouse"},
        {"to": "tags", "from": "labels", "type": "tags"},
    ]
    connector.config["streams"] = [{"name": "users", "fields": fields}]
    data = {
        "id": 12345678901234567890123,
        "address": {"city": "Brno"},
        "seen": "2024-05-27T12:00:00Z",
        "labels": "a, b",
        "secret": 1,
    }
    connector.write(record(data))
    assert sent_profiles(bodies) == [
        {
            "crm_id": 12345678901234567890123,
            "_city": "Brno",
            "last_seen": "2024-05-27",
            "source": "warehouse",
            "tags": ["a", "b"],
        }
    ]


@pytest.mark.parametrize(
    ("null_values", "arrives"),
    [
        ("omit", {"crm_id": 1}),
        ("send", {"crm_id": 1, "source": None}),
        ("unset", {"crm_id": 1, "source": {"action": "unset"}}),
    ],
)
def test_nulls_follow_their_setting(
    connector: Connector, bodies: Path, null_values: str, arrives: dict[str, Any]
) -> None:
    connector.config["null_values"] = null_values
    connector.write(record({"crm_id": 1, "source": None}))
    assert sent_profiles(bodies) == [arrives]


def test_streams_may_have_targets_of_their_own(
    connector: Connector, sandbox: ServedSandbox
) -> None:
    connector.catalog = {"streams": [stream("users"), stream("partners")]}
    connector.config["streams"] = [
        {"name": "users"},
        {"name": "partners", "db_id": 2, "matching": {"mode": "email", "resource_id": 28}},
    ]
    connector.write(record({"crm_id": 1}), record({"email": "a@example.com"}, "partners"))
    assert {(row["db_id"], row["matching"], row["field_name"]) for row in updates(sandbox)} == {
        (1, "custom", "crm_id"),
        (2, "email", None),
    }


@pytest.mark.parametrize(
    "faults",
    [
        "- {call: profiles/update_batch, status: 503, requests: [1, 2]}",
        (
            "- {call: profiles/update_batch, status: 429, requests: [1, 2], "
            "headers: {Retry-After: '1'}}"
        ),
    ],
)
def test_retry_keeps_its_request_id(connector: Connector, sandbox: ServedSandbox) -> None:
    said = connector.write(record({"crm_id": 1}), state(1))
    assert (said.code, said.stats) == (0, [(1.0, 0.0)])
    assert [row["http_status"] for row in updates(sandbox)] == [
        updates(sandbox)[0]["http_status"]
    ] * 2 + [200]
    assert len({row["request_id"] for row in updates(sandbox)}) == 1


@pytest.mark.parametrize("faults", ["- {call: profiles/update_batch, drop: after, requests: [1]}"])
def test_lost_answer_changes_nothing_twice(connector: Connector, sandbox: ServedSandbox) -> None:
    said = connector.write(
        record({"crm_id": 1, "points": {"action": "incr", "value": 2}}), state(1)
    )
    assert (said.stats, sandbox.profile("65f0c0ffee00000000000001")["points"]) == ([(1.0, 0.0)], 2)
    assert [row["duplicate"] for row in updates(sandbox)] == [False, True]


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        ("- {call: profiles/update_batch, status: 503}", "transient_error"),
        ("- {call: profiles/update_batch, drop: before}", "transient_error"),
        ("- {call: profiles/update_batch, result: missing}", "system_error"),
        ("- {call: profiles/update_batch, result: short}", "system_error"),
        ("- {call: profiles/update_batch, result: long}", "system_error"),
        ("- {call: profiles/update_batch, body: '<html>ok</html>', execute: true}", "system_error"),
        (
            "- {call: profiles/update_batch, body: {error: 0, result: [{}]}, execute: true}",
            "system_error",
        ),
        ("- {call: profiles/update_batch, error: {code: 401, text: wrong token}}", "config_error"),
        ("- {call: profiles/update_batch, error: {code: 402, text: tariff limit}}", "config_error"),
        ("- {call: profiles/update_batch, error: {code: 777, text: what is this}}", "system_error"),
        (
            "- {call: profiles/update_batch, body: {error: 0, result: [{error: 403}]}}",
            "config_error",
        ),
    ],
)
def test_no_state_without_an_answer(connector: Connector, kind: str) -> None:
    connector.config["delivery"] = {"retry_seconds": 0.2}
    said = connector.write(record({"crm_id": 1}), state(1))
    assert (said.code, said.states, said.error["failure_type"]) == (1, [], kind)


@pytest.mark.parametrize(
    "faults",
    [
        (
            "- {call: profiles/update_batch, requests: {from: 3}, error: {code: "
            "401, text: expired token}}"
        )
    ],
)
def test_refused_token_keeps_the_safe_states(connector: Connector) -> None:
    connector.config |= {"batching": {"max_profiles": 1}, "delivery": {"max_in_flight": 1}}
    said = connector.write(
        *(
            message
            for number in range(1, 6)
            for message in (record({"crm_id": number}), state(number))
        )
    )
    assert (said.code, said.stats) == (1, [(1.0, 0.0)] * 2)
    assert said.error["message"] == (
        "The service does not accept the API token. Set a valid token in the "
        "destination's settings. (code 401: expired token)"
    )


@pytest.mark.parametrize("options", [["--max-profiles", "9"]])
def test_refused_chunk_is_halved(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.config["max_rejected_percent"] = 75
    said = connector.write(*(record({"crm_id": number}) for number in range(1, 37)), state(36))
    assert said.stats == [(9.0, 27.0)]
    assert sorted(row["profiles"] for row in updates(sandbox)) == [9, 9, 9, 9, 18, 18, 36]
    assert len({row["request_id"] for row in updates(sandbox)}) == 7


def test_sigterm_lets_safe_states_out(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.config["batching"] = {"max_profiles": 1}
    running = connector.start()
    running.feed(record({"crm_id": 1}), state(1))
    assert running.next("STATE") is not None
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(20) == 143
    running.end()


def test_unknown_column_is_a_config_error(connector: Connector) -> None:
    connector.catalog = {"streams": [stream(schema={"type": "object", "properties": {"id": {}}})]}
    connector.config["streams"] = [{"name": "users", "fields": [{"to": "crm_id", "from": "di"}]}]
    said = connector.write(record({"id": 1}))
    assert (
        said.error["message"]
        == "The stream users has no column di, which a field of its mapping is taken from."
    )


def test_soft_delete_is_a_config_error(connector: Connector) -> None:
    connector.catalog = {"streams": [stream(sync_mode="soft_delete")]}
    assert connector.write().error["failure_type"] == "config_error"


def test_superseded_record_is_stored_when_its_successor_is_refused(storing: Connector) -> None:
    storing.catalog = {"streams": [stream(sync_mode="append_dedup")]}
    said = storing.write(
        record({"crm_id": 4, "source": "good"}), record({"crm_id": 4, "source": 5}), state(2)
    )
    assert said.stats == [(0.0, 2.0)]
    assert [(row["source"], row["rejected_reason"]) for row in rejected(storing)] == [
        (5, "service"),
        ("good", "superseded"),
    ]


def test_files_of_rejected_records_tell_the_attempt(storing: Connector) -> None:
    lines = (record({"crm_id": 77}), state(1))
    said = storing.run("write", lines, {**os.environ, "WORKER_JOB_ATTEMPT": "2"})
    assert said.stats == [(0.0, 1.0)]
    (part,) = (storing.folder / "rejected" / "7" / "users").iterdir()
    assert re.fullmatch(r"\d{4}_\d\d_\d\d_attempt_2_\d+_0\d{9}\.jsonl", part.name)


def test_streams_never_supersede_each_other(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.catalog = {"streams": [stream("a"), stream("b", "append_dedup")]}
    connector.write(
        record({"crm_id": 1, "source": "fromA"}, "a"),
        record({"crm_id": 1, "language": "fromB"}, "b"),
    )
    profile = sandbox.profile("65f0c0ffee00000000000001")
    assert (profile["source"], profile["language"]) == ("fromA", "fromB")


def test_wrong_matching_field_stops_the_sync(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.config |= {
        "matching": {"mode": "custom", "field_name": "nope"},
        "delivery": {"max_in_flight": 1},
    }
    said = connector.write(*(record({"nope": number}) for number in range(100)), state(100))
    assert (said.code, said.states, said.error["failure_type"]) == (1, [], "config_error")
    assert said.error["message"].startswith(
        "The service refuses what it is sent, and a setting is wrong: Database 1 has no field nope"
    )
    assert len(updates(sandbox)) < 40


@pytest.mark.parametrize("entry", [{}, {"fields": [{"to": "crm_id", "from": "crm_id"}]}])
@pytest.mark.parametrize("wire_format", ["json", "xml"])
def test_prefix_of_the_connection_lets_nothing_leave(
    connector: Connector, sandbox: ServedSandbox, entry: dict[str, Any], wire_format: str
) -> None:
    connector.config["delivery"] = {"wire_format": wire_format}
    connector.config["streams"] = [{"name": "users", **entry}]
    connector.catalog = {"streams": [stream("shop_users")]}
    row = record({"crm_id": 1, "_city": "Lyon"}, "shop_users")
    said = connector.write(row, state(1, "shop_users"))
    assert (said.code, said.states, updates(sandbox)) == (1, [], [])
    assert said.error["failure_type"] == "config_error"
    assert said.error["message"].startswith(
        "The catalog has shop_users, for which the setting streams has no entry; it has users."
    )


def test_misplaced_namespace_is_a_config_error(connector: Connector) -> None:
    connector.catalog = {"streams": [stream(namespace="public")]}
    connector.config["streams"] = [
        {"name": "users", "namespace": "pulic", "fields": [{"to": "crm_id", "from": "id"}]}
    ]
    said = connector.write(record({"id": 1, "secret": 1}, namespace="public"))
    assert (said.code, said.error["failure_type"]) == (1, "config_error")
    assert said.error["message"].startswith(
        "The stream users is configured for the namespace pulic"
    )


def test_empty_namespace_is_none(connector: Connector, bodies: Path) -> None:
    connector.catalog = {"streams": [stream(namespace="")]}
    said = connector.write(record({"crm_id": 1}), record({"crm_id": 2}, namespace=""), state(2))
    assert (len(sent_profiles(bodies)), said.stats) == (2, [(2.0, 0.0)])
