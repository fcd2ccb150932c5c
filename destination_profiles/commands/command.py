"""One command: arguments in, messages on stdout, an exit code out."""

import argparse
import gc
import json
import logging
import os
import sys
import traceback
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from airbyte_cdk.models import AirbyteMessage, AirbyteMessageSerializer, Type
from airbyte_cdk.utils.airbyte_secrets_utils import get_secrets

from ..destination import DestinationProfiles
from ..errors import ConfigError, Interrupted, NobodyReads, ProfilesError, SystemFault
from ..protocol.messages import LogHandler, MessageWriter, PlainWriter
from ..protocol.pipes import Outlet
from ..spec import spec
from ..sync.progress import Terminal
from ..sync.sync import write_messages
from .arguments import parser
from .forecast import Forecast, forecast
from .forecast_table import show_forecast
from .terminal import live_line

FAILED = 1
# that a sender waits for the interpreter while records are prepared; Python's 5 ms add up over a
# request
SWITCH_SECONDS = 0.001
# objects that are new since Python last looked for rubbish in circles, of which a sync makes next
# to none
COLLECTED_AT = 50_000
STDIN, STDOUT, STDERR = (
    0,
    1,
    2,
)  # descriptors: the interpreter's own streams may be missing, unbuffered or text


def run(arguments: list[str]) -> int:
    """Run a command over stdin and stdout and give its exit code."""
    parsed = parser().parse_args(arguments or ["--help"])
    kind, descriptor = (
        (PlainWriter, STDERR) if parsed.command == "forecast" else (MessageWriter, STDOUT)
    )
    outlet, terminal = Outlet(descriptor), live_line()
    shared = terminal is not None and os.isatty(
        descriptor
    )  # then a line of output takes the place of the live one
    output = kind(
        outlet.write,
        hurry=outlet.hurry,
        before=terminal.hide if terminal and shared else lambda: None,
    )
    secrets: list[str] = []
    _log_to(output, secrets)
    return _run(parsed, output, secrets, terminal)


def _run(
    parsed: argparse.Namespace,
    output: MessageWriter,
    secrets: list[str],
    terminal: Terminal | None = None,
) -> int:
    try:
        _execute(parsed, output, secrets, terminal)
        return 0
    except Interrupted as error:
        with suppress(NobodyReads):
            output.log("WARN", error.message)
        return error.exit_code
    except ProfilesError as error:
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


def _execute(
    parsed: argparse.Namespace, output: MessageWriter, secrets: list[str], terminal: Terminal | None
) -> None:
    destination = DestinationProfiles()
    logger = logging.getLogger("airbyte")
    if parsed.command == "spec":
        output.message(_dump(AirbyteMessage(type=Type.SPEC, spec=destination.spec(logger))))
        return
    config = _read(parsed.config, "configuration")
    secrets += [
        str(each) for each in get_secrets(spec()["connectionSpecification"], config) if each
    ]
    if parsed.command == "check":
        output.message(
            _dump(
                AirbyteMessage(
                    type=Type.CONNECTION_STATUS, connectionStatus=destination.check(logger, config)
                )
            )
        )
    elif parsed.command == "discover":
        output.message(
            {"type": "DESTINATION_CATALOG", "destination_catalog": destination.discover(config)}
        )
    elif parsed.command == "write":
        # what the modules hold stays; looking through it again and again took a tenth of the time
        gc.freeze()
        gc.set_threshold(COLLECTED_AT)
        sys.setswitchinterval(SWITCH_SECONDS)
        write_messages(config, _read(parsed.catalog, "configured catalog"), STDIN, output, terminal)
    else:
        catalog = _read(parsed.catalog, "configured catalog")
        found = forecast(
            config,
            catalog,
            STDIN,
            latency_ms=parsed.latency_ms,
            in_flight=parsed.in_flight,
            terminal=terminal,
        )
        _show(found, as_json=parsed.json)


def _show(found: Forecast, *, as_json: bool) -> None:
    try:
        with open(STDOUT, "w", encoding="utf-8", closefd=False) as out:
            if as_json:
                out.write(json.dumps(found.as_dict(), ensure_ascii=False) + "\n")
            else:
                show_forecast(found, out)
    except OSError:
        raise NobodyReads from None


def _where(error: Exception) -> str:
    """File, line and function of each frame. An exception's own text may quote a record, so it is
    left out.
    """
    return " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
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
    """Send the connector's log through `output`, so that no two lines mix. Libraries are silent:
    their warnings quote what they met.
    """

    def mask(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "****")
        return text

    root = logging.getLogger()
    root.handlers = [LogHandler(output, mask)]
    root.setLevel(logging.CRITICAL + 1)
    logging.getLogger("airbyte").setLevel(logging.INFO)
