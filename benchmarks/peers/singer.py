"""A target as the Singer SDK's documentation has it: a sink that is given batches. `singer.py
--config CONFIG < MESSAGES`.
"""

from typing import Any, ClassVar

from sending import send
from singer_sdk import Target
from singer_sdk import typing as th
from singer_sdk.sinks import BatchSink


class Profiles(BatchSink):
    """Sends profiles."""

    max_size = 10_000

    def process_batch(self, context: dict[str, Any]) -> None:
        """Send one batch."""
        send(self.config, context["records"])


class TargetProfiles(Target):
    """The target."""

    name = "target-profiles"
    default_sink_class = Profiles
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("api_url", th.StringType),
        th.Property("token", th.StringType),
        th.Property("db_id", th.IntegerType),
    ).to_dict()


TargetProfiles.cli()
