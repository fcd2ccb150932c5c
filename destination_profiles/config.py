"""The configuration as the user gave it, checked and frozen."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .conversion import conversions
from .errors import ConfigError
from .rejects.settings import LocalRejects, NoRejects, Rejects, S3Rejects
from .secret import Secret
from .service.manifest import Service, service
from .service.matching import Target
from .spec import spec
from .stream_config import (
    FieldConfig,
    OnDelete,
    StreamConfig,
    StreamParser,
    SubscriptionConfig,
    parse_matching,
)
from .violations import first_violation

__all__ = [
    "Config",
    "FieldConfig",
    "NullValues",
    "StreamConfig",
    "SubscriptionConfig",
    "parse",
    "parse_config",
    "parse_rejects",
]
MAX_AGE_SECONDS = 60.0  # so that states come well within the platform's 15 minutes
MAX_IN_FLIGHT = 8  # requests at once; the service advises several parallel streams
RETRY_SECONDS = 900.0  # outlasts a restart of the service

NullValues = Literal["omit", "send", "unset"]


@dataclass(frozen=True)
class Config:
    """The whole configuration. Sizes are bytes, times seconds."""

    api_url: str
    token: Secret
    target: Target
    null_values: NullValues = "omit"
    time_zone: str = "UTC"
    on_delete: OnDelete = "skip"
    sends_unlisted: bool = False
    options: Mapping[str, bool] = field(default_factory=dict)
    streams: tuple[StreamConfig, ...] = ()
    max_profiles: int = 10_000
    max_bytes: int = 10_000_000
    max_age_seconds: float = MAX_AGE_SECONDS
    max_in_flight: int = MAX_IN_FLIGHT
    retry_seconds: float = RETRY_SECONDS
    wire_format: str = "json"
    max_rejected: int | None = None
    rejects: Rejects = field(default_factory=NoRejects)

    def stream(self, name: str, namespace: str | None) -> StreamConfig:
        """The entry of a stream: that of its namespace, else that of no namespace, else an empty
        one.
        """
        named = {each.namespace: each for each in self.streams if each.name == name}
        return named.get(namespace) or named.get(None) or StreamConfig(name)

    def targets(self) -> list[Target]:
        """Where profiles go: that of the connection, and those of streams."""
        targets = [self.target, *(each.target for each in self.streams if each.target)]
        return [each for position, each in enumerate(targets) if each not in targets[:position]]

    def zone(self) -> tzinfo:
        """The time zone of times that name none."""
        return _zone(self.time_zone)

    def field_names(self) -> frozenset[str]:
        """Names of profile fields that the user gave, which a log line may therefore hold."""
        mapped = {field.to for stream in self.streams for field in stream.fields or ()}
        built = {
            field.to
            for stream in self.streams
            for each in stream.subscriptions
            for field in each.custom_fields
        }
        return frozenset(
            mapped
            | built
            | {name for target in self.targets() for name in target.matching.fields()}
        )


def parse_config(raw: Mapping[str, Any]) -> Config:
    """The configuration, checked against the spec. Raises ConfigError."""
    return parse(raw, spec()["connectionSpecification"], service())


def parse(raw: Mapping[str, Any], schema: Mapping[str, Any], service: Service) -> Config:
    """Check `raw` against the spec's schema and freeze it.

    Raises ConfigError with a sentence that names the setting and what is wanted, never a value.
    """
    _check_against_spec(raw, schema)
    _check_url(raw["api_url"], "API URL", "the token and personal data travel in each request")
    batching, delivery = raw.get("batching") or {}, raw.get("delivery") or {}
    target = Target(int(raw["db_id"]), parse_matching(raw.get("matching"), service))
    null_values, time_zone = raw.get("null_values", "omit"), raw.get("time_zone", "UTC")
    zone = _zone(time_zone)
    if delivery.get("wire_format") == "xml" and null_values == "send":
        raise ConfigError(
            "XML has no null: set null_values to omit or unset, or delivery.wire_format to json."
        )
    limits = {"max_profiles": service.max_profiles, "max_bytes": service.max_bytes}
    return Config(
        api_url=raw["api_url"].rstrip("/"),
        token=Secret(raw["token"]),
        target=target,
        null_values=null_values,
        time_zone=time_zone,
        on_delete=raw.get("on_delete", "skip"),
        sends_unlisted=raw.get("unlisted_streams") == "send",
        options={
            name: True for name in ("skip_invalid_subscriptions", "skip_triggers") if raw.get(name)
        },
        streams=StreamParser(target, service, conversions(zone)).parse(raw.get("streams") or []),
        max_rejected=raw.get("max_rejected"),
        rejects=parse_rejects(raw.get("object_storage_config") or {}),
        **{**limits, **batching, **delivery},
    )


def _check_against_spec(raw: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    if violation := first_violation(raw, schema):
        where = (
            "configuration"
            if violation.path == "$"
            else f"setting {violation.path.removeprefix('$.')}"
        )
        raise ConfigError(f"The {where} is wrong: {violation.message}.")
    unknown = sorted(
        name for name in raw if name not in schema["properties"] and not name.startswith("_")
    )
    if unknown:
        raise ConfigError(
            f"There is no setting {', '.join(unknown)}. Remove it, or correct its name."
        )


def _check_url(url: str, what: str, why: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host:
        raise ConfigError(
            f"The {what} is not a valid address. It is a scheme and a host, such as https://example.com."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise ConfigError(
            f"The {what} must begin with https, because {why}. Plain http is allowed for "
            "an address of this machine only."
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _zone(name: str) -> tzinfo:
    if name.lower() == "utc":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder, or no name of a file
        raise ConfigError(
            "The setting time_zone is none that is known. It is a name such "
            "as Europe/Berlin, or UTC."
        ) from None


def parse_rejects(raw: Mapping[str, Any]) -> Rejects:
    """The setting `object_storage_config`, which the spec allows. Raises ConfigError."""
    match raw.get("storage_type"):
        case "Local":
            return LocalRejects(raw["path"])
        case "S3":
            return _s3(raw)
        case _:
            return NoRejects()


def _s3(raw: Mapping[str, Any]) -> S3Rejects:
    endpoint = raw.get("s3_endpoint") or None
    if endpoint is not None:
        _check_url(endpoint, "S3 endpoint", "personal data travels to it")
    key, secret = (raw.get(name) for name in ("access_key_id", "secret_access_key"))
    if bool(key) != bool(secret):
        raise ConfigError(
            "The S3 store of rejected records needs both the access key id "
            "and its secret, or neither."
        )
    return S3Rejects(
        bucket=raw["s3_bucket_name"],
        region=raw["s3_bucket_region"],
        folder=raw["bucket_path"],
        endpoint=endpoint,
        access_key_id=Secret(key) if key else None,
        secret_access_key=Secret(secret) if secret else None,
        role_arn=raw.get("role_arn") or None,
    )
