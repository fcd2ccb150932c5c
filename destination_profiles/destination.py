"""DestinationProfiles: the connector as Airbyte knows it. Puts the floors together."""

import argparse
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from time import time
from typing import Any

from airbyte_cdk.destinations import Destination
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteMessageSerializer,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteCatalogSerializer,
    ConnectorSpecification,
    ConnectorSpecificationSerializer,
    Status,
    Type,
)

from .answers import Answers
from .arguments import parser
from .catalog import StreamInfo, streams_of
from .checkpoint import SafeState
from .chunks import Chunk, Chunker, ChunkPolicy
from .client import ProfilesClient
from .config import Config, parse
from .decoder import Decoder, FaultyRecord, State, decode
from .discovery import destination_catalog
from .dispatcher import Dispatcher, new_request_id
from .errors import BrokenInput, ConfigError, NobodyReads, ProfilesError
from .inspection import inspect
from .manifest import service
from .pipes import LineReader
from .progress import Progress, Terminal
from .protocol import MessageWriter, encode, with_stats
from .rejects import LocalStore, NoStore, RejectStore
from .senders import Sender, Senders
from .signals import interruptible
from .spec import spec
from .streams import StreamPlan
from .writer import LONG_SECONDS, StreamKey, Writer

logger = logging.getLogger("airbyte")


class DestinationProfiles(Destination):
    """Pushes records into the profile API of a marketing platform."""

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:
        """What the user is asked."""
        return ConnectorSpecificationSerializer.load(spec())

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Read what the configuration names, without writing to the service, and probe the store. Says all that is wrong at once, and what
        could not be checked or is only assumed to be wrong.
        """
        problems: list[str] = []
        warnings: list[str] = []
        with _noted(problems):
            parsed = parse_config(config)
            with _noted(problems):
                found = inspect(parsed, ProfilesClient(parsed, service(), Answers(service(), parsed.field_names())), service())
                problems += found.problems
                warnings += found.warnings
            open_store(parsed.rejects, []).probe()
        status = Status.FAILED if problems else Status.SUCCEEDED
        return AirbyteConnectionStatus(status=status, message=_listed(problems + [f"Warning: {each}" for each in warnings]))

    def discover(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """The destination catalog: what the live database has, or else the fields that every one has. Raises ProfilesError."""
        parsed = parse_config(config)
        client = ProfilesClient(parsed, service(), Answers(service(), parsed.field_names()))
        db_id, fields = parsed.target.db_id, None
        client.read("databases_get", id=db_id)
        try:
            fields = client.fields(db_id)
        except ProfilesError as error:
            logger.warning(
                f"The fields of database {db_id} could not be read, so only those that every one has are offered: {error.message}"
            )
        return destination_catalog(service(), parsed.target.matching, fields)

    def parse_args(self, args: list[str]) -> argparse.Namespace:
        """The CDK's method, with the commands that it does not know."""
        return parser().parse_args(args)

    def write(
        self, config: Mapping[str, Any], configured_catalog: ConfiguredAirbyteCatalog, input_messages: Iterable[AirbyteMessage]
    ) -> Iterator[AirbyteMessage]:
        """The CDK's method, over the same pipeline. A state leaves when the caller asks for the next message, never while the input is
        quiet; the command `write` has no such wait. Raises ProfilesError once every state that is safe has left.
        """
        safe: list[SafeState] = []
        catalog = ConfiguredAirbyteCatalogSerializer.dump(configured_catalog)
        writer = assemble(parse_config(config), streams_of(catalog), release=safe.append)
        decoder = Decoder()
        try:
            for message in input_messages:
                if message.type in (Type.RECORD, Type.STATE):
                    feed(writer, decoder, encode(AirbyteMessageSerializer.dump(message)))
                writer.tick()
                yield from _leaving(safe)
            writer.close()
        except ProfilesError:
            with suppress(ProfilesError):
                writer.abandon()
            yield from _leaving(safe)
            raise
        yield from _leaving(safe)


def write_messages(
    config: Mapping[str, Any], catalog: Mapping[str, Any], descriptor: int, output: MessageWriter, terminal: Terminal | None = None
) -> None:
    """The command `write`: messages from a file descriptor, each state to `output` as soon as it is safe, progress to `terminal` if any.

    Raises ProfilesError once every state that is safe has left.
    """
    streams = streams_of(catalog)
    reader, decoder, progress = LineReader(descriptor), Decoder(), Progress(logger.info, terminal)
    throttled = Throttling(streams, output.rate_limited)
    writer = assemble(parse_config(config), streams, release=output.state, heartbeat=progress, wake=reader.wake, throttled=throttled)
    with interruptible(writer, reader, output):
        try:
            _pump(writer, decoder, reader)
            writer.close()
        except Exception as error:
            first = writer.dispatcher.interruption or error  # what a signal has met on its way is not what ended the sync
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
            writer.faulty((message.namespace or None, message.stream), message.data, message.rejection)
        else:
            writer.records((message.namespace or None, message.stream), message.data)


