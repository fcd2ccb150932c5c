"""What the service says against a configuration: databases, fields, resources and channels that it
names. Nothing is written.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import TypeVar

from ..config import Config, FieldConfig, StreamConfig, SubscriptionConfig
from ..errors import BadAnswer, ConfigError, ProfilesError, Refused, Unavailable
from ..records.mapping import require_key
from ..service.manifest import SUBSCRIPTIONS, Service
from ..service.matching import Target
from ..violations import first_violation
from .client import ProfilesClient, ServiceField

FieldTypes = Mapping[str, str]  # by name: the service's word for the type
Read = TypeVar("Read")


@dataclass
class Findings:
    """Sentences: what is wrong, what could not be checked or is only assumed to be wrong, and what
    was found right.
    """

    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)


def inspect(
    config: Config, client: ProfilesClient, service: Service, *, in_sync: bool = False
) -> Findings:
    """All that is wrong at once. Raises ProfilesError where the service cannot be asked at all.

    `in_sync`: the token may be one that only writes, so that a read that is forbidden says nothing;
    and one without an answer raises Unavailable, as it is asked again.
    """
    return _Inspection(config, client, service, in_sync).run()


class _Inspection:
    def __init__(
        self, config: Config, client: ProfilesClient, service: Service, in_sync: bool
    ) -> None:
        self._config = config
        self._in_sync = in_sync
        self._client = client
        self._service = service
        self._unknown = service.read_codes["unknown"]
        self._findings = Findings()
        self._silent = (
            False  # the service has left a question without an answer: it is asked no more
        )
        self._types = {
            word: name for name, each in service.field_types.items() for word in each["words"]
        }
        self._fields = cache(self._read_fields)
        self._channels = cache(self._read_channels)
        self._subscription_fields = cache(self._read_subscription_fields)

    def run(self) -> Findings:
        targets = self._config.targets()
        known = [
            db_id
            for db_id in dict.fromkeys(each.db_id for each in targets)
            if self._database_is_there(db_id)
        ]
        for target in targets:
            self._check_matching(target, there=target.db_id in known)
        for stream in self._config.streams:
            target = stream.target or self._config.target
            self._check_key(stream, target)
            fields = self._fields(target.db_id) if target.db_id in known and stream.fields else None
            if fields is not None:
                self._check_fields(stream, target, fields)
            for subscription in stream.subscriptions:
                self._check_subscription(stream, subscription)
        for part in (self._findings.problems, self._findings.warnings, self._findings.right):
            part[:] = dict.fromkeys(part)  # two streams may share a mistake
        return self._findings

    def _database_is_there(self, db_id: int) -> bool:
        try:
            self._client.read("databases_get", id=db_id)
        except Refused as refused:
            one_only = self._service.read_codes["one_only"]
            if refused.spoken and refused.code in one_only and self._in_sync:
                return True
            if not refused.spoken or refused.code not in (*self._unknown, *one_only):
                raise
            self._findings.problems.append(f"Database {db_id}: {refused.message}")
            return False
        self._findings.right.append(f"The service has database {db_id}, and accepts the token.")
        return True

    def _check_matching(self, target: Target, *, there: bool) -> None:
        resource_id = target.matching.given.get("resource_id")
        if resource_id is not None:
            self._channels(int(resource_id))
        name = target.matching.given.get("field_name")
        if name is None:
            return
        if target.matching.mode.field_of == "profile":
            fields = self._fields(target.db_id) if there else None
            if fields is not None and name not in fields:
                self._findings.problems.append(
                    f"Database {target.db_id} has no field {name}, which profiles are "
                    f"found by.{_suggestion(name, fields)}"
                )
            elif fields is not None:
                self._findings.right.append(
                    f"Database {target.db_id} has the field {name}, which profiles are found by."
                )
            return
        places = [
            self._subscription_fields(each.resource_id, each.channel)
            for stream in self._config.streams
            if (stream.target or self._config.target) == target
            for each in stream.subscriptions
        ]
        if places and all(place is not None and name not in place for place in places):
            self._findings.warnings.append(
                f"No subscription of this configuration has a field {name}, "
                "which profiles are found by."
            )

    def _check_key(self, stream: StreamConfig, target: Target) -> None:
        try:
            require_key(stream.name, stream.fields, target.matching)
        except ConfigError as error:
            self._findings.problems.append(error.message)

    def _check_fields(self, stream: StreamConfig, target: Target, fields: FieldTypes) -> None:
        known = {
            **dict.fromkeys(
                [*self._service.system_fields, *target.matching.fields(), SUBSCRIPTIONS], ""
            ),
            **fields,
        }
        self._check_names(
            f"Stream {stream.name}: database {target.db_id}", stream.fields or (), known
        )

    def _check_subscription(self, stream: StreamConfig, subscription: SubscriptionConfig) -> None:
        channels = self._channels(subscription.resource_id)
        if channels is None:
            return
        channel, owner = (
            subscription.channel,
            f"Stream {stream.name}: resource {subscription.resource_id}",
        )
        if channel not in channels:
            self._findings.problems.append(
                f"{owner} has no channel {channel}. It has: "
                f"{', '.join(sorted(channels)) or 'none'}."
            )
            return
        self._findings.right.append(f"{owner} has the channel {channel}.")
        if subscription.custom_fields:
            fields = self._subscription_fields(subscription.resource_id, channel)
            if fields is not None:
                self._check_names(
                    f"{owner}, channel {channel},", subscription.custom_fields, fields
                )

    def _check_names(self, owner: str, mapped: Iterable[FieldConfig], known: FieldTypes) -> None:
        before = len(self._findings.problems) + len(self._findings.warnings)
        for each in mapped:
            if each.to not in known:
                self._findings.problems.append(
                    f"{owner} has no field {each.to}.{_suggestion(each.to, known)}"
                )
            elif misfit := self._mismatch(each, known[each.to]):
                self._findings.warnings.append(
                    f"{owner} has the field {each.to} as {known[each.to]}, {misfit}."
                )
        if before == len(self._findings.problems) + len(self._findings.warnings):
            self._findings.right.append(f"{owner} has the fields of the mapping.")

    def _mismatch(self, mapped: FieldConfig, word: str) -> str | None:
        """What does not fit, as far as the service's word for the type is known."""
        if word not in self._types:
            return None
        kind = self._types[word]
        declared = self._service.field_types[kind]
        if mapped.action and kind not in self._service.functions[mapped.action].get(
            "field_types", [kind]
        ):
            return f"which {mapped.action} is not for"
        if mapped.columns and declared["schema"].get("type") != "array":
            return "and the configuration sends several values"
        if mapped.type and not mapped.columns and mapped.type not in declared["fits"]:
            return f"and the configuration sends {mapped.type}"
        if (
            mapped.source is None
            and not mapped.columns
            and (violation := first_violation(mapped.value, declared["schema"]))
        ):
            return f"and the constant of the configuration {violation.message}"
        return None

    def _read_fields(self, db_id: int) -> FieldTypes | None:
        what = f"fields of database {db_id}"
        return self._answered(lambda: _types(self._client.fields(db_id)), what)

    def _read_subscription_fields(self, resource_id: int, channel: str) -> FieldTypes | None:
        what = f"fields of resource {resource_id} for the channel {channel}"
        return self._answered(
            lambda: _types(self._client.subscription_fields(resource_id, channel)), what
        )

    def _read_channels(self, resource_id: int) -> frozenset[str] | None:
        def read() -> frozenset[str] | None:
            try:
                return self._client.channels(resource_id)
            except Refused as refused:
                if not refused.spoken or refused.code not in self._unknown:
                    raise
                self._findings.problems.append(
                    f"Resource {resource_id} is not known to the service {refused.detail}."
                )
                return None

        return self._answered(read, f"channels of resource {resource_id}")

    def _answered(self, read: Callable[[], Read | None], what: str) -> Read | None:
        """What is read, or None and a warning where the service does not tell."""
        if self._silent:
            return None
        try:
            return read()
        except ProfilesError as error:
            self._silent = isinstance(error, Unavailable)
            if self._silent and self._in_sync:
                raise
            self._findings.warnings.append(
                f"The {what} could not be read, so they were not checked: {_short(error)}"
            )
            return None


def _short(error: ProfilesError) -> str:
    """Why one read failed where others do not: what the user is advised at large would mislead."""
    if isinstance(error, BadAnswer):
        return "the answer has a form that is not known."
    if isinstance(error, Refused) and error.spoken:
        return f"the service refuses it {error.detail}."
    return error.message


def _types(fields: Iterable[ServiceField]) -> FieldTypes:
    return {each.name: each.type for each in fields}


def _suggestion(name: str, known: Iterable[str]) -> str:
    """A name that is nearly the same, if there is one."""
    near = get_close_matches(name, list(known), n=1) or [
        each for each in known if each.casefold() == name.casefold()
    ]
    return f" Is it {near[0]}?" if near else ""
