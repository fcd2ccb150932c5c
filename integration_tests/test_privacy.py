"""Promise 8: no record value and no secret in any output. The canaries must never be seen, whatever fails."""

import os
import socket
import threading

import pytest

from integration_tests.connector import Connector, Said, record, state, stream

VALUE = "canary-value-7f3a"
TOKEN = "canary-token-91bc"
KEY = "canary-key-44d0"

SCHEMA = {
    "type": "object",
    "properties": {
        "crm_id": {"type": "integer"},
        "plan": {"enum": ["basic"]},
        "code": {"pattern": "^[0-9]+$"},
        "short": {"maxLength": 3},
        "map": {"additionalProperties": {"type": "integer"}},
        "constant": {"const": 1},
        "odd": {"not": {"type": "string"}},
        "either": {"anyOf": [{"type": "integer"}, {"type": "object"}]},
    },
}
RECORDS = [
    *({"crm_id": 1, name: VALUE} for name in ("plan", "code", "short", "constant", "odd", "either", "source", "_fname")),
    {"crm_id": VALUE},
    {"crm_id": 1, "map": {KEY: VALUE}},
    {"crm_id": 1, "subscriptions": [{"channel": VALUE}]},
    {"crm_id": 1, "subscriptions": [{"channel": "email", "email": VALUE, "status": VALUE}]},
    {"crm_id": 1, "email": {"action": VALUE}},
    {"crm_id": 1, VALUE: VALUE},
    {"crm_id": 99, "_lname": VALUE},
]
ECHO = f"wrong profile {VALUE} field {KEY}: '{VALUE}', token {TOKEN}"


def silent(said: Said) -> bool:
    """Whether no canary is in any byte of the output. A test that breaks this must be seen to fail."""
    return not any(canary.encode() in said.raw for canary in (VALUE, TOKEN, KEY))


@pytest.fixture
def canary(connector: Connector) -> Connector:
    connector.config |= {"token": TOKEN, "delivery": {"retry_seconds": 0.5}}
    connector.catalog = {"streams": [stream(schema=SCHEMA)]}
    return connector


@pytest.mark.parametrize("options", [["--token", TOKEN]])
@pytest.mark.parametrize(
    "faults",
    [
        "[]",
        f'- {{call: profiles/update_batch, body: {{error: 0, result: [{{error: 5, error_text: "{ECHO}"}}]}}}}',
        f'- {{call: profiles/update_batch, error: {{code: 400, text: "{ECHO}"}}}}',
        f'- {{call: profiles/update_batch, error: {{code: 401, text: "{ECHO}"}}}}',
        f'- {{call: profiles/update_batch, error: {{code: 999, text: "{ECHO}"}}}}',
        f'- {{call: profiles/update_batch, status: 500, body: "{ECHO}"}}',
        f'- {{call: profiles/update_batch, body: "{ECHO}"}}',
        "- {call: profiles/update_batch, drop: before}",
    ],
)
def test_write_tells_no_value(canary: Connector) -> None:
    said = canary.run("write", [*map(record, RECORDS), state(1)], {**os.environ, "LOG_LEVEL": "debug"})
    assert said.messages
    assert silent(said)


@pytest.mark.parametrize(
    "line",
    [
        f'{{"type":"RECORD","record":{{"stream":"users","data":{{"crm_id":"{VALUE}\n',
        f'{{"type":"RECORD","record":{{"stream":"users","data":{{"{KEY}":NaN,"x":"{VALUE}"}}}}}}\n',
        f'{{"type":"RECORD","record":{{"stream":"{VALUE}"}}}}\n',
        f"chatter of {VALUE}\n",
        f'{{"type":"RECORD","record":{{"stream":"users","data":"{VALUE}"}}}}\n',
    ],
)
def test_odd_lines_are_not_quoted(canary: Connector, line: str) -> None:
    assert silent(canary.write(line.encode()))


def test_check_tells_no_token(canary: Connector) -> None:
    said = canary.run("check")
    assert said.status["status"] == "FAILED"
    assert silent(said)


@pytest.mark.parametrize(
    "change", [{"db_id": VALUE}, {"matching": VALUE}, {"api_url": f"http://{VALUE}"}, {"token": [TOKEN]}, {"delivery": {KEY: VALUE}}]
)
def test_wrong_settings_are_not_quoted(canary: Connector, change: dict) -> None:
    canary.config |= change
    assert silent(canary.run("check"))
    assert silent(canary.write(record({"crm_id": 1})))


def test_libraries_do_not_quote_the_answer(canary: Connector) -> None:
    """A header line that cannot be read makes the HTTP library warn, with the line in its text."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        canary.config["api_url"] = f"http://127.0.0.1:{server.getsockname()[1]}"
        thread = threading.Thread(target=answer_with_a_broken_header, args=[server])
        thread.start()
        said = canary.write(record({"crm_id": 1}))
        thread.join()
    assert said.messages
    assert silent(said)


def answer_with_a_broken_header(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65536)
        body = b'{"error":401,"error_text":"no"}'
        head = b"HTTP/1.1 200 OK\r\nrejected profile " + VALUE.encode() + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
        connection.sendall(head + body)
