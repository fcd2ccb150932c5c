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
    validator,
)
from .drafts import compiled

NO_PATTERNS = {  # left to the decider: some would take Python for ever
    "pattern": None,
    "patternProperties": None,
}
MAX_VIOLATIONS = 100  # of one instance that are looked at


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

    def rejection(self, instance: Any) -> Rejection:
        """Why `instance`, which is not valid, is not."""
        return self.rejected(self.violations(instance)[0])

    def rejected(self, violation: Violation) -> Rejection:
        """The same as a rejection."""
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
        first says most.
        """
        try:
            errors = list(islice(self._explaining.iter_errors(instance), MAX_VIOLATIONS))
            found = [explain([each], self._known) for each in most_telling_first(errors)]
        except Exception:  # whatever explaining meets, recursion or overflow, costs no sync
            found = []
        # jsonschema does not say where a `false` schema stands
        known = [each for each in found if each is not None and each.rule != FORBIDDEN]
        if not known or (found[0] is not None and found[0].rule == FORBIDDEN):
            known.insert(0, self._by_decider(instance))
        return known

    @cached_property
    def _explaining(self) -> Any:
        """The same schema for jsonschema, which most syncs have no use for."""
        from jsonschema.validators import extend  # noqa: PLC0415 - a tenth of a second

        drafted = type(validator(self._schema))
        return extend(drafted, NO_PATTERNS)(self._schema)  # type: ignore[no-untyped-call]

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
