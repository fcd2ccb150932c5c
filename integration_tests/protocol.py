"""Airbyte's protocol, as the package of its models declares it."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from airbyte_cdk.models import AirbyteMessageSerializer
from airbyte_protocol_dataclasses.models import DestinationCatalog
from jsonschema import Draft202012Validator
from serpyco_rs import Serializer


@cache
def _validators() -> dict[str | None, Draft202012Validator]:
    """By member of a message, None for the message itself: the CDK's own class leaves the catalog
    of a destination out.
    """
    schemas = {
        None: AirbyteMessageSerializer.get_json_schema(),
        "destination_catalog": Serializer(DestinationCatalog).get_json_schema(),
    }
    return {member: Draft202012Validator(schema) for member, schema in schemas.items()}


def violations(message: Mapping[str, Any]) -> Iterator[str]:
    """What of a message is none of the protocol's, as paths with the rule; nothing where it is
    one.
    """
    for member, validator in _validators().items():
        if member is None or member in message:
            part = message if member is None else message[member]
            yield from (
                f"{each.json_path}: {each.validator}" for each in validator.iter_errors(part)
            )
