"""What the keywords of JSON Schema say of values of each kind."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any] | bool
NOTES = frozenset(
    {"$comment", "$schema", "airbyte_type", "default"}
    | {"definitions", "deprecated", "description", "else", "examples", "format", "readOnly"}
    | {"then", "title", "writeOnly"}
)
KEYWORDS: Mapping[str, frozenset[str]] = {  # that say something of values of one kind only
    "string": frozenset(
        {"contentEncoding", "contentMediaType", "maxLength", "minLength", "pattern"}
    ),
    "number": frozenset(
        {"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"}
    ),
    "array": frozenset(
        {"additionalItems", "contains", "items", "maxItems", "minItems", "uniqueItems"}
    ),
    "object": frozenset(
        {"additionalProperties", "dependencies", "maxProperties", "minProperties"}
        | {"patternProperties", "properties", "propertyNames", "required"}
    ),
}
FAMILIES = {"integer": "number"}  # of kinds, where it has another name
OPEN: tuple[Any, ...] = (True, {})  # schemas that take anything


class Uncertain(Exception):
    """No type of msgspec is certain to prove the schemas."""


class Impossible(Uncertain):
    """No value of the kind satisfies them."""


def is_of_family(keyword: str, kind: str) -> bool:
    """Whether a keyword constrains values of a kind. Raises Uncertain where that is not known."""
    family = FAMILIES.get(kind, kind)
    if keyword in KEYWORDS.get(family, ()):
        return True
    known = keyword in NOTES or any(keyword in each for each in KEYWORDS.values())
    if not known:
        raise Uncertain
    return False


def must_be(kind: str, types: Any) -> None:
    """Raise Impossible where the kind is not among some types, Uncertain where it is in part."""
    names = {types} if isinstance(types, str) else set(types)
    if names & {kind, FAMILIES.get(kind, kind)}:
        return
    raise Uncertain if kind == "number" and "integer" in names else Impossible
