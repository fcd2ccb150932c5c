"""Rows that earlier syncs were refused, at the end of this one."""

import logging

from ..config import Config
from ..memory.retries import Retries
from ..protocol.messages import MessageWriter
from ..rejects.store import utc_now
from .resend import Resend
from .resent import Choice, Resent
from .sync import to_its_end
from .sync_memory import SyncMemory

logger = logging.getLogger("airbyte")


def send_rejected(
    memory: SyncMemory,
    retries: Retries,
    config: Config,
    output: MessageWriter,
) -> None:
    """Send them once more, counted apart from the input. Raises ProfilesError."""
    if not retries.count:
        return
    resend = Resend(
        config,
        memory.known,
        retries.folder,
        Choice(may_overwrite=True, resubscribe=memory.setting.resubscribe),
        now=utc_now,
        memory=memory.forgetting(),
        retries=retries,
        outcomes=memory.folder,
    )
    try:
        to_its_end(resend.pump, output, resend.run)
    finally:
        resend.end()
        _tell(resend.told)
    retries.end()


def _tell(told: Resent) -> None:
    sums = told.streams.values()
    accepted = sum(each.accepted + each.superseded for each in sums)
    rejected = sum(each.rejected for each in sums)
    if waiting := sum(each.waiting for each in sums):
        logger.info(
            f"Of {waiting:,} records that earlier syncs were refused, sent again at the end: "
            f"{accepted:,} accepted, {rejected:,} rejected again."
        )
    if told.given_up:
        logger.info(
            f"{told.given_up:,} records that earlier syncs were refused are not sent any more: "
            "newer ones came, or may have come, or retry_rejected allows it no longer. They stay "
            "in the store of rejected records: see resend."
        )
