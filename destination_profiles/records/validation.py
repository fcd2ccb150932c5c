"""Whether an instance satisfies a JSON schema, and which rule it breaks."""

from collections.abc import Mapping
from functools import cached_property
from itertools import islice
from typing import Any

import jsonschema_rs

from ..rejection import Rejection
from ..violations import (
    FORBIDDEN,
    Violation,
    explain,
    json_path,
    most_telling_first,
    names,
    shape_at,
)
from .drafts import compiled
from .explainer import Explainer, is_heavy

TOO_LARGE = "does not satisfy its schema, and is too large to say more"
MAX_COLUMNS = 10  # of a large instance that are explained, each for up to a tenth of a second
OF_COLUMNS = frozenset(
    {"$defs", "$schema", "additionalProperties", "definitions", "patternProperties", "properties"}
)


class RecordValidator:
    """One JSON schema, compiled: jsonschema-rs decides, in about a microsecond, and jsonschema
    explains.
    """

    def __init__(
        self, schema: Mapping[str, Any], reason: str, known: frozenset[str] = frozenset()
    ) -> None:
        """Compile a schema that can be used; `reason` goes into rejections. A log may hold the
        names in `known` beside the schema's.
        """
        self._schema, self._reason, self._known = schema, reason, known
        self._deciding = compiled(schema)
        self.is_valid = self._deciding.is_valid

    def rejected(self, violation: Violation) -> Rejection:
        """A violation as a rejection."""
        loggable = f"{violation.loggable_path} {violation.message}"
        return Rejection(
            self._reason,
            violation.rule,
            violation.message,
            violation.path,
            loggable,
            shape=violation.shape,
        )

    def violations(self, instance: Any) -> list[Violation]:
        """All that is wrong with `instance`, which is not valid, at least one and not too many. The
        first says most. Of one that is too large to be explained, each column is looked at alone.
        """
        if not is_heavy(instance):
            return self._explained(instance)
        if not isinstance(instance, dict):
            return [self._too_large()]
        each = ({name: value} for name, value in instance.items())
        wrong = islice((one for one in each if not self._columns.is_valid(one)), MAX_COLUMNS)
        found = [violation for one in wrong for violation in self._of_column(one)]
        return found or self._around(instance) or [self._too_large()]

    def _of_column(self, one: Mapping[str, Any]) -> list[Violation]:
        return [self._too_large(*one)] if is_heavy(one) else self._columns.violations(one)

    def _around(self, columns: Mapping[str, Any]) -> list[Violation]:
        """What is wrong beside the values of columns."""
        hollow = dict.fromkeys(columns)
        if self.is_valid(hollow):
            return []
        return [each for each in self._explained(hollow) if not each.parts]

    def _explained(self, instance: Any) -> list[Violation]:
        try:
            errors = most_telling_first(self._explainer.errors(instance))
            found = [explain([each], self._known) for each in errors]
        except Exception:  # recursion or overflow
            found = []
        if not found and self._explainer.gave_up:  # the decider's own errors may be as many
            return [self._too_large()]
        # jsonschema does not say where a `false` schema stands
        known = [each for each in found if each is not None and each.rule != FORBIDDEN]
        if not known or (found[0] is not None and found[0].rule == FORBIDDEN):
            known.insert(0, self._by_decider(instance))
        return known

    @cached_property
    def _explainer(self) -> Explainer:
        return Explainer(self._schema)

    @cached_property
    def _columns(self) -> "RecordValidator":
        """What the schema asks of each column by itself."""
        schema = {name: each for name, each in self._schema.items() if name in OF_COLUMNS}
        return RecordValidator(schema, self._reason, self._known)

    def _too_large(self, *path: str) -> Violation:
        named = {*self._schema.get("properties", ()), *self._known}
        return Violation("size", TOO_LARGE, json_path(path), json_path(path, named), path)

    def _by_decider(self, instance: Any) -> Violation:
        """The rule alone, where jsonschema does not tell it."""
        error = next(self._deciding.iter_errors(instance))
        named = names(error.schema_path) | self._known
        if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.FalseSchema):
            rule, message = FORBIDDEN, "is not allowed"
        else:
            rule = str(error.schema_path[-1])
            pattern = getattr(error.kind, "pattern", None)
            message = f"does not satisfy {rule}" + (f": {pattern}" if pattern else "")
        path = error.instance_path
        return Violation(
            rule,
            message,
            json_path(path),
            json_path(path, named),
            tuple(path),
            shape_at(path, error.instance),
        )
