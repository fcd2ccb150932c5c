"""Whether a record satisfies its stream's schema, and a profile the service's."""

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    FormatChecker,
)
from jsonschema.exceptions import SchemaError
from jsonschema.validators import extend

from ..errors import ConfigError
from ..rejection import Rejection
from ..violations import FORBIDDEN, Violation, explain, json_path, names, validator

DECIDING: Mapping[
    type, type[Any]
] = {  # jsonschema explains, jsonschema-rs decides: the same draft for both
    Draft4Validator: jsonschema_rs.Draft4Validator,
    Draft6Validator: jsonschema_rs.Draft6Validator,
    Draft7Validator: jsonschema_rs.Draft7Validator,
    Draft201909Validator: jsonschema_rs.Draft201909Validator,
    Draft202012Validator: jsonschema_rs.Draft202012Validator,
}


NO_PATTERNS = {
    "pattern": None,
    "patternProperties": None,
}  # left to the decider: some would take Python for ever


class RecordValidator:
    """One JSON schema, compiled. `is_valid(instance)` decides in about a microsecond;
    `rejection(instance)` explains.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        reason: str,
        stream: str,
        known: frozenset[str] = frozenset(),
    ) -> None:
        """Compile `schema`; `reason` goes into rejections, `stream` into errors. A log may hold the
        names in `known` beside the schema's.

        `format` is not asserted: sources write times without a zone and still name `date-time`.
        Raises ConfigError when the schema is none, or refers to another document.
        """
        self._reason = reason
        self._known = known
        try:
            drafted = type(validator(schema))
            _check(drafted, schema)
            self._explaining = extend(drafted, NO_PATTERNS)(schema)  # type: ignore[no-untyped-call]
            self._deciding = DECIDING[drafted](dict(schema), validate_formats=False, offline=True)
        except (SchemaError, KeyError, ValueError, TypeError, AttributeError) as error:
            raise ConfigError(
                (
                    f"The JSON schema of the stream {stream} cannot be used: "
                    f"{_fault(error)}. Refresh the source's schema."
                ),
                stream=stream,
            ) from None
        self.is_valid = self._deciding.is_valid

    def rejection(self, instance: Any) -> Rejection:
        """Why `instance`, which is not valid, is not."""
        try:
            violation = explain(self._explaining.iter_errors(instance), self._known)
        except (
            Exception
        ):  # whatever explaining meets, recursion or overflow, it must not cost the sync
            violation = None
        if (
            violation is None or violation.rule == FORBIDDEN
        ):  # jsonschema does not say where a `false` schema stands
            violation = self._by_decider(instance)
        loggable = f"{violation.loggable_path} {violation.message}"
        return Rejection(self._reason, violation.rule, violation.message, violation.path, loggable)

    def _by_decider(self, instance: Any) -> Violation:
        """The rule alone, where jsonschema does not tell it."""
        error = next(self._deciding.iter_errors(instance))
        named = names(error.schema_path) | self._known
        if isinstance(error.kind, jsonschema_rs.ValidationErrorKind.FalseSchema):
            rule, message = FORBIDDEN, "is not allowed"
        else:
            rule = str(error.schema_path[-1])
            pattern = getattr(error.kind, "pattern", None)
            message = (
                f"does not satisfy {rule}: {pattern}" if pattern else f"does not satisfy {rule}"
            )
        return Violation(
            rule, message, json_path(error.instance_path), json_path(error.instance_path, named)
        )


def _check(explaining: Any, schema: Mapping[str, Any]) -> None:
    """Check a schema against its own, but for its regular expressions: ECMA has some that Python
    does not.
    """
    explaining.check_schema(dict(schema), format_checker=FormatChecker(formats=()))


def _fault(error: Exception) -> str:
    if isinstance(error, SchemaError):
        return f"{error.json_path} does not satisfy {error.validator}"
    if isinstance(error, KeyError):
        return "its $schema names a draft that is not supported (draft-04 and later are)"
    if isinstance(getattr(error, "kind", None), jsonschema_rs.ValidationErrorKind.Referencing):
        return "it refers to another document, or to a part that is not there"
    return "it cannot be compiled"
