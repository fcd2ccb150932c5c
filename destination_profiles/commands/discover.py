"""`discover`: what can be written to."""

import logging
from collections.abc import Mapping
from typing import Any

from ..api.client import ProfilesClient, ServiceField
from ..api.discovery import Channels, destination_catalog
from ..api.transport import Transport
from ..config import parse_config
from ..errors import ProfilesError
from ..service.answers import Answers
from ..service.manifest import service
from .answer import Answer
from .invocation import Invocation

logger = logging.getLogger("airbyte")


def run(invocation: Invocation) -> Answer:
    """The destination catalog."""
    catalog = discover(invocation.config)
    return Answer(catalog, {"type": "DESTINATION_CATALOG", "destination_catalog": catalog})


def discover(raw: Mapping[str, Any], transport: Transport | None = None) -> dict[str, Any]:
    """The destination catalog: what the live database and the resources have, or else the fields
    that every database has. Raises ProfilesError.
    """
    config = parse_config(raw)
    answers = Answers(service(), config.field_names())
    client = ProfilesClient(config, service(), answers, transport)
    fields = live_fields(client, config.target.db_id)
    return destination_catalog(service(), config.target.matching, fields, _channels(client))


def live_fields(client: ProfilesClient, db_id: int) -> list[ServiceField] | None:
    """Those of a database; None, and a warning, where its fields alone cannot be read. Raises
    ProfilesError where it cannot be asked at all.
    """
    client.read("databases_get", id=db_id)
    try:
        return client.fields(db_id)
    except ProfilesError as error:
        logger.warning(
            f"The fields of database {db_id} could not be read, so only those that "
            f"every one has are offered: {error.message}"
        )
        return None


def _channels(client: ProfilesClient) -> Channels | None:
    try:
        return {each: client.channels(each.id) for each in client.resources()}
    except ProfilesError as error:
        logger.warning(
            "The resources could not be read, so no parts of subscriptions are offered: "
            f"{error.message}"
        )
        return None
