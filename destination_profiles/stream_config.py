"""Entries of streams as the user wrote them, checked and frozen."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from functools import partial
from typing import Any, TypeVar, cast

from .cells import Cell
from .conversion import USUAL, CannotConvert, Form, conversions
from .errors import ConfigError
from .moments import is_form
from .phones import regions
from .service.manifest import AddressForm, Service
from .service.matching import Matching, Target
from .status_config import Guess, status_rule
from .statuses import STATUS, StatusRule
from .stream_mapping import PLAIN, FieldConfig, StreamConfig, SubscriptionConfig
from .violations import first_violation

Part = TypeVar("Part")
Other = TypeVar("Other")
PARTS = {  # of a subscription, and what their columns are converted to
    "status": STATUS,
    "priority": "int",
    "cats": "tags",
}
CELL = frozenset(  # settings of one cell
    {"clean", "decimal", "default", "formats", "on_error", "separator", "values"}
    | {"region", "code_without_plus"}
)
OF_TYPES: Mapping[str, tuple[str, ...]] = {  # those that only some types have a use for
    "decimal": ("float", "int"),
    "formats": ("date", "datetime"),
    "region": ("phone",),
    "code_without_plus": ("phone",),
    "separator": ("tags",),
}


def parse_matching(raw: Mapping[str, Any] | None, service: Service) -> Matching:
    """How profiles are found, as configured; by their email where nothing is."""
    raw = raw or {"mode": "email"}
    return Matching(
        service.matching_modes[raw["mode"]],
        {name: value for name, value in raw.items() if name != "mode"},
    )


class _Slip(Exception):
    """What is wrong with the entry of a stream, in part of a sentence without values."""


def _each(makers: Iterable[Callable[[], Part]]) -> tuple[Part, ...]:
    """What each makes. Raises _Slip with all that is wrong."""
    parts, slips = [], []
    for make in makers:
        try:
            parts.append(make())
        except _Slip as slip:
            slips.append(str(slip))
    if slips:
        raise _Slip("; ".join(slips))
    return tuple(parts)


def _both(first: Callable[[], Part], second: Callable[[], Other]) -> tuple[Part, Other]:
    """What both make. Raises _Slip with all that is wrong."""
    made = _each([lambda: (first(), None), lambda: (None, second())])
    return cast("Part", made[0][0]), cast("Other", made[1][1])


@dataclass(frozen=True)
class StreamParser:
    """Entries of streams, from raw mappings that the spec allows."""

    default: Target
    service: Service
    zone: tzinfo = UTC

    def parse(
        self, raw: list[Mapping[str, Any]]
    ) -> tuple[tuple[StreamConfig, ...], list[ConfigError]]:
        """The entries that are right, and all that is wrong with the others."""
        streams: list[StreamConfig] = []
        slips: list[ConfigError] = []
        names = Counter((each["name"], each.get("namespace") or None) for each in raw)
        twice = sorted({name for (name, _), count in names.items() if count > 1})
        if twice:
            slips.append(
                ConfigError(f"The setting streams has two entries for {', '.join(twice)}.")
            )
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
        return tuple(streams), slips

    def _stream(self, raw: Mapping[str, Any]) -> StreamConfig:
        matching = (
            parse_matching(raw["matching"], self.service)
            if raw.get("matching")
            else self.default.matching
        )
        fields, subscriptions = _both(
            lambda: self._fields(raw.get("fields") or ()),
            lambda: _each(
                partial(self._subscription, each) for each in raw.get("subscriptions") or ()
            ),
        )
        return StreamConfig(
            raw["name"],
            raw.get("namespace") or None,
            Target(int(raw.get("db_id", self.default.db_id)), matching),
            fields or None,
            subscriptions,
            matched=bool(raw.get("matching")),
            on_delete=raw.get("on_delete"),
        )

    def _fields(self, raw: Iterable[Mapping[str, Any]]) -> tuple[FieldConfig, ...]:
        fields = _each(partial(self._field, each) for each in raw)
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
        value, kind, form = raw.get("value"), raw.get("type"), _form(raw)
        if "value" in raw and kind:
            value, kind = self._read(raw, "constant", value, form), None
        return FieldConfig(
            raw["to"],
            raw.get("from"),
            value,
            kind,
            tuple(raw.get("columns", ())),
            raw.get("action"),
            self._cell(raw, form) if CELL & raw.keys() else PLAIN,
        )

    def _cell(self, raw: Mapping[str, Any], form: Form) -> Cell:
        if "value" in raw:
            raise _Slip(
                f"the field {raw['to']} is a constant, which {sorted(CELL & raw.keys())[0]} has no "
                "part in"
            )
        default = raw.get("default")
        return Cell(
            tuple(raw.get("clean", ())),
            tuple(
                (each["from"], self._read(raw, "value", each["to"], form))
                for each in raw.get("values", ())
            ),
            None if default is None else self._read(raw, "default", default, form),
            form,
            raw.get("on_error") == "omit",
        )

    def _read(self, raw: Mapping[str, Any], what: str, value: Any, form: Form) -> Any:
        """A text of the configuration as a value of a field."""
        kind = raw.get("type")
        if kind is None:
            return value
        try:
            return conversions(self.zone, form)[kind](value)
        except CannotConvert:
            raise _Slip(f"the {what} of the field {raw['to']} cannot be read as {kind}") from None

    def _subscription(self, raw: Mapping[str, Any]) -> SubscriptionConfig:
        owner = _owner(raw)
        form = _address_form(raw, self.service)
        address = [_address(raw, form)]
        for name in form.beside():
            part = _part(raw, name, "string")
            if part is None:
                raise _Slip(f"{owner} needs {name} or {name}_from")
            address.append(part)
        if "provider" not in form.keys and ("provider" in raw or "provider_from" in raw):
            raise _Slip(f"{owner} has no provider")
        parts = [
            part for name, kind in PARTS.items() if (part := _part(raw, name, kind)) is not None
        ]
        if "cats_separator" in raw:
            if "cats_from" not in raw:
                raise _Slip(f"{owner} has cats_separator without cats_from")
            separated = Cell(form=Form(separator=raw["cats_separator"]))
            parts = [replace(each, cell=separated) if each.to == "cats" else each for each in parts]
        for part in parts:
            if part.source is None and (
                violation := first_violation(part.value, self.service.subscription_fields[part.to])
            ):
                raise _Slip(f"{owner} has a {part.to} that is wrong: {violation.message}")
        return SubscriptionConfig(
            raw["channel"],
            int(raw["resource_id"]),
            tuple(address),
            tuple(parts),
            self._fields(raw.get("fields") or ()),
            self._status(raw, parts),
        )

    def _status(self, raw: Mapping[str, Any], parts: Iterable[FieldConfig]) -> StatusRule:
        part = next((each for each in parts if each.to == STATUS), None)
        try:
            return status_rule(
                raw, self.service, varies=bool(part and part.source), constant=part and part.value
            )
        except Guess as guess:
            raise _Slip(f"{_owner(raw)} {guess}") from None


def _owner(raw: Mapping[str, Any]) -> str:
    """What a slip in a subscription names: several of a stream may have one channel."""
    return f"a subscription to {raw['channel']} of resource {int(raw['resource_id'])}"


def _form(raw: Mapping[str, Any]) -> Form:
    """How a column writes values. Raises _Slip for settings that its type has no use for."""
    kind = raw.get("type")
    for name, kinds in OF_TYPES.items():
        if name in raw and kind not in kinds:
            raise _Slip(
                f"the field {raw['to']} has {name}, which needs the type {' or '.join(kinds)}"
            )
    if not all(map(is_form, raw.get("formats", ()))):
        raise _Slip(
            f"the field {raw['to']} has a format that is not one of a whole date, such as %d.%m.%Y"
        )
    region = _region(raw, f"the field {raw['to']}")
    return Form(
        raw.get("separator", USUAL.separator),
        tuple(raw.get("formats", ())),
        raw.get("decimal", USUAL.decimal),
        region,
        raw.get("code_without_plus", USUAL.code_without_plus),
    )


def _region(raw: Mapping[str, Any], owner: str) -> str | None:
    region: str | None = raw.get("region")
    if region is not None and region not in regions():
        raise _Slip(f"{owner} has a region that is not known; it is one such as DE")
    if region is None and "code_without_plus" in raw:
        raise _Slip(f"{owner} has code_without_plus, which needs a region")
    return region


def _address(raw: Mapping[str, Any], form: AddressForm) -> FieldConfig:
    """The key of a subscription's address. With a region it is a phone number, read as one."""
    to, source = ".".join(form.address), raw["address_from"]
    owner = _owner(raw)
    region = _region(raw, owner)
    if region is None:
        if "on_error" in raw:
            raise _Slip(f"{owner} has on_error, which needs a region")
        return FieldConfig(to, source, type=form.type)
    if not form.is_phone:
        raise _Slip(f"{owner} has a region, but no phone number for an address")
    written = Form(region=region, code_without_plus=raw.get("code_without_plus", False))
    cell = Cell(form=written, omits=raw.get("on_error") == "omit")
    return FieldConfig(to, source, type="phone", cell=cell)


def _address_form(raw: Mapping[str, Any], service: Service) -> AddressForm:
    """The form that `address_to` names, else the channel's usual one."""
    forms = {".".join(form.address): form for form in service.channels[raw["channel"]]}
    wanted = raw.get("address_to", next(iter(forms)))
    if wanted not in forms:
        raise _Slip(f"address_to of {_owner(raw)} must be one of {', '.join(forms)}")
    return forms[wanted]


def _part(raw: Mapping[str, Any], name: str, kind: str) -> FieldConfig | None:
    """A part of a subscription, which is a constant or comes from a column."""
    source = raw.get(f"{name}_from")
    if source is not None and name in raw:
        raise _Slip(f"{_owner(raw)} has both {name} and {name}_from")
    if source is None and name not in raw:
        return None
    return FieldConfig(name, source, raw.get(name), kind if source is not None else None)
