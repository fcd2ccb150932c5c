"""What a person at a terminal is told, and how the exit code follows."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from destination_profiles.commands.arguments import COMMANDS
from destination_profiles.commands.explaining import EXAMPLES
from destination_profiles.spec import spec
from integration_tests.connector import COMMAND, SECONDS, Connector, record, state
from integration_tests.screen import fed, plain, terminal, watched
from profiles_sandbox.testing import ServedSandbox

WIDTHS = [40, 80, 200]
CANARY = "canary-7f3a"
LINES = b"".join(
    [
        *(record({"crm_id": number, "_city": CANARY}) for number in range(1, 10)),
        record({"crm_id": 77, "_city": CANARY}),
        state(10),
    ]
)
COPIED = (
    "  destination-profiles resend"  # a command: the terminal breaks it, so that it can be copied
)
COLOUR = re.compile(rb"\x1b\[(?:\d+;)*3[0-7]m")
SUMMARY = """\
stream  read  accepted  superseded  deleted  rejected
users     10         9           0        0         1

stream  step     code  rejected  reason
users   service  404          1  crm_id: no profile found by custom

Read 10 records in … s (…/s). Chunks: 1. Retries: 0.
States that are safe: 1.{}
The rejected records are in {}/rejected.
Remove the causes, and send them again:
  destination-profiles resend --config {}/config.json --catalog {}/catalog.json
"""


def piped(
    command: list[str], lines: bytes = b"", columns: int = 200
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command,
        input=lines,
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "COLUMNS": str(columns)},
    )


def trimmed(text: str) -> str:
    """Without blanks at the ends of lines."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def summary(text: str) -> str:
    """What stands from the table on, with … for what a clock has told."""
    told = re.sub(r"in [\d.]+ s \([\d,]+/s\)", "in … s (…/s)", trimmed(text))
    begin = re.search(r"stream +read  ", told)
    assert begin, text
    return told[begin.start() :]


def test_check_marks_what_it_looked_at(storing: Connector) -> None:
    code, shown = watched(storing.command("check"))
    assert (code, trimmed(plain(shown))) == (
        0,
        "✓ The configuration has the form of the specification.\n"
        "✓ The service has database 1, and accepts the token.\n"
        "✓ Database 1 has the field crm_id, which profiles are found by.\n"
        "✓ The store of rejected records can be written to.\n"
        "\n"
        "A sync would work.\n",
    )


def test_failed_check_is_told_by_the_exit_code(connector: Connector) -> None:
    connector.config["matching"]["field_name"] = "crm"
    code, shown = watched(connector.command("check"))
    text = plain(shown)
    assert code == 1
    assert "✗ Database 1 has no field crm, which profiles are found by. Is it crm_id?" in text
    assert text.endswith(
        "A sync would not work: correct what is marked with ✗.\nSee docs/errors.md#findings-of-check\n"
    )
    assert "sandbox-token" not in text


def test_failed_check_is_a_message_on_a_pipe(connector: Connector) -> None:
    connector.config["db_id"] = "1"
    done = piped(connector.command("check"))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(
        b'{"type":"CONNECTION_STATUS","connectionStatus":{"status":"FAILED","message":"'
    )
    assert done.stdout.count(b"\n") == 1


@pytest.mark.parametrize("command", ["spec", "check", "discover"])
def test_human_speaks_to_a_person_on_a_pipe(storing: Connector, command: str) -> None:
    done = piped([*storing.command(command), "--human"])
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout
    assert done.stdout.decode() == plain(watched(storing.command(command))[1])


@pytest.mark.parametrize("command", ["spec", "check", "discover"])
def test_json_speaks_the_protocol_on_a_terminal(connector: Connector, command: str) -> None:
    code, shown = watched([*connector.command(command), "--json"])
    assert code == 0
    assert plain(shown).encode() == piped(connector.command(command)).stdout


def test_spec_on_a_pipe_is_one_message() -> None:
    done = piped([COMMAND, "spec"])
    assert json.loads(done.stdout) == {"type": "SPEC", "spec": spec()}
    assert (done.stdout.count(b"\n"), done.stdout[:16]) == (1, b'{"type":"SPEC","')


def test_discover_shows_fields_and_keys(connector: Connector) -> None:
    code, shown = watched(connector.command("discover"))
    lines = [line.split() for line in plain(shown).splitlines()]
    assert code == 0
    assert lines[0] == ["field", "type"]
    assert all(
        each in lines
        for each in (["crm_id", "int"], ["email", "string"], ["tags", "tags"], ["_bdate", "date"])
    )
    keys = lines[lines.index(["profiles", "are", "found", "by"]) + 1 :]
    assert keys[:2] == [["crm_id"], ["email"]]


def test_spec_shows_types_and_defaults() -> None:
    code, shown = watched([COMMAND, "spec"])
    text = trimmed(plain(shown))
    assert code == 0
    assert "token  string, secret, required\n    Token of the platform's public API" in text
    assert "\nmax_rejected_percent  integer, default 50\n    Fail the sync when" in text
    assert "\nstreams[].fields[].to  string, required\n" in text


