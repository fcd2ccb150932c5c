"""`init`: a configuration to begin with, which `check` passes and `forecast` counts by."""

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from destination_profiles.commands.yaml_settings import load
from integration_tests.connector import COMMAND, SECONDS, Connector, line, record
from profiles_sandbox.testing import ServedSandbox

DIRTY = Path(__file__).parents[1] / "demo" / "dirty.py"
ROWS = 1_500
YES, NO = ("1", "true", "y", "ja", "subscribed"), ("0", "false", "n", "nein", "unsubscribed")
MEANT = [
    *(f"{column}:{word}=subscribed" for column in ("newsletter", "sms_consent") for word in YES),
    *(f"{column}:{word}=unsubscribed" for column in ("newsletter", "sms_consent") for word in NO),
    "newsletter:cleaned=hardbounced",
    "newsletter:pending=unconfirmed",
]
ANSWERS = [
    *("--time-zone", "Europe/Berlin", "--region", "DE", "--unreadable", "omit"),
    *("--code-without-plus", "yes"),
    *("--resource", "email=28", "--resource", "sms=3"),
    *(part for each in MEANT for part in ("--status", each)),
]
CANARY = "canary"


class Folder:
    """Where the files of one person are."""

    def __init__(self, path: Path, url: str) -> None:
        self.path = path
        settings = {"api_url": url, "token": "${PROFILES_TOKEN}", "db_id": 1}
        (path / "known.yaml").write_text(json.dumps(settings))

    def catalog(self, *streams: dict[str, Any]) -> None:
        """What a source prints."""
        said = line({"type": "LOG", "log": {"level": "INFO", "message": "hello"}})
        said += line({"type": "CATALOG", "catalog": {"streams": list(streams)}})
        (self.path / "discovered.jsonl").write_bytes(said)

    def run(
        self, command: str, *options: str, lines: bytes = b""
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [COMMAND, command, *options],
            input=lines,
            cwd=self.path,
            env={**os.environ, "PROFILES_TOKEN": "sandbox-token", "COLUMNS": "200"},
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def init(self, *options: str) -> str:
        """The configuration that is written with some options."""
        known = ("--config", "known.yaml", "--catalog", "discovered.jsonl")
        done = self.run("init", *known, "-o", "made.yaml", "--force", *options)
        assert (done.returncode, done.stderr) == (0, "")
        return (self.path / "made.yaml").read_text(encoding="utf-8")

    def check(self) -> bool:
        done = self.run("check", "--config", "made.yaml")
        status: str = json.loads(done.stdout)["connectionStatus"]["status"]
        return status == "SUCCEEDED"


@pytest.fixture
def folder(tmp_path: Path, sandbox: ServedSandbox) -> Folder:
    home = tmp_path / "home"
    home.mkdir()
    return Folder(home, sandbox.url)


def stream(name: str, columns: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "json_schema": {"type": "object", "properties": columns},
        "supported_sync_modes": ["full_refresh", "incremental"],
        **more,
    }


@pytest.fixture
def dirty(folder: Folder, sandbox: ServedSandbox) -> Folder:
    """The dirty table of the demonstration, and the profiles that it has rows of."""
    options = ["--rows", str(ROWS), "--out", str(folder.path)]
    subprocess.run([sys.executable, DIRTY, *options], check=True)
    configured = json.loads((folder.path / "catalog.json").read_text(encoding="utf-8"))
    folder.catalog(*(each["stream"] for each in configured["streams"]))
    seeds = json.loads((folder.path / "seed.json").read_text(encoding="utf-8"))
    sandbox.create(*seeds, matching="custom", field_name="crm_id")
    return folder


FILES = ("--messages", "messages.jsonl", "--write-catalog", "configured.json")


def share_rejected(folder: Folder) -> float:
    """Of the rows of the dirty table."""
    files = ("--config", "made.yaml", "--catalog", "configured.json")
    lines = (folder.path / "messages.jsonl").read_bytes()
    told = folder.run("forecast", *files, "--json", lines=lines)
    streams = json.loads(told.stdout)["streams"]
    assert sum(each["records"] for each in streams) == ROWS
    return float(sum(each["rejected"] for each in streams)) / ROWS


def test_answers_by_options_map_the_dirty_table(dirty: Folder) -> None:
    made = dirty.init(*FILES, *ANSWERS)
    assert dirty.check()
    assert 0 < share_rejected(dirty) < 0.01
    settings = load(made)
    assert settings["matching"] == {"mode": "custom", "field_name": "crm_id"}
    assert "the service knows 0 by Custom_ID, 20 by crm_id" in " ".join(made.split("\n# "))
    customers = settings["streams"][0]
    fields = {each["to"]: each for each in customers["fields"]}
    assert fields["phones"] == {
        "to": "phones",
        "columns": ["mobile", "landline"],
        "type": "phone",
        "region": "DE",
        "on_error": "omit",
    }
    assert fields["_bdate"]["formats"] == ["%d.%m.%Y"]
    assert fields["_postal_code"]["from"] == "address.zip"
    assert [each["address_from"] for each in customers["subscriptions"]] == ["email", "sms_number"]
    (_, sms) = customers["subscriptions"]  # 4917... is in it
    assert (sms["region"], sms["code_without_plus"]) == ("DE", True)
    meant = {each["from"]: each["to"] for each in customers["subscriptions"][0]["status_values"]}
    assert (meant["ja"], meant["0"]) == ("subscribed", "unsubscribed")


def test_nothing_is_guessed_without_answers(dirty: Folder) -> None:
    made = dirty.init(*FILES)
    assert dirty.check()
    (customers, _) = load(made)["streams"]
    assert "subscriptions" not in customers and "time_zone" not in load(made)
    assert not {"phones", "plan"} & {each["to"] for each in customers["fields"]}
    assert "# QUESTION: Which time zone are times in that name none?" in made
    assert '#     - {from: ja, to: "..."}' in made


def test_file_holds_no_value_and_is_private(dirty: Folder) -> None:
    made = dirty.init(*FILES, *ANSWERS)
    assert CANARY not in made and "sandbox-token" not in made
    rows = [json.loads(each) for each in (dirty.path / "messages.jsonl").read_bytes().splitlines()]
    data = [each["record"]["data"] for each in rows if each["type"] == "RECORD"]
    names = {"email", "mobile", "landline", "sms_number", "born"}
    values = {str(row[name]).strip() for row in data for name in names if row.get(name)}
    assert len(values) > ROWS
    assert not [each for each in values if len(each) > 8 and each in made]
    assert stat.S_IMODE((dirty.path / "made.yaml").stat().st_mode) == 0o600


def asked(folder: Folder, answers: dict[str, str]) -> tuple[int, str]:
    """Exit code and what a terminal shows, where each question is answered by a part of it."""
    screen, end = pty.openpty()
    command = [COMMAND, "init", "--config", "known.yaml", "--catalog", "discovered.jsonl"]
    process = subprocess.Popen(
        [*command, "-o", "made.yaml", *FILES],
        cwd=folder.path,
        env={**os.environ, "PROFILES_TOKEN": "sandbox-token"},
        stdin=end,
        stdout=end,
        stderr=end,
    )
    os.close(end)
    shown = bytearray()
    for part in reading(screen):
        shown += part
        if part.endswith(b": "):
            question = shown.decode().replace("\r\n", "\n").splitlines()[-2]
            found = [answer for text, answer in answers.items() if text in question]
            os.write(screen, f"{found[0] if found else ''}\n".encode())
    os.close(screen)
    return process.wait(SECONDS), shown.decode().replace("\r\n", "\n")


def reading(screen: int) -> Iterator[bytes]:
    while True:
        try:
            yield os.read(screen, 4096)
        except OSError:  # the other end is closed
            return


def test_answers_at_a_terminal_map_the_dirty_table(dirty: Folder) -> None:
    words = {f"does {word} mean": "sub" for word in YES}
    words |= {f"does {word} mean": "unsub" for word in NO}
    answers = {
        "time zone": "Europe/Berlin",
        "country do phone": "de",
        "the code of DE": "yes",
        "cannot be read as": "o",
        "subscriptions by email": "28",
        "subscriptions by sms": "3",
        "does cleaned mean": "hard",
        "does pending mean": "unc",
        **words,
    }
    code, shown = asked(dirty, answers)
    assert code == 0
    assert shown.count("Enter leaves it open") == 6 + 22
    assert load((dirty.path / "made.yaml").read_text(encoding="utf-8")) == load(
        dirty.init(*FILES, *ANSWERS)
    )


def test_wrong_answer_is_asked_again(dirty: Folder) -> None:
    code, shown = asked(dirty, {"country do phone": "Atlantis", "not one of them": "DE"})
    assert (code, shown.count("That is not one of them.")) == (0, 1)
    assert "- Which time zone are times in that name none?\n" in shown
    assert "- Which country" not in shown
    assert "by sms belong to? There are 3 (Messages), 28 (Newsletter).\n" in shown


def test_file_that_is_there_is_not_written_over(folder: Folder) -> None:
    folder.catalog(stream("users", {"email": {"type": "string"}}))
    for name, option in (("made.yaml", "-o"), ("configured.json", "--write-catalog")):
        (folder.path / name).write_text("mine")
        known = ("--config", "known.yaml", "--catalog", "discovered.jsonl")
        done = folder.run("init", *known, option, name)
        assert done.returncode == 1
        assert f"The file {name} exists already. --force overwrites it." in done.stderr
        assert (folder.path / name).read_text() == "mine"


def test_configured_catalog_has_modes_that_the_source_supports(folder: Folder) -> None:
    columns = {"email": {"type": "string"}}
    key, cursor = {"source_defined_primary_key": [["id"]]}, {"source_defined_cursor": True}
    folder.catalog(
        stream("both", columns, **key, **cursor),
        stream("no_key", columns, default_cursor_field=["updated"]),
        stream("no_cursor", columns, **key),
        {**stream("plain", columns, **key, **cursor), "supported_sync_modes": ["full_refresh"]},
    )
    folder.init("--write-catalog", "configured.json")
    made = json.loads((folder.path / "configured.json").read_text())
    assert [(each["sync_mode"], each["destination_sync_mode"]) for each in made["streams"]] == [
        ("incremental", "append_dedup"),
        ("incremental", "append"),
        ("full_refresh", "append"),
        ("full_refresh", "append"),
    ]
    assert made["streams"][1]["cursor_field"] == ["updated"]


def test_configured_catalog_is_taken_too(folder: Folder) -> None:
    folder.catalog(stream("users", {"email": {"type": "string"}}))
    made = folder.init("--write-catalog", "configured.json")
    (folder.path / "configured.json").rename(folder.path / "discovered.jsonl")
    assert folder.init() == made


@pytest.mark.parametrize("text", ["", "{}", '{"streams": []}', '{"streams": 5}', "[]", "chatter"])
def test_file_without_streams_is_told(folder: Folder, text: str) -> None:
    (folder.path / "discovered.jsonl").write_text(text)
    done = folder.run("init", "--config", "known.yaml", "--catalog", "discovered.jsonl")
    assert done.returncode == 1
    assert "discovered.jsonl" in done.stderr and done.stderr.startswith("ERROR The ")


@pytest.mark.parametrize("command", ["write", "forecast", "resend"])
@pytest.mark.parametrize("form", ["lines", "catalog"])
def test_catalog_that_is_not_configured_is_told(
    connector: Connector, command: str, form: str
) -> None:
    told = connector.command(command)
    streams = {"streams": [{"name": "users", "json_schema": {}, "supported_sync_modes": []}]}
    message = line({"type": "CATALOG", "catalog": streams})
    text = b"starting\n" + message if form == "lines" else json.dumps(streams).encode()
    (connector.folder / "catalog.json").write_bytes(text)
    done = subprocess.run(told, input=record({}), capture_output=True, timeout=SECONDS, check=False)
    assert done.returncode == 1
    assert b"is what a source's discover prints" in done.stdout + done.stderr
    assert b"destination-profiles init --catalog" in done.stdout + done.stderr


def test_streams_are_chosen(folder: Folder) -> None:
    folder.catalog(*(stream(name, {"email": {}}) for name in ("users", "logs", "others")))
    made = folder.init("--stream", "users", "--stream", "others", "--write-catalog", "c.json")
    assert [each["name"] for each in load(made)["streams"]] == ["users", "others"]
    configured = json.loads((folder.path / "c.json").read_text())["streams"]
    assert [each["stream"]["name"] for each in configured] == ["users", "others"]
    known = ("--config", "known.yaml", "--catalog", "discovered.jsonl")
    done = folder.run("init", *known, "--stream", "user")
    assert "The catalog has no stream user. It has: users, logs, others." in done.stderr


def test_interrupted_question_leaves_the_terminal_as_it_was(folder: Folder) -> None:
    """The token is typed unseen."""
    folder.catalog(stream("users", {"email": {}}))
    screen, end = pty.openpty()
    before = termios.tcgetattr(end)
    (folder.path / "known.yaml").write_text("api_url: http://127.0.0.1:1")
    command = [COMMAND, "init", "--config", "known.yaml", "--catalog", "discovered.jsonl"]
    process = subprocess.Popen(command, cwd=folder.path, stdin=end, stdout=end, stderr=end)
    shown = b""
    while b"token: " not in shown:
        shown += os.read(screen, 4096)
    while termios.tcgetattr(end) == before:
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS) == 130
    assert termios.tcgetattr(end) == before
    os.close(end)
    os.close(screen)


