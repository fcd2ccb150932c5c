"""A destination as the CDK's documentation has it: models, one list, a request when it is full or a
state comes. `airbyte.py write ...`.
"""

import logging
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import requests
from airbyte_cdk.destinations import Destination
from airbyte_cdk.models import (
    AirbyteConnectionStatus,
    AirbyteMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    Status,
    Type,
)
from jsonschema import Draft7Validator
from sending import send

LIMIT = 10_000


class Profiles(Destination):
    """Sends profiles."""

    def spec(self, *_: Any) -> ConnectorSpecification:
        """Any configuration will do."""
        return ConnectorSpecification(connectionSpecification={"type": "object"})

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Succeeds."""
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def write(
        self,
        config: Mapping[str, Any],
        configured_catalog: ConfiguredAirbyteCatalog,
        input_messages: Iterable[AirbyteMessage],
    ) -> Iterable[AirbyteMessage]:
        """Validate, collect, send; a state is given back once all before it is sent."""
        validators = {
            each.stream.name: Draft7Validator(each.stream.json_schema)
            for each in configured_catalog.streams
        }
        session, profiles = requests.Session(), []

        def flush() -> None:
            if profiles:
                send(config, profiles, session.post)
                profiles.clear()

        for message in input_messages:
            if message.type == Type.STATE:
                flush()
                yield message
            elif message.type == Type.RECORD and validators[message.record.stream].is_valid(
                message.record.data
            ):
                profiles.append(message.record.data)
                if len(profiles) >= LIMIT:
                    flush()
        flush()


Profiles().run(sys.argv[1:])
