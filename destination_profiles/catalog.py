"""The streams of a configured catalog."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .errors import ConfigError
from .stream_key import label
from .violations import is_valid, json_path, validator, wording

MOST = 5  # of a catalog's slips that are told: one for each stream would be no help
TEXT = {"type": "string", "minLength": 1}
OR_NONE = {"type": ["string", "null"]}
NAMES = {"type": ["array", "null"], "items": {"type": "array", "items": {"type": "string"}}}
FORM: Mapping[str, Any] = {  # of what is read here; the rest is the platform's
    "type": "object",
    "required": ["streams"],
    "properties": {
        "streams": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["stream", "destination_sync_mode"],
                "properties": {
                    "stream": {
                        "type": "object",
                        "required": ["name"],
                        "properties": {
                            "name": TEXT,
                            "namespace": OR_NONE,
                            "json_schema": {},  # what cannot be used of it is taken as anything
                        },
                    },
                    "destination_sync_mode": TEXT,
                    "destination_object_name": OR_NONE,
                    "primary_key": NAMES,
                },
            },
        }
    },
}

KEYED = frozenset(
    {"append_dedup", "update"}
)  # sync modes in which the catalog's primary key means something; the protocol says so


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """A stream as the catalog names it; `sync_id` is Airbyte's id of the job.

    `object_name` is set for data activation, where records are shaped as that object already, and
    `key` then are the fields that the user has chosen to match by. Elsewhere `primary_key` are the
    columns that tell rows apart, those inside objects as dotted paths.
    """

    name: str
    namespace: str | None
    schema: Mapping[str, Any]
    sync_mode: str
    sync_id: int | None = None
    object_name: str | None = None
    key: tuple[str, ...] = ()
    primary_key: tuple[str, ...] = ()

    def label(self) -> str:
        """How a person knows it: with its namespace where it has one."""
        return label((self.namespace, self.name))

    def columns(self) -> Mapping[str, Any]:
        """The schemas of its columns by their names, none where it names none."""
        schema: Any = self.schema  # of a source's own: it may be anything
        columns = schema.get("properties") if isinstance(schema, dict) else None
        return columns if isinstance(columns, dict) else {}

    def words(self) -> frozenset[str]:
        """The words of its columns' names, which a log line may hold."""
        return frozenset(" ".join(map(str, self.columns())).replace(".", " ").split())

    def place(self) -> tuple[str, ...]:
        """Where it stands in a store with folders, as Airbyte's platform looks for it: the sync,
        the namespace and the name.
        """
        return str(self.sync_id or 0), self.namespace or "", self.name


def streams_of(catalog: Mapping[str, Any]) -> list[StreamInfo]:
    """The streams of a configured catalog as decoded JSON. Raises ConfigError with all that is
    wrong where it does not have the form of one.
    """
    if not is_valid(catalog, FORM):
        errors = validator(FORM).iter_errors(catalog)
        slips = list(
            dict.fromkeys(f"{json_path(each.absolute_path)} {wording(each)}" for each in errors)
        )
        raise ConfigError(
            f"The configured catalog does not have the expected form: {'; '.join(slips[:MOST])}. "
            "It needs streams, each a stream with a name and a destination_sync_mode."
        )
    return [_stream(each, each["stream"]) for each in catalog["streams"]]


def _stream(configured: Mapping[str, Any], stream: Mapping[str, Any]) -> StreamInfo:
    object_name, sync_mode = (
        configured.get("destination_object_name"),
        configured["destination_sync_mode"],
    )
    key = [[str(name) for name in path] for path in configured.get("primary_key") or ()]
    keyed = object_name and sync_mode in KEYED
    return StreamInfo(
        stream["name"],
        stream.get("namespace") or None,
        stream.get("json_schema") or {},
        sync_mode,
        configured.get("sync_id"),
        object_name,
        tuple(dict.fromkeys(name for path in key for name in path)) if keyed else (),
        () if object_name else tuple(map(".".join, key)),
    )
