"""The report of a sync: a page that a browser shows, of what the connector has printed."""

import json
import os
import re
import stat
import subprocess
from pathlib import Path

import pytest

from integration_tests.browser import Driven, barriers, width_beyond
from integration_tests.connector import (
    COMMAND,
    SECONDS,
    Connector,
    record,
    state,
    wait_for_request,
)
from integration_tests.s3 import SECRET, MotoServer
from profiles_sandbox.testing import ServedSandbox

CANARY = "canary-7f3a"
KEY = 7_312_904_658  # longer than any figure that the page may show
ROWS = [
    *(record({"crm_id": number, "_city": CANARY}) for number in range(1, 10)),
    record({"crm_id": KEY, "_city": CANARY}),
    record({"crm_id": "canary", "_city": CANARY}),
    state(11),
]
SENTENCE = "9 of 11 rows arrived; 2 were refused for 2 reasons."


def kept(connector: Connector, text: bytes) -> Path:
    """The file that `tee` would have written."""
    path = connector.folder / "run.jsonl"
    path.write_bytes(text)
    return path


def reported(path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, "report", "--from", path, "-o", path.with_suffix(".html"), *options],
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def page(path: Path) -> str:
    return path.with_suffix(".html").read_text(encoding="utf-8")


def test_report_tells_what_became_of_rows(storing: Connector) -> None:
    path = kept(storing, storing.write(*ROWS).raw)
    done = reported(path)
    assert (done.returncode, done.stdout) == (0, f"{SENTENCE}\n{path.with_suffix('.html')}\n")
    assert f"<h1>{SENTENCE}</h1>" in page(path)
    assert "crm_id: no profile found by custom" in page(path)
    assert CANARY not in page(path)
    assert str(KEY) not in re.sub(r"<(style|svg).*?</\1>", "", page(path), flags=re.DOTALL)


def test_keys_are_shown_on_request_alone(storing: Connector) -> None:
    path = kept(storing, storing.write(*ROWS).raw)
    for store in (storing.folder / "rejected", storing.folder / "config.json"):
        assert reported(path, "--store", str(store), "--keys", "crm_id").returncode == 0
        assert f"SELECT * FROM users WHERE crm_id IN ({KEY}, &#39;canary&#39;);" in page(path)
        assert CANARY not in page(path)
    done = reported(path, "--keys", "crm_id")
    assert (done.returncode, done.stderr.partition(":")[0]) == (
        1,
        "ERROR The rows whose keys --keys asks for are in a store",
    )


def test_report_is_its_owners_alone(storing: Connector) -> None:
    """Whatever was there: it may hold keys."""
    path = kept(storing, storing.write(*ROWS).raw)
    made = path.with_suffix(".html")
    made.write_text("older")
    made.chmod(0o644)
    assert reported(path).returncode == 0
    assert (stat.S_IMODE(made.stat().st_mode), "older" in page(path)) == (0o600, False)


