"""The streams of a configured catalog."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ConfigError

KEYED = frozenset(
    {"append_dedup", "update"}
)  # sync modes in which the catalog's primary key means something; the protocol says so


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream as the catalog names it; `sync_id` is Airbyte's id of the job.

    `object_name` is set for data activation, where records are shaped as that object already, and
    `key` then are the fields that the user has chosen to match by.
    """

    name: str
    namespace: str | None
    schema: Mapping[str, Any]
    sync_mode: str
    sync_id: int | None = None
    object_name: str | None = None
    key: tuple[str, ...] = ()

    def label(self) -> str:
        """How a person knows it: with its namespace where it has one."""
        return f"{self.namespace}.{self.name}" if self.namespace else self.name

    def words(self) -> frozenset[str]:
        """The words of its columns' names, which a log line may hold."""
        names = self.schema.get("properties")
        parts = " ".join(names).replace(".", " ") if isinstance(names, dict) else ""
        return frozenset(parts.split())

    def place(self) -> tuple[str, ...]:
        """Where it stands in a store with folders, as Airbyte's platform looks for it: the sync,
        the namespace and the name.
        """
        return str(self.sync_id or 0), self.namespace or "", self.name


def streams_of(catalog: Mapping[str, Any]) -> list[StreamInfo]:
    """The streams of a configured catalog as decoded JSON. Raises ConfigError where it is none."""
    try:
        return [_stream(each, each["stream"]) for each in catalog["streams"]]
    except (KeyError, TypeError, AttributeError):
        raise ConfigError(
            "The configured catalog is none: it needs streams, each a stream with a "
            "name and a destination_sync_mode."
        ) from None


def _stream(configured: Mapping[str, Any], stream: Mapping[str, Any]) -> StreamInfo:
    object_name, sync_mode = (
        configured.get("destination_object_name"),
        configured["destination_sync_mode"],
    )
    keyed = object_name and sync_mode in KEYED
    return StreamInfo(
        stream["name"],
        stream.get("namespace") or None,
        stream.get("json_schema") or {},
        sync_mode,
        configured.get("sync_id"),
        object_name,
        tuple(
            dict.fromkeys(
                str(name) for path in configured.get("primary_key") or () for name in path
            )
        )
        if keyed
        else (),
    )
