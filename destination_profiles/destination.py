"""DestinationProfiles: the connector as Airbyte knows it. Puts the floors together."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
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

from .api.client import ProfilesClient
from .api.discovery import destination_catalog
from .api.inspection import inspect
from .catalog import streams_of
from .config import parse_config
from .delivery.checkpoint import SafeState
from .errors import ProfilesError
from .protocol.decoder import decode
from .protocol.messages import encode, with_stats
from .service.answers import Answers
from .service.manifest import service
from .spec import spec
from .sync.sync import assemble, logger, open_store


class DestinationProfiles(Destination):
    """Pushes records into the profile API of a marketing platform."""

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:
        """What the user is asked."""
        return ConnectorSpecificationSerializer.load(spec())

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Read what the configuration names, without writing to the service, and probe the store.
        Says all that is wrong at once, and what could not be checked or is only assumed to be
        wrong.
        """
        problems: list[str] = []
        warnings: list[str] = []
        with _noted(problems):
            parsed = parse_config(config)
            with _noted(problems):
                found = inspect(
                    parsed,
                    ProfilesClient(parsed, service(), Answers(service(), parsed.field_names())),
                    service(),
                )
                problems += found.problems
                warnings += found.warnings
            open_store(parsed.rejects, []).probe()
        status = Status.FAILED if problems else Status.SUCCEEDED
        return AirbyteConnectionStatus(
            status=status, message=_listed(problems + [f"Warning: {each}" for each in warnings])
        )

    def discover(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        """The destination catalog: what the live database has, or else the fields that every one
        has. Raises ProfilesError.
        """
        parsed = parse_config(config)
        client = ProfilesClient(parsed, service(), Answers(service(), parsed.field_names()))
        db_id, fields = parsed.target.db_id, None
        client.read("databases_get", id=db_id)
        try:
            fields = client.fields(db_id)
        except ProfilesError as error:
            logger.warning(
                f"The fields of database {db_id} could not be read, so only those that "
                f"every one has are offered: {error.message}"
            )
        return destination_catalog(service(), parsed.target.matching, fields)

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
        pump = assemble(parse_config(config), streams_of(catalog), release=safe.append)
        try:
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


def _leaving(safe: list[SafeState]) -> Iterator[AirbyteMessage]:
    for state in safe:
        yield AirbyteMessageSerializer.load(decode(encode(with_stats(state))))
    safe.clear()
