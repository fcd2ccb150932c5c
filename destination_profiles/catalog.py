"""The streams of a configured catalog."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ConfigError


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream as the catalog names it; `sync_id` is Airbyte's id of the job."""

    name: str
    namespace: str | None
    schema: Mapping[str, Any]
    sync_mode: str
    sync_id: int | None = None

    def label(self) -> str:
        """How a person knows it: with its namespace where it has one."""
        return f"{self.namespace}.{self.name}" if self.namespace else self.name


def streams_of(catalog: Mapping[str, Any]) -> list[StreamInfo]:
    """The streams of a configured catalog as decoded JSON. Raises ConfigError where it is none."""
    try:
        return [_stream(each["stream"], each["destination_sync_mode"], each.get("sync_id")) for each in catalog["streams"]]
    except (KeyError, TypeError, AttributeError):
        raise ConfigError(
            "The configured catalog is none: it needs streams, each a stream with a name and a destination_sync_mode."
        ) from None


def _stream(stream: Mapping[str, Any], sync_mode: str, sync_id: int | None) -> StreamInfo:
    return StreamInfo(stream["name"], stream.get("namespace") or None, stream.get("json_schema") or {}, sync_mode, sync_id)
