"""`check`: one sentence that says what is wrong, and what to do."""

import socket
import ssl
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import trustme

from integration_tests.connector import COMMAND, Connector
from profiles_sandbox.testing import RunningSandbox

READ = "databases/get"


def failed(connector: Connector) -> str:
    """The sentence of a failed check, which must be all that is said."""
    said = connector.run("check")
    assert (said.code, len(said.messages), said.status["status"]) == (0, 1, "FAILED")
    assert b"Traceback" not in said.raw
    message: str = said.status["message"]
    return message


def test_check_succeeds_without_writing(connector: Connector, sandbox: RunningSandbox) -> None:
    assert connector.run("check").status == {"status": "SUCCEEDED"}
    assert [row["call"] for row in sandbox.journal()][1:] == [READ]


def test_each_database_is_read(connector: Connector, sandbox: RunningSandbox) -> None:
    connector.config["streams"] = [{"name": "partners", "db_id": 2}, {"name": "users"}]
    assert connector.run("check").status == {"status": "SUCCEEDED"}
    assert [row["call"] for row in sandbox.journal()][1:] == [READ, READ]


def test_wrong_token_is_named(connector: Connector) -> None:
    connector.config["token"] = "another"
    assert failed(connector).startswith(
        "The service does not accept the API token. Set a valid token in the destination's settings. (code 401"
    )


def test_unknown_database_is_named(connector: Connector) -> None:
    connector.config["db_id"] = 55
    assert failed(connector).startswith(
        "The service does not know this call or this database. Check the API URL and the database id. (code 404"
    )


def test_refusing_host_is_named(connector: Connector) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        connector.config["api_url"] = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert failed(connector) == "The service cannot be reached: the host refused the connection. Check the API URL and the network."


def test_unknown_host_is_named(connector: Connector) -> None:
    connector.config["api_url"] = "https://no-such-host.invalid"
    assert failed(connector) == "The service cannot be reached: the host name is not known. Check the API URL and the network."


def test_plain_http_needs_loopback(connector: Connector) -> None:
    connector.config["api_url"] = "http://example.com"
    assert failed(connector).startswith("The API URL must begin with https")


def test_https_to_a_plain_port_is_named(connector: Connector) -> None:
    connector.config["api_url"] = connector.config["api_url"].replace("http:", "https:")
    assert failed(connector) == "The host of the API URL does not speak TLS on this port. Check the scheme and the port of the API URL."


def test_untrusted_certificate_is_named(connector: Connector, tls_address: str) -> None:
    connector.config["api_url"] = tls_address
    assert failed(connector).startswith("The certificate of the API URL's host is not trusted (unable to get local issuer certificate).")


@pytest.mark.parametrize(
    "faults",
    ["- {call: databases/get, body: <html></html>}", "- {call: databases/get, body: {ok: true}}", "- {call: databases/get, body: [1]}"],
)
def test_another_server_is_named(connector: Connector) -> None:
    assert failed(connector).startswith("What answers at the API URL is not the service")


@pytest.mark.parametrize("faults", ["- {call: databases/get, status: 503}"])
def test_unavailable_service_is_named(connector: Connector) -> None:
    assert failed(connector) == "The service is not available. Run the sync again later. (code 503)"


@pytest.mark.parametrize("url", ["https://a..b", f"https://{'a' * 300}.example"])
def test_impossible_host_is_named(connector: Connector, url: str) -> None:
    connector.config["api_url"] = url
    assert failed(connector).startswith(("The API URL is not a valid address.", "The service cannot be reached:"))


@pytest.mark.parametrize("faults", ["- {call: databases/get, status: 302, headers: {Location: 'http://127.0.0.1:1/'}}"])
def test_redirect_is_not_followed(connector: Connector) -> None:
    assert failed(connector).startswith("The service answers with a redirect, which is not followed")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"matching": {"mode": "custom"}}, "The setting matching is wrong: field_name must be there."),
        ({"matching": {"mode": "nothing"}}, "The setting matching is wrong: mode must be one of email, email_profile, "),
        ({"matching": {"mode": "email", "field_name": "x"}}, "The setting matching is wrong: holds a key that is not allowed."),
        ({"token": None}, "The setting token is wrong: must be string, not null."),
        ({"db_id": "1"}, "The setting db_id is wrong: must be integer, not string."),
        ({"batching": {"max_profiles": 10001}}, "The setting batching.max_profiles is wrong: "),
        ({"wire": 1}, "There is no setting wire. Remove it, or correct its name."),
    ],
)
def test_wrong_setting_is_named(connector: Connector, change: dict[str, Any], sentence: str) -> None:
    connector.config |= change
    assert failed(connector).startswith(sentence)


def test_missing_setting_is_named(connector: Connector) -> None:
    del connector.config["token"]
    assert failed(connector) == "The configuration is wrong: token must be there."


def test_unwritable_store_is_named(connector: Connector) -> None:
    connector.config["object_storage_config"] = {"storage_type": "Local", "path": str(connector.folder / "config.json" / "x")}
    assert failed(connector).startswith("The folder for rejected records cannot be made or written to.")


@pytest.mark.parametrize("arguments", [["--help"], ["write", "--help"], []])
def test_help_is_given(arguments: list[str]) -> None:
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: destination-profiles" in done.stdout


def test_text_that_is_no_unicode_is_named(connector: Connector) -> None:
    connector.config["token"] = "\ud800"
    assert connector.run("check").error["message"] == "The file of the configuration holds text that is no Unicode."


def test_missing_file_is_named(connector: Connector) -> None:
    done = subprocess.run([COMMAND, "check", "--config", "nowhere.json"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The file of the configuration cannot be read: No such file or directory." in done.stdout


@pytest.fixture
def tls_address() -> Iterator[str]:
    """A server whose certificate nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] - the client's refusal is expected
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()
