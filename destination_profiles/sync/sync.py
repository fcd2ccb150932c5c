"""One sync: the floors put together."""

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

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
from ..delivery.writer import Writer
from ..errors import ConfigError, ProfilesError
from ..outcomes import parts
from ..outcomes.line import Place
from ..outcomes.recorder import OutcomeRecorder
from ..protocol.messages import MessageWriter
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
from ..stream_key import StreamKey
from .pump import LONG_SECONDS, Heartbeat, Pump
from .signals import interruptible

if TYPE_CHECKING:
    from ..delivery.remembering import Remembering

ATTEMPT = "WORKER_JOB_ATTEMPT"  # the platform's variable: the attempt of the job, from 0
logger = logging.getLogger("airbyte")


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
    memory: "Remembering | None" = None,
    expects_refusals: bool = False,
    sender: Sender | None = None,
) -> Pump:
    """The pipeline of one sync, to the service or to another `sender`. Rejected records are
    counted, and kept in a `store`; a `recorder` hears of each record's last word, `answered` of
    each answer, and a `memory` tells which need not be sent.
    `expects_refusals`: it is no surprise where nothing is accepted.

    Raises ConfigError for a stream that cannot be sent as it is set.
    """
    codecs = _codecs(streams, config)
    answers, mailbox = _answers(streams, config, ids=recorder is not None), Mailbox()
    client = ProfilesClient(config, service(), answers)
    if recorder is not None:
        recorder.attach(mailbox.wake)
    dispatcher = Dispatcher(
        Senders(sender or client, mailbox.put, taken=answered),
        _schedule(config, answers),
        max_in_flight=config.max_in_flight,
        throttled=throttled,
        put_off=recorder.put_off if recorder else lambda _chunk, _code: None,
        leaving=lambda chunk: _leaving(chunk, memory, leaving),
        expects_refusals=expects_refusals,
        inspect=lambda: inspect(config, client, service(), in_sync=True).problems,
        repeats=_repeats(config),
    )
    writer = Writer(
        codecs,
        policy=ChunkPolicy(config.max_profiles, config.max_bytes, config.max_age_seconds),
        dispatcher=dispatcher,
        store=store or NoStore(),
        recorder=recorder,
        remembering=memory,
        release=release,
        max_rejected=config.max_rejected,
        max_rejected_percent=config.max_rejected_percent,
    )
    return Pump(writer, mailbox, heartbeat=heartbeat)


def _answers(streams: Sequence[StreamInfo], config: Config, *, ids: bool) -> Answers:
    names = config.field_names().union(*(info.words() for info in streams))
    return Answers(service(), names, ids=ids)


def _schedule(config: Config, answers: Answers) -> Schedule:
    most = config.max_requests_per_second
    return Schedule(answers.backoff, config.retry_seconds, max_per_second=most)


def _repeats(config: Config) -> Repeats:
    starts_triggers = not config.options.get("skip_triggers", False)
    executable = repeatable(service(), format_named(config.wire_format))
    return Repeats(executable, starts_triggers=starts_triggers)


def _leaving(chunk: Chunk, memory: "Remembering | None", leaving: Callable[[Chunk], None]) -> None:
    if memory is not None:
        memory.leaving(chunk)
    leaving(chunk)


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
