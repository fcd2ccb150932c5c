"""Promise 8 at every way to end: no value of a record and no secret in any byte of both outputs,
however the process ends, whatever answers, and however much its environment asks it to tell.
"""

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from integration_tests.chaos.breaks import Change, broken_copy
from integration_tests.connector import (
    SECONDS,
    Connector,
    record,
    state,
    stream,
    wait_for_request,
)
from integration_tests.test_privacy import KEY, SCHEMA, TOKEN, VALUE
from profiles_sandbox.testing import ServedSandbox

CALL = "- {call: profiles/update_batch, "
SLOW = f"{CALL}delay_ms: 60000}}"
LOUD = {  # what makes Python and the libraries tell more
    "LOG_LEVEL": "debug",
    "PYTHONDEVMODE": "1",
    "PYTHONFAULTHANDLER": "1",
    "PYTHONWARNINGS": "always",
    "PYTHONASYNCIODEBUG": "1",
    "PYTHONPROFILEIMPORTTIME": "1",
    "RUST_BACKTRACE": "full",
    "RUST_LOG": "trace",
    "AWS_DEBUG": "true",
    "BOTO_DEBUG": "true",
    "URLLIB3_DEBUG": "true",
    "REQUESTS_DEBUG": "true",
    "HTTPX_LOG_LEVEL": "trace",
    "AIRBYTE_LOG_LEVEL": "trace",
    "DEBUG": "*",
}
DEBUG = {"LOG_LEVEL": "debug"}
ROW = {"crm_id": 1, "source": VALUE, "address": {KEY: VALUE}}
BAD = {"crm_id": 1, "plan": VALUE, "source": VALUE}
LINES = [
    *(record(each) for each in (ROW, BAD, {"crm_id": VALUE}, {"crm_id": 99, "_fname": VALUE})),
    record(ROW, "unlisted"),
    state({KEY: VALUE}),
    state({KEY: VALUE}, "unlisted"),
]


@pytest.fixture
def canary(connector: Connector) -> Connector:
    """The connector with a secret token and a store, and a file of its input."""
    connector.config |= {"token": TOKEN, "delivery": {"retry_seconds": 0.5}}
    connector.config["object_storage_config"] = {
        "storage_type": "Local",
        "path": str(connector.folder / "rejected"),
    }
    connector.catalog = {"streams": [stream(schema=SCHEMA)]}
    (connector.folder / "lines.jsonl").write_bytes(b"".join(LINES))
    return connector


def end(
    connector: Connector, shell: str = "", environment: Mapping[str, str] = DEBUG
) -> tuple[int, bytes]:
    """The exit code of `write`, as a shell's words start it, and all that was said but for states,
    which are the source's own.
    """
    command = " ".join(f"'{part}'" for part in connector.command("write"))
    lines = connector.folder / "lines.jsonl"
    done = subprocess.run(
        ["sh", "-c", shell.format(command=command) or f"exec {command}"],
        input=lines.read_bytes(),
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, **environment},
    )
    return done.returncode, without_states(done.stdout) + done.stderr


def without_states(output: bytes) -> bytes:
    lines = output.splitlines(keepends=True)
    return b"".join(each for each in lines if not each.startswith(b'{"type":"STATE"'))


def told(output: bytes) -> list[str]:
    """The canaries in an output."""
    return [canary for canary in (VALUE, TOKEN, KEY) if canary.encode() in output]


@pytest.mark.parametrize("options", [["--token", TOKEN]])
@pytest.mark.parametrize(
    "faults", ["[]", f"{CALL}requests: [1], status: 503}}", f"{CALL}drop: after}}"]
)
def test_libraries_that_tell_more(canary: Connector) -> None:
    code, output = end(canary, environment=LOUD)
    assert code in (0, 1)
    assert told(output) == []


@pytest.mark.parametrize("options", [["--token", TOKEN]])
@pytest.mark.parametrize(
    ("shell", "codes"),
    [
        ("exec {command}", {0}),
        ("exec {command} 2>/dev/full", {0}),
        ("exec {command} >/dev/full", {1}),
        ("exec {command} >/dev/full 2>/dev/full", {1}),
        ("exec {command} >&-", {0, 1}),
        ("exec {command} 2>&-", {0}),
        ("exec {command} >&- 2>&-", {0, 1}),
        ("ulimit -f 0; exec {command}", {1}),
        ("ulimit -n 16; exec {command}", {0, 1}),
        ("cd /; exec {command}", {0}),
    ],
)
def test_outputs_and_limits(canary: Connector, shell: str, codes: set[int]) -> None:
    code, output = end(canary, shell)
    assert code in codes
    assert told(output) == []


@pytest.mark.parametrize("options", [["--token", TOKEN]])
@pytest.mark.parametrize("megabytes", [60, 120, 200, 300])
def test_memory_that_ends(canary: Connector, megabytes: int) -> None:
    """From a process that cannot even import to one that has no room for its input."""
    row = {**ROW, "address": {KEY: [VALUE] * 2_000_000}}
    (canary.folder / "lines.jsonl").write_bytes(record(row) * 3)
    code, output = end(canary, f"ulimit -v {megabytes * 1000}; exec {{command}}")
    assert code != 0
    assert told(output) == []