def parse_config(config: Mapping[str, Any]) -> Config:
    """The configuration, checked against the spec. Raises ConfigError."""
    return parse(config, spec()["connectionSpecification"], service())


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
    """The pipeline of one sync, to the service or to another `sender`. Raises ConfigError for a stream that cannot be sent as it is set."""
    plans: dict[StreamKey, StreamPlan] = {(info.namespace, info.name): _plan(info, config) for info in streams}
    if len({plan.label for plan in plans.values()}) < len(streams):
        raise ConfigError("Two streams of the catalog have the same name. Set another namespace or prefix for one of them.")
    _check_configured(config, streams)
    answers = Answers(service(), config.field_names())
    dispatcher = Dispatcher(
        Senders(sender or ProfilesClient(config, service(), answers), wake=wake),
        backoff=answers.backoff,
        max_in_flight=config.max_in_flight,
        retry_seconds=config.retry_seconds,
        throttled=throttled,
    )
    chunker = Chunker(ChunkPolicy(config.max_profiles, config.max_bytes, config.max_age_seconds), new_id=new_request_id)
    return Writer(
        plans,
        chunker=chunker,
        dispatcher=dispatcher,
        store=open_store(config.rejects, streams),
        release=release,
        max_rejected=config.max_rejected,
        heartbeat=heartbeat,
    )


def open_store(setting: Mapping[str, Any], streams: list[StreamInfo]) -> RejectStore:
    """The store that the setting `object_storage_config` names. Raises ConfigError when it cannot be used."""
    match setting["storage_type"]:
        case "Local":
            return LocalStore(setting["path"])
        case "S3":
            from .s3 import S3Store  # noqa: PLC0415 - it takes a third of a second, and most syncs do without

            return S3Store(setting, streams)
        case _:
            return NoStore()


class Throttling:
    """Tells the platform which streams wait for the service, and until when; of one stream at most once a second."""

    def __init__(self, streams: list[StreamInfo], tell: Callable[[str, str | None, float], None], now: Callable[[], float] = time) -> None:
        """`tell` takes a stream's name, its namespace and the seconds since the epoch at which it goes on."""
        self._streams = {info.label(): info for info in streams}
        self._tell = tell
        self._now = now
        self._told: dict[str, float] = {}

    def __call__(self, chunk: Chunk, seconds: float) -> None:
        """A chunk is sent again in so many seconds."""
        until = self._now() + seconds
        for label in {interval.stream for interval in chunk.intervals()}:
            if until >= self._told.get(label, 0.0) + 1:
                self._told[label] = until
                self._tell(self._streams[label].name, self._streams[label].namespace, until)


@contextmanager
def _noted(problems: list[str]) -> Iterator[None]:
    """Add what ends the block to the problems."""
    try:
        yield
    except ProfilesError as error:
        problems.append(error.message)


def _listed(sentences: list[str]) -> str | None:
    """Several sentences with their numbers, one as it is, none as None."""
    if len(sentences) < 2:  # noqa: PLR2004 - one needs no number
        return sentences[0] if sentences else None
    return " ".join(f"({number}) {sentence}" for number, sentence in enumerate(sentences, 1))


def _plan(info: StreamInfo, config: Config) -> StreamPlan:
    try:
        return StreamPlan(info, config, service())
    except ConfigError as error:
        error.stream, error.namespace = info.name, info.namespace
        raise


def _check_configured(config: Config, streams: list[StreamInfo]) -> None:
    """Each configured stream must be one of the catalog, or be absent from it altogether: else another is sent without its mapping."""
    keys = {(info.namespace, info.name) for info in streams}
    for each in config.streams:
        if each.name not in {name for _, name in keys}:
            logger.warning(f"The configured stream {each.name} is not in this sync's catalog.")
        elif each.namespace and (each.namespace, each.name) not in keys:
            raise ConfigError(
                f"The stream {each.name} is configured for the namespace {each.namespace}, where the catalog does not have it. "
                "Correct the namespace, or leave it out.",
                stream=each.name,
            )


def _leaving(safe: list[SafeState]) -> Iterator[AirbyteMessage]:
    for state in safe:
        yield AirbyteMessageSerializer.load(decode(encode(with_stats(state))))
    safe.clear()


def _tell_ignored(writer: Writer, decoder: Decoder) -> None:
    if decoder.chatter:
        logger.warning(f"Ignored {decoder.chatter:,} lines of the input that are no Airbyte messages.")
    if unknown := _counted(writer.unknown):
        logger.warning(f"Ignored records of streams that are not in the catalog: {unknown}.")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in counts.most_common(10))
