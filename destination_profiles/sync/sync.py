"""One sync: the floors put together."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ..api.client import ProfilesClient
from ..api.inspection import inspect
from ..catalog import StreamInfo, streams_of
from ..config import Config, parse_config
from ..delivery.checkpoint import SafeState
from ..delivery.chunks import Chunk, ChunkPolicy
from ..delivery.dispatcher import Dispatcher
from ..delivery.mailbox import Mailbox
from ..delivery.schedule import Schedule
from ..delivery.senders import Sender, Senders
from ..delivery.writer import StreamKey, Writer
from ..errors import ConfigError, NobodyReads, ProfilesError
from ..protocol.decoder import Decoder
from ..protocol.messages import MessageWriter
from ..protocol.pipes import LineReader
from ..records.codec import StreamCodec
from ..rejects.opening import open_store
from ..service.answers import Answers
from ..service.formats import format_named
from ..service.manifest import service
from ..service.repeats import repeatable
from .listed import check_listed
from .progress import Progress, Terminal
from .pump import LONG_SECONDS, Heartbeat, Pump
from .signals import interruptible
from .throttling import Throttling

logger = logging.getLogger("airbyte")


def write_messages(
    config: Mapping[str, Any],
    catalog: Mapping[str, Any],
    descriptor: int,
    output: MessageWriter,
    terminal: Terminal | None = None,
) -> None:
    """The command `write`: messages from a file descriptor, each state to `output` as soon as it is
    safe, progress to `terminal` if any.

    Raises ProfilesError once every state that is safe has left.
    """
    streams = streams_of(catalog)
    progress = Progress(logger.info, terminal)
    pump = assemble(
        parse_config(config),
        streams,
        release=output.state,
        heartbeat=progress,
        throttled=Throttling(streams, output.rate_limited),
    )
    writer = pump.writer
    with interruptible(pump.inbox, output):
        try:
            pump.run(LineReader(descriptor))
        except Exception as error:
            # what a signal has met on its way is not what ended the sync
            first = pump.inbox.interruption or error
            with suppress(ProfilesError):
                pump.abandon()
            raise first from None
        finally:  # the mailbox stays open: a sender or a signal may still put something into it
            with suppress(NobodyReads):
                progress.end(writer)
                _tell_ignored(writer, pump.decoder)


def assemble(
    config: Config,
    streams: list[StreamInfo],
    *,
    release: Callable[[SafeState], None],
    heartbeat: Heartbeat = lambda _: LONG_SECONDS,
    throttled: Callable[[Chunk, float], None] = lambda _chunk, _seconds: None,
    leaving: Callable[[Chunk], None] = lambda _chunk: None,
    sender: Sender | None = None,
) -> Pump:
    """The pipeline of one sync, to the service or to another `sender`. Raises ConfigError for a
    stream that cannot be sent as it is set.
    """
    codecs: dict[StreamKey, StreamCodec] = {
        (info.namespace, info.name): _codec(info, config) for info in streams
    }
    if len({codec.route.label for codec in codecs.values()}) < len(streams):
        raise ConfigError(
            "Two streams of the catalog have the same name. Set another "
            "namespace or prefix for one of them."
        )
    for name in check_listed(config, streams):
        logger.warning(f"The configured stream {name} is not in this sync's catalog.")
    names = config.field_names().union(*(info.words() for info in streams))
    answers, mailbox = Answers(service(), names), Mailbox()
    client = ProfilesClient(config, service(), answers)
    dispatcher = Dispatcher(
        Senders(sender or client, mailbox.put),
        Schedule(answers.backoff, config.retry_seconds),
        max_in_flight=config.max_in_flight,
        throttled=throttled,
        leaving=leaving,
        inspect=lambda: inspect(config, client, service(), in_sync=True).problems,
        repeatable=repeatable(service(), format_named(config.wire_format)),
    )
    writer = Writer(
        codecs,
        policy=ChunkPolicy(config.max_profiles, config.max_bytes, config.max_age_seconds),
        dispatcher=dispatcher,
        store=open_store(config.rejects, {info.label(): info.place() for info in streams}),
        release=release,
        max_rejected=config.max_rejected,
        max_rejected_percent=config.max_rejected_percent,
    )
    return Pump(writer, mailbox, heartbeat=heartbeat)


def _codec(info: StreamInfo, config: Config) -> StreamCodec:
    try:
        return StreamCodec(info, config, service(), logger.warning)
    except ConfigError as error:
        error.stream, error.namespace = info.name, info.namespace
        raise


def _tell_ignored(writer: Writer, decoder: Decoder) -> None:
    if decoder.chatter:
        logger.warning(
            f"Ignored {decoder.chatter:,} lines of the input that are no Airbyte messages."
        )
    if unknown := _counted(writer.unknown):
        logger.warning(f"Ignored records of streams that are not in the catalog: {unknown}.")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in counts.most_common(10))
