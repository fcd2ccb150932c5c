"""Settings as people write them, and networks as they have them: the connector as a process."""

import codecs
import json
import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer
from pathlib import Path
from select import select
from typing import Any
from urllib.request import Request, urlopen

import pytest
import trustme
import yaml

from integration_tests.connector import Connector, Said, record, sent, state
from integration_tests.servers import serving
from profiles_sandbox.testing import ServedSandbox

OURS = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
NAMED = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
CLEAN = {
    name: value
    for name, value in os.environ.items()
    if name.lower() not in OURS and name not in NAMED
}
ROWS = [record({"crm_id": 1, "_fname": "Ann"}), state(1)]
DELIVERED = [(1.0, 0.0)]


def check(connector: Connector, **environment: str) -> dict[str, Any]:
    """The answer of `check`, with a store, so that nothing is to be warned of."""
    kept = {"storage_type": "Local", "path": str(connector.folder / "rejected")}
    connector.config.setdefault("object_storage_config", kept)
    return connector.run("check", environment={**CLEAN, **environment}).status


def write(connector: Connector, **environment: str) -> Said:
    return connector.run("write", ROWS, {**CLEAN, **environment})


# Files


class AsWritten(Connector):
    """A connector whose files have content of a test's own."""

    content: bytes = b""

    def command(self, name: str) -> list[str]:
        made = super().command(name)
        (self.folder / "config.json").write_bytes(self.content)
        return made


@pytest.fixture
def written(tmp_path: Path, sandbox: ServedSandbox) -> AsWritten:
    return AsWritten(tmp_path, sandbox.url)


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8])
@pytest.mark.parametrize("dump", [json.dumps, yaml.safe_dump])
def test_row_arrives_by_a_file_of_any_form(written: AsWritten, mark: bytes, dump: Any) -> None:
    written.content = mark + dump(written.config).encode()
    said = write(written)
    assert (said.code, said.stats) == (0, DELIVERED)


def test_file_of_the_documents_is_taken(written: AsWritten) -> None:
    page = (Path(__file__).parents[1] / "docs" / "settings.md").read_text(encoding="utf-8")
    form = page.split("```yaml\n")[1].split("```")[0]
    written.content = form.replace("https://example.com", written.config["api_url"]).encode()
    assert "The service does not accept the API token." in check(written)["message"]


def test_slip_in_a_file_has_its_place(written: AsWritten) -> None:
    written.content = b'{\n  "api_url": "https://example.com",\n  "token": "a"\n  "db_id": 1\n}'
    said = written.run("check")
    assert said.code == 1
    assert said.error["message"] == (
        f"The file {written.folder}/config.json of the configuration cannot be read: line 4, "
        "column 3: a comma is missing."
    )


def test_slip_in_a_catalog_has_its_place(connector: Connector) -> None:
    del connector.catalog["streams"][0]["stream"]["name"]
    said = write(connector)
    assert said.code == 1
    assert "the expected form: $.streams[0].stream name must be there." in said.error["message"]


# Settings


def test_optional_settings_may_be_null(connector: Connector) -> None:
    names = ["max_rejected", "batching", "delivery", "streams", "null_values", "time_zone"]
    connector.config |= dict.fromkeys([*names, "skip_triggers", "object_storage_config"])
    connector.config["matching"]["resource_id"] = None
    said = write(connector)
    assert (said.code, said.stats) == (0, DELIVERED)


@pytest.mark.parametrize("dump", [json.dumps, yaml.safe_dump])
def test_numbers_of_tools_that_write_decimals_are_whole(
    written: AsWritten, bodies: Path, dump: Any
) -> None:
    entry = {"channel": "email", "resource_id": 3.0, "address_from": "mail", "status": 1.0}
    fields = [{"to": "crm_id", "from": "crm_id"}, {"to": "points", "value": 1.0}]
    users = {"name": "users", "fields": fields, "subscriptions": [entry]}
    written.config |= {"db_id": 1.0, "streams": [users], "delivery": {"max_in_flight": 2.0}}
    written.content = dump(written.config).encode()
    said = written.run("write", [record({"crm_id": 1, "mail": "a@example.org"}), state(1)], CLEAN)
    assert (said.code, said.stats) == (0, DELIVERED)
    (body,) = sent(bodies)
    assert b'"db_id":1,' in body and b".0" not in body