@pytest.mark.parametrize("options", [["--token", TOKEN]])
@pytest.mark.parametrize("faults", [SLOW])
@pytest.mark.parametrize("name", ["SIGABRT", "SIGUSR1", "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL"])
def test_signals_that_end(canary: Connector, sandbox: ServedSandbox, name: str) -> None:
    """While a request is under way, with the dump of stacks that Python makes of a signal."""
    canary.config["batching"] = {"max_profiles": 1}
    with subprocess.Popen(
        canary.command("write"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **LOUD},
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b"".join(LINES))
        process.stdin.flush()
        wait_for_request(sandbox)
        process.send_signal(signal.Signals[name])
        output, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == -signal.Signals[name]
    assert told(without_states(output) + errors) == []


def raising(module: str, before: str, error: str) -> Change:
    """A line of a module that is never reached any more."""
    indented = before[: len(before) - len(before.lstrip())]
    return module, before, f"{indented}raise {error}\n{before}"


DEFECTS = {  # exceptions whose text holds all there is
    "of the writer": raising(
        "delivery/writer.py",
        "        self._take(key, len(originals)",
        "ValueError(repr(originals))",
    ),
    "of a sender": raising(
        "api/http.py", "        session = self._session(", "RuntimeError(repr(request))"
    ),
    "of an answer": raising(
        "service/answers.py", "        reply = read(body)\n        items", "KeyError(body.decode())"
    ),
    "of the store": raising(
        "rejects/store.py", "        self._open.setdefault(", "OSError(5, added.decode())"
    ),
    "of the settings": raising(
        "config.py", "    return parse(raw", "ValueError(repr(raw))"
    ),
    "of an exit": raising(
        "rejects/store.py", "        self.flush()", "BaseException(repr(self._open))"
    ),
}  # fmt: skip


@pytest.mark.parametrize("options", [["--token", TOKEN]])
@pytest.mark.parametrize("name", DEFECTS)
def test_defects_that_end(canary: Connector, tmp_path: Path, name: str) -> None:
    package = broken_copy([DEFECTS[name]], tmp_path / "broken")
    code, output = end(canary, environment={**DEBUG, "PYTHONPATH": str(package)})
    assert code == 1
    assert told(output) == []


ANSWERS = [
    f"status: 429, headers: {{Retry-After: {VALUE}}}",
    f"status: 301, headers: {{Location: 'http://{VALUE}/?{TOKEN}'}}",
    f"status: 200, body: {VALUE}, headers: {{Content-Type: text/{VALUE}}}",
    f"status: 200, body: {VALUE}, headers: {{Content-Encoding: {VALUE}}}",
    f"status: 200, body: {VALUE}, headers: {{Content-Encoding: gzip}}",
    f"status: 401, headers: {{WWW-Authenticate: 'Basic {TOKEN}', Set-Cookie: a={VALUE}}}",
    f"status: 407, headers: {{Proxy-Authenticate: 'Basic {TOKEN}'}}",
    f"status: 599, body: {VALUE}, headers: {{X-{KEY}: {VALUE}}}",
    f"error: {{code: 7358024000, text: {VALUE}}}",
]


@pytest.mark.parametrize("options", [["--token", TOKEN]])
@pytest.mark.parametrize("faults", [f"{CALL}{each}}}" for each in ANSWERS])
def test_headers_of_answers(canary: Connector) -> None:
    code, output = end(canary)
    assert code in (0, 1)
    assert output
    assert told(output) == []


SETTINGS: list[dict[str, object]] = [
    {"api_url": "https://127.0.0.1:9"},
    {"outcomes": {"values": True}},
    {"object_storage_config": {"storage_type": "Local", "path": f"/dev/null/{VALUE}"}},
    {
        "object_storage_config": {
            "storage_type": "S3",
            "s3_bucket_name": "bucket",
            "s3_bucket_region": "us-east-1",
            "bucket_path": "rejected",
            "access_key_id": VALUE,
            "secret_access_key": KEY,
            "s3_endpoint": "http://127.0.0.1:9",
        }
    },
    {"streams": [{"name": "users", "fields": [{"to": "crm_id", "value": VALUE}]}]},
    {"streams": [{"name": VALUE, "fields": [{"to": KEY, "from": VALUE, "type": TOKEN}]}]},
]
PROXIES = dict.fromkeys(("HTTPS_PROXY", "ALL_PROXY", "https_proxy"), f"http://{VALUE}:{TOKEN}@127.0.0.1:9")  # fmt: skip


@pytest.mark.parametrize("options", [["--token", TOKEN]])
@pytest.mark.parametrize(
    ("command", "change"),
    [
        *((command, change) for command in ("check", "write") for change in SETTINGS),
        *((command, SETTINGS[1]) for command in ("discover", "resend", "forecast", "where")),
    ],
)
def test_settings_of_every_command(
    canary: Connector, command: str, change: dict[str, object]
) -> None:
    """With secrets in the environment too: of proxies, and of a machine's role."""
    canary.config |= change
    secrets = {"AWS_SECRET_ACCESS_KEY": KEY, "AWS_SESSION_TOKEN": TOKEN, **PROXIES}
    more = ["--key", f"crm_id={VALUE}"] if command == "where" else []
    done = subprocess.run(
        [*canary.command(command), *more],
        input=b"".join(LINES),
        capture_output=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, **DEBUG, **secrets},
    )
    assert done.stdout or done.stderr
    assert told(without_states(done.stdout) + done.stderr) == []
