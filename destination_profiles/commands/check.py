"""`check`: whether a sync would work with a configuration, without writing to the service."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ..api.client import ProfilesClient
from ..api.inspection import Findings, inspect
from ..api.transport import Transport
from ..config import Config, read_config
from ..errors import ProfilesError, entry
from ..outcomes import parts
from ..records.refused_settings import refused_settings, refused_with_deletions
from ..service.answers import Answers
from ..service.manifest import service
from ..slips import numbered
from ..storage.folder import try_out
from ..storage.opening import open_folder
from .answer import Answer
from .invocation import Invocation

HEADING = "Findings of check"
KEPT_NOWHERE = (
    "Rejected records are counted and kept nowhere, as object_storage_config names no store. Set "
    "one, to see which they are and to send them again."
)


def run(invocation: Invocation) -> Answer:
    """The status of a connection, and what it comes from."""
    found = look(invocation.config)
    message = {"type": "CONNECTION_STATUS", "connectionStatus": _status(found)}
    return Answer(found, message, failed=bool(found.problems))


def check(raw: Mapping[str, Any], transport: Transport | None = None) -> dict[str, str]:
    """The status of a connection. Says all that is wrong at once, and what could not be checked or
    is only assumed to be wrong.
    """
    return _status(look(raw, transport))


def _status(found: Findings) -> dict[str, str]:
    told = found.problems + [f"Warning: {each}" for each in found.warnings]
    more = f" See {entry(HEADING)}" if found.problems else ""
    message = {"message": f"{numbered(told)}{more}"} if told else {}
    return {"status": "FAILED" if found.problems else "SUCCEEDED", **message}


def look(raw: Mapping[str, Any], transport: Transport | None = None) -> Findings:
    """Read what the configuration names, without writing to the service, and probe the store."""
    reading = read_config(raw)
    config = reading.config
    found = Findings([each.message for each in reading.errors])
    if not found.problems:
        _refuse(config, found)
    if not found.problems:
        found.right.append("The configuration has the form of the specification.")
    if reading.reachable:
        with _noted(found.problems):
            answers = Answers(service(), config.field_names())
            client = ProfilesClient(config, service(), answers, transport)
            inspected = inspect(config, client, service())
            found.problems += inspected.problems
            found.warnings += inspected.warnings
            found.right += inspected.right
    with _noted(found.problems):
        folder = open_folder(config.storage)
        if folder is not None:
            folder.probe()
            if config.outcomes is not None:
                try_out(folder, parts.FOLDER)
            if config.memory is not None:
                from ..memory.opening import try_memory  # noqa: PLC0415 - it takes a while

                try_memory(folder, config.memory.name)
                found.right.append("The memory can be kept.")
            found.right.append("The store of rejected records can be written to.")
        elif not found.problems:
            found.warnings.append(KEPT_NOWHERE)
    return found


def _refuse(config: Config, found: Findings) -> None:
    """Note what a sync refuses by the configuration alone."""
    refused = (each.message for each in refused_settings(config))
    found.problems += dict.fromkeys(refused)  # two databases may share a mistake
    for name in refused_with_deletions(config):
        found.warnings.append(
            f"For the stream {name} on_delete is unsubscribe, but its mapping makes no "
            "subscriptions: a sync is refused where its source tells of deleted rows. Set an "
            "on_delete of its own."
        )


@contextmanager
def _noted(problems: list[str]) -> Iterator[None]:
    """Add what ends the block to the problems."""
    try:
        yield
    except ProfilesError as error:
        problems.append(error.message)
