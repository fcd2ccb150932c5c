"""The journal, kept bodies, and the commands that show a data file."""

import re
import sqlite3
from contextlib import closing
from hashlib import sha256

import msgspec
import pytest

from profiles_sandbox.command_line import main
from profiles_sandbox.testing import JSON_HEADERS, LocalSandbox, ThreadedSandbox

UPDATE = "profiles/update_batch"
EMAIL = {"email": "a@example.org"}


@pytest.fixture
def sandbox(tmp_path):
    sandbox = LocalSandbox(tmp_path / "data.db", now=lambda: 1_700_000_000.5)
    yield sandbox
    sandbox.close()


def show(capsys, *arguments):
    assert main(arguments) == 0
    return capsys.readouterr().out.splitlines()


def test_row_tells_all_of_a_request(sandbox):
    sandbox.create({**EMAIL, "crm_id": 1})
    body = msgspec.json.encode(
        {
            "token": "sandbox-token",
            "db_id": 1,
            "matching": "custom",
            "field_name": "crm_id",
            "skip_triggers": True,
            "skip_invalid_subscriptions": False,
            "data": [{"crm_id": 1}, {"crm_id": 2}],
        }
    )
    sandbox.send(UPDATE, body, {**JSON_HEADERS, "Request-ID": "r-1"})
    assert sandbox.journal()[1] == {
        "id": 2,
        "received_at": "2023-11-14T22:13:20.500+00:00",
        "ended_at": "2023-11-14T22:13:20.500+00:00",
        "call": UPDATE,
        "request_id": "r-1",
        "format": "json",
        "duplicate": False,
        "http_status": 200,
        "error": 0,
        "error_text": "Successful operation",
        "body_bytes": len(body),
        "body_sha256": sha256(body).hexdigest(),
        "profiles": 2,
        "accepted": 1,
        "failed": 1,
        "db_id": 1,
        "matching": "custom",
        "field_name": "crm_id",
        "skip_triggers": True,
        "skip_invalid_subscriptions": False,
        "fault": None,
    }


def test_duplicate_accepts_nothing(sandbox):
    for _ in range(2):
        sandbox.post(UPDATE, {"Request-ID": "r-1"}, db_id=1, data=[EMAIL])
    row = sandbox.journal()[1]
    assert (row["duplicate"], row["profiles"], row["accepted"], row["failed"]) == (
        True,
        1,
        None,
        None,
    )
    assert row["error"] == 0


REFUSED = [
    (UPDATE, {"token": "other", "db_id": 1}, 200, 401),
    (UPDATE, {"db_id": 9, "data": [EMAIL]}, 200, 404),
    ("profiles/nothing", {}, 404, 404),
    ("databases/list", {}, 200, 0),
]


@pytest.mark.parametrize(("call", "message", "status", "error"), REFUSED)
def test_every_request_has_a_row(sandbox, call, message, status, error):
    sandbox.post(call, **message)
    [row] = sandbox.journal()
    assert (row["call"], row["http_status"], row["error"], row["accepted"]) == (
        call,
        status,
        error,
        None,
    )


def test_row_of_xml_tells_the_same(sandbox):
    data = "<data><crm_id>1</crm_id></data>"
    asked = "<skip_invalid_subscriptions>true</skip_invalid_subscriptions><skip_triggers>0</skip_triggers>"
    sandbox.post_xml(
        UPDATE,
        f"<xml><db_id>1</db_id><matching>custom</matching><field_name>crm_id</field_name>{asked}{data}</xml>".encode(),
    )
    [row] = sandbox.journal()
    told = {
        "db_id": 1,
        "matching": "custom",
        "field_name": "crm_id",
        "skip_triggers": False,
        "skip_invalid_subscriptions": True,
    }
    assert msgspec.json.encode({name: row[name] for name in told}) == msgspec.json.encode(told)
    assert (row["format"], row["profiles"], row["error"], row["error_text"]) == (
        "xml",
        1,
        401,
        "token: missing",
    )


@pytest.mark.parametrize(
    ("content_type", "format_"),
    [("text/xml", "xml"), ("application/json", "json"), ("text/plain", None)],
)
def test_unreadable_body_has_its_format(sandbox, content_type, format_):
    sandbox.send(UPDATE, b"<", {"Content-Type": content_type})
    assert [row["format"] for row in sandbox.journal()] == [format_]


@pytest.mark.parametrize(
    "message", [{"db_id": 2**80}, {"matching": 1, "field_name": [], "skip_triggers": 1, "data": 1}]
)
def test_row_holds_only_what_fits(sandbox, message):
    sandbox.post(UPDATE, **message)
    [row] = sandbox.journal()
    assert {
        row[name] for name in ("db_id", "matching", "field_name", "skip_triggers", "profiles")
    } == {None}


