"""One sync: the floors put together."""

import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from ..api.client import ProfilesClient
from ..api.inspection import inspect
from ..catalog import StreamInfo
from ..config import Config
from ..delivery.checkpoint import SafeState
from ..delivery.chunks import Chunk, ChunkPolicy
from ..delivery.dispatcher import Dispatcher
from ..delivery.mailbox import Mailbox
from ..delivery.recorder import Recorder
from ..delivery.repeats import Repeats
from ..delivery.schedule import Schedule
from ..delivery.senders import Answer, Sender, Senders
from ..delivery.writer import StreamKey, Writer
from ..errors import ConfigError, NobodyReads, ProfilesError
from ..outcomes import parts
from ..outcomes.line import Place
from ..outcomes.recorder import OutcomeRecorder
from ..protocol.decoder import Decoder
from ..protocol.messages import MessageWriter
from ..protocol.pipes import LineReader
from ..records.codec import StreamCodec
from ..records.key_reader import KeyReader
from ..rejects.store import NoStore, PartStore, RejectStore, utc_now
from ..service.answers import Answers
from ..service.formats import format_named
from ..service.manifest import service
from ..service.repeats import repeatable
from ..slips import together
from ..storage.folder import Folder
from ..storage.opening import open_folder
from .connection import read_connection
from .measuring import Measuring
from .progress import Progress
from .pump import LONG_SECONDS, Heartbeat, Pump
from .signals import interruptible
from .throttling import Throttling

ATTEMPT = "WORKER_JOB_ATTEMPT"  # the platform's variable: the attempt of the job, from 0
logger = logging.getLogger("airbyte")


def write_messages(
    config: Mapping[str, Any],
    catalog: Mapping[str, Any],
    descriptor: int,
    output: MessageWriter,
    progress: Progress,
    *,
    measuring: Measuring,
) -> None:
    """The command `write`: messages from a file descriptor, each state back by `measuring` as
    soon as it is safe, and `progress`.

    Raises ProfilesError once every state that is safe has left.
    """
    parsed, streams = read_connection(config, catalog, asks=True)
    with keeping(parsed, streams) as (store, recorder):
        pump = assemble(
            parsed,
            streams,
            store=store,
            recorder=recorder,
            release=measuring.state,
            heartbeat=lambda writer: min(progress(writer), measuring(writer)),
            throttled=Throttling(streams, output.rate_limited),
            answered=measuring.answered,
        )
        progress.follow(pump.share)
        sync = store.sync if isinstance(store, PartStore) else None
        with measuring.of(pump.writer, parsed, sync):
            try:
                to_its_end(pump, output, lambda: pump.run(LineReader(descriptor)))
            finally:
                with suppress(NobodyReads):
                    progress.end(pump.writer)
                    _tell_ignored(pump.writer, pump.decoder)


def to_its_end(pump: Pump, output: MessageWriter, work: Callable[[], None]) -> None:
    """Do a piece of work with a pipeline, whatever signals come. Raises what ends it, once nothing
    is under way any more.
    """
    with interruptible(pump.inbox, output):
        try:
            work()
        except Exception as error:
            # what a signal has met on its way is not what ended the sync
            first = pump.inbox.interruption or error
            with suppress(ProfilesError):
                pump.abandon()
            raise first from None
        # the mailbox stays open: a sender or a signal may still put something into it


