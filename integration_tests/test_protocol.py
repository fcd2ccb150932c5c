"""Every line of output, of every command, is a message of Airbyte's protocol, and `write` keeps its
promises.
"""

import json
import signal
from typing import Any

import pytest

from integration_tests.connector import Connector, Said, line, record, state, stream
from integration_tests.protocol import violations
from profiles_sandbox.testing import RunningSandbox

PAYLOADS = {  # the member of a message that its type asks for
    "LOG": "log",
    "SPEC": "spec",
    "CONNECTION_STATUS": "connectionStatus",
    "DESTINATION_CATALOG": "destination_catalog",
    "STATE": "state",
    "TRACE": "trace",
}
TRACES = {"ERROR": "error", "STREAM_STATUS": "stream_status", "ANALYTICS": "analytics"}


def kinds(said: Said) -> list[str]:
    """The kinds of the messages, each once, after a check of every line."""
    kinds_ = []
    for message in said.messages:
        payload = PAYLOADS[message["type"]]
        assert list(violations(message)) == []
        assert message.keys() == {"type", payload} or message["type"] == "STATE"
        kind = message["trace"]["type"] if payload == "trace" else message["type"]
        assert payload != "trace" or message["trace"].keys() == {"type", "emitted_at", TRACES[kind]}
        kinds_.append(kind)
    return list(dict.fromkeys(kinds_))


def test_commands_speak_the_protocol(connector: Connector) -> None:
    assert kinds(connector.run("spec")) == ["SPEC"]
    assert kinds(connector.run("check")) == ["CONNECTION_STATUS"]
    assert kinds(connector.run("discover")) == ["DESTINATION_CATALOG"]
    connector.config["token"] = "another"
    assert kinds(connector.run("check")) == ["CONNECTION_STATUS"]
    assert kinds(connector.run("discover")) == ["ERROR"]


@pytest.mark.parametrize(
    "faults",
    ["- {call: profiles/update_batch, requests: [1], status: 429, headers: {Retry-After: '1'}}"],
)
def test_write_speaks_the_protocol(connector: Connector) -> None:
    connector.config["batching"] = {"max_profiles": 2}
    connector.catalog["streams"] = [stream("users", namespace="public")]
    rows = [record({"crm_id": number}, namespace="public") for number in (1, 2, 3, 99)]
    own = {"stream_descriptor": {"name": "users", "namespace": "public"}, "stream_state": {"n": 4}}
    said = connector.write(
        *rows, line({"type": "STATE", "state": {"type": "STREAM", "stream": own}})
    )
    assert (said.code, kinds(said)) == (0, ["ANALYTICS", "STREAM_STATUS", "STATE", "LOG"])
    assert said.stats == [(3.0, 1.0)]


FAILING = [
    ("[]", {"token": "another"}, [record({"crm_id": 1})], "config_error"),
    ("[]", {}, [b'{"type":"RECORD","rec'], "system_error"),
    ("[]", {"db_id": "1"}, [], "config_error"),
    (
        "- {call: profiles/update_batch, status: 503}",
        {"delivery": {"retry_seconds": 0}},
        [record({"crm_id": 1})],
        "transient_error",
    ),
    (
        "- {call: profiles/update_batch, result: short}",
        {"delivery": {"retry_seconds": 0}},
        [record({"crm_id": 1})],
        "system_error",
    ),
]


@pytest.mark.parametrize(("faults", "change", "lines", "failure"), FAILING)
def test_failures_speak_the_protocol(
    connector: Connector, change: dict[str, Any], lines: list[bytes], failure: str
) -> None:
    connector.config |= change
    said = connector.write(*lines, state(1))
    assert (said.code, said.states) == (1, [])
    assert {"ERROR"} <= set(kinds(said)) <= {"ERROR", "LOG", "STREAM_STATUS", "ANALYTICS"}
    assert said.error["failure_type"] == failure
    assert said.messages[-1]["type"] == "TRACE"


@pytest.mark.parametrize("faults", ["- {call: profiles/update_batch, delay_ms: 1500}"])
def test_signal_speaks_the_protocol(connector: Connector, sandbox: RunningSandbox) -> None:
    connector.config["batching"] = {"max_profiles": 1}
    running = connector.start()
    running.feed(record({"crm_id": 1}), state(1), record({"crm_id": 2}))
    while not [row for row in sandbox.journal() if row["call"] == "profiles/update_batch"]:
        pass
    running.process.send_signal(signal.SIGTERM)
    messages = list(iter(running.take, None))
    assert running.end() == 143
    assert set(kinds(Said(143, messages, b""))) == {"STATE", "LOG", "ANALYTICS"}


STATES: list[dict[str, Any]] = [
    {
        "type": "STREAM",
        "stream": {"stream_descriptor": {"name": "users"}, "stream_state": {"a": 2**70, "b": None}},
        "id": 7,
    },
    {
        "type": "GLOBAL",
        "global": {
            "shared_state": {"cdc": [1]},
            "stream_states": [{"stream_descriptor": {"name": "users"}, "stream_state": {}}],
        },
    },
    {"type": "LEGACY", "data": {"any": "thing"}},
]


@pytest.mark.parametrize("given", STATES, ids=[each["type"] for each in STATES])
def test_state_comes_back_as_it_was(connector: Connector, given: dict[str, Any]) -> None:
    said = connector.write(
        record({"crm_id": 1}), line({"type": "STATE", "state": given, "unknown": {"kept": True}})
    )
    assert said.code == 0 and "STATE" in kinds(said)
    (message,) = [each for each in said.messages if each["type"] == "STATE"]
    stats = message["state"].pop("destinationStats")
    assert message == {"type": "STATE", "state": given, "unknown": {"kept": True}}
    assert json.dumps(message["state"]) == json.dumps(given)
    assert stats == {"recordCount": 1.0, "rejectedRecordCount": 0.0}
