"""How the process ends when whoever started it behaves oddly."""

import os
import signal
import socket
import struct
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from integration_tests.connector import (
    SECONDS,
    Connector,
    record,
    state,
    updates,
    wait_for_request,
)
from profiles_sandbox.testing import ServedSandbox

LINES = [record({"crm_id": 1}), state(1)]


def shell(connector: Connector, redirections: str) -> subprocess.CompletedProcess[bytes]:
    return ended(" ".join(f"'{part}'" for part in connector.command("write")), redirections)


def asked(rest: str) -> subprocess.CompletedProcess[bytes]:
    """A command that needs no service, from its options on."""
    return ended(f"'{Path(sys.executable).with_name('destination-profiles')}'", rest)


def ended(command: str, rest: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["sh", "-c", f"exec {command} {rest}"],
        capture_output=True,
        input=b"",
        timeout=SECONDS,
        check=False,
    )


def test_closed_input_is_an_empty_one(connector: Connector) -> None:
    done = shell(connector, "<&-")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Read 0 records" in done.stdout


@pytest.mark.parametrize(("redirections", "code"), [(">&-", 1), (">&- 2>&-", 1), ("2>&-", 0)])
def test_closed_outputs_hold_nothing_up(
    connector: Connector, sandbox: ServedSandbox, redirections: str, code: int
) -> None:
    """Without an output the states would be lost, which is no success: nothing is sent."""
    lines = connector.folder / "lines.jsonl"
    lines.write_bytes(b"".join(LINES))
    done = shell(connector, f"< '{lines}' {redirections}")
    assert (done.returncode, done.stderr) == (code, b"")
    assert len(updates(sandbox)) == (code == 0)


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no /dev/full to stand for a full disk"
)
def test_full_output_is_told_by_the_exit_code(connector: Connector) -> None:
    lines = connector.folder / "lines.jsonl"
    lines.write_bytes(b"".join(LINES))
    done = shell(connector, f"< '{lines}' > /dev/full")
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("option", ["--version", "--help", "write --help"])
@pytest.mark.parametrize("redirection", [">&-", "> /dev/full", ">&- 2>&-"])
def test_help_that_nobody_gets_is_no_success(option: str, redirection: str) -> None:
    done = asked(f"{option} {redirection}")
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


@pytest.mark.parametrize("option", ["--version", "--help"])
def test_help_needs_no_stderr(option: str) -> None:
    done = asked(f"{option} 2>&-")
    assert (done.returncode, b"destination-profiles" in done.stdout) == (0, True)


def test_rows_before_a_connection_that_is_reset_are_delivered(
    connector: Connector, sandbox: ServedSandbox
) -> None:
    connector.config["batching"] = {"max_profiles": 2}
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = socket.create_connection(server.getsockname())
        sink, _ = server.accept()
        process = start(connector, stdin=source.fileno(), stdout=subprocess.PIPE)
        source.close()
        sink.sendall(b"".join([record({"crm_id": 2}), *LINES, record({"crm_id": 3})]))
        assert process.stdout is not None
        while b'"STATE"' not in process.stdout.readline():
            pass
        sink.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sink.close()  # resets it
    said, errors = process.communicate(timeout=SECONDS)
    assert (process.returncode, errors, len(updates(sandbox))) == (1, b"", 2)
    assert b"The input cannot be read: Connection reset by peer." in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_counts_though_the_parent_holds_it_back(
    connector: Connector, number: signal.Signals
) -> None:
    held = signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    try:
        process = start(connector, stdout=subprocess.PIPE)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(LINES[1])
    process.stdin.flush()
    while b'"STATE"' not in process.stdout.readline():
        pass
    process.send_signal(number)
    process.communicate(timeout=SECONDS)
    assert process.returncode == 128 + number


def start(connector: Connector, **pipes: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        connector.command("write"), **{"stdin": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes}
    )


@pytest.mark.parametrize("faults", ["- {call: profiles/update_batch, delay_ms: 3000}"])
def test_signal_counts_when_the_reader_has_gone(
    connector: Connector, sandbox: ServedSandbox
) -> None:
    """The platform's reader has died, a chunk is in flight, and then the signal comes. Elsewhere
    the first figures would have found that out.
    """
    source, sink = os.pipe()
    process = start(connector, stdout=sink, env={**os.environ, "WORKER_JOB_ID": "7"})
    os.close(sink)
    os.close(source)
    assert process.stdin is not None
    process.stdin.write(b"".join(LINES))
    process.stdin.close()
    wait_for_request(sandbox)
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 143
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


def test_reader_that_has_gone_ends_the_sync(connector: Connector) -> None:
    source, sink = os.pipe()
    process = start(connector, stdout=sink)
    os.close(sink)
    os.close(source)
    _, errors = process.communicate(b"".join(LINES), SECONDS)
    assert (process.returncode, errors) == (1, b"")


@pytest.mark.parametrize("run", range(5))
def test_successful_sync_leaves_stderr_empty(connector: Connector, run: int) -> None:
    """No thread may complain when the process ends while it still has something to do."""
    connector.config["batching"] = {"max_profiles": 1}
    lines = b"".join(record({"crm_id": number}) for number in range(1, 10))
    done = subprocess.run(
        connector.command("write"), input=lines, capture_output=True, timeout=SECONDS, check=True
    )
    assert done.stderr == b""


def ends_after_sigint(process: subprocess.Popen[bytes]) -> bool:
    """One that comes before the last one is handled is one with it, as signals are."""
    process.send_signal(signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.5)
    return process.poll() is not None


@pytest.mark.parametrize("faults", ["- {call: profiles/update_batch, delay_ms: 60000}"])
def test_second_control_c_ends_at_once(connector: Connector, sandbox: ServedSandbox) -> None:
    process = start(connector, stdout=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(b"".join(LINES))
    process.stdin.close()
    wait_for_request(sandbox)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    assert any(ends_after_sigint(process) for _ in range(40))
    assert process.returncode == 130
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