def assemble(
    config: Config,
    streams: list[StreamInfo],
    *,
    release: Callable[[SafeState], None],
    heartbeat: Heartbeat = lambda _: LONG_SECONDS,
    throttled: Callable[[Chunk, float], None] = lambda _chunk, _seconds: None,
    leaving: Callable[[Chunk], None] = lambda _chunk: None,
    answered: Callable[[Answer], None] = lambda _answer: None,
    store: RejectStore | None = None,
    recorder: Recorder | None = None,
    expects_refusals: bool = False,
    sender: Sender | None = None,
) -> Pump:
    """The pipeline of one sync, to the service or to another `sender`. Rejected records are
    counted, and kept in a `store`; a `recorder` hears of each record's last word, and `answered` of
    each answer.
    `expects_refusals`: it is no surprise where nothing is accepted.

    Raises ConfigError for a stream that cannot be sent as it is set.
    """
    codecs = _codecs(streams, config)
    names = config.field_names().union(*(info.words() for info in streams))
    answers, mailbox = Answers(service(), names, ids=recorder is not None), Mailbox()
    client = ProfilesClient(config, service(), answers)
    if recorder is not None:
        recorder.attach(mailbox.wake)
    dispatcher = Dispatcher(
        Senders(sender or client, mailbox.put, taken=answered),
        Schedule(
            answers.backoff,
            config.retry_seconds,
            max_per_second=config.max_requests_per_second,
        ),
        max_in_flight=config.max_in_flight,
        throttled=throttled,
        put_off=recorder.put_off if recorder else lambda _chunk, _code: None,
        leaving=leaving,
        expects_refusals=expects_refusals,
        inspect=lambda: inspect(config, client, service(), in_sync=True).problems,
        repeats=Repeats(
            repeatable(service(), format_named(config.wire_format)),
            starts_triggers=not config.options.get("skip_triggers", False),
        ),
    )
    writer = Writer(
        codecs,
        policy=ChunkPolicy(config.max_profiles, config.max_bytes, config.max_age_seconds),
        dispatcher=dispatcher,
        store=store or NoStore(),
        recorder=recorder,
        release=release,
        max_rejected=config.max_rejected,
        max_rejected_percent=config.max_rejected_percent,
    )
    return Pump(writer, mailbox, heartbeat=heartbeat)


@contextmanager
def keeping(
    config: Config, streams: list[StreamInfo]
) -> Iterator[tuple[RejectStore, Recorder | None]]:
    """Where rejected records are kept, and the outcomes of all where they are wanted. The storage
    is held for the time, so that no resend runs beside the sync. Raises ProfilesError when it
    cannot be used.
    """
    folder = open_folder(config.storage)
    if folder is None:
        yield NoStore(), None
        return
    lock = folder.lock(alone=False)
    try:
        places = {info.label(): info.place() for info in streams}
        store = PartStore(folder, places, attempt=os.environ.get(ATTEMPT))
        yield store, recording(config, streams, folder, store.sync)
    finally:
        lock.release()


def recording(
    config: Config,
    streams: Sequence[StreamInfo],
    folder: Folder,
    sync: str,
    places: Callable[[int], Place] | None = None,
) -> OutcomeRecorder | None:
    """What keeps outcomes in a folder, where they are wanted; those that are too old go. `sync` is
    the start of the sync as a timestamp; `places` tells of records that stood in another.
    """
    if config.outcomes is None:
        return None
    parts.remove_older(folder, config.outcomes.keep_days, utc_now())
    readers = {info.label(): KeyReader(info, config, service()) for info in streams}
    values = config.outcomes.values
    return OutcomeRecorder(folder, readers, sync=sync, values=values, places=places)


def _codecs(streams: list[StreamInfo], config: Config) -> dict[StreamKey, StreamCodec]:
    codecs: dict[StreamKey, StreamCodec] = {}
    errors = []
    for info in streams:
        try:
            codec = StreamCodec(info, config, service(), logger.warning)
            codecs[info.namespace, info.name] = codec
        except ConfigError as error:
            error.stream, error.namespace = info.name, info.namespace
            errors.append(error)
    if errors:
        raise together(errors)
    if len({codec.route.label for codec in codecs.values()}) < len(streams):
        raise ConfigError(
            "Two streams of the catalog have the same name. Set another "
            "namespace or prefix for one of them."
        )
    return codecs


def _tell_ignored(writer: Writer, decoder: Decoder) -> None:
    if decoder.chatter:
        logger.warning(
            f"Ignored {decoder.chatter:,} lines of the input that are not Airbyte messages."
        )
    if unknown := _counted(writer.unknown):
        logger.warning(f"Ignored records of streams that are not in the catalog: {unknown}.")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in counts.most_common(10))