def test_settings_that_are_missing_are_told(folder: Folder) -> None:
    folder.catalog(stream("users", {"email": {}}))
    (folder.path / "known.yaml").write_text("api_url: http://127.0.0.1:1")
    done = folder.run("init", "--config", "known.yaml", "--catalog", "discovered.jsonl")
    assert done.returncode == 1
    assert "these settings are needed: token, db_id." in done.stderr


def test_variable_that_is_not_set_is_told(connector: Connector) -> None:
    connector.config["token"] = "${NOT_SET_ANYWHERE}"
    said = connector.run("write")
    assert said.code == 1
    assert (
        "from the environment variable NOT_SET_ANYWHERE, which is not set."
        in (said.error["message"])
    )


def test_token_comes_from_the_environment(
    connector: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    connector.config["token"] = "${PROFILES_TOKEN}"
    monkeypatch.setenv("PROFILES_TOKEN", "sandbox-token")
    assert connector.run("check").status["status"] == "SUCCEEDED"


def messages(folder: Folder, name: str, rows: list[dict[str, Any]]) -> None:
    """What a source reads from a stream."""
    lines = (record(each, stream=name) for each in rows)
    (folder.path / "messages.jsonl").write_bytes(b"".join(lines))


def test_service_tells_the_column_of_a_key(folder: Folder, sandbox: ServedSandbox) -> None:
    ids = range(1234567890123456789, 1234567890123456799)
    seeds = [{"crm_id": each} for each in ids]
    sandbox.create(*seeds, matching="custom", field_name="crm_id")
    folder.catalog(stream("orders", {"id": {}, "account_id": {}, "email": {}}))
    rows = [{"id": 100 + place, "account_id": each} for place, each in enumerate(ids)]
    messages(folder, "orders", rows)
    (orders,) = load(folder.init("--messages", "messages.jsonl"))["streams"]
    assert orders["fields"][0] == {"to": "crm_id", "from": "account_id", "type": "int"}
    messages(folder, "orders", [{"id": each, "account_id": each} for each in ids])
    made = folder.init("--messages", "messages.jsonl")
    assert "# QUESTION: Which field are profiles found by, and which column is it taken" in made
    assert "# - {to: crm_id, from: account_id, type: int}" in made
    assert not folder.check()


def test_answers_that_fit_nothing_are_wrong_usage(folder: Folder) -> None:
    folder.catalog(stream("users", {"kdnr": {}, "email": {}, "newsletter": {}}))
    known = ("--config", "known.yaml", "--catalog", "discovered.jsonl", "-o", "made.yaml")
    answers = ("--key", "crm_id=kdnrr", "--resource", "email=29", "--status", "newsleter:1=invalid")
    done = folder.run("init", *known, *answers, "--status", "newsletter:1.0=subscribed")
    there = "There are kdnr, email, newsletter.\n"
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"destination-profiles init: argument --key: there is no column kdnrr. {there}"
        f"argument --status: there is no column newsleter. {there}"
        "argument --resource: email has no such resource. There are 3 (Messages), 28 (Newsletter). "
        "Help: destination-profiles init --help\n"
    )
    assert not (folder.path / "made.yaml").exists()
    fits = ("--resource", "email=28", "--status", "newsletter:1.0=subscribed")
    assert '{from: "1", to: subscribed}' in folder.init(*fits)