def test_journal_holds_no_values(sandbox, tmp_path):
    sandbox.post(UPDATE, db_id=1, data=[{"email": "s3cret@example.org", "points": "s3cret"}])
    assert "s3cret" not in repr(sandbox.journal())
    assert b"sandbox-token" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_bodies_are_kept_by_row(tmp_path):
    bodies = tmp_path / "some" / "bodies"
    with ThreadedSandbox(
        tmp_path / "data.db", "--keep-bodies", str(bodies), "--max-bytes", "20"
    ) as sandbox:
        sandbox.send(UPDATE, b" { ", JSON_HEADERS)
        sandbox.send("databases/list", b"x" * 21, JSON_HEADERS)
        sandbox.post_xml(UPDATE, b"<xml>")
        sandbox.post_xml(UPDATE, b"x" * 21)
        sandbox.send(UPDATE, b"x", {"Content-Type": "text/plain"})
        kept = {path.name: path.read_bytes() for path in bodies.iterdir()}
    assert kept == {
        "000001.json": b" { ",
        "000002.json": b"x" * 21,
        "000003.xml": b"<xml>",
        "000004.xml": b"x" * 21,
        "000005.json": b"x",
    }


def test_commands_show_a_running_sandbox(tmp_path, capsys):
    data = str(tmp_path / "data.db")
    with ThreadedSandbox(tmp_path / "data.db") as sandbox:
        ids = sandbox.create({**EMAIL, "source": "x"}, {"email": "b@example.org"})
        lines = show(capsys, "profiles", "--data", data, "--db-id", "1", "--json")
        [row] = [
            msgspec.json.decode(line) for line in show(capsys, "journal", "--data", data, "--json")
        ]
        assert [msgspec.json.decode(line) for line in lines] == [
            sandbox.profile(number) for number in ids
        ]
        assert row == sandbox.journal()[0]


def test_tables_are_for_people(sandbox, tmp_path, capsys):
    sms = {"channel": "sms", "phone": "+79000000001", "resource_id": 3}
    [profile_id] = sandbox.create(
        {**EMAIL, "phones": ["+79000000001"], "source": "x" * 99, "subscriptions": [sms]}
    )
    header, line = show(capsys, "profiles", "--data", str(tmp_path / "data.db"), "--db-id", "1")
    assert header.split() == ["id", "email", "phones", "fields", "subscriptions"]
    assert line == f"{profile_id}  a@example.org  +79000000001  source={'x' * 52}…  sms@3"
    header, line = show(capsys, "journal", "--data", str(tmp_path / "data.db"))
    assert re.match(r"id +received_at +call +request_id", header)
    assert re.match(
        r"1 +2023-11-14T22:13:20.500\+00:00 +profiles/import_batch +- +false +200 +0 +1 +1 +0", line
    )


def test_limit_shows_the_oldest(sandbox, tmp_path, capsys):
    sandbox.create(*({"email": f"{name}@example.org"} for name in "abc"))
    lines = show(
        capsys,
        "profiles",
        "--data",
        str(tmp_path / "data.db"),
        "--db-id",
        "1",
        "--json",
        "--limit",
        "2",
    )
    assert [msgspec.json.decode(line)["email"] for line in lines] == [
        "a@example.org",
        "b@example.org",
    ]


def test_missing_or_foreign_file_is_an_error(tmp_path, capsys):
    (tmp_path / "foreign.db").write_text("not SQLite, " * 100)
    (tmp_path / "empty.db").touch()
    for name, problem in [
        ("none", "no such file"),
        ("foreign", "file is not a database"),
        ("empty", "not a data file"),
    ]:
        assert main(["journal", "--data", str(tmp_path / f"{name}.db")]) == 2
        assert problem in capsys.readouterr().err


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("CREATE TABLE t (a)", "not a data file of the sandbox"),
        ("PRAGMA user_version = 99", "of another version"),
    ],
)
def test_file_of_another_program_is_left_alone(tmp_path, capsys, statement, problem):
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute(statement)
    before = path.read_bytes()
    assert main(["serve", "--port", "0", "--data", str(path)]) == 2
    assert problem in capsys.readouterr().err
    assert path.read_bytes() == before


def test_data_file_is_in_wal_mode(sandbox):
    with closing(sqlite3.connect(sandbox.data)) as reader:
        assert reader.execute("PRAGMA journal_mode").fetchone() == ("wal",)
