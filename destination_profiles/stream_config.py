"""What the user configured for single streams, checked and frozen."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .conversion import CannotConvert
from .errors import ConfigError
from .service.manifest import AddressForm, Service
from .service.matching import Matching, Target
from .statuses import KEEPS, OTHERWISE, STATUS, StatusRule, folded
from .violations import first_violation

OnDelete = Literal["skip", "reject", "send", "unsubscribe"]
PARTS = {  # of a subscription, and what their columns are converted to
    "status": STATUS,
    "priority": "int",
    "cats": "tags",
}

WORDS_ALONE = StatusRule()


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
    status: StatusRule = WORDS_ALONE


@dataclass(frozen=True)
class StreamConfig:
    """What is configured for one stream; `fields` None sends a record as it comes. `matched`: it
    has a matching of its own. `bare`: channels and resources whose subscriptions end without an
    address, where a deleted row has none.
    """

    name: str
    namespace: str | None = None
    target: Target | None = None
    fields: tuple[FieldConfig, ...] | None = None
    subscriptions: tuple[SubscriptionConfig, ...] = ()
    matched: bool = False
    on_delete: OnDelete | None = None
    bare: tuple[tuple[str, int], ...] = ()


def parse_matching(raw: Mapping[str, Any] | None, service: Service) -> Matching:
    """How profiles are found, as configured; by their email where nothing is."""
    raw = raw or {"mode": "email"}
    return Matching(
        service.matching_modes[raw["mode"]],
        {name: value for name, value in raw.items() if name != "mode"},
    )


class _Slip(Exception):
    """What is wrong with the entry of a stream, in part of a sentence without values."""


@dataclass(frozen=True)
class StreamParser:
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
            parse_matching(raw["matching"], self.service)
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
            on_delete=raw.get("on_delete"),
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
            _status_rule(raw, parts, self.service),
        )


def _status_rule(
    raw: Mapping[str, Any], parts: Iterable[FieldConfig], service: Service
) -> StatusRule:
    """How the status is told. Raises _Slip where consent would be a guess."""
    rule = StatusRule(
        tuple((each["from"], each["to"]) for each in raw.get("status_values") or ()),
        bool(raw.get("status_codes")),
        raw.get("status_if_null") == "keep",
        bool(raw.get("only_opt_out")),
    )
    to, part = raw["channel"], next((each for each in parts if each.to == STATUS), None)
    texts = [OTHERWISE if text == OTHERWISE else folded(text) for text, _ in rule.values]
    if (part is None or part.source is None) and (rule.values or rule.codes):
        raise _Slip(f"a subscription to {to} has status_values or status_codes without status_from")
    if rule.values and rule.codes:
        raise _Slip(f"a subscription to {to} has both status_values and status_codes")
    if len(set(texts)) < len(texts):
        raise _Slip(f"the status_values of a subscription to {to} name a value twice")
    if rule.only_opt_out and rule.keeps_null:
        raise _Slip(
            f"a subscription to {to} has only_opt_out, with which none is sent without a status, "
            "and status_if_null: keep"
        )
    if part is None or (part.source is None and part.value == KEEPS):
        if not rule.keeps_null:
            raise _Slip(
                f"a subscription to {to} has no status, and the service may subscribe who is sent "
                "without one: set status or status_from, or status_if_null: keep if that is meant"
            )
    elif part.source is None and rule.only_opt_out and not _is_opt_out(part.value, service):
        raise _Slip(f"a subscription to {to} has only_opt_out and a status that is none")
    return rule


def _is_opt_out(status: Any, service: Service) -> bool:
    return status in {
        *service.opt_outs,
        *(service.statuses[word] for word in service.opt_outs),
    }


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