def test_slips_and_findings_are_told_together(connector: Connector) -> None:
    connector.config |= {
        "matching": {"mode": "custom", "field_name": "crm"},
        "max_profiles": 5,
        "time_zone": "CET+1",
        "streams": [
            {"name": "orders", "fields": [{"to": "crm_id", "form": "id"}, {"to": ""}]},
            {
                "name": "users",
                "fields": [{"to": "crm", "from": "id"}, {"to": "fname", "from": "a"}],
            },
        ],
    }
    assert check(connector) == {
        "status": "FAILED",
        "message": (
            "(1) There is no setting streams[0].fields[0].form: did you mean from? "
            "(2) The setting streams[0].fields[1].to is wrong: must not be empty. "
            "(3) There is no setting max_profiles: did you mean batching.max_profiles? "
            "(4) The setting time_zone is not a known time zone. Give a name such as Europe/Berlin, "
            "or UTC. "
            "(5) Database 1 has no field crm, which profiles are found by. Is it crm_id? "
            "(6) Stream users: database 1 has no field fname. Is it _fname?"
        ),
    }


# The way to the service


@dataclass
class Seen:
    """What a server was asked, and what it gives back."""

    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    status: int = 200
    body: bytes = b""


@contextmanager
def server(seen: Seen, leads_to: str = "", strips: str = "") -> Iterator[str]:
    """A server that notes what it is asked and answers as told, or as the service it leads to."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            seen.paths.append(self.path)
            seen.headers.append(dict(self.headers))
            status, answer = seen.status, seen.body
            if leads_to:
                url = leads_to + self.path.removeprefix(strips)
                kept = {"Content-Type": self.headers["Content-Type"]}
                with urlopen(Request(url, body, kept)) as response:
                    status, answer = response.status, response.read()
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with serving(HTTPServer(("127.0.0.1", 0), Handler)) as url:
        yield url


@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_path_of_the_address_is_a_prefix(connector: Connector, slash: str) -> None:
    seen = Seen()
    with server(seen, connector.config["api_url"], "/altcraft/eu") as url:
        connector.config["api_url"] = f"{url}/altcraft/eu{slash}"
        said = write(connector)
    assert (said.code, said.stats) == (0, DELIVERED)
    assert seen.paths == ["/altcraft/eu/api/v1.1/profiles/update_batch"]


OTHER = "Something other than the service answers, with HTTP status"


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (403, b"<html>Request blocked</html>", f"{OTHER} 403 and a page of HTML: a firewall, "),
        (401, b"", f"{OTHER} 401 and an empty answer: a firewall, "),
        (404, b'{"message": "no"}', f"{OTHER} 404 and JSON of another form: a firewall, "),
        (501, b"Unsupported method", f"{OTHER} 501 and another text: a firewall, "),
        (407, b"<html>", "A proxy on the way to the service asks for a user and a password "),
    ],
)
def test_answer_of_another_is_told_as_that(
    connector: Connector, status: int, body: bytes, sentence: str
) -> None:
    with server(Seen(status=status, body=body)) as connector.config["api_url"]:
        checked, said = check(connector), write(connector)
    assert checked["status"] == "FAILED" and checked["message"].startswith(sentence)
    assert (said.code, said.states, said.error["failure_type"]) == (1, [], "config_error")
    assert said.error["message"].startswith(sentence)


def test_program_that_speaks_otherwise_is_named(connector: Connector) -> None:
    class Greeting(BaseHTTPRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"SSH-2.0-OpenSSH_9.6\r\n")

    with serving(HTTPServer(("127.0.0.1", 0), Greeting)) as connector.config["api_url"]:
        assert check(connector)["message"] == (
            "The service cannot be reached: what answers at this port does not speak HTTP. Check "
            "the API URL and the network."
        )


def test_proxy_gets_nothing_of_this_machine(connector: Connector) -> None:
    seen = Seen()
    with server(seen) as proxy:
        named = {"HTTP_PROXY": proxy, "http_proxy": proxy, "HTTPS_PROXY": proxy, "ALL_PROXY": proxy}
        assert check(connector, **named) == {"status": "SUCCEEDED"}
        said = write(connector, **named)
    assert (said.code, said.stats, seen.paths) == (0, DELIVERED, [])


def test_netrc_adds_no_header(connector: Connector, tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login ann password canary\n")
    netrc.chmod(0o600)
    seen = Seen()
    with server(seen, connector.config["api_url"]) as connector.config["api_url"]:
        said = write(connector, HOME=str(tmp_path), NETRC=str(netrc))
    assert said.stats == DELIVERED
    assert "Authorization" not in seen.headers[0]


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (407, "The proxy that the environment names asks for a user and a password (code 407)."),
        (403, "The proxy that the environment names does not lead to the host of the API URL (cod"),
    ],
)
def test_refusal_of_the_proxy_is_told_as_that(
    connector: Connector, status: int, sentence: str
) -> None:
    connector.config["api_url"] = "https://profiles.example.com"

    class Refusing(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with serving(HTTPServer(("127.0.0.1", 0), Refusing)) as proxy:
        assert check(connector, HTTPS_PROXY=proxy)["message"].startswith(sentence)
        assert write(connector, HTTPS_PROXY=proxy).error["message"].startswith(sentence)


@pytest.mark.parametrize(
    ("proxy", "sentence"),
    [
        ("socks5://127.0.0.1:1080", "The proxy that the environment names (HTTPS_PROXY or ALL_PRO"),
        ("SOCKS5H://a:canary@127.0.0.1:1", "The proxy that the environment names (HTTPS_PROXY or "),
        ("http://", "The proxy that the environment names is not a valid address."),
        ("http://127.0.0.1:1", "The service cannot be reached: the proxy that the environment na"),
    ],
)
def test_proxy_that_cannot_be_used_is_named(
    connector: Connector, proxy: str, sentence: str
) -> None:
    connector.config["api_url"] = "https://profiles.example.com"
    status = check(connector, HTTPS_PROXY=proxy)
    assert status["message"].startswith(sentence) and "canary" not in status["message"]


# Certificates


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def pem(authority: trustme.CA, tmp_path: Path) -> str:
    """The file of the authority."""
    path = tmp_path / "company.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


@pytest.fixture
def secured(connector: Connector, authority: trustme.CA) -> Iterator[Connector]:
    """The connector, with the service behind TLS of a private authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    leads_to = connector.config["api_url"].removeprefix("http://").rpartition(":")

    class Tunnel(BaseHTTPRequestHandler):
        """Carries bytes between a client and the service."""

        def handle(self) -> None:
            with socket.create_connection((leads_to[0], int(leads_to[2]))) as inner:
                ends = {self.request: inner, inner: self.request}
                while ready := select(list(ends), [], [], 0.01 if self.request.pending() else 30)[
                    0
                ]:
                    for each in ready:
                        if not (block := each.recv(1 << 16)):
                            return
                        ends[each].sendall(block)

    outside = ThreadingHTTPServer(("127.0.0.1", 0), Tunnel)
    outside.socket = context.wrap_socket(outside.socket, server_side=True)
    outside.handle_error = lambda *_: None  # type: ignore[method-assign] - a refusal is expected
    with serving(outside, "https") as url:
        connector.config["api_url"] = url.replace("127.0.0.1", "localhost")
        yield connector


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_own_authority_is_trusted(secured: Connector, pem: str, variable: str) -> None:
    assert check(secured, **{variable: pem}) == {"status": "SUCCEEDED"}
    assert write(secured, **{variable: pem}).stats == DELIVERED


