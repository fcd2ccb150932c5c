import io
import json
from collections.abc import Callable

import pytest

from destination_profiles.commands.ending import exit_code
from destination_profiles.errors import Interrupted, NobodyReads, ProfilesError, Unavailable
from destination_profiles.protocol.messages import MessageWriter

CANARY = "canary-7f3a"


def raising(error: Exception) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


def ended(error: Exception) -> tuple[int, list[dict]]:
    """Exit code and messages of a command that raises an error."""
    stream = io.BytesIO()
    code = exit_code(raising(error), MessageWriter(stream.write))
    return code, [json.loads(line) for line in stream.getvalue().splitlines()]


def test_work_that_is_done_says_nothing() -> None:
    stream = io.BytesIO()
    assert (exit_code(lambda: None, MessageWriter(stream.write)), stream.getvalue()) == (0, b"")


def test_defect_tells_its_place_and_no_value() -> None:
    code, (message,) = ended(KeyError(CANARY))
    error = message["trace"]["error"]
    assert (code, error["failure_type"]) == (1, "system_error")
    assert error["message"] == (
        "The connector failed with KeyError. This is a defect of the connector: please report it. "
        "See docs/errors.md#systemfault"
    )
    assert error["internal_message"].startswith("test_ending.py:")
    assert CANARY not in json.dumps(message)


def test_expected_error_ends_with_its_type() -> None:
    code, (message,) = ended(Unavailable("Later."))
    error = message["trace"]["error"]
    assert (code, error["failure_type"]) == (1, "transient_error")
    assert error["message"] == "Later. See docs/errors.md#unavailable"


@pytest.mark.parametrize("error", [Unavailable("Later."), Interrupted(15)])
def test_error_is_told_in_the_words_of_the_command(error: ProfilesError) -> None:
    stream = io.BytesIO()
    exit_code(raising(error), MessageWriter(stream.write), str.upper)
    assert f"{error.message.upper()} See docs/" in stream.getvalue().decode()


@pytest.mark.parametrize(("number", "expected"), [(15, 143), (2, 130)])
def test_signal_ends_with_its_code(number: int, expected: int) -> None:
    code, (message,) = ended(Interrupted(number))
    assert (code, message["type"], message["log"]["level"]) == (expected, "LOG", "WARN")


@pytest.mark.parametrize("error", [NobodyReads(), KeyError(CANARY), Interrupted(15)])
def test_closed_output_ends_in_peace(error: Exception) -> None:
    def gone(_: memoryview) -> int:
        raise NobodyReads

    assert exit_code(raising(error), MessageWriter(gone)) in (1, 143)
