"""A violation of a JSON schema in words that hold no value: where, which rule, what is wanted."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from .shapes import shape_of

if TYPE_CHECKING:  # jsonschema only explains, and takes a third of a start to import
    from jsonschema.exceptions import ValidationError
    from jsonschema.protocols import Validator

KINDS = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}
FORBIDDEN = "false"  # the schema that nothing satisfies
MUST_BE = "must be "
MAX_SENTENCE = 300  # characters; a schema's own words may be many


@dataclass(frozen=True, slots=True)
class Violation:
    """`rule` is the schema's keyword, `message` a sentence, `path` a JSON path; none holds a value
    of the instance.

    A key that the schema does not name may be personal data: it stands in `path`, and as `*` in
    `loggable_path`.
    """

    rule: str
    message: str
    path: str
    loggable_path: str
    parts: tuple[Any, ...] = ()  # of the path
    shape: str | None = None  # of the value at the path; of an object as a whole there is none
    wanted: Any = None  # what stands behind the keyword


def validator(schema: Mapping[str, Any]) -> "Validator":
    """The explaining validator of a schema, draft-07 where the schema names none."""
    from jsonschema import Draft7Validator  # noqa: PLC0415 - see above
    from jsonschema.validators import validator_for  # noqa: PLC0415

    explaining: Validator = validator_for(schema, default=Draft7Validator)(schema)
    return explaining


def first_violation(instance: Any, schema: Mapping[str, Any]) -> Violation | None:
    """The violation that says most, or None."""
    if is_valid(instance, schema):
        return None
    return explain(validator(schema).iter_errors(instance))


def is_valid(instance: Any, schema: Mapping[str, Any]) -> bool:
    """Whether there is nothing to explain."""
    decider = jsonschema_rs.validator_for if "$schema" in schema else jsonschema_rs.Draft7Validator
    try:
        return decider(dict(schema), validate_formats=False).is_valid(instance)
    except ValueError:  # a text that is not Unicode: jsonschema takes it
        return False


def explain(
    errors: Iterable["ValidationError"], known: frozenset[str] = frozenset()
) -> Violation | None:
    """The violation that says most among jsonschema's errors, or None where there is none. Keys in
    `known` are no personal data either.
    """
    from jsonschema.exceptions import relevance  # noqa: PLC0415 - see above

    error = max(errors, key=relevance, default=None)
    if error is None:
        return None
    while (telling := _telling(error)) is not None:
        error = telling
    path, named = error.absolute_path, names(error.absolute_schema_path) | known
    return Violation(
        str(error.validator or FORBIDDEN),
        wording(error),
        json_path(path),
        json_path(path, named),
        tuple(path),
        shape_at(path, error.instance),
        error.validator_value,
    )


def shape_at(path: Sequence[Any], value: Any) -> str | None:
    """The shape of a value that is refused at a path. What an object lacks has none."""
    return shape_of(value) if path and not isinstance(value, dict) else None


def most_telling_first(errors: Iterable["ValidationError"]) -> list["ValidationError"]:
    """Errors in the order in which `explain` would choose them."""
    from jsonschema.exceptions import relevance  # noqa: PLC0415 - see above

    return sorted(errors, key=relevance, reverse=True)


def _telling(error: "ValidationError") -> "ValidationError | None":
    """Among the alternatives of an anyOf or oneOf, the violation of the one that was plainly meant,
    or None.
    """
    alternatives = _alternatives(error)
    meant = [each for each in alternatives if not _is_aside(each)]
    deepest = max((len(each.path) for each in meant), default=0)
    nearest = (
        [each for each in meant if len(each.path) == deepest]
        if deepest or len(meant) < len(alternatives)
        else meant
    )
    return nearest[0] if len(nearest) == 1 else None


def _is_aside(error: "ValidationError") -> bool:
    """Whether an alternative is one that a value other than just its own was not meant for."""
    said = (error.validator, error.validator_value)
    return error.validator == "const" or said == ("type", "null")


def _alternatives(error: "ValidationError") -> list["ValidationError"]:
    """What says most of each alternative; a `const` that does not fit says that the alternative was
    not meant.
    """
    from jsonschema.exceptions import relevance  # noqa: PLC0415 - see above

    alternatives: dict[Any, list[ValidationError]] = {}
    for each in error.context or ():
        alternatives.setdefault(next(iter(each.relative_schema_path), None), []).append(each)
    return [
        max(errors, key=lambda each: (each.validator == "const", relevance(each)))
        for errors in alternatives.values()
    ]


def names(schema_path: Iterable[Any]) -> set[Any]:
    """Keys that a schema names on the way to an error."""
    return {name for keyword, name in pairwise(schema_path) if keyword == "properties"}


def json_path(parts: Iterable[Any], named: set[Any] | None = None) -> str:
    """JSON path of keys and indexes. Where `named` is given, indexes and keys that are not in it
    stand as `*`.
    """
    steps = ((part, part if named is None or part in named else "*") for part in parts)
    return "$" + "".join(
        f"[{shown}]" if isinstance(part, int) else f".{shown}" for part, shown in steps
    )


def wording(error: "ValidationError") -> str:
    """What is wanted, in the schema's own words and the kind of value met."""
    wanted: Any = error.validator_value
    instance: Any = error.instance
    match error.validator:
        case "required":
            said = f"{' and '.join(name for name in wanted if name not in instance)} must be there"
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            said = f"must be {' or '.join(kinds)}, not {KINDS.get(type(instance), 'value')}"
        case "const" | "enum":
            said = f"must be one of {_listed(wanted if error.validator == 'enum' else [wanted])}"
        case "anyOf" | "oneOf" if error.context:
            said = _either(_alternatives(error))
        case None:
            said = "is not allowed"
        case "additionalProperties" | "unevaluatedProperties":
            said = "holds a key that is not allowed"
        case rule if isinstance(wanted, str | int | float):
            said = f"does not satisfy {rule}: {_listed([wanted])}"
        case rule:
            said = f"does not satisfy {rule}"
    return said[:MAX_SENTENCE]


def _either(alternatives: list["ValidationError"]) -> str:
    """One sentence for several alternatives, none of which is plainly meant."""
    if all(each.validator == "const" for each in alternatives):
        values = _listed(each.validator_value for each in alternatives)
        where = (
            json_path(alternatives[0].path, names(alternatives[0].absolute_schema_path))
            .removeprefix("$")
            .removeprefix(".")
        )
        return f"{where} must be one of {values}".strip()
    if all(each.validator != "enum" for each in alternatives):
        return " or ".join(dict.fromkeys(wording(each) for each in alternatives))
    wanted = dict.fromkeys(map(_wanted, alternatives))
    if all(each.startswith(MUST_BE) for each in wanted):
        return MUST_BE + " or ".join(each.removeprefix(MUST_BE) for each in wanted)
    return " or ".join(wanted)


def _wanted(error: "ValidationError") -> str:
    """What one alternative wants beside an enum. The type that was met is not told: words may be
    of it.
    """
    said = wording(error)
    return said.partition(", not ")[0] if error.validator == "type" else said


def _listed(values: Iterable[Any]) -> str:
    """Values of a schema in JSON's words, texts without quotes."""
    return ", ".join(
        value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for value in values
    )