def test_stream_without_a_key_is_told(folder: Folder) -> None:
    folder.catalog(stream("users", {"_id": {}, "city": {}}))
    messages(folder, "users", [{"_id": f"5f0c0ffee{place}a", "city": "Ulm"} for place in range(9)])
    known = ("--config", "known.yaml", "--catalog", "discovered.jsonl", "-o", "made.yaml")
    done = folder.run("init", *known, "--messages", "messages.jsonl")
    asked = "which column is it that profiles are found by?"
    assert f"- users: {asked}\n" in done.stdout
    assert done.stdout.splitlines()[1].split() == ["users", "9", "1", "0", "2", "0"]
    given = json.loads((folder.path / "known.yaml").read_text())
    given["matching"] = {"mode": "custom", "field_name": "crm_id"}
    (folder.path / "known.yaml").write_text(json.dumps(given))
    assert f"    # QUESTION: {asked}\n    fields:\n" in folder.init("--messages", "messages.jsonl")


def test_stream_without_a_fit_sends_nothing(folder: Folder) -> None:
    folder.catalog(stream("things", {"weight": {"type": "number"}}))
    made = folder.init()
    assert "    fields: []" in made
    assert not folder.check()


def test_entries_that_are_there_are_kept(folder: Folder) -> None:
    folder.catalog(stream("users", {"email": {}}), stream("others", {"email": {}}))
    known = json.loads((folder.path / "known.yaml").read_text())
    entry = {"name": "users", "fields": [{"to": "email", "from": "email", "clean": ["trim"]}]}
    known |= {"streams": [entry], "max_rejected": 5}
    (folder.path / "known.yaml").write_text(json.dumps(known))
    made = load(folder.init())
    assert made["streams"][0] == entry
    assert (made["streams"][1]["name"], made["max_rejected"]) == ("others", 5)
