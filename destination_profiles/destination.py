"""DestinationProfiles: the connector as hosts of Airbyte's CDK know it. No command of ours comes
here: importing the CDK takes a second.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
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

from .commands.check import check
from .commands.discover import discover
from .delivery.checkpoint import SafeState
from .errors import ProfilesError
from .protocol.decoder import decode
from .protocol.messages import encode, with_stats
from .spec import spec
from .sync.connection import read_connection
from .sync.memory_opening import kept_at_end, opened_memory
from .sync.sync import assemble, keeping


class DestinationProfiles(Destination):
    """Pushes records into the profile API of a marketing platform."""

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:
        """What the user is asked."""
        return ConnectorSpecificationSerializer.load(spec())

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Whether a sync would work; nothing is written to the service."""
        status = check(config)
        return AirbyteConnectionStatus(Status(status["status"]), status.get("message"))

    def discover(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """The destination catalog. Raises ProfilesError."""
        return discover(config)

    def write(
        self,
        config: Mapping[str, Any],
        configured_catalog: ConfiguredAirbyteCatalog,
        input_messages: Iterable[AirbyteMessage],
    ) -> Iterator[AirbyteMessage]:
        """The CDK's method, over the same pipeline. A state leaves when the caller asks for the
        next message, never while the input is quiet; the command `write` has no such wait. Raises
        ProfilesError once every state that is safe has left.
        """
        safe: list[SafeState] = []
        catalog = ConfiguredAirbyteCatalogSerializer.dump(configured_catalog)
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
                release=safe.append,
            )
            try:
                with kept_at_end(memory, pump):
                    for message in input_messages:
                        if message.type in (Type.RECORD, Type.STATE):
                            pump.feed(encode(AirbyteMessageSerializer.dump(message)))
                        pump.turn(seconds=0)
                        yield from _leaving(safe)
                    pump.finish()
            except ProfilesError:
                with suppress(ProfilesError):
                    pump.abandon()
                yield from _leaving(safe)
                raise
            yield from _leaving(safe)


def _leaving(safe: list[SafeState]) -> Iterator[AirbyteMessage]:
    for state in safe:
        yield AirbyteMessageSerializer.load(decode(encode(with_stats(state))))
    safe.clear()
