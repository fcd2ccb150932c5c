"""One sync: the floors put together, and the one pump."""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ..api.client import ProfilesClient
from ..catalog import StreamInfo, streams_of
from ..config import Config, parse_config
from ..delivery.checkpoint import SafeState
from ..delivery.chunks import Chunk, Chunker, ChunkPolicy
from ..delivery.dispatcher import Dispatcher, new_request_id
from ..delivery.senders import Sender, Senders
from ..delivery.writer import LONG_SECONDS, StreamKey, Writer
from ..errors import BrokenInput, ConfigError, NobodyReads, ProfilesError
from ..protocol.decoder import Decoder, FaultyRecord, State
from ..protocol.messages import MessageWriter
from ..protocol.pipes import LineReader
from ..records.codec import StreamPlan
from ..rejects.opening import open_store
from ..service.answers import Answers
from ..service.manifest import service
from .progress import Progress, Terminal
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
    reader, decoder, progress = LineReader(descriptor), Decoder(), Progress(logger.info, terminal)
    throttled = Throttling(streams, output.rate_limited)
    writer = assemble(
        parse_config(config),
        streams,
        release=output.state,
        heartbeat=progress,
        wake=reader.wake,
        throttled=throttled,
    )
    with interruptible(writer, reader, output):
        try:
            _pump(writer, decoder, reader)
            writer.close()
        except Exception as error:
            first = (
                writer.dispatcher.interruption or error
            )  # what a signal has met on its way is not what ended the sync
            with suppress(ProfilesError):
                writer.abandon()
            raise first from None
        finally:  # the reader stays open: a sender or a signal may still wake it
            with suppress(NobodyReads):
                progress.end(writer)
                _tell_ignored(writer, decoder)


def _pump(writer: Writer, decoder: Decoder, reader: LineReader) -> None:
    try:
        for block in reader.blocks(writer.patience):
            feed(writer, decoder, block)
            writer.tick()
    except BrokenInput:
        writer.flush()  # what came before the broken line is whole
        raise


def feed(writer: Writer, decoder: Decoder, block: bytes) -> None:
    """Whole lines of input into the pipeline."""
    for message in decoder.messages(block):
        if isinstance(message, State):
            writer.checkpoint(message, message.stream)
        elif isinstance(message, FaultyRecord):
            writer.faulty(
                (message.namespace or None, message.stream), message.data, message.rejection
            )
        else:
            writer.records((message.namespace or None, message.stream), message.data)


def assemble(
    config: Config,
    streams: list[StreamInfo],
    *,
    release: Callable[[SafeState], None],
    heartbeat: Callable[[Writer], float] = lambda _: LONG_SECONDS,
    wake: Callable[[], None] = lambda: None,
    throttled: Callable[[Chunk, float], None] = lambda _chunk, _seconds: None,
    sender: Sender | None = None,
) -> Writer:
    """The pipeline of one sync, to the service or to another `sender`. Raises ConfigError for a
    stream that cannot be sent as it is set.
    """
    plans: dict[StreamKey, StreamPlan] = {
        (info.namespace, info.name): _plan(info, config) for info in streams
    }
    if len({plan.label for plan in plans.values()}) < len(streams):
        raise ConfigError(
            "Two streams of the catalog have the same name. Set another "
            "namespace or prefix for one of them."
        )
    _check_configured(config, streams)
    answers = Answers(service(), config.field_names())
    dispatcher = Dispatcher(
        Senders(sender or ProfilesClient(config, service(), answers), wake=wake),
        backoff=answers.backoff,
        max_in_flight=config.max_in_flight,
        retry_seconds=config.retry_seconds,
        throttled=throttled,
    )
    chunker = Chunker(
        ChunkPolicy(config.max_profiles, config.max_bytes, config.max_age_seconds),
        new_id=new_request_id,
    )
    return Writer(
        plans,
        chunker=chunker,
        dispatcher=dispatcher,
        store=open_store(config.rejects, {info.label(): info.place() for info in streams}),
        release=release,
        max_rejected=config.max_rejected,
        heartbeat=heartbeat,
    )


def _plan(info: StreamInfo, config: Config) -> StreamPlan:
    try:
        return StreamPlan(info, config, service())
    except ConfigError as error:
        error.stream, error.namespace = info.name, info.namespace
        raise


def _check_configured(config: Config, streams: list[StreamInfo]) -> None:
    """Each configured stream must be one of the catalog, or be absent from it altogether: else
    another is sent without its mapping.
    """
    keys = {(info.namespace, info.name) for info in streams}
    for each in config.streams:
        if each.name not in {name for _, name in keys}:
            logger.warning(f"The configured stream {each.name} is not in this sync's catalog.")
        elif each.namespace and (each.namespace, each.name) not in keys:
            raise ConfigError(
                f"The stream {each.name} is configured for the namespace "
                f"{each.namespace}, where the catalog does not have it. "
                "Correct the namespace, or leave it out.",
                stream=each.name,
            )


def _tell_ignored(writer: Writer, decoder: Decoder) -> None:
    if decoder.chatter:
        logger.warning(
            f"Ignored {decoder.chatter:,} lines of the input that are no Airbyte messages."
        )
    if unknown := _counted(writer.unknown):
        logger.warning(f"Ignored records of streams that are not in the catalog: {unknown}.")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in counts.most_common(10))
