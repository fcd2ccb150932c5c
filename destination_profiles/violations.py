"""A violation of a JSON schema in words that hold no value: where, which rule, what is wanted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

KINDS = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object", type(None): "null"}
MAX_WANTED = 200  # characters of a schema's own words in a sentence


@dataclass(frozen=True, slots=True)
class Violation:
    """`rule` is the schema's keyword, `path` a JSON path, `message` a sentence; none holds a value of the instance."""

    rule: str
    path: str
    message: str


def validator(schema: Mapping[str, Any]) -> Validator:
    """The explaining validator of a schema, draft-07 where the schema names none."""
    explaining: Validator = validator_for(schema, default=Draft7Validator)(schema)
    return explaining


def first_violation(instance: Any, schema: Mapping[str, Any]) -> Violation | None:
    """The violation that says most, or None."""
    return explain(validator(schema).iter_errors(instance))


def explain(errors: Iterable[ValidationError]) -> Violation | None:
    """The violation that says most among jsonschema's errors, or None where there is none."""
    error = best_match(errors)
    return None if error is None else Violation(str(error.validator), _path(error), _sentence(error))


def _path(error: ValidationError) -> str:
    """JSON path of the value. A key that the schema does not name may be personal data, so it stands as `*`."""
    named = _names(error.absolute_schema_path)
    path = "$"
    for part in error.absolute_path:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if part in named else ".*"
    return path


def _names(schema_path: Iterable[Any]) -> set[Any]:
    return {name for keyword, name in pairwise(schema_path) if keyword == "properties"}


def _sentence(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    instance: Any = error.instance
    met = KINDS.get(type(instance), "value")
    match error.validator:
        case "required":
            missing = [name for name in wanted if name not in instance]
            return f"{' and '.join(missing)} must be there"
        case "type":
            return f"must be {' or '.join([wanted] if isinstance(wanted, str) else wanted)}, not {met}"
        case "additionalProperties" | "unevaluatedProperties":
            return "holds a key that is not allowed"
        case "anyOf" | "oneOf" | "allOf" | "not" | "if" | "propertyNames" | "dependencies" | "contains":
            return f"does not satisfy {error.validator}"
        case _:
            return f"does not satisfy {error.validator}: {wanted}"[:MAX_WANTED]
