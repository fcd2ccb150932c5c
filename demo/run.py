"""The main job, whole: a real Airbyte source, the connector, and the service (its local stand-in),
each a process of its own.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from service import BIN, sandbox, say, seed, service

HERE = Path(__file__).parent
OUT = HERE / "out"
DATA = OUT / "sandbox.db"
SOURCE = HERE.parent / ".venv-source" / "bin" / "source-faker"
USERS = 10_000
LEFT_OUT = range(400, USERS + 1, 400)  # users that the service does not know, on purpose


def main() -> int:
    """Run it and tell what happened; 0 when every record is accounted for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open", action="store_true", help="leave the service running")
    left_open = parser.parse_args().open
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    with service(DATA) as url:
        say(
            f"1. The service listens at {urlsplit(url).netloc}; its profiles "
            f"are in {shown('sandbox.db')}."
        )
        numbers = (each for each in range(1, USERS + 1) if each not in LEFT_OUT)
        seed(url, "Custom_ID", ({"Custom_ID": number} for number in numbers))
        say(
            f"2. It knows {USERS - len(LEFT_OUT):,} customers by Custom_ID. "
            f"{len(LEFT_OUT)} of the source's users are left out on purpose."
        )
        configure(url)
        started = time.perf_counter()
        code, states = pipe()
        seconds = time.perf_counter() - started
        say(
            f"4. Source and destination ended after {seconds:.1f} s, the "
            f"destination with exit code {code}."
        )
        balanced = report(states)
        make_page()
        say_where(url if left_open else None)
        if left_open:
            wait()
    return 0 if code == 0 and balanced else 1


def configure(url: str) -> None:
    """Write the files that the commands read: both configurations and the catalog."""
    config = json.loads((HERE / "config.json").read_text()) | {"api_url": url}
    config["object_storage_config"]["path"] = str(OUT / "rejected")
    (OUT / "config.json").write_text(json.dumps(config, indent=2))
    (OUT / "source.json").write_text(
        json.dumps(
            {
                "count": USERS,
                "seed": 1,
                "parallelism": 1,
                "records_per_slice": 1000,
                "always_updated": False,
            }
        )
    )
    discovered = subprocess.run(
        [SOURCE, "discover", "--config", OUT / "source.json"], capture_output=True, check=True
    ).stdout
    catalogs = [
        message["catalog"]
        for message in map(json.loads, discovered.splitlines())
        if message["type"] == "CATALOG"
    ]
    (users,) = [stream for stream in catalogs[0]["streams"] if stream["name"] == "users"]
    configured = {
        "stream": users,
        "sync_mode": "incremental",
        "destination_sync_mode": "append_dedup",
        "cursor_field": ["updated_at"],
    }
    (OUT / "catalog.json").write_text(json.dumps({"streams": [configured]}))


def pipe() -> tuple[int, list[dict[str, Any]]]:
    """`source-faker read | destination-profiles write`; gives the exit code and the states that
    came back.
    """
    read = [SOURCE, "read", "--config", OUT / "source.json", "--catalog", OUT / "catalog.json"]
    write = [
        BIN / "destination-profiles",
        "write",
        "--config",
        OUT / "config.json",
        "--catalog",
        OUT / "catalog.json",
    ]
    say("3. source-faker read | destination-profiles write")
    states = []
    with (
        subprocess.Popen(read, stdout=subprocess.PIPE) as source,
        subprocess.Popen(write, stdin=source.stdout, stdout=subprocess.PIPE) as sink,
        (OUT / "run.jsonl").open("wb") as kept,
    ):
        assert source.stdout is not None
        assert sink.stdout is not None
        source.stdout.close()  # the destination's now: the source must notice when it ends
        for line in sink.stdout:
            kept.write(line)
            match json.loads(line):
                case {"type": "STATE", "state": state}:
                    states.append(state)
                case {"type": "LOG", "log": log}:
                    say(f"   {log['level']} {log['message']}")
                case {"type": "TRACE", "trace": {"error": error}}:
                    say(f"   ERROR {error['message']}")
    return sink.returncode, states


def report(states: list[dict[str, Any]]) -> bool:
    """Compare what the states say with what the service has; whether both agree on every record."""
    stats = [state["destinationStats"] for state in states]
    delivered, rejected = (
        sum(each[count] for each in stats) for count in ("recordCount", "rejectedRecordCount")
    )
    journal = [row for row in sandbox(DATA, "journal") if row["call"] == "profiles/update_batch"]
    for row in journal:
        counts = f"{row['accepted']:,} accepted, {row['failed']:,} refused"
        say(f"   request of {row['profiles']:,} profiles, {row['body_bytes']:,} bytes: {counts}")
    say(
        f"5. {len(states)} states came back: {delivered:,.0f} records "
        f"delivered, {rejected:,.0f} rejected."
    )
    arrived = [
        profile
        for profile in sandbox(DATA, "profiles", "--db-id", "1")
        if profile.get("source") == "faker"
    ]
    say(f"   {len(arrived):,} profiles of the service carry what the source sent. One of them:")
    say(f"   {json.dumps(arrived[0], ensure_ascii=False)}")
    parts = (OUT / "rejected").rglob("*.jsonl")
    rows = [json.loads(line) for part in parts for line in part.read_text().splitlines()]
    for (text, code), count in Counter(
        (row["rejected_message"], row["rejected_code"]) for row in rows
    ).most_common():
        say(f"   {count} rejected: code {code}: {text}")
    missing = sorted(row["id"] for row in rows)
    say(
        f"   Their ids: {', '.join(map(str, missing[:5]))}, ... "
        f"{missing[-1]}: those that were left out."
    )
    return missing == list(LEFT_OUT) and len(arrived) == delivered == USERS - len(LEFT_OUT)


def make_page() -> None:
    """The report of the run, of what the destination printed."""
    options = ["--from", shown("run.jsonl"), "-o", shown("report.html")]
    done = subprocess.run(
        [BIN / "destination-profiles", "report", *options],
        cwd=HERE.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    say(f"6. destination-profiles report: {done.stdout.splitlines()[0]}")


def wait() -> None:
    """Until Ctrl-C, or until it is told to end."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        say("The service is still there. Ctrl-C ends it.")
        signal.pause()


def say_where(url: str | None) -> None:
    """Where to look next; `url` is the address of a service that is left running."""
    say("7. Look around:")
    data = shown("sandbox.db")
    page = f".venv/bin/profiles-sandbox serve --data {data} --port 0"
    places = {
        str(shown("report.html")): "what this sync did, as a page: open it in a browser",
        url or page: "the page of all this" + ("" if url else ", at the address that it prints"),
        str(shown("config.json")): "the connector's configuration, with the mapping",
        str(shown("rejected")): "each rejected record, as it came, with the reason",
        f".venv/bin/profiles-sandbox journal --data {data}": "each request the service had",
        (
            f".venv/bin/profiles-sandbox profiles --data {data} --db-id 1 --limit 5"
        ): "some of the profiles",
    }
    for place, what in places.items():
        say(f"   {place:84} {what}")


def shown(name: str) -> Path:
    """A file of this run, relative to the project."""
    return (OUT / name).relative_to(HERE.parent)


if __name__ == "__main__":
    sys.exit(main())