def test_secrets_of_the_store_alone_are_taken_from_the_environment(
    storing: Connector, s3: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    storing.config["object_storage_config"] = s3.setting()
    path = kept(storing, storing.write(*ROWS).raw)
    setting = s3.setting(secret_access_key="${KEY_OF_STORE}")
    config = storing.folder / "variables.json"
    secrets = {"token": "${TOKEN_OF_NOBODY}", "object_storage_config": setting}
    config.write_text(json.dumps(storing.config | secrets))
    asked = ("--store", str(config), "--keys", "crm_id")
    assert (
        "the environment variable KEY_OF_STORE, which is not set" in reported(path, *asked).stderr
    )
    monkeypatch.setenv("KEY_OF_STORE", SECRET)
    assert (reported(path, *asked).stderr, "SELECT * FROM users" in page(path)) == ("", True)


def test_states_and_figures_of_a_person_are_enough(storing: Connector) -> None:
    command = [*storing.command("write"), "--human"]
    done = subprocess.run(
        command, input=b"".join(ROWS), capture_output=True, timeout=SECONDS, check=False
    )
    path = kept(storing, done.stdout)
    assert reported(path).stdout.startswith(SENTENCE)


def test_platform_is_told_no_figures(storing: Connector) -> None:
    said = storing.run("write", ROWS, {**os.environ, "WORKER_JOB_ID": "7"})
    assert (said.code, said.traces, len(said.states)) == (0, [], 1)
    path = kept(storing, said.raw)
    assert reported(path).stdout.startswith("The states that came back stand for 9 rows")


@pytest.mark.parametrize("faults", ["- {call: profiles/update_batch, delay_ms: 60000}"])
def test_killed_sync_is_told_as_far_as_it_came(storing: Connector, sandbox: ServedSandbox) -> None:
    storing.config["batching"] = {"max_profiles": 9}
    with (storing.folder / "run.jsonl").open("wb") as out:
        process = subprocess.Popen(storing.command("write"), stdin=subprocess.PIPE, stdout=out)
        assert process.stdin is not None
        process.stdin.write(b"".join(ROWS))
        process.stdin.flush()
        wait_for_request(sandbox)
        process.kill()
        process.wait()
        process.stdin.close()
    done = reported(storing.folder / "run.jsonl")
    assert done.returncode == 0
    assert done.stdout.startswith("The output breaks off")


def test_runs_behind_each_other_are_all_told(storing: Connector) -> None:
    first = storing.write(*ROWS).raw
    storing.config["token"] = "wrong"
    failed = storing.write(*ROWS).raw
    storing.config["token"] = "sandbox-token"
    path = kept(storing, first + failed + storing.write(*ROWS[:9], state(9)).raw)
    assert reported(path).stdout.startswith("All 9 rows arrived.")
    words = re.findall(r'<td class="(?:good|mixed|bad)">(.+?)</td>', page(path))
    assert words == ["Some refused", "Failed", "Delivered"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_output_that_another_shell_has_kept_is_read(storing: Connector, encoding: str) -> None:
    text = storing.write(*ROWS).raw.decode().replace("\n", "\r\n")
    assert reported(kept(storing, text.encode(encoding))).stdout.startswith(SENTENCE)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "holds no message of Airbyte's protocol"),
        (b"id,name\n1,a\n", "holds no message of Airbyte's protocol"),
        (b"".join(ROWS[:3]), "holds 3 messages, and no state, figure or failure of a sync"),
        (ROWS[0] + state(1), "holds 2 messages that a source prints: rows, or states without the"),
        (state(1), "holds 1 messages that a source prints"),
    ],
)
def test_file_of_something_else_is_told(
    connector: Connector, content: bytes, sentence: str
) -> None:
    done = reported(kept(connector, content))
    assert (done.returncode, sentence in done.stderr) == (1, True)
    assert not (connector.folder / "run.html").exists()


def test_missing_files_are_told(connector: Connector) -> None:
    done = reported(connector.folder / "none.jsonl")
    assert "none.jsonl cannot be read: No such file or directory." in done.stderr
    path = kept(connector, connector.write(*ROWS).raw)
    done = reported(path, "-o", str(connector.folder / "none" / "report.html"))
    assert "report.html cannot be written: No such file or directory." in done.stderr
    done = reported(path, "--store", str(connector.folder / "none.json"))
    assert "none.json: --store takes the folder of the rejected records, or the file" in done.stderr


def test_store_that_is_not_there_is_told_and_not_made(storing: Connector) -> None:
    path = kept(storing, storing.write(*ROWS).raw)
    storing.config["object_storage_config"]["path"] += "-mistyped"
    storing.command("report")  # writes the configuration
    done = reported(path, "--store", str(storing.folder / "config.json"))
    assert done.returncode == 1 and "The folder of the object storage is not there" in done.stderr
    assert not (storing.folder / "rejected-mistyped").exists()


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("phone", [False, True])
def test_page_is_for_everybody(
    storing: Connector, browser: Driven, dark: bool, phone: bool
) -> None:
    run = storing.write(*ROWS).raw
    path = kept(storing, run + run)
    assert (
        reported(path, "--store", str(storing.folder / "rejected"), "--keys", "crm_id").returncode
        == 0
    )
    shown = browser.open(path.with_suffix(".html").as_uri(), dark=dark, phone=phone, script=True)
    assert (barriers(shown), width_beyond(shown)) == ([], 0)
    light, dark_ground = "rgb(246, 247, 249)", "rgb(14, 19, 24)"
    ground = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == (dark_ground if dark else light)


def test_page_is_printed(storing: Connector, browser: Driven) -> None:
    path = kept(storing, storing.write(*ROWS).raw)
    assert reported(path).returncode == 0
    shown = browser.open(path.with_suffix(".html").as_uri(), dark=True)
    assert shown.pdf(format="A4").startswith(b"%PDF")
    shown.emulate_media(media="print")
    ink = shown.evaluate("getComputedStyle(document.querySelector('h1')).color")
    assert ink == "rgb(22, 32, 43)"  # of the light page, whatever the screen has
