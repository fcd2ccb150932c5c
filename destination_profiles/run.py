"""Process entry: arguments in, messages on stdout, an exit code out."""

import json
import logging
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airbyte_cdk.models import AirbyteMessage, AirbyteMessageSerializer, Type
from airbyte_cdk.utils.airbyte_secrets_utils import get_secrets

from .destination import DestinationProfiles, write_messages
from .errors import ConfigError, Interrupted, ProfilesError, SystemFault
from .protocol import LogHandler, MessageWriter, write_to
from .spec import spec

FAILED = 1
STDIN, STDOUT = 0, 1  # descriptors: the interpreter's own streams may be missing, unbuffered or text


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 when it did its job, 1 when not, 128 and the signal's number when a signal ended it."""
    arguments = sys.argv[1:] if arguments is None else arguments
    output = MessageWriter(write_to(STDOUT))
    secrets: list[str] = []
    _log_to(output, secrets)
    sys.exit(_run(arguments or ["--help"], output, secrets))


def _run(arguments: list[str], output: MessageWriter, secrets: list[str]) -> int:
    destination = DestinationProfiles()
    parsed = destination.parse_args(arguments)
    try:
        if parsed.command == "spec":
            output.message(_dump(AirbyteMessage(type=Type.SPEC, spec=destination.spec(logging.getLogger("airbyte")))))
            return 0
        config = _read(parsed.config, "configuration")
        secrets += [str(each) for each in get_secrets(spec()["connectionSpecification"], config) if each]
        if parsed.command == "check":
            status = destination.check(logging.getLogger("airbyte"), config)
            output.message(_dump(AirbyteMessage(type=Type.CONNECTION_STATUS, connectionStatus=status)))
            return 0
        write_messages(config, _read(parsed.catalog, "configured catalog"), STDIN, output)
        return 0
    except Interrupted as error:
        output.log("WARN", error.message)
        return error.exit_code
    except ProfilesError as error:
        output.error(error, type(error).__name__)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # nobody reads on; let the interpreter end in peace
    except Exception as error:
        fault = SystemFault(f"The connector failed with {type(error).__name__}. This is a defect of the connector: please report it.")
        output.error(fault, _where(error))
    return FAILED


def _where(error: Exception) -> str:
    """File, line and function of each frame. An exception's own text may quote a record, so it is left out."""
    return " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in reversed(traceback.extract_tb(error.__traceback__))
    )


def _read(path: str, what: str) -> Mapping[str, Any]:
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        json.dumps(content, ensure_ascii=False).encode()
    except OSError as error:
        raise ConfigError(f"The file of the {what} cannot be read: {error.strerror}.") from None
    except UnicodeError:
        raise ConfigError(f"The file of the {what} holds text that is no Unicode.") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"The file of the {what} is no JSON.") from None
    if not isinstance(content, dict):
        raise ConfigError(f"The {what} must be a JSON object.")
    return content


def _dump(message: AirbyteMessage) -> Mapping[str, Any]:
    dumped: Mapping[str, Any] = AirbyteMessageSerializer.dump(message)
    return dumped


def _log_to(output: MessageWriter, secrets: list[str]) -> None:
    """Send the connector's log through `output`, so that no two lines mix. Libraries are silent: their warnings quote what they met."""

    def mask(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "****")
        return text

    root = logging.getLogger()
    root.handlers = [LogHandler(output, mask)]
    root.setLevel(logging.CRITICAL + 1)
    logging.getLogger("airbyte").setLevel(logging.INFO)
