"""The settings and the catalog of one connection, held against each other."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..api.client import ProfilesClient
from ..api.inspection import inspect
from ..api.transport import Transport
from ..catalog import StreamInfo, streams_of
from ..config import Config, FieldConfig, StreamConfig, parse_config
from ..errors import ConfigError, Unavailable
from ..records.activation import activated, own_columns
from ..records.codec import target_of
from ..service.answers import Answers
from ..service.manifest import service
from ..slips import together
from .listed import check_listed

logger = logging.getLogger("airbyte")


def read_connection(
    raw: Mapping[str, Any],
    catalog: Mapping[str, Any],
    *,
    asks: bool = False,
    transport: Transport | None = None,
) -> tuple[Config, list[StreamInfo]]:
    """The configuration and the streams of a sync. `asks`: the service is asked whether it has what
    streams of data activation are mapped to, as the platform does not look.

    Raises ConfigError with all that is wrong with such streams, and ProfilesError where the service
    refuses to be asked.
    """
    streams, config = streams_of(catalog), parse_config(raw)
    for name in check_listed(config, streams):
        logger.warning(f"The configured stream {name} is not in this sync's catalog.")
    config, errors = activated(config, streams, service())
    mapped: list[StreamConfig] = []
    for info in streams:
        if info.object_name is not None:
            try:
                mapped.append(_mapped(info, config))
            except ConfigError as error:
                error.stream, error.namespace = info.name, info.namespace
                errors.append(error)
    if asks and mapped:
        errors += _not_there(config, mapped, transport)
    if errors:
        raise together(errors)
    return config, streams


def _mapped(info: StreamInfo, config: Config) -> StreamConfig:
    """A stream of data activation as `check` looks at it: with the fields it is mapped to."""
    configured = config.stream(info.name, info.namespace)
    keyed = replace(configured, fields=None)  # whether these hold the key is told with the rest
    target = target_of(info, keyed, config.target, service())
    columns = own_columns(info, target.matching.fields())
    fields = configured.fields or tuple(FieldConfig(name, name) for name in columns) or None
    return replace(configured, target=target, fields=fields)


def _not_there(
    config: Config, mapped: Sequence[StreamConfig], transport: Transport | None
) -> Sequence[ConfigError]:
    """What the service does not have. One that does not answer now may do so once it is sent to."""
    target = mapped[0].target or config.target  # where nothing goes is not looked at
    sent = replace(config, target=target, streams=tuple(mapped))
    client = ProfilesClient(sent, service(), Answers(service(), sent.field_names()), transport)
    try:
        found = inspect(sent, client, service(), in_sync=True)
    except Unavailable as error:
        logger.warning(
            f"What the streams are mapped to could not be looked at beforehand: {error.message}"
        )
        return []
    return [ConfigError(each) for each in found.problems]
