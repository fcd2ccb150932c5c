"""Promise 8: no record value and no secret in any output. The canaries must never be seen, whatever
fails.
"""

import json
import os
import socket
import string
import subprocess
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
    *(
        {"crm_id": 1, name: VALUE}
        for name in ("plan", "code", "short", "constant", "odd", "either", "source", "_fname")
    ),
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
    """Whether no canary is in any byte of the output. A test that breaks this must be seen to
    fail.
    """
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
    said = canary.run(
        "write", [*map(record, RECORDS), state(1)], {**os.environ, "LOG_LEVEL": "debug"}
    )
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


XML_ANSWER = "- {call: profiles/update_batch, headers: {Content-Type: application/xml}, body:"
MAPPED = {
    "name": "users",
    "fields": [
        {"to": "crm_id", "from": "id"},
        {"to": "_bdate", "from": "born", "type": "date"},
        {"to": "phones", "columns": ["a", "b.c"], "type": "string"},
        {"to": "points", "from": "points", "action": "incr"},
        {"to": "address", "from": "address"},
    ],
    "subscriptions": [
        {
            "channel": "push",
            "resource_id": 3,
            "address_from": "device",
            "provider_from": "maker",
            "status_from": "state",
            "priority_from": "rank",
        }
    ],
}
ROWS = [
    *(
        {"id": 1, name: value}
        for name in ("born", "points", "device", "maker", "state", "rank")
        for value in (VALUE, [VALUE], {KEY: VALUE})
    ),
    *({"id": 1, "device": VALUE, "maker": VALUE, name: VALUE} for name in ("state", "rank")),
    {"id": 1, "a": {KEY: VALUE}},
    {"id": 1, "b": {"c": [{KEY: VALUE}]}},
    *({"id": 1, "address": {KEY: value}} for value in (f"{VALUE}\x01", None, [], [[VALUE]])),
    {"id": 1, "address": {f"{KEY} ": VALUE}},
    {"id": 1, "address": VALUE},
    {"id": VALUE},
]


@pytest.mark.parametrize("options", [["--token", TOKEN]])
@pytest.mark.parametrize("wire", ["json", "xml"])
@pytest.mark.parametrize(
    "faults",
    [
        "[]",
        f"{XML_ANSWER} '<xml><error>401</error><error_text>{VALUE}</error_text></xml>'}}",
        f"{XML_ANSWER} '<xml><error>{VALUE}'}}",
    ],
)
def test_mapping_tells_no_value(canary: Connector, wire: str) -> None:
    canary.config |= {"streams": [MAPPED], "delivery": {"retry_seconds": 0.5, "wire_format": wire}}
    canary.catalog = {"streams": [stream()]}
    said = canary.write(*map(record, ROWS), state(1))
    assert "conversion" in said.log
    assert silent(said)
    assert silent(canary.run("forecast", [*map(record, ROWS), state(1)], plain=True))


# texts of which each part says something, in the order of their places in a row
TELLING = [
    "M",
    "f",
    "ja",
    "日本",
    "٣٤",
    "½",
    "☪✝",
    "👩🏽",
    "-.-- .-",
    ":-(",
    "a\u200bb\x07",
    "Ⅷ",
    "x" * 900,
]
SIGNS = {*"Aa9 •…\ufffd", *string.punctuation}


@pytest.mark.parametrize("options", [["--token", TOKEN]])
def test_shapes_tell_no_value(canary: Connector) -> None:
    canary.config |= {"streams": [MAPPED]}
    canary.catalog = {"streams": [stream()]}
    rows = [record({"id": 1, "born": f"{VALUE} {text}"}) for text in TELLING]
    rows += [record({"id": 1, "born": text}) for text in TELLING]
    done = subprocess.run(
        [*canary.command("forecast"), "--json"],
        input=b"".join(rows),
        capture_output=True,
        check=False,
    )
    said = Said(done.returncode, [], done.stdout + done.stderr)
    assert silent(said)
    (reason,) = json.loads(done.stdout)["rejections"]
    assert sum(reason["shapes"].values()) + reason["other_shapes"] == len(rows)
    assert set().union(*reason["shapes"]) <= SIGNS
    assert max(map(len, reason["shapes"])) <= 24
    told = done.stdout.decode()
    assert not [each for each in TELLING if len(each) > 1 and each in told]


@pytest.mark.parametrize("options", [["--token", TOKEN]])
@pytest.mark.parametrize(
    "faults",
    [
        "[]",
        *(
            f'- {{call: {call}, error: {{code: 400, text: "{ECHO}"}}}}'
            for call in ("databases/get", "databases/fields_get", "resources/get")
        ),
    ],
)
def test_reads_tell_no_token(canary: Connector) -> None:
    canary.config["streams"] = [MAPPED]
    assert silent(canary.run("check"))
    assert silent(canary.run("discover"))


def test_check_tells_no_token(canary: Connector) -> None:
    said = canary.run("check")
    assert said.status["status"] == "FAILED"
    assert silent(said)


@pytest.mark.parametrize(
    "change",
    [
        {"db_id": VALUE},
        {"matching": VALUE},
        {"api_url": f"http://{VALUE}"},
        {"token": [TOKEN]},
        {"delivery": {KEY: VALUE}},
        {KEY: VALUE},
        {"null_values": VALUE, "matching": {"mode": VALUE}, "streams": [{VALUE: KEY}]},
        {"api_url": f"https://{VALUE}@example.com\\{KEY}"},
        {"matching": {"mode": "email", KEY: VALUE}},
    ],
)
def test_wrong_settings_are_not_quoted(canary: Connector, change: dict) -> None:
    canary.config |= change
    assert silent(canary.run("check"))
    assert silent(canary.write(record({"crm_id": 1})))


@pytest.mark.parametrize(
    "content",
    [
        f'{{"token": {TOKEN}}}',
        f'{{"token": "{TOKEN}',
        f"token: @{TOKEN}",
        f"token: *{TOKEN}",
        f"token: !{TOKEN} a",
        f"token: [{TOKEN}: {VALUE}",
        f"{KEY}: 1\n{KEY}: 2",
        f"token:{TOKEN}",
        f"- {TOKEN}",
        TOKEN,
    ],
)
def test_broken_files_are_not_quoted(canary: Connector, content: str) -> None:
    command = canary.command("check")
    (canary.folder / "config.json").write_text(content)
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.stdout
    assert silent(Said(done.returncode, [], done.stdout + done.stderr))


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
        head = (
            b"HTTP/1.1 200 OK\r\nrejected profile "
            + VALUE.encode()
            + b"\r\nContent-Length: %d\r\n\r\n" % len(body)
        )
        connection.sendall(head + body)
