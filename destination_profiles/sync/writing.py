"""The command `write`: a sync from its input to its end."""

import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..delivery.writer import Writer
from ..errors import NobodyReads
from ..protocol.decoder import Decoder
from ..protocol.messages import MessageWriter
from ..protocol.pipes import LineReader
from ..rejects.store import PartStore
from .connection import read_connection
from .measuring import Measuring
from .memory_opening import kept_at_end, opened_memory
from .progress import Progress
from .sync import assemble, keeping, to_its_end
from .throttling import Throttling

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
    with (
        keeping(parsed, streams) as (store, recorder),
        opened_memory(parsed, streams, store=store) as memory,
    ):
        pump = assemble(
            parsed,
            streams,
            store=store,
            recorder=recorder,
            memory=memory.link if memory else None,
            release=measuring.state,
            heartbeat=lambda writer: min(progress(writer), measuring(writer)),
            throttled=Throttling(streams, output.rate_limited),
            answered=measuring.answered,
        )
        progress.follow(pump.share)
        sync = store.sync if isinstance(store, PartStore) else None
        with measuring.of(pump.writer, parsed, sync):
            try:
                with kept_at_end(memory, pump):
                    to_its_end(pump, output, lambda: pump.run(LineReader(descriptor)))
                    if memory is not None and memory.retries is not None:
                        from .trying_again import send_rejected  # noqa: PLC0415 - most do without

                        send_rejected(memory, memory.retries, parsed, output)
            finally:
                with suppress(NobodyReads):
                    progress.end(pump.writer)
                    _tell_ignored(pump.writer, pump.decoder)


def _tell_ignored(writer: Writer, decoder: Decoder) -> None:
    if decoder.chatter:
        logger.warning(
            f"Ignored {decoder.chatter:,} lines of the input that are not Airbyte messages."
        )
    if strangers := writer.strangers.told():
        logger.warning(f"Ignored records of streams that are not in the catalog: {strangers}.")
