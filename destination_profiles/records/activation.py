"""Streams of data activation. Their columns are fields of a profile, or parts of a subscription by
names such as `email@28.status`: channel, resource and part.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..catalog import StreamInfo
from ..config import Config, StreamConfig
from ..errors import ConfigError
from ..service.manifest import PHONE, AddressForm, Service
from ..service.matching import PHONES
from ..statuses import STATUS
from ..stream_config import PARTS, StreamParser
from .airbyte_columns import added

ADDRESS = "address"
NAME = re.compile(r"(?P<channel>\w+)@(?P<resource_id>[0-9]+)\.(?P<part>\w+)")
HOLDERS = {PHONE: (PHONE, PHONES)}  # fields of a profile with an address; others have its name
Place = tuple[str, int]  # channel and resource of a subscription
Parts = Mapping[str, str]  # of a subscription: the columns by what they hold


def part_names(form: AddressForm) -> tuple[str, ...]:
    """What a subscription may be made of, where its address has this form."""
    return (*PARTS, ADDRESS, *form.beside())


def column_name(channel: str, resource_id: int, part: str) -> str:
    """The column of a part of a subscription."""
    return f"{channel}@{resource_id}.{part}"


def activated(
    config: Config, streams: Sequence[StreamInfo], service: Service
) -> tuple[Config, list[ConfigError]]:
    """The configuration with an entry for each stream of data activation whose columns are not all
    sent as they come, and what is wrong with such columns. An entry of the user's goes first: its
    fields decide alone, and its subscriptions where they are of the same channel and resource.
    """
    entries: list[StreamConfig] = []
    errors: list[ConfigError] = []
    for info in streams:
        configured = config.stream(info.name, info.namespace)
        if info.object_name is None or configured.fields is not None:
            continue
        try:
            entries += _entries(info, configured, config, service)
        except ConfigError as error:
            error.namespace = info.namespace
            errors.append(error)
    places = {(each.namespace, each.name) for each in entries}
    others = [each for each in config.streams if (each.namespace, each.name) not in places]
    return replace(config, streams=(*others, *entries)), errors


def own_columns(info: StreamInfo, keep: Collection[str]) -> list[str]:
    """The columns that are fields of a profile; those that Airbyte adds are none, but for some that
    are kept.
    """
    columns = info.columns()
    none = {*added(columns, keep), *filter(NAME.fullmatch, columns)}
    return [name for name in columns if name not in none]


def _entries(
    info: StreamInfo, configured: StreamConfig, config: Config, service: Service
) -> Iterator[StreamConfig]:
    """The entry of a stream, or none where all of its columns are sent as they come."""
    subscriptions = _subscriptions(info.columns())
    has_text = PHONES in info.columns() and not _is_array(info.columns()[PHONES])
    if not subscriptions and not has_text:
        return
    target = configured.target or config.target
    fields = own_columns(info, (*target.matching.fields(), *info.key))
    there = {(each.channel, each.resource_id) for each in configured.subscriptions}
    left = {place: parts for place, parts in subscriptions.items() if place not in there}
    if slips := [slip for place in left for slip in _slips(place, left[place], fields, service)]:
        raise ConfigError(
            f"The stream {info.label()} is mapped to parts of subscriptions that cannot be sent "
            f"so: {'; '.join(slips)}.",
            stream=info.name,
        )
    raw = {
        "name": info.name,
        "fields": [_field(name, is_list=has_text and name == PHONES) for name in fields],
        "subscriptions": [
            _subscription(place, parts, fields, info, service) for place, parts in left.items()
        ],
    }
    (made,), errors = StreamParser(config.target, service, config.zone()).parse([raw])
    if errors:
        raise errors[0]
    yield replace(
        configured,
        namespace=info.namespace,
        fields=made.fields,
        subscriptions=(*configured.subscriptions, *made.subscriptions),
    )


def _subscriptions(columns: Mapping[str, Any]) -> dict[Place, dict[str, str]]:
    """Those that columns are parts of."""
    found: dict[Place, dict[str, str]] = {}
    for name in columns:
        if named := NAME.fullmatch(name):
            place = named["channel"], int(named["resource_id"])
            found.setdefault(place, {})[named["part"]] = name
    return found


def _slips(place: Place, parts: Parts, fields: Sequence[str], service: Service) -> Iterator[str]:
    """What is wrong with the columns of one subscription: parts of a sentence."""
    channel, resource_id = place
    if channel not in service.channels:
        known = ", ".join(service.channels)
        yield f"{next(iter(parts.values()))} names no channel, which is one of {known}"
        return
    form = service.channels[channel][0]
    known_parts = part_names(form)
    for part, name in parts.items():
        if part not in known_parts:
            yield f"{name} is no part of a subscription, which is one of {', '.join(known_parts)}"
    missing = [each for each in form.beside() if each not in parts]
    if _address(parts, fields, form) is None:
        missing.append(ADDRESS)
    for part in missing:
        yield f"{column_name(channel, resource_id, part)} must be mapped too"
    if STATUS not in parts:
        name = column_name(channel, resource_id, STATUS)
        yield f"{name} must be mapped too, as who is sent without a status may be subscribed by it"


def _address(parts: Parts, fields: Sequence[str], form: AddressForm) -> str | None:
    """The column of the address: the subscription's own, else that of the profile."""
    if ADDRESS in parts:
        return parts[ADDRESS]
    *_, kind = form.address
    return next((name for name in HOLDERS.get(kind, (kind,)) if name in fields), None)


def _subscription(
    place: Place, parts: Parts, fields: Sequence[str], info: StreamInfo, service: Service
) -> dict[str, Any]:
    """One as the configuration has it."""
    channel, resource_id = place
    address = _address(parts, fields, service.channels[channel][0])
    if address == PHONES and _is_array(info.columns()[PHONES]):
        address = f"{PHONES}.0"
    columns = {f"{part}_from": name for part, name in parts.items()}
    return {
        **columns,
        "channel": channel,
        "resource_id": resource_id,
        "address_from": address,
    }


def _field(name: str, *, is_list: bool) -> dict[str, str]:
    """A field that has the name of its column. A text stands for a list of one, or of several with
    commas between.
    """
    return {"to": name, "from": name, **({"type": "tags"} if is_list else {})}


def _is_array(schema: Any) -> bool:
    """Whether a column holds arrays by its schema, or may."""
    kinds = schema.get("type") if isinstance(schema, Mapping) else None
    return kinds is None or "array" in kinds
