"""The memory of a sync, as its streams are configured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache

from ..catalog import StreamInfo
from ..config import Config
from ..delivery.look import StreamMemory
from ..delivery.remembering import Remembering
from ..memory.hashes import seed_of
from ..memory.lanes import Sends
from ..memory.retries import Own, Retries, is_waiting
from ..memory.store import KEPT_DAYS, Memory
from ..records.batch import Data
from ..records.codec import target_of
from ..records.key_reader import KeyReader
from ..records.other_bytes import OtherBytes
from ..records.renewal import Renewal
from ..rejects.store import utc_now
from ..service.formats import format_named
from ..service.identities import Identities
from ..service.manifest import service
from ..service.matching import Target
from ..storage.folder import Folder
from ..storage.settings import MemorySetting, Retried
from .pump import Pump

FIRST_DAY = date(2020, 1, 1).toordinal()  # days are counted from it
LAST_DAY = 0xFFFF


class SyncMemory:
    """A memory in use: `link` is what the pipeline has of it, `known` are the streams of which
    something is remembered, `retries` what earlier syncs were refused of these and is sent again,
    in a `folder`.
    """

    def __init__(
        self,
        memory: Memory,
        folder: Folder,
        config: Config,
        setting: MemorySetting,
        streams: Sequence[StreamInfo],
        *,
        now: datetime,
        remembers: bool = True,
        keeps: bool = True,
        sync: str | None = None,
    ) -> None:
        """`keeps`, `remembers` and `sync` are those of `opened_memory`."""
        self.setting, self.folder, self._memory = setting, folder, memory
        self._today = min(max(now.toordinal() - FIRST_DAY, 1), LAST_DAY)  # whatever the clock says
        self._oldest = self._today - setting.resend_after_days - KEPT_DAYS
        seeds = memory.join([_sends(info, config) for info in streams])
        self.known = [info for info in streams if seeds[info.label()] is not None]
        self._streams = {
            info.label(): _of_stream(info, config, memory.seed, seeds[info.label()] or 0, setting)
            for info in self.known
        }
        retries = self._retries(seeds, sync, takes=remembers) if keeps else None
        self.retries = retries if setting.retry_rejected is not None else None
        self.link = self._link(remembers=remembers and setting.skip_unchanged, retries=retries)

    def forgetting(self) -> Remembering:
        """A link for what is sent again, which is not what is to be remembered."""
        return self._link(remembers=False, retries=None)

    def _link(self, *, remembers: bool, retries: Retries | None) -> Remembering:
        return Remembering(
            self._memory,
            self._streams,
            today=self._today,
            resend_after_days=self.setting.resend_after_days,
            remembers=remembers,
            retries=retries,
        )

    def _retries(
        self, seeds: Mapping[str, int | None], sync: str | None, *, takes: bool
    ) -> Retries | None:
        """Where it does not `take` what is rejected, that is no newer row, but an old one. What
        other syncs wait to send again hears of newer rows though this one does not retry.
        """
        setting, retried = self.setting, self.setting.retry_rejected
        if retried is None and not is_waiting(self.folder, setting.name):
            return None
        if retried is None or not takes:
            retried = replace(retried or Retried(()), codes=())

        streams = {
            (info.namespace, info.name): Own(info.label(), info.place(), seeds[info.label()] or 0)
            for info in self.known
        }
        return Retries(
            self.folder,
            setting.name,
            retried,
            streams=streams,
            lanes=self._memory.lanes(),
            now=utc_now,
            sync=sync,
        )

    def end(self, pump: Pump) -> None:
        """Keep it, once nothing is sent any more. Raises ProfilesError where that fails."""
        self.link.end(pump.writer.dispatcher.sealed.under_way())
        self._memory.close(self._oldest)


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


def _of_stream(
    info: StreamInfo, config: Config, seed: int, identity_seed: int, setting: MemorySetting
) -> StreamMemory:
    """What is sent depends on the settings too: where one of these changes, it is sent again."""
    target = _target(info, config)
    stream = config.stream(info.name, info.namespace)
    as_they_come = stream.fields is None and format_named(config.wire_format).verbatim
    sent_with = (info.label(), target.db_id, _found_by(target), config.options, config.wire_format)
    return StreamMemory(
        identity_seed,
        seed_of(repr((sent_with, stream.fields, stream.subscriptions)), seed),
        Renewal(info, config, service(), resubscribes=setting.resubscribe),
        _keys(info, config),
        OtherBytes(info, config, service()) if as_they_come else None,
    )


def _keys(info: StreamInfo, config: Config) -> Callable[[Sequence[Data]], Sequence[Identities]]:
    @cache
    def reader() -> KeyReader:  # most streams have no use for it
        return KeyReader(info, config, service())

    return lambda originals: reader().keys(originals)
