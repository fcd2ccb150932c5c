"""`check`: whether a sync would work with a configuration, without writing to the service."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..api.client import ProfilesClient
from ..api.inspection import Findings, inspect
from ..api.transport import Transport
from ..config import read_config
from ..errors import ProfilesError
from ..outcomes import parts
from ..service.answers import Answers
from ..service.manifest import service
from ..slips import numbered
from ..storage.opening import open_folder
from .invocation import Invocation

KEPT_NOWHERE = (
    "Rejected records are counted and kept nowhere, as object_storage_config names no store. Set "
    "one, to see which they are and to send them again."
)


def run(invocation: Invocation) -> None:
    """Write the status of a connection."""
    status = check(invocation.config)
    invocation.output.message({"type": "CONNECTION_STATUS", "connectionStatus": status})


def check(raw: Mapping[str, Any], transport: Transport | None = None) -> dict[str, str]:
    """Read what the configuration names, without writing to the service, and probe the store. Says
    all that is wrong at once, and what could not be checked or is only assumed to be wrong.
    """
    reading = read_config(raw)
    config = reading.config
    found = Findings([each.message for each in reading.errors])
    if reading.reachable:
        with _noted(found.problems):
            answers = Answers(service(), config.field_names())
            client = ProfilesClient(config, service(), answers, transport)
            inspected = inspect(config, client, service())
            found.problems += inspected.problems
            found.warnings += inspected.warnings
    with _noted(found.problems):
        folder = open_folder(config.storage)
        if folder is not None:
            folder.probe()
            if config.outcomes is not None:
                parts.probe(folder)
        elif not found.problems:
            found.warnings.append(KEPT_NOWHERE)
    told = found.problems + [f"Warning: {each}" for each in found.warnings]
    message = {"message": numbered(told)} if told else {}
    return {"status": "FAILED" if found.problems else "SUCCEEDED", **message}


@contextmanager
def _noted(problems: list[str]) -> Iterator[None]:
    """Add what ends the block to the problems."""
    try:
        yield
    except ProfilesError as error:
        problems.append(error.message)