def test_folder_of_authorities_is_trusted(secured: Connector, pem: str, tmp_path: Path) -> None:
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("needs the command openssl, which names the files of such a folder")
    asked = [openssl, "x509", "-hash", "-noout", "-in", pem]
    name = subprocess.run(asked, capture_output=True, check=True, text=True).stdout.strip()
    folder = tmp_path / "authorities"
    folder.mkdir()
    shutil.copy(pem, folder / f"{name}.0")
    assert check(secured, SSL_CERT_DIR=str(folder)) == {"status": "SUCCEEDED"}


def test_unknown_authority_is_told_with_its_cure(secured: Connector) -> None:
    status = check(secured)
    assert status == {
        "status": "FAILED",
        "message": (
            "The certificate of the API URL's host is not trusted (unable to get local issuer "
            "certificate). If the authority is your own, name its file (PEM) in the variable "
            "SSL_CERT_FILE or REQUESTS_CA_BUNDLE, or install it in the system's store, where the "
            "connector runs."
        ),
    }


def test_certificate_of_another_host_is_named(secured: Connector, pem: str) -> None:
    secured.config["api_url"] = secured.config["api_url"].replace("localhost", "127.0.0.1")
    assert check(secured, SSL_CERT_FILE=pem)["message"].startswith(
        "The certificate of the API URL's host is not valid (IP address mismatch, certificate is "
    )


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_file_of_authorities_that_is_missing_is_named(secured: Connector, variable: str) -> None:
    sentence = f"The file named by the variable {variable} is not there."
    assert check(secured, **{variable: "/nowhere.pem"})["message"].startswith(sentence)
    said = write(secured, **{variable: "/nowhere.pem"})
    assert said.error["message"].startswith(sentence)
    assert said.error["failure_type"] == "config_error"


def test_file_without_a_certificate_is_named(secured: Connector, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    assert check(secured, SSL_CERT_FILE=str(tmp_path / "empty.pem"))["message"].startswith(
        "The file named by the variable SSL_CERT_FILE holds no certificate."
    )


# Progress


def test_line_of_counts_says_why_nothing_arrives(connector: Connector) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        connector.config["api_url"] = f"http://127.0.0.1:{unused.getsockname()[1]}"
        connector.config["delivery"] = {"retry_seconds": 1}
        said = write(connector)
    assert said.code == 1
    assert " retries (the last: the host refused the connection)." in said.log
