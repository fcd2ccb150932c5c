"""`check`: one sentence that says what is wrong, and what to do."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from integration_tests.connector import COMMAND, Connector, by
from integration_tests.servers import serving
from profiles_sandbox.testing import ServedSandbox, ThreadedSandbox

READ, FIELDS = "databases/get", "databases/fields_get"


@pytest.fixture(autouse=True)
def keeping(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """With a store of rejected records, so that nothing is to be warned of."""
    if "connector" in request.fixturenames:
        kept: Connector = request.getfixturevalue("connector")
        kept.config["object_storage_config"] = store(tmp_path)


def store(folder: Path) -> dict[str, str]:
    return {"storage_type": "Local", "path": str(folder / "rejected")}


def test_store_that_keeps_nothing_is_a_warning(connector: Connector) -> None:
    del connector.config["object_storage_config"]
    status = connector.run("check").status
    assert status["status"] == "SUCCEEDED"
    assert status["message"].startswith("Warning: Rejected records are counted and kept nowhere")


def failed(connector: Connector) -> str:
    """The sentence of a failed check, which must be all that is said."""
    said = connector.run("check")
    assert (said.code, len(said.messages), said.status["status"]) == (0, 1, "FAILED")
    assert b"Traceback" not in said.raw
    message: str = said.status["message"]
    return message


def test_check_succeeds_without_writing(connector: Connector, sandbox: ServedSandbox) -> None:
    assert connector.run("check").status == {"status": "SUCCEEDED"}
    assert [row["call"] for row in sandbox.journal()][1:] == [READ, FIELDS]


def test_each_database_is_read(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.config["streams"] = [{"name": "partners", "db_id": 2}, {"name": "users"}]
    assert connector.run("check").status == {"status": "SUCCEEDED"}
    assert [row["call"] for row in sandbox.journal()][1:] == [READ, READ, FIELDS, FIELDS]


def test_fields_are_read_only_where_named(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.config["matching"] = {"mode": "email"}
    assert connector.run("check").status == {"status": "SUCCEEDED"}
    assert [row["call"] for row in sandbox.journal()][1:] == [READ]


EMAIL = {"channel": "email", "resource_id": 3, "address_from": "mail", "status": 0}
FITTING = {
    "name": "users",
    "fields": [
        {"to": "_fname", "from": "a", "type": "string"},
        {"to": "crm_id", "from": "b"},
        {"to": "last_seen", "from": "c", "type": "datetime"},
        {"to": "tags", "from": "d", "type": "tags"},
        {"to": "phones", "columns": ["e", "f"], "type": "string"},
        {"to": "points", "value": 1, "action": "incr"},
        {"to": "plan", "value": "pro"},
        {"to": "subscriptions", "from": "f"},
    ],
    "subscriptions": [
        {
            **EMAIL,
            "fields": [
                {"to": "source", "value": "warehouse"},
                {"to": "subscriber_id", "from": "g", "type": "int"},
            ],
        }
    ],
}


def users(*fields: dict[str, Any], subscriptions: Any = (), **more: Any) -> dict[str, Any]:
    """An entry for the stream `users`, whose fields, if any, hold crm_id too."""
    sent = {"fields": [{"to": "crm_id", "from": "id"}, *fields]} if fields else {}
    return {"streams": [{"name": "users", **sent, "subscriptions": list(subscriptions), **more}]}


def test_whole_mapping_that_fits_succeeds(connector: Connector, sandbox: ServedSandbox) -> None:
    connector.config["streams"] = [FITTING]
    assert connector.run("check").status == {"status": "SUCCEEDED"}
    assert [row["call"] for row in sandbox.journal()][1:] == [
        READ,
        FIELDS,
        "resources/get",
        "resources/fields_get",
    ]


UNKNOWN = (
    "The service does not know this call or this database. Check the API URL and the database id."
)
NO_KEY = (
    "The fields of the stream users hold nothing that profiles are found by. Add "
    "email, or choose another matching."
)
FINDINGS = [
    (users({"to": "_fname", "from": "a"}, matching={"mode": "email"}), [NO_KEY]),
    (users({"to": "email", "from": "a", "action": "set"}, matching={"mode": "email"}), [NO_KEY]),
    (
        {"matching": by("crm_idd")},
        ["Database 1 has no field crm_idd, which profiles are found by. Is it crm_id?"],
    ),
    (
        {"matching": by("nothing")},
        ["Database 1 has no field nothing, which profiles are found by."],
    ),
    (
        users(matching=by("CRM_ID")),
        ["Database 1 has no field CRM_ID, which profiles are found by. Is it crm_id?"],
    ),
    (
        users({"to": "fname", "from": "a"}),
        ["Stream users: database 1 has no field fname. Is it _fname?"],
    ),
    (
        users({"to": "phone", "from": "a"}),
        ["Stream users: database 1 has no field phone. Is it phones?"],
    ),
    (users({"to": "phone", "from": "a"}, matching={"mode": "phone"}), []),
    (
        users({"to": "Custom_ID", "from": "a"}, db_id=2),
        ["Stream users: database 2 has no field Custom_ID."],
    ),
    (
        {"db_id": 55, **users(db_id=2)},
        [f"Database 55: {UNKNOWN} (code 404: id: no such database)"],
    ),
    (
        {"matching": {"mode": "email", "resource_id": 99}},
        ["Resource 99 is not known to the service (code 404: id: no such resource)."],
    ),
    (
        users(subscriptions=[EMAIL, {**EMAIL, "resource_id": 99}, {**EMAIL, "resource_id": 99}]),
        ["Resource 99 is not known to the service (code 404: id: no such resource)."],
    ),
    (
        users(subscriptions=[{**EMAIL, "fields": [{"to": "sorce", "value": 1}]}]),
        ["Stream users: resource 3, channel email, has no field sorce. Is it source?"],
    ),
]

WARNINGS = [
    (
        users({"to": "vip", "from": "a", "action": "incr"}),
        "Stream users: database 1 has the field vip as boolean, which incr is not for.",
    ),
    (
        users({"to": "_city", "columns": ["a", "b"]}),
        (
            "Stream users: database 1 has the field _city as string, and the "
            "configuration sends several values."
        ),
    ),
    (
        users({"to": "points", "columns": ["a", "b"], "type": "int"}),
        (
            "Stream users: database 1 has the field points as int, and the "
            "configuration sends several values."
        ),
    ),
    (
        users({"to": "points", "from": "a", "type": "string"}),
        "Stream users: database 1 has the field points as int, and the configuration sends string.",
    ),
    (
        users({"to": "vip", "value": 5}),
        (
            "Stream users: database 1 has the field vip as boolean, and the constant of the "
            "configuration must be boolean, not integer."
        ),
    ),
    (
        users(
            subscriptions=[
                {**EMAIL, "fields": [{"to": "subscriber_id", "from": "a", "type": "tags"}]}
            ]
        ),
        (
            "Stream users: resource 3, channel email, has the field subscriber_id as int, "
            "and the configuration sends tags."
        ),
    ),
    (
        users(matching={"mode": "custom_sub", "field_name": "subscriber"}, subscriptions=[EMAIL]),
        (
            "No subscription of this configuration has a field subscriber, "
            "which profiles are found by."
        ),
    ),
]


def told(problems: list[str]) -> str:
    return (
        problems[0]
        if len(problems) == 1
        else " ".join(f"({number}) {each}" for number, each in enumerate(problems, 1))
    )


@pytest.mark.parametrize(("change", "problems"), FINDINGS)
def test_what_the_service_does_not_know_is_named(
    connector: Connector, change: dict[str, Any], problems: list[str]
) -> None:
    connector.config |= change
    status = connector.run("check").status
    assert status == (
        {"status": "FAILED", "message": told(problems)} if problems else {"status": "SUCCEEDED"}
    )


@pytest.mark.parametrize(("change", "warning"), WARNINGS)
def test_what_is_only_assumed_is_a_warning(
    connector: Connector, change: dict[str, Any], warning: str
) -> None:
    connector.config |= change
    assert connector.run("check").status == {
        "status": "SUCCEEDED",
        "message": f"Warning: {warning}",
    }


def test_all_is_told_at_once(connector: Connector) -> None:
    stream = users(
        {"to": "fname", "from": "a"},
        {"to": "points", "from": "b", "type": "tags"},
        subscriptions=[{**EMAIL, "resource_id": 99}],
    )
    connector.config |= {"matching": by("nothing"), **stream, "time_zone": "Europe/Berlin"}
    connector.config["object_storage_config"] = {
        "storage_type": "Local",
        "path": str(connector.folder / "config.json" / "x"),
    }
    message = failed(connector)
    assert [message.count(f"({number}) ") for number in range(1, 8)] == [1, 1, 1, 1, 1, 1, 0]
    assert (
        "(5) The folder of the object storage cannot be made" in message
        and "(6) Warning: " in message
    )


def test_store_is_probed_where_the_service_is_down(connector: Connector) -> None:
    connector.config |= {
        "api_url": "http://127.0.0.1:1",
        "object_storage_config": {"storage_type": "Local", "path": "/dev/null/x"},
    }
    assert failed(connector).startswith(
        "(1) The service cannot be reached: the host refused the connection."
    )
    assert "(2) The folder of the object storage cannot be made" in failed(connector)


@pytest.mark.parametrize("faults", ["- {call: resources/get, drop: before}"])
def test_service_that_does_not_answer_is_asked_once(
    connector: Connector, sandbox: ServedSandbox
) -> None:
    connector.config |= users(
        subscriptions=[{**EMAIL, "resource_id": number} for number in range(3, 9)]
    )
    message = connector.run("check").status["message"]
    assert (
        message.startswith("Warning: The channels of resource 3 could not be read")
        and "resource 4" not in message
    )
    assert [row["call"] for row in sandbox.journal()].count("resources/get") == 1


@pytest.mark.parametrize("zone", ["America", "x" * 300])
def test_zone_that_is_a_folder_is_named(connector: Connector, zone: str) -> None:
    connector.config["time_zone"] = zone
    assert failed(connector).startswith("The setting time_zone is not a known time zone.")


SETUP = """
databases: [{id: 1, name: Customers, fields: [{name: crm_id, type: int}]}]
resources: [{id: 5, name: Letters, channels: [email, viber]}]
"""


def test_channel_that_a_resource_does_not_have_is_named(tmp_path: Path) -> None:
    (tmp_path / "setup.yaml").write_text(SETUP)
    with ThreadedSandbox(
        tmp_path / "sandbox.db", "--setup", str(tmp_path / "setup.yaml")
    ) as sandbox:
        connector = Connector(tmp_path, sandbox.url)
        connector.config |= users(
            subscriptions=[{"channel": "sms", "resource_id": 5, "address_from": "a", "status": 0}]
        )
        connector.config["object_storage_config"] = store(tmp_path)
        assert (
            failed(connector)
            == "Stream users: resource 5 has no channel sms. It has: email, viber."
        )


@pytest.mark.parametrize(
    ("options", "word"),
    [(["--fields-get-id", "db_id"], "boolean"), (["--type-words", "short"], "bool")],
)
def test_other_shapes_of_the_answer_are_read(connector: Connector, word: str) -> None:
    connector.config["streams"] = [FITTING]
    assert connector.run("check").status == {"status": "SUCCEEDED"}
    connector.config |= users({"to": "vip", "from": "a", "type": "tags"})
    warning = (
        f"Warning: Stream users: database 1 has the field vip as {word}, and "
        "the configuration sends tags."
    )
    assert connector.run("check").status == {"status": "SUCCEEDED", "message": warning}


UNREADABLE = [
    ("- {call: databases/fields_get, status: 404}", "fields of database 1"),
    (
        "- {call: databases/fields_get, body: {error: 0, data: {fields: []}}}",
        "fields of database 1",
    ),
    ("- {call: databases/fields_get, body: {error: 0, data: [text]}}", "fields of database 1"),
    ("- {call: databases/fields_get, body: {error: 0}}", "fields of database 1"),
    ("- {call: databases/fields_get, error: {code: 403, text: no rights}}", "fields of database 1"),
    ("- {call: databases/fields_get, status: 503}", "fields of database 1"),
    ("- {call: resources/get, status: 404}", "channels of resource 3"),
    ("- {call: resources/get, body: {error: 0, data: {id: 3}}}", "channels of resource 3"),
    ("- {call: resources/get, error: {code: 403, text: no rights}}", "channels of resource 3"),
    (
        "- {call: resources/fields_get, error: {code: 400, text: no such channel}}",
        "fields of resource 3 for the channel email",
    ),
]


@pytest.mark.parametrize(("faults", "what"), UNREADABLE)
def test_what_cannot_be_read_is_a_warning(connector: Connector, what: str) -> None:
    connector.config["streams"] = [FITTING]
    status = connector.run("check").status
    assert status["status"] == "SUCCEEDED"
    assert status["message"].startswith(
        f"Warning: The {what} could not be read, so they were not checked: "
    )


def test_wrong_token_is_named(connector: Connector) -> None:
    connector.config["token"] = "another"
    assert failed(connector).startswith(
        "The service does not accept the API token. Set a valid token in the "
        "destination's settings. (code 401"
    )


def test_unknown_database_is_named(connector: Connector) -> None:
    connector.config["db_id"] = 55
    assert failed(connector).startswith(
        "Database 55: The service does not know this call or this database. Check the "
        "API URL and the database id. (code 404"
    )


def test_refusing_host_is_named(connector: Connector) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        connector.config["api_url"] = f"http://127.0.0.1:{unused.getsockname()[1]}"
        assert failed(connector) == (
            "The service cannot be reached: the host refused the connection. Check "
            "the API URL and the network."
        )


def test_unknown_host_is_named(connector: Connector) -> None:
    connector.config["api_url"] = "https://no-such-host.invalid"
    assert failed(connector) == (
        "The service cannot be reached: the host name is not known. Check "
        "the API URL and the network."
    )


def test_plain_http_needs_loopback(connector: Connector) -> None:
    connector.config["api_url"] = "http://example.com"
    assert failed(connector).startswith("The API URL must begin with https")


def test_https_to_a_plain_port_is_named(connector: Connector) -> None:
    connector.config["api_url"] = connector.config["api_url"].replace("http:", "https:")
    assert failed(connector) == (
        "The host of the API URL does not speak TLS on this port. Check the "
        "scheme and the port of the API URL."
    )


def test_untrusted_certificate_is_named(connector: Connector, tls_address: str) -> None:
    connector.config["api_url"] = tls_address
    assert failed(connector).startswith(
        "The certificate of the API URL's host is not trusted (unable to "
        "get local issuer certificate)."
    )


@pytest.mark.parametrize(
    "faults",
    [
        "- {call: databases/get, body: <html></html>}",
        "- {call: databases/get, body: {ok: true}}",
        "- {call: databases/get, body: [1]}",
    ],
)
def test_another_server_is_named(connector: Connector) -> None:
    assert failed(connector).startswith("What answers at the API URL is not the service")


@pytest.mark.parametrize("faults", ["- {call: databases/get, status: 503}"])
def test_unavailable_service_is_named(connector: Connector) -> None:
    assert failed(connector) == "The service is not available. Run the sync again later. (code 503)"


@pytest.mark.parametrize("url", ["https://a..b", f"https://{'a' * 300}.example"])
def test_impossible_host_is_named(connector: Connector, url: str) -> None:
    connector.config["api_url"] = url
    assert failed(connector).startswith(
        ("The setting api_url is wrong: must be a", "The API URL is not a valid", "The service can")
    )


@pytest.mark.parametrize(
    "faults", ["- {call: databases/get, status: 302, headers: {Location: 'http://127.0.0.1:1/'}}"]
)
def test_redirect_is_not_followed(connector: Connector) -> None:
    assert failed(connector).startswith(
        "The service answers with a redirect, which is not followed"
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"matching": {"mode": "custom"}},
            "The setting matching is wrong: field_name must be there.",
        ),
        (
            {"matching": {"mode": "nothing"}},
            "The setting matching is wrong: mode must be one of email, email_profile, ",
        ),
        (
            {"matching": {"mode": "email", "field_name": "x"}},
            "There is no setting matching.field_name where email is chosen. Remove it.",
        ),
        ({"token": None}, "The configuration is wrong: token must be there."),
        ({"db_id": "1"}, "The setting db_id is wrong: must be integer, not string."),
        ({"batching": {"max_profiles": 10001}}, "The setting batching.max_profiles is wrong: "),
        ({"wire": 1}, "There is no setting wire. Remove it, or correct its name."),
    ],
)
def test_wrong_setting_is_named(
    connector: Connector, change: dict[str, Any], sentence: str
) -> None:
    connector.config |= change
    assert failed(connector).startswith(sentence)


def test_missing_setting_is_named(connector: Connector) -> None:
    del connector.config["token"]
    assert failed(connector) == "The configuration is wrong: token must be there."


def test_unwritable_store_is_named(connector: Connector) -> None:
    connector.config["object_storage_config"] = {
        "storage_type": "Local",
        "path": str(connector.folder / "config.json" / "x"),
    }
    assert failed(connector).startswith(
        "The folder of the object storage cannot be made or written to."
    )


@pytest.mark.parametrize(
    ("setting", "folder"),
    [
        ({"outcomes": {}}, "outcomes"),
        ({"memory": {"name": "crm", "skip_unchanged": True}}, "memory"),
    ],
)
def test_folder_of_a_setting_that_cannot_be_written_to_is_named(
    connector: Connector, tmp_path: Path, setting: dict[str, Any], folder: str
) -> None:
    connector.config |= setting
    assert connector.run("check").status["status"] == "SUCCEEDED"
    kept = tmp_path / "rejected"
    shutil.rmtree(kept / folder)
    (kept / folder).write_bytes(b"")  # a file where the folder is to be
    assert "object storage" in failed(connector)
    assert [each.name for each in kept.iterdir()] == [folder]


@pytest.mark.parametrize("arguments", [["--help"], ["write", "--help"], []])
def test_help_is_given(arguments: list[str]) -> None:
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "usage: destination-profiles" in done.stdout


def test_text_that_is_no_unicode_is_named(connector: Connector) -> None:
    connector.config["token"] = "\ud800"
    assert (
        connector.run("check").error["message"]
        == f"The file {connector.folder}/config.json of the configuration holds text that is not "
        "Unicode."
    )


def test_missing_file_is_named(connector: Connector) -> None:
    done = subprocess.run(
        [COMMAND, "check", "--config", "nowhere.json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert (
        "The file nowhere.json of the configuration cannot be read: No such file or directory."
        in done.stdout
    )


@pytest.fixture
def tls_address() -> Iterator[str]:
    """A server whose certificate nobody trusts."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] - the client's refusal is expected
    with serving(server, "https") as url:
        yield url
