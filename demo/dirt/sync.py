"""A sync of the table into the service, and what became of each row."""

import json
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

from service import BIN, sandbox, say, seed, service

from .compare import Found, compare

SHOWN = 20  # wrong rows that are told


def sync(out: Path, config: Path) -> int:
    """`destination-profiles write < messages.jsonl`; 0 where it ends well and every row is right or
    explained.
    """
    data = out / "sandbox.db"
    for path in out.glob("sandbox.db*"):
        path.unlink()
    shutil.rmtree(out / "rejected", ignore_errors=True)
    truth = _read(out / "truth.json")
    with service(data) as url:
        seed(url, "crm_id", _read(out / "seed.json"))
        started = time.perf_counter()
        code, log = _written(out, _read(config) | {"api_url": url})
        seconds = time.perf_counter() - started
    found = compare(truth, sandbox(data, "profiles", "--db-id", "1"), _rejected(out))
    result = _result(found, code, log)
    (out / "result.json").write_text(json.dumps(result), encoding="utf-8")
    _show(found, truth, seconds, log, code)
    _report(out)
    return 0 if code == 0 and found.is_good() else 1


def _written(out: Path, config: dict[str, Any]) -> tuple[int, list[str]]:
    """The exit code and the lines of the log."""
    (out / "synced.json").write_text(json.dumps(config), encoding="utf-8")
    command = [BIN / "destination-profiles", "write", "--config", out / "synced.json"]
    with (out / "messages.jsonl").open("rb") as source, (out / "log.jsonl").open("wb") as log:
        command += ["--catalog", out / "catalog.json"]
        code = subprocess.run(command, stdin=source, stdout=log, check=False).returncode
    messages = map(json.loads, (out / "log.jsonl").read_text(encoding="utf-8").splitlines())
    return code, [text for text in map(_text, messages) if text is not None]


def _text(message: dict[str, Any]) -> str | None:
    """What a person is told by a message, if it tells something."""
    match message:
        case {"log": {"message": str(text)}} | {"trace": {"error": {"message": str(text)}}}:
            return text
    return None


def _rejected(out: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted((out / "rejected").rglob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").split("\n")
        if line
    ]


def _result(found: Found, code: int, log: list[str]) -> dict[str, Any]:
    return {
        "code": code,
        "rows": found.rows(),
        "right": found.right,
        "deleted": found.deleted,
        "rejected": dict(found.rejected),
        "wrong": found.wrong,
        "against_consent": found.against_consent,
        "log": log,
    }


def _show(found: Found, truth: dict[str, Any], seconds: float, log: list[str], code: int) -> None:
    say(f"{found.rows():8,} rows, written in {seconds:.1f} s, exit code {code}")
    say(f"{found.right:8,} right; all {len(truth['profiles']):,} profiles were compared")
    say(f"{found.deleted:8,} deleted by their source and left out")
    say(f"{sum(found.rejected.values()):8,} rejected, each for the reason that it must be")
    for reason, count in found.rejected.most_common():
        say(f"{'':8} {count:6,} {reason}")
    say(
        f"{len(truth['said_no']):8,} said no; subscribed all the same: {len(found.against_consent)}"
    )
    say(f"{len(found.wrong):8,} wrong")
    for reason, count in Counter(why for _, why in found.wrong).most_common(SHOWN):
        rows = [row for row, other in found.wrong if other == reason]
        say(f"{'':8} {count:6,} {reason}, such as row {rows[0]}")
    say("The log's last lines:")
    for line in log[-3:]:
        say(f"  {line}")


def _report(out: Path) -> None:
    """The report of the sync, beside its files."""
    page = out / "report.html"
    options = ["--from", out / "log.jsonl", "-o", page]
    subprocess.run(
        [BIN / "destination-profiles", "report", *options], check=True, capture_output=True
    )
    say(f"The report: {page}")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
