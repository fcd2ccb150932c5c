"""Whether all values of a column satisfy schemas, where their type does not prove it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from ..config import PLAIN, FieldConfig
from ..service.manifest import SUBSCRIPTIONS, Service
from .drafts import compiled
from .keywords import OPEN, Schema, Uncertain
from .proof import Proof
from .table import ABSENT, NO_VALUE

MAX_KNOWN = 20_000  # texts that are known to satisfy a column's schemas,
MAX_LENGTH = 64  # and are short
TEXT: Schema = {"type": "string"}
CONVERTED: Mapping[str, Schema] = {  # what a type of the configuration converts values to
    "string": TEXT,
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}"},
    "datetime": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}"},
    "tags": {"type": "array", "items": TEXT},
    "email": {"type": "string", "minLength": 1},
    "phone": {"type": "string", "pattern": "^\\+[0-9]"},
    "sha256": {"type": "string", "minLength": 64},
}


class ColumnCheck:
    """Of values that are there; nulls and absent ones are no matter of it."""

    def __init__(
        self, schemas: Sequence[Schema], definitions: Mapping[str, Schema] | None = None
    ) -> None:
        """Of schemas whose references lead to `definitions`."""
        try:
            kind = Proof(definitions).type_of(*schemas)
            self._type: Any = list[kind]  # type: ignore[valid-type]
        except Uncertain:
            self._type = None
        whole = {"allOf": list(schemas), "definitions": dict(definitions or {})}
        self._is_valid = compiled(whole).is_valid
        self.takes_null: bool = self._is_valid(None)
        self._known: set[str] = set()

    def holds(self, values: Sequence[Any]) -> bool:
        """Whether all of them do."""
        if not NO_VALUE.isdisjoint(map(type, values)):
            values = [each for each in values if each is not None and each is not ABSENT]
        if self._type is not None and self._converts(values):
            return True
        unknown = [each for each in values if type(each) is not str or each not in self._known]
        if not all(map(self._is_valid, unknown)):
            return False
        if len(self._known) > MAX_KNOWN:
            self._known.clear()
        texts = (each for each in unknown if type(each) is str)
        self._known.update(each for each in texts if len(each) <= MAX_LENGTH)
        return True

    def _converts(self, values: Sequence[Any]) -> bool:
        try:
            msgspec.convert(values, self._type)
        except (msgspec.ValidationError, RecursionError):
            return False
        return True


class FieldChecks:
    """What a profile asks of the fields that are mapped; None where a field's own type answers."""

    def __init__(
        self, profile: Mapping[str, Any], service: Service, proven: Collection[str] = ()
    ) -> None:
        """By the schema of a profile. Columns that are `proven` satisfy the fields they go to."""
        self._profile, self._service, self._proven = profile, service, proven
        self._subscription = profile["properties"][SUBSCRIPTIONS]["items"]["properties"]

    def schema(self, name: str) -> Schema:
        """What is asked of a field of the profile."""
        asked: Schema = self._profile["properties"].get(name, self._profile["additionalProperties"])
        return asked

    def field(self, field: FieldConfig) -> ColumnCheck | None:
        """Of a field of the profile."""
        return None if self._is_proven(field) else _check(field, self.schema(field.to))

    def part(self, field: FieldConfig) -> ColumnCheck | None:
        """Of a part of a subscription."""
        return _check(field, self._subscription[field.to])

    def custom(self, field: FieldConfig) -> ColumnCheck | None:
        """Of a custom field of a subscription."""
        return None if self._is_proven(field) else _check(field, self.custom_schema())

    def custom_schema(self) -> Schema:
        """What is asked of a custom field of a subscription."""
        asked: Schema = self._subscription["custom_fields"]["additionalProperties"]
        return asked

    def _is_proven(self, field: FieldConfig) -> bool:
        return is_plain(field) and field.source in self._proven

    def address(self, channel: str, field: FieldConfig) -> ColumnCheck | None:
        """Of a key of the address on a channel, whose values are never empty texts."""
        first, *rest = field.to.split(".")
        for form in self._service.channels[channel]:
            if first in form.keys:
                asked = form.keys[first]
                for name in rest:
                    asked = asked["properties"][name]
                return _check(field, asked, {"type": "string", "minLength": 1})
        return _check(field, False)


def is_plain(field: FieldConfig) -> bool:
    """Whether a field has the values of its column as they are."""
    has_steps = field.type or field.columns or field.action or field.cell != PLAIN
    return field.source is not None and not has_steps


def _check(field: FieldConfig, asked: Schema, text: Schema = TEXT) -> ColumnCheck | None:
    """What is to be looked at, if anything."""
    if field.source is None and not field.columns and not field.action:
        check = ColumnCheck([asked])
        return None if check.holds([field.value]) else check
    if field.type in CONVERTED and not field.columns and not field.action:
        result = text if field.type == "string" else CONVERTED[str(field.type)]
        if _proves(result, asked):
            return None
    return None if asked in OPEN else ColumnCheck([asked])


def _proves(result: Schema, asked: Schema) -> bool:
    """Whether every value that satisfies `result` satisfies `asked`."""
    proof = Proof()
    kinds = [result["type"]] if isinstance(result, Mapping) else []
    try:
        known = [rule for kind in kinds for rule in proof.rules(kind, result)]
        return all(rule in known for kind in kinds for rule in proof.rules(kind, asked))
    except Uncertain:
        return False
