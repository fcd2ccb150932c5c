"""The memory of a sync: opened for its streams, and kept at its end."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import cache

from ..catalog import StreamInfo
from ..config import Config
from ..delivery.remembering import Remembered, Remembering
from ..errors import ProfilesError
from ..memory.hashes import seed_of
from ..memory.lanes import Sends
from ..memory.memory import KEPT_DAYS, Memory, opened
from ..records.batch import Data
from ..records.codec import target_of
from ..records.key_reader import KeyReader
from ..records.renewal import Renewal
from ..rejects.store import utc_now
from ..service.identities import Identities
from ..service.manifest import service
from ..service.matching import Target
from ..storage.opening import open_folder
from ..storage.settings import MemorySetting
from .pump import Pump

logger = logging.getLogger("airbyte")
FIRST_DAY = date(2020, 1, 1).toordinal()  # days are counted from it


class Remembrance:
    """A memory in use: `link` is what the pipeline has of it."""

    def __init__(
        self,
        memory: Memory,
        config: Config,
        setting: MemorySetting,
        streams: Sequence[StreamInfo],
        *,
        today: int,
        remembers: bool,
    ) -> None:
        """`today` counts days."""
        self._memory = memory
        self._oldest = today - setting.resend_after_days - KEPT_DAYS
        seeds = memory.join([_sends(info, config) for info in streams])
        self.link = Remembering(
            memory,
            {
                info.label(): _remembered(info, config, setting, memory.seed, seed)
                for info in streams
                if (seed := seeds[info.label()]) is not None
            },
            today=today,
            resend_after_days=setting.resend_after_days,
            remembers=remembers and setting.skip_unchanged,
        )

    def end(self, pump: Pump) -> None:
        """Keep it, once nothing is sent any more. Raises ProfilesError where that fails."""
        self.link.end(pump.writer.dispatcher.sealed.under_way())
        self._memory.close(self._oldest)


@contextmanager
def remembrance(
    config: Config,
    streams: Sequence[StreamInfo],
    *,
    keeps: bool = True,
    remembers: bool = True,
    now: Callable[[], datetime] = utc_now,
) -> Iterator[Remembrance | None]:
    """The memory that is configured, None where there is none. Where it `keeps` nothing, what is
    done with it ends with it; where it does not `remember`, all is sent, and forgotten. Raises
    ProfilesError.
    """
    folder = open_folder(config.storage)
    setting = config.memory
    if setting is None or folder is None:
        yield None
        return
    with opened(folder, setting.name, logger.warning, keeps=keeps) as memory:
        today = now().toordinal() - FIRST_DAY
        yield Remembrance(memory, config, setting, streams, today=today, remembers=remembers)


@contextmanager
def kept_at_end(memory: Remembrance | None, pump: Pump) -> Iterator[None]:
    """Keep a memory, however the sync ends. What ends that is what is told of it."""
    try:
        yield
    except Exception:
        try:
            if memory is not None:
                memory.end(pump)
        except ProfilesError as error:
            logger.warning(f"What was sent is not remembered, so it is sent again: {error.message}")
        raise
    if memory is not None:
        memory.end(pump)


def _target(info: StreamInfo, config: Config) -> Target:
    stream = config.stream(info.name, info.namespace)
    return target_of(info, stream, config.target, service())


def _sends(info: StreamInfo, config: Config) -> Sends:
    target = _target(info, config)
    names = config.stream(info.name, info.namespace).sent()
    keys = target.matching.alternatives()
    if names is not None and len(keys) == 1 and len(keys[0]) == 1:
        names -= set(keys[0])  # what all streams send
    return Sends(info.label(), config.api_url, target.db_id, _found_by(target), names)


def _found_by(target: Target) -> str:
    return " ".join(map(str, target.matching.parameters().values()))


def _remembered(
    info: StreamInfo, config: Config, setting: MemorySetting, seed: int, identity_seed: int
) -> Remembered:
    """What is sent depends on the settings too: where one of these changes, it is sent again."""
    target = _target(info, config)
    stream = config.stream(info.name, info.namespace)
    sent_with = (info.label(), target.db_id, _found_by(target), config.options, config.wire_format)
    return Remembered(
        identity_seed,
        seed_of(repr((sent_with, stream.fields, stream.subscriptions)), seed),
        Renewal(info, config, service(), resubscribes=setting.resubscribe),
        _keys(info, config),
    )


def _keys(info: StreamInfo, config: Config) -> Callable[[Sequence[Data]], Sequence[Identities]]:
    @cache
    def reader() -> KeyReader:  # most streams have no use for it
        return KeyReader(info, config, service())

    return lambda originals: reader().keys(originals)
