"""Records whose schemas are types of msgspec: what decodes satisfies them, so that nothing is left
to validate.

Only what is certain: members that may have any value of a type. A record that does not decode as
the type may still be valid.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import reduce
from operator import attrgetter, or_
from typing import Annotated, Any

import msgspec

Schema = Mapping[str, Any] | bool

FILLED = "filled string"  # of a character at least
TYPES: Mapping[str, Any] = {
    "string": str,
    FILLED: Annotated[str, msgspec.Meta(min_length=1)],
    "integer": int,
    "number": int | float,
    "boolean": bool,
    "array": list[Any],
    "object": dict[str, Any],
}
NOTES = frozenset(
    {"$comment", "airbyte_type", "default", "description", "examples", "format", "title"}
)
OF_RECORDS = NOTES | {"$schema", "additionalProperties", "properties", "required", "type"}
KEYWORDS: Mapping[str, frozenset[str]] = {  # that say something of values of one type only
    "string": frozenset({"maxLength", "pattern"}),
    "number": frozenset(
        {"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"}
    ),
    "array": frozenset(
        {"additionalItems", "contains", "items", "maxItems", "minItems", "uniqueItems"}
    ),
    "object": frozenset(
        {
            "additionalProperties",
            "maxProperties",
            "minProperties",
            "patternProperties",
            "properties",
            "propertyNames",
            "required",
        }
    ),
}


Uses = Callable[[str], Sequence[Schema]]


class Uncertain(Exception):
    """No type of msgspec is certain to prove the schemas."""


class TypedRecords:
    """Records of a schema. `decode` takes a JSON array of them and raises ValueError where one may
    be another; `encode` leaves out what is null. Where they are profiles as they come, or will be
    without their nulls, these are `profiles`.
    """

    def __init__(
        self,
        record: Schema,
        uses: Uses,
        keys: Collection[str],
        *,
        nulls: bool = False,
        omits: bool = False,
    ) -> None:
        """Compile the schema of records, of which all `keys` are there. `uses` gives the schemas
        that a member satisfies besides, by its name. `nulls`: a member may be null if all schemas
        take it, `omits`: if that of the record does. Raises Uncertain.
        """
        if not isinstance(record, Mapping) or not record.keys() <= OF_RECORDS:
            raise Uncertain
        required = {*record.get("required", ()), *keys}
        members = {}
        for name, column in record.get("properties", {}).items():
            others = uses(name)
            types = _types(column, *others)
            sent = omits or (nulls and all(takes_all(each, "null") for each in others))
            if name not in required and sent and takes_all(column, "null"):
                types.append(None)
            if types:
                members[name] = reduce(or_, types)
        if not _is_of("object", record.get("type", "object")) or not required <= members.keys():
            raise Uncertain
        self.verbatim = not omits
        self._fields = {name: f"field_{place}" for place, name in enumerate(members)}
        optional = dict.fromkeys(members.keys() - required, (None,))
        try:
            kind = msgspec.defstruct(
                "TypedRecord",
                [
                    (field, members[name], *optional.get(name, ()))
                    for name, field in self._fields.items()
                ],
                rename={field: name for name, field in self._fields.items()},
                forbid_unknown_fields=True,
                omit_defaults=True,
                kw_only=True,
                gc=False,
            )
        except ValueError:  # a name that msgspec does not take
            raise Uncertain from None
        self.decode: Callable[[bytes], list[Any]] = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]
        self.profiles = self.decode
        self.encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode

    def column(self, records: Sequence[Any], name: str) -> list[Any]:
        """The values of a member of decoded records, None where it is not there."""
        field = self._fields.get(name)
        return [None] * len(records) if field is None else list(map(attrgetter(field), records))


def _types(*schemas: Schema) -> list[Any]:
    """Types whose every value satisfies all of the schemas."""
    kinds = [kind for kind in TYPES if all(takes_all(schema, kind) for schema in schemas)]
    return [TYPES[kind] for kind in kinds if kind != FILLED or "string" not in kinds]


def takes_all(schema: Schema, kind: str) -> bool:
    """Whether it is certain that a schema is satisfied by every value of a kind."""
    return (
        schema
        if isinstance(schema, bool)
        else all(_rule_takes_all(keyword, schema, kind) for keyword in schema)
    )


def _rule_takes_all(keyword: str, schema: Mapping[str, Any], kind: str) -> bool:
    rule, family = schema[keyword], _family(kind)
    match keyword:
        case "type":
            takes = _is_of(kind, rule)
        case "minLength":
            takes = family != "string" or (kind == FILLED and rule <= 1)
        case "allOf":
            takes = all(takes_all(each, kind) for each in rule)
        case "anyOf":
            takes = any(takes_all(each, kind) for each in rule)
        case "if":
            otherwise = takes_all(schema.get("else", True), kind)
            takes = otherwise and (
                _takes_none(rule, kind) or takes_all(schema.get("then", True), kind)
            )
        case "then" | "else":
            takes = "if" in schema
        case _:
            takes = keyword in NOTES or any(
                keyword in keywords for each, keywords in KEYWORDS.items() if each != family
            )
    return takes


def _takes_none(schema: Schema, kind: str) -> bool:
    """Whether it is certain that a schema is satisfied by no value of a kind."""
    return (
        not schema
        if isinstance(schema, bool)
        else "type" in schema and not _is_of(kind, schema["type"]) and kind != "number"
    )


def _is_of(kind: str, types: Any) -> bool:
    names = {types} if isinstance(types, str) else set(types)
    return bool(names & {kind.removeprefix("filled "), _family(kind)})


def _family(kind: str) -> str:
    """The type whose keywords constrain a kind."""
    return {FILLED: "string", "integer": "number"}.get(kind, kind)
