"""Catalogs in files: what a source's `discover` prints, and the configured catalog of a sync."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import ConfigError
from .files import read_object, read_text

CONFIGURED = "configured catalog"
FULL, INCREMENTAL = "full_refresh", "incremental"  # modes of a source
Stream = Mapping[str, Any]


def read_catalog(path: str) -> Mapping[str, Any]:
    """The configured catalog in a file. Raises ConfigError where there is none."""
    try:
        found = read_object(path, CONFIGURED)
    except ConfigError:
        if _message(read_text(path, CONFIGURED)) is None:
            raise
    else:
        if found.get("type") != "CATALOG" and not _are_bare(found.get("streams")):
            return found
    error = ConfigError(
        f"The file {path} is what a source's discover prints, not a {CONFIGURED}. This makes one: "
        f"destination-profiles init --catalog {path} --write-catalog configured.json."
    )
    error.path = path
    raise error


def discovered(path: str) -> list[Stream]:
    """The streams that a source's `discover` has printed into a file, perhaps with other lines, or
    those of a configured catalog. Raises ConfigError where there are none.
    """
    message = _message(read_text(path, "catalog"))
    catalog: Any = message or read_object(path, "catalog")
    if isinstance(catalog.get("catalog"), Mapping):
        catalog = catalog["catalog"]
    listed = catalog.get("streams")
    several = listed if isinstance(listed, list) else []
    streams = [_stream(each) for each in several if isinstance(each, Mapping)]
    streams = [each for each in streams if isinstance(each.get("name"), str) and each["name"]]
    if not streams:
        raise ConfigError(
            f"The file {path} holds no streams. Give what a source's discover prints: "
            "source-file discover --config source.json > catalog.json."
        )
    return streams


def configured(streams: Iterable[Stream]) -> dict[str, Any]:
    """A configured catalog: incremental where the source can, and with later rows of a profile in
    the place of earlier ones where it names a primary key too.
    """
    return {"streams": [_configured(each) for each in streams]}


def _configured(stream: Stream) -> dict[str, Any]:
    modes = stream.get("supported_sync_modes") or [FULL]
    cursor = stream.get("default_cursor_field") or []
    key = stream.get("source_defined_primary_key") or []
    is_incremental = INCREMENTAL in modes and bool(cursor or stream.get("source_defined_cursor"))
    return {
        "stream": dict(stream),
        "sync_mode": INCREMENTAL if is_incremental else FULL,
        "destination_sync_mode": "append_dedup" if key and is_incremental else "append",
        **({"cursor_field": cursor} if is_incremental and cursor else {}),
        **({"primary_key": key} if key else {}),
    }


def _stream(each: Stream) -> Stream:
    """The stream itself, of one that is configured."""
    inner = each.get("stream")
    return inner if isinstance(inner, Mapping) else each


def _are_bare(streams: Any) -> bool:
    """Whether streams stand as a source describes them."""
    several = streams if isinstance(streams, list) else []
    are = [
        isinstance(each, Mapping) and "name" in each and "stream" not in each for each in several
    ]
    return bool(are) and all(are)


def _message(text: str) -> Mapping[str, Any] | None:
    """The message with a catalog among some lines."""
    for line in text.splitlines():
        if '"CATALOG"' in line and line.lstrip().startswith("{"):
            try:
                found = json.loads(line)
            except ValueError:
                continue
            if found.get("type") == "CATALOG" and isinstance(found.get("catalog"), Mapping):
                message: Mapping[str, Any] = found
                return message
    return None
