"""The memory of a sync: opened before it, and kept at its end."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from ..catalog import StreamInfo
from ..config import Config
from ..errors import ProfilesError
from ..rejects.store import PartStore, RejectStore, utc_now
from ..storage.opening import open_folder
from .pump import Pump

if TYPE_CHECKING:
    from .sync_memory import SyncMemory

logger = logging.getLogger("airbyte")


@contextmanager
def opened_memory(
    config: Config,
    streams: Sequence[StreamInfo],
    *,
    keeps: bool = True,
    remembers: bool = True,
    store: RejectStore | None = None,
    now: Callable[[], datetime] = utc_now,
) -> Iterator["SyncMemory | None"]:
    """The memory that is configured, None where there is none. Where it `keeps` nothing, what is
    done with it ends with it; where it does not `remember`, all is sent, and forgotten. The `store`
    of rejected records tells when the sync began. Raises ProfilesError.
    """
    setting = config.memory
    folder = open_folder(config.storage, makes=keeps) if setting is not None else None
    if setting is None or folder is None:
        yield None
        return
    # they take a while, and most syncs do without
    from ..memory.opening import opened  # noqa: PLC0415
    from .sync_memory import SyncMemory  # noqa: PLC0415

    with opened(folder, setting.name, logger.warning, keeps=keeps) as memory:
        yield SyncMemory(
            memory,
            folder,
            config,
            setting,
            streams,
            now=now(),
            remembers=remembers,
            keeps=keeps,
            sync=store.sync if isinstance(store, PartStore) else None,
        )


@contextmanager
def kept_at_end(memory: "SyncMemory | None", pump: Pump) -> Iterator[None]:
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
