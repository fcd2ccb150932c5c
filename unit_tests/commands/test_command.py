import io
import json
from pathlib import Path

import pytest

from destination_profiles.commands import command
from destination_profiles.commands.arguments import parser
from destination_profiles.errors import Interrupted, NobodyReads, Unavailable
from destination_profiles.protocol.messages import MessageWriter

CANARY = "canary-7f3a"


def ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> tuple[int, list[dict]]:
    """Exit code and messages of a `write` that raises an error."""

    def failing(*_: object) -> None:
        raise error

    config = tmp_path / "config.json"
    config.write_text("{}")
    monkeypatch.setattr(command, "write_messages", failing)
    stream = io.BytesIO()
    code = command._run(
        parser().parse_args(["write", "--config", str(config), "--catalog", str(config)]),
        MessageWriter(stream.write),
        [],
    )
    return code, [json.loads(line) for line in stream.getvalue().splitlines()]


def test_defect_tells_its_place_and_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, (message,) = ended(tmp_path, monkeypatch, KeyError(CANARY))
    error = message["trace"]["error"]
    assert (code, error["failure_type"]) == (1, "system_error")
    assert error["message"] == (
        "The connector failed with KeyError. This is a defect of the connector: please report it."
    )
    assert error["internal_message"].startswith("test_command.py:")
    assert CANARY not in json.dumps(message)


def test_expected_error_ends_with_its_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, (message,) = ended(tmp_path, monkeypatch, Unavailable("Later."))
    assert (
        code,
        message["trace"]["error"]["failure_type"],
        message["trace"]["error"]["message"],
    ) == (1, "transient_error", "Later.")


@pytest.mark.parametrize(("number", "expected"), [(15, 143), (2, 130)])
def test_signal_ends_with_its_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, expected: int
) -> None:
    code, (message,) = ended(tmp_path, monkeypatch, Interrupted(number))
    assert (code, message["type"], message["log"]["level"]) == (expected, "LOG", "WARN")


def test_closed_output_ends_in_peace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(_: memoryview) -> int:
        raise NobodyReads

    monkeypatch.setattr(command, "write_messages", lambda *_: gone(memoryview(b"")))
    config = tmp_path / "config.json"
    config.write_text("{}")
    assert (
        command._run(
            parser().parse_args(["write", "--config", str(config), "--catalog", str(config)]),
            MessageWriter(gone),
            [],
        )
        == 1
    )
