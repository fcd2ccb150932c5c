"""The configuration as the user gave it, checked and frozen."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import cached_property
from typing import Any, Literal, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from .address import read_address
from .errors import ConfigError
from .secret import Secret
from .service.manifest import Service, service
from .service.matching import Target
from .slips import Slip, as_meant, find_slips, together
from .spec import spec
from .storage.settings import MemorySetting, NoStorage, Outcomes, Storage
from .storage_config import parse_memory, parse_outcomes, parse_storage
from .stream_config import StreamParser, parse_matching
from .stream_mapping import PLAIN, FieldConfig, OnDelete, StreamConfig, SubscriptionConfig

__all__ = [
    "PLAIN",
    "Config",
    "FieldConfig",
    "NullValues",
    "Reading",
    "StreamConfig",
    "SubscriptionConfig",
    "parse",
    "parse_config",
    "parse_storage",
    "read_config",
]
MAX_AGE_SECONDS = 60.0  # so that states come well within the platform's 15 minutes
MAX_IN_FLIGHT = 8  # requests at once; the service advises several parallel streams
MAX_REJECTED_PERCENT = 50  # a sync that loses most of its rows is no success
RETRY_SECONDS = 900.0  # outlasts a restart of the service

# what stands for a setting that must be there and is not, so that the others can be looked at
HOST = "https://example.com"
STAND_INS = {"api_url": HOST, "token": "token", "db_id": 1}

NullValues = Literal["omit", "send", "unset"]
Part = TypeVar("Part")


@dataclass(frozen=True)
class Config:
    """The whole configuration. Sizes are bytes, times seconds."""

    api_url: str
    token: Secret
    target: Target
    null_values: NullValues = "omit"
    time_zone: str = "UTC"
    on_delete: OnDelete = "skip"
    unlisted_streams: Literal["refuse", "send"] = "refuse"
    options: Mapping[str, bool] = field(default_factory=dict)
    streams: tuple[StreamConfig, ...] = ()
    max_profiles: int = 10_000
    max_bytes: int = 10_000_000
    max_age_seconds: float = MAX_AGE_SECONDS
    max_in_flight: int = MAX_IN_FLIGHT
    retry_seconds: float = RETRY_SECONDS
    max_requests_per_second: float | None = None
    wire_format: str = "json"
    max_rejected: int | None = None
    max_rejected_percent: int = MAX_REJECTED_PERCENT
    storage: Storage = field(default_factory=NoStorage)
    outcomes: Outcomes | None = None
    memory: MemorySetting | None = None

    @cached_property
    def _entries(self) -> dict[tuple[str, str | None], StreamConfig]:
        return {(each.name, each.namespace): each for each in self.streams}

    def entry(self, name: str, namespace: str | None) -> StreamConfig | None:
        """That of a stream: of its namespace, else of no namespace."""
        return self._entries.get((name, namespace)) or self._entries.get((name, None))

    def stream(self, name: str, namespace: str | None) -> StreamConfig:
        """The entry of a stream, an empty one where it has none."""
        return self.entry(name, namespace) or StreamConfig(name)

    def targets(self) -> list[Target]:
        """Where profiles go: that of the connection, and those of streams."""
        targets = [self.target]
        for each in self.streams:
            if each.target is not None and each.target not in targets:
                targets.append(each.target)
        return targets

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


@dataclass(frozen=True)
class Reading:
    """What can be used of a configuration, and all that is wrong with it. `reachable`: the service
    can be asked with what there is.
    """

    config: Config
    errors: tuple[ConfigError, ...] = ()
    reachable: bool = True


def parse_config(raw: Mapping[str, Any]) -> Config:
    """The configuration, checked against the spec. Raises ConfigError."""
    return parse(raw, spec()["connectionSpecification"], service())


def read_config(raw: Mapping[str, Any]) -> Reading:
    """What can be used of a configuration, and all that is wrong with it by the spec."""
    return read(raw, spec()["connectionSpecification"], service())


def parse(raw: Mapping[str, Any], schema: Mapping[str, Any], service: Service) -> Config:
    """Check `raw` against the spec's schema and freeze it.

    Raises ConfigError with all that is wrong, each sentence with the setting and what is wanted,
    never a value.
    """
    reading = read(raw, schema, service)
    if reading.errors:
        raise together(reading.errors)
    return reading.config


def read(raw: Mapping[str, Any], schema: Mapping[str, Any], service: Service) -> Reading:
    """Freeze what can be used of `raw`, and find all that is wrong with it."""
    settings = as_meant(raw)
    slips = find_slips(settings, schema)
    settings = _usable(settings, slips)
    found = _Found([slip.error for slip in slips])
    reachable = settings.keys() >= STAND_INS.keys()
    settings = STAND_INS | settings
    before = len(found.errors)
    api_url = found.part(lambda: _api_url(settings["api_url"]), HOST)
    reachable = reachable and len(found.errors) == before
    config = _frozen(settings, service, found, api_url)
    if any(slip.path[:1] == ("matching",) for slip in slips):
        config = replace(config, streams=())  # whether their profiles can be found is not known
    return Reading(config, tuple(found.errors), reachable)


class _Found:
    """The errors that were found so far."""

    def __init__(self, errors: list[ConfigError]) -> None:
        self.errors = errors

    def part(self, make: Callable[[], Part], instead: Part) -> Part:
        """What is made, or else `instead` and one error more."""
        try:
            return make()
        except ConfigError as error:
            self.errors.append(error)
            return instead


def _frozen(raw: Mapping[str, Any], service: Service, found: _Found, api_url: str) -> Config:
    """The configuration of settings that have the form of the specification."""
    batching, delivery = raw.get("batching") or {}, raw.get("delivery") or {}
    target = Target(int(raw["db_id"]), parse_matching(raw.get("matching"), service))
    null_values, time_zone = raw.get("null_values", "omit"), raw.get("time_zone", "UTC")
    utc: tzinfo = UTC
    zone = found.part(lambda: _zone(time_zone), utc)
    found.part(lambda: _check_nulls(null_values, delivery), None)
    parser = StreamParser(target, service, zone)
    streams, slips = parser.parse(raw.get("streams") or [])
    found.errors += slips
    nowhere: Storage = NoStorage()
    limits = {"max_profiles": service.max_profiles, "max_bytes": service.max_bytes}
    return Config(
        api_url=api_url,
        token=Secret(raw["token"]),
        target=target,
        null_values=null_values,
        time_zone=time_zone if zone is not UTC else "UTC",
        on_delete=raw.get("on_delete", "skip"),
        unlisted_streams=raw.get("unlisted_streams", "refuse"),
        options={
            name: True for name in ("skip_invalid_subscriptions", "skip_triggers") if raw.get(name)
        },
        streams=streams,
        max_rejected=raw.get("max_rejected"),
        max_rejected_percent=raw.get("max_rejected_percent", MAX_REJECTED_PERCENT),
        storage=found.part(lambda: parse_storage(raw.get("object_storage_config") or {}), nowhere),
        outcomes=found.part(lambda: parse_outcomes(raw), None),
        memory=found.part(lambda: parse_memory(raw), None),
        **{**limits, **batching, **delivery},
    )


def _usable(settings: Mapping[str, Any], slips: Iterable[Slip]) -> dict[str, Any]:
    """Settings without those that are wrong: of streams the entries, of all others the whole."""
    places = {slip.path[:2] for slip in slips}
    broken = {place[0] for place in places if place and place[:1] != ("streams",)}
    if ("streams",) in places:
        broken.add("streams")
    usable = {name: value for name, value in settings.items() if name not in broken}
    if "streams" in usable:
        usable["streams"] = [
            each
            for number, each in enumerate(usable["streams"])
            if ("streams", number) not in places
        ]
    return usable


def _api_url(text: str) -> str:
    why = "the token and personal data travel in each request"
    return read_address(text, "api_url").secured("API URL", why).url


def _check_nulls(null_values: str, delivery: Mapping[str, Any]) -> None:
    if delivery.get("wire_format") == "xml" and null_values == "send":
        raise ConfigError(
            "XML has no null: set null_values to omit or unset, or delivery.wire_format to json."
        )


def _zone(name: str) -> tzinfo:
    if name.lower() == "utc":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder, or no name of a file
        raise ConfigError(
            "The setting time_zone is not a known time zone. Give a name such "
            "as Europe/Berlin, or UTC."
        ) from None