@pytest.mark.parametrize("columns", WIDTHS)
@pytest.mark.parametrize("command", ["spec", "check", "discover", "write"])
def test_lines_fit_the_terminal(storing: Connector, command: str, columns: int) -> None:
    _, shown = watched(storing.command(command), columns, LINES if command == "write" else b"")
    lines = [line.rstrip() for line in plain(shown).split("\n")]
    assert all(len(line) <= columns for line in lines if not line.startswith(COPIED))
    assert storing.config["token"] not in plain(shown)


def test_no_color_is_heard(storing: Connector) -> None:
    command = storing.command("check")
    assert COLOUR.search(watched(command)[1])
    assert not COLOUR.search(watched(command, NO_COLOR="1")[1])
    assert b"\x1b" not in watched(command, TERM="dumb")[1]


def test_write_sums_up_for_a_person(storing: Connector) -> None:
    code, shown = watched(storing.command("write"), lines=LINES)
    text, folder = plain(shown), storing.folder
    assert code == 0
    assert summary(text) == SUMMARY.format(
        " To keep them, redirect stdout to a file.", folder, folder, folder
    )
    assert '"type"' not in text
    assert CANARY not in text


def test_states_are_kept_beside_a_summary(storing: Connector) -> None:
    done = piped([*storing.command("write"), "--human"], LINES)
    folder = storing.folder
    assert done.returncode == 0
    kept = [json.loads(line) for line in done.stdout.splitlines()]
    figures = [each for each in kept if each.get("trace", {}).get("type") == "ANALYTICS"]
    assert [each["type"] for each in kept if each not in figures] == ["STATE"]
    assert len(figures) >= 2
    assert summary(done.stderr.decode()) == SUMMARY.format("", folder, folder, folder)


def test_failed_write_says_what_is_unfinished(storing: Connector) -> None:
    storing.config["token"] = "another"
    records = b"".join(LINES.splitlines(keepends=True)[:-1])  # no state ends their interval
    code, shown = watched(storing.command("write"), lines=records)
    text = plain(shown)
    assert code == 1
    assert re.search(r"^users +10 +0 +0 +0 +0 +10$", text, re.MULTILINE)
    assert trimmed(text).splitlines()[-1].startswith("ERROR The service does not accept the API t")


def test_narrow_terminal_breaks_no_number(storing: Connector) -> None:
    text = trimmed(plain(watched(storing.command("write"), 40, LINES)[1]))
    assert "stream      users\nread        10\naccepted    9\nsuperseded  0\n" in text


@pytest.mark.parametrize("columns", WIDTHS)
def test_live_line_leaves_the_summary_alone(storing: Connector, columns: int) -> None:
    with terminal(columns) as (end, shown):
        fed(storing.command("write"), LINES, shown, "Read 10 records in ", stdout=end, stderr=end)
    assert plain(b"".join(shown)).startswith("stream ")


def test_wrong_command_line_is_one_sentence() -> None:
    done = piped([COMMAND, "check", "--configure", CANARY])
    assert (done.returncode, done.stdout, done.stderr.decode()) == (
        2,
        b"",
        "destination-profiles check: the following arguments are required: --config. Help: "
        "destination-profiles check --help\n",
    )


@pytest.mark.parametrize("command", ["check", "discover", "write"])
def test_missing_file_is_one_sentence(command: str) -> None:
    catalog = ["--catalog", "catalog.json"] if command == "write" else []
    done = piped([COMMAND, command, "--human", "--config", "nowhere.json", *catalog])
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == (
        "ERROR The file nowhere.json of the configuration cannot be read: No such file or "
        f"directory. See docs/errors.md#configerror. Help: destination-profiles {command} --help\n"
    )


def test_version_is_told() -> None:
    done = piped([COMMAND, "--version"])
    assert (done.returncode, done.stdout, done.stderr) == (0, b"destination-profiles 0.1.0\n", b"")


@pytest.mark.parametrize("command", COMMANDS)
def test_example_of_the_help_runs(storing: Connector, sandbox: ServedSandbox, command: str) -> None:
    sandbox.create({"email": "ann@example.org"}, matching="email")
    if command == "where":
        storing.config["matching"] = {"mode": "email"}
    storing.command("write")
    (storing.folder / "messages.jsonl").write_bytes(state(1) if command == "write" else LINES)
    streams = [each["stream"] for each in storing.catalog["streams"]]
    found = {"type": "CATALOG", "catalog": {"streams": streams}}
    (storing.folder / "discovered.jsonl").write_text(json.dumps(found))
    counts = {"recordCount": 1.0, "rejectedRecordCount": 0.0}
    (storing.folder / "run.jsonl").write_bytes(state(1, destinationStats=counts))
    (storing.folder / "rejected").mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", EXAMPLES[command]],
        cwd=storing.folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
