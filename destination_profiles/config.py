"""The configuration as the user gave it, checked and frozen."""

import ipaddress
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

import pendulum
from pendulum import Timezone
from pendulum.tz.exceptions import InvalidTimezone

from .conversion import STATUS, CannotConvert, conversions
from .errors import ConfigError
from .secret import Secret
from .service.manifest import AddressForm, Service, service
from .service.matching import Matching, Target
from .spec import spec
from .violations import first_violation

MAX_AGE_SECONDS = 60.0  # so that states come well within the platform's 15 minutes
MAX_IN_FLIGHT = 8  # requests at once; the service advises several parallel streams
RETRY_SECONDS = 900.0  # outlasts a restart of the service

NullValues = Literal["omit", "send", "unset"]


@dataclass(frozen=True)
class FieldConfig:
    """One field of a profile or subscription, `to` a dotted path in the latter: from a column, or a
    constant.

    With `columns` it is the array of their values instead. With `action` the value goes into that
    function of the service.
    """

    to: str
    source: str | None = None
    value: Any = None
    type: str | None = None
    columns: tuple[str, ...] = ()
    action: str | None = None


@dataclass(frozen=True)
class SubscriptionConfig:
    """One subscription built from columns: without its `address` it is left out, without one of its
    `parts` only that is.
    """

    channel: str
    resource_id: int
    address: tuple[FieldConfig, ...]
    parts: tuple[FieldConfig, ...] = ()
    custom_fields: tuple[FieldConfig, ...] = ()


@dataclass(frozen=True)
class StreamConfig:
    """What is configured for one stream; `fields` None sends a record as it comes. `matched`: it
    has a matching of its own.
    """

    name: str
    namespace: str | None = None
    target: Target | None = None
    fields: tuple[FieldConfig, ...] | None = None
    subscriptions: tuple[SubscriptionConfig, ...] = ()
    matched: bool = False


@dataclass(frozen=True)
class Config:
    """The whole configuration. Sizes are bytes, times seconds."""

    api_url: str
    token: Secret
    target: Target
    null_values: NullValues = "omit"
    time_zone: str = "UTC"
    options: Mapping[str, bool] = field(default_factory=dict)
    streams: tuple[StreamConfig, ...] = ()
    max_profiles: int = 10_000
    max_bytes: int = 10_000_000
    max_age_seconds: float = MAX_AGE_SECONDS
    max_in_flight: int = MAX_IN_FLIGHT
    retry_seconds: float = RETRY_SECONDS
    wire_format: str = "json"
    max_rejected: int | None = None
    rejects: Mapping[str, Any] = field(default_factory=lambda: {"storage_type": "None"})

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

    def zone(self) -> Timezone:
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
    rejects = raw.get("object_storage_config") or {"storage_type": "None"}
    if rejects.get("s3_endpoint"):
        _check_url(rejects["s3_endpoint"], "S3 endpoint", "personal data travels to it")
    batching, delivery = raw.get("batching") or {}, raw.get("delivery") or {}
    target = Target(int(raw["db_id"]), _matching(raw.get("matching"), service))
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
        options={
            name: True for name in ("skip_invalid_subscriptions", "skip_triggers") if raw.get(name)
        },
        streams=_Streams(target, service, conversions(zone)).parse(raw.get("streams") or []),
        max_rejected=raw.get("max_rejected"),
        rejects=rejects,
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


def _zone(name: str) -> Timezone:
    try:
        return pendulum.timezone(name)
    except (
        InvalidTimezone,
        ValueError,
        OSError,
    ):  # OSError: a folder of zones, or a name that no file can have
        raise ConfigError(
            "The setting time_zone is none that is known. It is a name such "
            "as Europe/Berlin, or UTC."
        ) from None


def _matching(raw: Mapping[str, Any] | None, service: Service) -> Matching:
    raw = raw or {"mode": "email"}
    return Matching(
        service.matching_modes[raw["mode"]],
        {name: value for name, value in raw.items() if name != "mode"},
    )


class _Slip(Exception):
    """What is wrong with the entry of a stream, in part of a sentence without values."""


PARTS = {
    "status": STATUS,
    "priority": "int",
    "cats": "tags",
}  # of a subscription, and what their columns are converted to


