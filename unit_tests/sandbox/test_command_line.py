"""The process: how it starts, serves at the same time, and stops."""

import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import RemoteDisconnected

import pytest

from profiles_sandbox.command_line import main
from profiles_sandbox.testing import JSON_HEADERS, STOP_SECONDS, XML_HEADERS, RunningSandbox

LIST = "databases/list"
BODY = b'{"token": "sandbox-token"}'


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with RunningSandbox(tmp_path_factory.mktemp("running") / "data.db") as sandbox:
        yield sandbox


@pytest.fixture
def start(tmp_path):
    started = []

    def start_with(*options):
        started.append(RunningSandbox(tmp_path / "data.db", *options))
        return started[-1]

    yield start_with
    for sandbox in started:
        if sandbox.process.poll() is None:
            sandbox.stop()


def test_one_line_tells_where_it_listens(start):
    sandbox = start()
    assert (
        sandbox.line == f"profiles-sandbox listening on http://127.0.0.1:{sandbox.connect().port}\n"
    )
    sandbox.post(LIST)
    sandbox.process.send_signal(signal.SIGTERM)
    assert (sandbox.output.read(), sandbox.stop()) == ("", 0)


@pytest.mark.parametrize("path", ["/api/v1.1/databases/list", "/api/v1.1/databases/list/"])
def test_slash_at_the_end_does_not_matter(running, path):
    connection = running.connect()
    connection.request("POST", path, BODY, JSON_HEADERS)
    response = connection.getresponse()
    assert (response.status, response.getheader("Content-Type")) == (200, "application/json")
    assert b'"error":0' in response.read()
    connection.close()


def test_xml_is_answered_in_xml(running):
    connection = running.connect()
    connection.request(
        "POST",
        "/api/v1.1/databases/list",
        b"<xml><token>sandbox-token</token><limit>1</limit></xml>",
        XML_HEADERS,
    )
    response = connection.getresponse()
    assert (response.status, response.getheader("Content-Type")) == (200, "application/xml")
    assert (
        b"<data><id>1</id><name>Customers</name></data><next_from_id>2</next_from_id>"
        in response.read()
    )
    connection.close()


def test_xml_switches_are_options(start):
    sandbox = start("--xml-answer", "json", "--xml-single-list", "value")
    sandbox.create({"email": "x@example.org"})
    item = b"<data><email>x@example.org</email><tags>a</tags></data>"
    reply = sandbox.post_xml(
        "profiles/update_batch",
        b"<xml><token>sandbox-token</token><db_id>1</db_id>" + item + b"</xml>",
    )
    assert reply.message["result"] == [
        {"error": 400, "error_text": "tags: array expected, string given"}
    ]


@pytest.mark.parametrize("path", ["/databases/list", "/api/v1.1/api/v1.1/databases/list", "/"])
def test_path_outside_the_api_is_no_call(running, path):
    connection = running.connect()
    connection.request("POST", path, BODY, JSON_HEADERS)
    assert connection.getresponse().status == 404
    assert running.journal()[-1]["error_text"] == "no such call"
    connection.close()


def test_only_post_is_answered(running):
    connection = running.connect()
    connection.request("GET", "/api/v1.1/databases/list")
    assert connection.getresponse().status == 405
    connection.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_stops_it_despite_open_connections(start, number):
    sandbox = start()
    idle, used = sandbox.connect(), sandbox.connect()
    idle.connect()
    used.request("POST", "/api/v1.1/" + LIST, BODY, JSON_HEADERS)
    assert used.getresponse().read()
    assert sandbox.stop(number) == 0  # within STOP_SECONDS, which the connections outlast
    idle.close()
    used.close()


def wait_for_requests(sandbox, count):
    deadline = time.monotonic() + STOP_SECONDS
    while len(sandbox.journal()) < count:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_signal_stops_it_despite_a_request_under_way(start):
    sandbox = start("--latency-ms", "60000")
    stalled = sandbox.connect()
    stalled.putrequest("POST", "/api/v1.1/" + LIST)
    stalled.putheader("Content-Length", "100")
    stalled.endheaders(b"{")
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(sandbox.post, LIST)
        wait_for_requests(sandbox, 1)
        assert sandbox.stop() == 0  # within STOP_SECONDS; the answer would take a minute
        with pytest.raises(RemoteDisconnected):
            waiting.result()
    stalled.close()
    assert sandbox.journal()[0]["http_status"] is None


def test_requests_wait_at_the_same_time(start):
    sandbox = start("--latency-ms", "50000")
    with ThreadPoolExecutor(max_workers=10) as pool:
        waiting = [pool.submit(sandbox.post, LIST) for _ in range(10)]
        wait_for_requests(sandbox, len(waiting))
        sandbox.stop()
    assert {type(each.exception()) for each in waiting} == {RemoteDisconnected}
    assert {row["ended_at"] for row in sandbox.journal()} == {None}


def test_requests_execute_at_the_same_time(running):
    running.create({"email": "a@example.org", "points": 0})
    item = {"email": "a@example.org", "points": {"action": "incr", "value": 1}}
    with ThreadPoolExecutor(max_workers=8) as pool:
        list(
            pool.map(
                lambda number: running.update(item, headers={"Request-ID": f"r-{number}"}),
                range(40),
            )
        )
    assert (
        running.post("profiles/get", db_id=1, email="a@example.org").message["data"]["points"] == 40
    )
    assert sum(row["accepted"] or 0 for row in running.journal()) == 41


def test_token_and_setup_are_options(start, tmp_path):
    (tmp_path / "setup.yaml").write_text("databases: [{id: 7, name: Other}]")
    sandbox = start("--token", "t", "--setup", str(tmp_path / "setup.yaml"))
    assert sandbox.post(LIST).message["error"] == 401
    assert sandbox.post(LIST, token="t").message["data"] == [{"id": 7, "name": "Other"}]


def test_large_body_is_refused_on_the_socket(running):
    reply = running.send("profiles/update_batch", b" " * 12_000_000, JSON_HEADERS)
    assert (reply.status, reply.message["error"]) == (413, 413)


def test_port_in_use_is_an_error(running, tmp_path, capsys):
    port = str(running.connect().port)
    assert main(["serve", "--port", port, "--data", str(tmp_path / "other.db")]) == 2
    assert f"port {port} of 127.0.0.1 is taken: end what" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("option", "text"),
    [
        ("--setup", "databases: 1"),
        ("--faults", "[{call: x}]"),
        ("--setup", None),
        ("--faults", None),
    ],
)
def test_bad_file_is_an_error(tmp_path, capsys, option, text):
    path = tmp_path / "file.yaml"
    if text:
        path.write_text(text)
    assert (
        main(["serve", "--port", "0", "--data", str(tmp_path / "data.db"), option, str(path)]) == 2
    )
    assert str(path) in capsys.readouterr().err


def test_help_names_every_command():
    output = subprocess.run(
        [sys.executable, "-m", "profiles_sandbox", "--help"],
        check=False,
        capture_output=True,
        text=True,
    )
    assert output.returncode == 0
    assert all(command in output.stdout for command in ("serve", "journal", "profiles"))


def test_nobody_else_reads_data_and_bodies(start, tmp_path):
    sandbox = start("--keep-bodies", str(tmp_path / "bodies"))
    sandbox.post(LIST)
    kept = [tmp_path / "bodies", *(tmp_path / "bodies").iterdir(), *tmp_path.glob("data.db*")]
    assert len(kept) >= 3
    assert [each.stat().st_mode & 0o077 for each in kept] == [0] * len(kept)
