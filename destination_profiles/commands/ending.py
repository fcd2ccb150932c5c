"""How a command ends: its exit code, and the last thing that it says."""

import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ..errors import Interrupted, NobodyReads, ProfilesError, SystemFault
from ..protocol.messages import MessageWriter

FAILED = 1


def exit_code(
    work: Callable[[], int | None],
    output: MessageWriter,
    words: Callable[[str], str] = lambda sentence: sentence,
) -> int:
    """Do the work of a command; its own code, or 0, when it is done, else the code of its failure,
    which is told in its own `words`.
    """
    try:
        return work() or 0
    except Interrupted as error:
        error.message = words(error.message)
        with suppress(NobodyReads):
            output.log("WARN", error.told())
        return error.exit_code
    except ProfilesError as error:
        error.message = words(error.message)
        with suppress(NobodyReads):
            output.error(error, type(error).__name__)
    except Exception as error:
        fault = SystemFault(
            f"The connector failed with {type(error).__name__}. This is a defect of "
            "the connector: please report it."
        )
        with suppress(NobodyReads):
            output.error(fault, _where(error))
    return FAILED


def _where(error: Exception) -> str:
    """File, line and function of each frame. An exception's own text may quote a record, so it is
    left out.
    """
    return " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
    )
