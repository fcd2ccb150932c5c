"""The command `write`: a sync from its input to its end."""

import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ..catalog import streams_of
from ..config import parse_config
from ..delivery.writer import Writer
from ..errors import NobodyReads
from ..protocol.decoder import Decoder
from ..protocol.messages import MessageWriter
from ..protocol.pipes import LineReader
from .progress import Progress
from .remembrance import kept_at_end, remembrance
from .sync import assemble, keeping, to_its_end
from .throttling import Throttling

logger = logging.getLogger("airbyte")


def write_messages(
    config: Mapping[str, Any],
    catalog: Mapping[str, Any],
    descriptor: int,
    output: MessageWriter,
    progress: Progress,
) -> None:
    """The command `write`: messages from a file descriptor, each state to `output` as soon as it is
    safe, and `progress`.

    Raises ProfilesError once every state that is safe has left.
    """
    streams, parsed = streams_of(catalog), parse_config(config)
    with keeping(parsed, streams) as (store, recorder), remembrance(parsed, streams) as memory:
        pump = assemble(
            parsed,
            streams,
            store=store,
            recorder=recorder,
            memory=memory.link if memory else None,
            release=output.state,
            heartbeat=progress,
            throttled=Throttling(streams, output.rate_limited),
        )
        try:
            with kept_at_end(memory, pump):
                to_its_end(pump, output, lambda: pump.run(LineReader(descriptor)))
                if memory is not None and memory.retries is not None:
                    from .trying_again import send_rejected  # noqa: PLC0415 - most do without

                    send_rejected(memory, memory.retries, parsed, streams, output)
        finally:
            with suppress(NobodyReads):
                progress.end(pump.writer)
                _tell_ignored(pump.writer, pump.decoder)


def _tell_ignored(writer: Writer, decoder: Decoder) -> None:
    if decoder.chatter:
        logger.warning(
            f"Ignored {decoder.chatter:,} lines of the input that are no Airbyte messages."
        )
    if unknown := _counted(writer.unknown):
        logger.warning(f"Ignored records of streams that are not in the catalog: {unknown}.")


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{name} ({count:,})" for name, count in counts.most_common(10))