@dataclass(frozen=True)
class _Streams:
    """Entries of streams, from raw mappings that the spec allows."""

    default: Target
    service: Service
    conversions: Mapping[str, Callable[[Any], Any]]

    def parse(self, raw: list[Mapping[str, Any]]) -> tuple[StreamConfig, ...]:
        """All entries. Raises ConfigError with all that is wrong with them."""
        names = [(each["name"], each.get("namespace")) for each in raw]
        twice = sorted({name for name, namespace in names if names.count((name, namespace)) > 1})
        if twice:
            raise ConfigError(f"The setting streams has two entries for {', '.join(twice)}.")
        streams, slips = [], []
        for each in raw:
            try:
                streams.append(self._stream(each))
            except _Slip as slip:
                slips.append(
                    ConfigError(
                        f"The stream {each['name']} is configured wrongly: {slip}.",
                        stream=each["name"],
                    )
                )
        if slips:
            raise ConfigError(" ".join(each.message for each in slips), stream=slips[0].stream)
        return tuple(streams)

    def _stream(self, raw: Mapping[str, Any]) -> StreamConfig:
        matching = (
            _matching(raw["matching"], self.service)
            if raw.get("matching")
            else self.default.matching
        )
        return StreamConfig(
            raw["name"],
            raw.get("namespace") or None,
            Target(int(raw.get("db_id", self.default.db_id)), matching),
            self._fields(raw.get("fields") or ()) or None,
            tuple(self._subscription(each) for each in raw.get("subscriptions") or ()),
            matched=bool(raw.get("matching")),
        )

    def _fields(self, raw: Iterable[Mapping[str, Any]]) -> tuple[FieldConfig, ...]:
        fields = tuple(self._field(each) for each in raw)
        if twice := sorted(
            name for name, count in Counter(field.to for field in fields).items() if count > 1
        ):
            raise _Slip(f"two fields are sent to {', '.join(twice)}")
        return fields

    def _field(self, raw: Mapping[str, Any]) -> FieldConfig:
        if len({"from", "columns", "value"} & raw.keys()) != 1:
            raise _Slip(
                f"the field {raw['to']} needs one of a column (from), several "
                "(columns) and a constant (value)"
            )
        value, kind = raw.get("value"), raw.get("type")
        if "value" in raw and kind:
            try:
                value, kind = self.conversions[kind](value), None
            except CannotConvert:
                raise _Slip(
                    f"the constant of the field {raw['to']} cannot be read as {kind}"
                ) from None
        return FieldConfig(
            raw["to"],
            raw.get("from"),
            value,
            kind,
            tuple(raw.get("columns", ())),
            raw.get("action"),
        )

    def _subscription(self, raw: Mapping[str, Any]) -> SubscriptionConfig:
        channel = raw["channel"]
        form = _address_form(raw, self.service)
        address = [FieldConfig(".".join(form.address), raw["address_from"], type=form.type)]
        for name in form.beside():
            part = _part(raw, name, "string")
            if part is None:
                raise _Slip(f"a subscription to {channel} needs {name} or {name}_from")
            address.append(part)
        if "provider" not in form.keys and ("provider" in raw or "provider_from" in raw):
            raise _Slip(f"a subscription to {channel} has no provider")
        parts = [
            part for name, kind in PARTS.items() if (part := _part(raw, name, kind)) is not None
        ]
        for part in parts:
            if part.source is None and (
                violation := first_violation(part.value, self.service.subscription_fields[part.to])
            ):
                raise _Slip(f"the {part.to} of a subscription to {channel} {violation.message}")
        return SubscriptionConfig(
            channel,
            int(raw["resource_id"]),
            tuple(address),
            tuple(parts),
            self._fields(raw.get("fields") or ()),
        )


def _address_form(raw: Mapping[str, Any], service: Service) -> AddressForm:
    """The form that `address_to` names, else the channel's usual one."""
    forms = {".".join(form.address): form for form in service.channels[raw["channel"]]}
    wanted = raw.get("address_to", next(iter(forms)))
    if wanted not in forms:
        raise _Slip(
            f"address_to of a subscription to {raw['channel']} must be one of {', '.join(forms)}"
        )
    return forms[wanted]


def _part(raw: Mapping[str, Any], name: str, kind: str) -> FieldConfig | None:
    """A part of a subscription, which is a constant or comes from a column."""
    source = raw.get(f"{name}_from")
    if source is not None and name in raw:
        raise _Slip(f"a subscription to {raw['channel']} has both {name} and {name}_from")
    if source is None and name not in raw:
        return None
    return FieldConfig(name, source, raw.get(name), kind if source is not None else None)
