"""The configuration as the user gave it, checked and frozen."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from .errors import ConfigError
from .manifest import Service
from .matching import Matching, Target
from .violations import first_violation

MAX_AGE_SECONDS = 60.0  # so that states come well within the platform's 15 minutes
MAX_IN_FLIGHT = 8  # requests at once; the service advises several parallel streams
RETRY_SECONDS = 900.0  # outlasts a restart of the service

NullValues = Literal["omit", "send", "unset"]


class Secret:
    """A text that shows itself as stars; `reveal()` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hide `text`."""
        self._text = text

    def __repr__(self) -> str:
        """Stars."""
        return "****"

    def reveal(self) -> str:
        """The text itself."""
        return self._text


@dataclass(frozen=True)
class FieldConfig:
    """One field of a profile: from a column, or a constant."""

    to: str
    source: str | None = None
    value: Any = None
    type: str | None = None


@dataclass(frozen=True)
class StreamConfig:
    """What is configured for one stream; `fields` None sends a record as it comes."""

    name: str
    namespace: str | None = None
    target: Target | None = None
    fields: tuple[FieldConfig, ...] | None = None


@dataclass(frozen=True)
class Config:
    """The whole configuration. Sizes are bytes, times seconds."""

    api_url: str
    token: Secret
    target: Target
    null_values: NullValues = "omit"
    options: Mapping[str, bool] = field(default_factory=dict)
    streams: tuple[StreamConfig, ...] = ()
    max_profiles: int = 10_000
    max_bytes: int = 10_000_000
    max_age_seconds: float = MAX_AGE_SECONDS
    max_in_flight: int = MAX_IN_FLIGHT
    retry_seconds: float = RETRY_SECONDS
    max_rejected: int | None = None
    rejects: Mapping[str, Any] = field(default_factory=lambda: {"storage_type": "None"})

    def stream(self, name: str, namespace: str | None) -> StreamConfig:
        """The entry of a stream: that of its namespace, else that of no namespace, else an empty one."""
        named = {each.namespace: each for each in self.streams if each.name == name}
        return named.get(namespace) or named.get(None) or StreamConfig(name)

    def databases(self) -> list[int]:
        """Every database that is written to."""
        return list(dict.fromkeys([self.target.db_id, *(each.target.db_id for each in self.streams if each.target)]))

    def field_names(self) -> frozenset[str]:
        """Names of profile fields that the user gave, which a log line may therefore hold."""
        mapped = {field.to for stream in self.streams for field in stream.fields or ()}
        targets = [self.target, *(each.target for each in self.streams if each.target)]
        return frozenset(mapped | {name for target in targets for name in target.matching.fields()})


def parse(raw: Mapping[str, Any], schema: Mapping[str, Any], service: Service) -> Config:
    """Check `raw` against the spec's schema and freeze it.

    Raises ConfigError with a sentence that names the setting and what is wanted, never a value.
    """
    _check_against_spec(raw, schema)
    _check_url(raw["api_url"], "API URL", "the token and personal data travel in each request")
    rejects = raw.get("object_storage_config") or {"storage_type": "None"}
    if rejects.get("s3_endpoint"):
        _check_url(rejects["s3_endpoint"], "S3 endpoint", "personal data travels to it")
    batching, delivery = raw.get("batching") or {}, raw.get("delivery") or {}
    target = Target(int(raw["db_id"]), _matching(raw.get("matching"), service))
    limits = {"max_profiles": service.max_profiles, "max_bytes": service.max_bytes}
    return Config(
        api_url=raw["api_url"].rstrip("/"),
        token=Secret(raw["token"]),
        target=target,
        null_values=raw.get("null_values", "omit"),
        options={name: True for name in ("skip_invalid_subscriptions", "skip_triggers") if raw.get(name)},
        streams=_streams(raw.get("streams") or [], target, service),
        max_rejected=raw.get("max_rejected"),
        rejects=rejects,
        **{**limits, **batching, **delivery},
    )


def _check_against_spec(raw: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    if violation := first_violation(raw, schema):
        where = "configuration" if violation.path == "$" else f"setting {violation.path.removeprefix('$.')}"
        raise ConfigError(f"The {where} is wrong: {violation.message}.")
    unknown = sorted(name for name in raw if name not in schema["properties"] and not name.startswith("_"))
    if unknown:
        raise ConfigError(f"There is no setting {', '.join(unknown)}. Remove it, or correct its name.")


def _check_url(url: str, what: str, why: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host:
        raise ConfigError(f"The {what} is not a valid address. It is a scheme and a host, such as https://example.com.")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ConfigError(f"The {what} must begin with https, because {why}. Plain http is allowed for an address of this machine only.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _matching(raw: Mapping[str, Any] | None, service: Service) -> Matching:
    raw = raw or {"mode": "email"}
    return Matching(service.matching_modes[raw["mode"]], {name: value for name, value in raw.items() if name != "mode"})


def _streams(raw: list[Mapping[str, Any]], default: Target, service: Service) -> tuple[StreamConfig, ...]:
    names = [(each["name"], each.get("namespace")) for each in raw]
    twice = sorted({name for name, namespace in names if names.count((name, namespace)) > 1})
    if twice:
        raise ConfigError(f"The setting streams has two entries for {', '.join(twice)}.")
    return tuple(_stream(each, default, service) for each in raw)


def _stream(raw: Mapping[str, Any], default: Target, service: Service) -> StreamConfig:
    matching = _matching(raw["matching"], service) if raw.get("matching") else default.matching
    fields = tuple(_field(raw["name"], each) for each in raw["fields"]) if raw.get("fields") else None
    if fields and (twice := {each.to for each in fields if [other.to for other in fields].count(each.to) > 1}):
        raise ConfigError(f"Two fields of the stream {raw['name']} are sent to {', '.join(sorted(twice))}.", stream=raw["name"])
    return StreamConfig(raw["name"], raw.get("namespace") or None, Target(int(raw.get("db_id", default.db_id)), matching), fields)


def _field(stream: str, raw: Mapping[str, Any]) -> FieldConfig:
    if ("from" in raw) == ("value" in raw):
        raise ConfigError(
            f"The field {raw['to']} of the stream {stream} needs either a column (from) or a constant (value).", stream=stream
        )
    if "value" in raw and "type" in raw:
        raise ConfigError(
            f"The field {raw['to']} of the stream {stream} is a constant, which is sent as it is: leave out its type.", stream=stream
        )
    return FieldConfig(raw["to"], raw.get("from"), raw.get("value"), raw.get("type"))
