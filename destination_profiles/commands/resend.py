"""`resend`: the rejected records of the object storage once more, through the same pipeline."""

import json
import logging
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from ..catalog import StreamInfo
from ..config import Config
from ..errors import ConfigError
from ..records.opt_outs import only_opt_outs
from ..rejects.store import utc_now
from ..storage.folder import Folder
from ..storage.opening import open_folder
from ..sync.connection import read_connection
from ..sync.memory_opening import kept_at_end, opened_memory
from ..sync.progress import Progress
from ..sync.resend import Resend
from ..sync.resent import Choice, Resent
from ..sync.sync import to_its_end
from .catalog_file import read_catalog
from .invocation import STDOUT, Invocation
from .printing import printing
from .resend_table import show_resent

logger = logging.getLogger("airbyte")
NO_STORE = (
    "There is no store of rejected records: object_storage_config names none. Set the one that the "
    "syncs write to."
)
NOBODY_KNOWS = (
    "Nothing is sent: without outcomes nobody knows whether a later record of the same profile was "
    "accepted, which an old one would overwrite. This is what would be sent. If that is right, run "
    "it again with --may-overwrite."
)
SUBSCRIBES_NOBODY = (
    "Of the subscriptions that the mapping makes only opt-outs are sent, as what is sent late "
    "subscribes nobody. A row that is accepted without one leaves the store all the same: if they "
    "still hold, send them with --resubscribe."
)


def run(invocation: Invocation) -> None:
    """Send them, and print what became of each. Raises ProfilesError once that is told."""
    arguments = invocation.arguments
    catalog = read_catalog(arguments.catalog)
    config, streams = read_connection(invocation.config, catalog)
    folder = open_folder(config.storage)
    if folder is None:
        raise ConfigError(NO_STORE)
    choice = Choice(
        code=arguments.code,
        stream=_chosen(arguments.stream, streams),
        dry_run=arguments.dry_run or not (arguments.may_overwrite or config.outcomes),
        may_overwrite=arguments.may_overwrite,
        resubscribe=arguments.resubscribe,
    )
    if choice.dry_run and not arguments.dry_run:
        logger.warning(NOBODY_KNOWS)
    if not choice.resubscribe and only_opt_outs(config) != config:
        logger.warning(SUBSCRIBES_NOBODY)
    lock = folder.lock(alone=not choice.dry_run)
    try:
        _resend(invocation, config, streams, folder, choice)
    finally:
        lock.release()


def _resend(
    invocation: Invocation,
    config: Config,
    streams: Sequence[StreamInfo],
    folder: Folder,
    choice: Choice,
) -> None:
    progress = Progress(logger.info, invocation.terminal)
    edited = _edited(invocation.arguments, choice)
    with opened_memory(config, streams, keeps=not choice.dry_run, remembers=False) as memory:
        resend = Resend(
            config,
            streams,
            folder,
            choice,
            edited=edited,
            now=utc_now,
            heartbeat=progress,
            memory=memory.link if memory else None,
        )
        try:
            with kept_at_end(memory, resend.pump):
                to_its_end(resend.pump, invocation.output, resend.run)
        finally:
            progress.hide()
            resend.end()
            _tell(resend.told, as_json=invocation.arguments.json)


def _chosen(name: str | None, streams: Sequence[StreamInfo]) -> str | None:
    """The label of the stream that a person names. Raises ConfigError."""
    if name is None:
        return None
    labels = [info.label() for info in streams if name in (info.name, info.label())]
    if len(labels) == 1:
        return labels[0]
    if labels:
        raise ConfigError(
            f"The catalog has several streams of the name in --stream: {', '.join(labels)}. Name "
            "one with its namespace."
        )
    known = ", ".join(info.label() for info in streams)
    raise ConfigError(f"The catalog has no stream of the name in --stream. It has: {known}.")


def _edited(arguments: Namespace, choice: Choice) -> bytes | None:
    """The text of the file that a person has edited. Raises ConfigError."""
    if arguments.source is None:
        return None
    if choice.stream is None:
        raise ConfigError("The records of --from belong to a stream: name it with --stream.")
    try:
        return Path(arguments.source).read_bytes()
    except OSError as error:
        raise ConfigError(f"The file of --from cannot be read: {error.strerror}.") from None


def _tell(told: Resent, *, as_json: bool) -> None:
    with printing(STDOUT) as out:
        if as_json:
            out.write(json.dumps(_as_dict(told), ensure_ascii=False) + "\n")
        else:
            show_resent(told, out)


def _as_dict(told: Resent) -> dict[str, object]:
    """As one object of JSON."""
    return {
        "dry_run": told.dry_run,
        "requests": told.requests,
        "unknown": told.unknown,
        "subscriptions_left_out": told.subscriptions,
        "streams": [
            {"stream": name, **asdict(sums), "stay": sums.stay()}
            for name, sums in told.streams.items()
        ],
        "rejections": [
            {"stream": stream, "step": step, "code": code, "reason": reason, "records": count}
            for (stream, step, code, reason), count in told.reasons.most_common()
        ],
        "held": [
            {"stream": stream, "why": why, "records": count}
            for (stream, why), count in told.held.most_common()
        ],
    }
