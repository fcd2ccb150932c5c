"""JSON schemas as types of msgspec: what decodes as the type satisfies all of the schemas.

Only what is certain: a value that does not decode may satisfy them all the same.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from itertools import chain
from operator import or_
from typing import Annotated, Any, Literal

import msgspec

from .keywords import OPEN, Impossible, Schema, Uncertain, is_of_family, must_be
from .objects import Objects

Rules = list[tuple[str, Any]]  # keywords that constrain a kind of values, and what they say
Type = Any  # a type of msgspec

BOUNDS = {  # keywords of numbers, and msgspec's words for them
    "minimum": "ge",
    "maximum": "le",
    "exclusiveMinimum": "gt",
    "exclusiveMaximum": "lt",
}
SMALLEST, LARGEST = -(2**63), 2**63 - 1  # that msgspec takes as a bound or a literal


class Proof:
    """Types for schemas whose references lead to `definitions`."""

    def __init__(self, definitions: Mapping[str, Schema] | None = None) -> None:
        """Start with no type."""
        self._definitions = definitions or {}
        self._open: list[str] = []  # references that are being followed
        self._makers: Mapping[str, Callable[[Rules], Type]] = {
            "null": lambda rules: _listed(rules, None.__class__) or type(None),
            "boolean": lambda rules: _listed(rules, bool) or bool,
            "integer": lambda rules: _listed(rules, int) or _bounded(int, rules),
            "number": _number,
            "string": lambda rules: _listed(rules, str) or _text(rules),
            "array": self._array,
        }

    def type_of(self, *schemas: Schema) -> Type:
        """A type whose every value satisfies all of some schemas. Raises Uncertain."""
        types: dict[str, Type] = {}
        for kind in (*self._makers, "object"):
            try:
                types[kind] = self._kind(kind, schemas)
            except (Uncertain, RecursionError):
                continue
        if "number" in types:
            types.pop("integer", None)  # each whole number is one
        if not types:
            raise Uncertain
        return reduce(or_, types.values())

    def _kind(self, kind: str, schemas: Iterable[Schema]) -> Type:
        if kind == "object":
            return Objects(self).type_of(schemas)
        rules = list(chain.from_iterable(self.rules(kind, each) for each in schemas))
        return self._makers[kind](rules)

    def rules(self, kind: str, schema: Schema) -> Iterator[tuple[str, Any]]:
        """The keywords of a schema that constrain values of a kind, those of alternatives chosen.

        Raises Impossible where no value of the kind satisfies it, and Uncertain.
        """
        if isinstance(schema, bool):
            if not schema:
                raise Impossible
            return
        for keyword, rule in schema.items():
            match keyword:
                case "type":
                    must_be(kind, rule)
                case "$ref":
                    yield from self.following(rule, lambda each: list(self.rules(kind, each)))
                case "enum" | "const":
                    yield "enum", _of_kind(kind, rule if keyword == "enum" else [rule])
                case "allOf":
                    for each in rule:
                        yield from self.rules(kind, each)
                case "anyOf":
                    yield from self._chosen(kind, rule)
                case "if":
                    yield from self._branches(kind, schema)
                case _ if is_of_family(keyword, kind):
                    yield keyword, rule

    def following(self, reference: str, read: Callable[[Schema], Any]) -> Any:
        """What `read` gives for the schema that a reference leads to. Raises Uncertain for a
        reference that leads into itself.
        """
        if reference in self._open:
            raise Uncertain
        self._open.append(reference)
        try:
            return read(self._definitions[reference.removeprefix("#/definitions/")])
        finally:
            self._open.pop()

    def _chosen(self, kind: str, alternatives: Iterable[Schema]) -> Rules:
        """The rules of the alternative that asks the least of a kind."""
        found: list[Rules] = []
        doubts = 0
        for each in alternatives:
            try:
                found.append(list(self.rules(kind, each)))
            except Impossible:
                continue
            except Uncertain:
                doubts += 1
        if not found:
            raise Uncertain if doubts else Impossible
        return min(found, key=len)

    def _branches(self, kind: str, schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """What holds whichever way an `if` goes."""
        if not self.is_impossible(kind, schema["if"]):
            yield from self.rules(kind, schema.get("then", True))
        yield from self.rules(kind, schema.get("else", True))

    def is_impossible(self, kind: str, schema: Schema) -> bool:
        """Whether it is certain that no value of a kind satisfies a schema."""
        try:
            list(self.rules(kind, schema))
        except Impossible:
            return True
        except Uncertain:
            return False
        return False

    def _array(self, rules: Rules) -> Type:
        items: list[Schema] = []
        lengths: dict[str, int] = {}
        for keyword, rule in rules:
            if keyword == "items" and not isinstance(rule, list):
                items.append(rule)
            elif keyword in ("minItems", "maxItems"):
                lengths[keyword] = _tighter(keyword, lengths.get(keyword), rule)
            elif (keyword, rule) != ("uniqueItems", False) and keyword != "additionalItems":
                raise Uncertain
        members: Type = list[Any]
        if any(each not in OPEN for each in items):
            members = list[self.type_of(*items)]  # type: ignore[misc]
        return _with(members, _lengths(lengths))


PYTHON: Mapping[str, tuple[type, ...]] = {  # types of the values of a kind
    "null": (type(None),),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "string": (str,),
    "array": (list,),
    "object": (dict,),
}


def _of_kind(kind: str, values: Iterable[Any]) -> list[Any]:
    """Those of some values that are of a kind. Raises Impossible where there are none."""
    found = [each for each in values if type(each) in PYTHON[kind]]
    if not found:
        raise Impossible
    return found


def _listed(rules: Rules, kind: type) -> Type | None:
    """The values that stand in a list, or None where there is no list."""
    lists = [rule for keyword, rule in rules if keyword == "enum"]
    if not lists:
        return None
    (values, *_) = lists
    if len(rules) > 1:
        raise Uncertain
    if kind is bool:
        return _both(values)
    if kind is int and not all(SMALLEST <= each <= LARGEST for each in values):
        raise Uncertain
    return None if kind is type(None) else Literal[tuple(dict.fromkeys(values))]


def _both(values: list[Any]) -> Type:
    if set(values) != {True, False}:
        raise Uncertain  # msgspec has no literals of booleans
    return bool


def _number(rules: Rules) -> Type:
    if any(keyword == "enum" for keyword, _ in rules):
        raise Uncertain
    return _bounded(int, rules) | _bounded(float, rules)


def _bounded(kind: type, rules: Rules) -> Type:
    bounds: dict[str, Any] = {}
    for keyword, rule in rules:
        name = BOUNDS.get(keyword)
        exact = type(rule) is int and SMALLEST <= rule <= LARGEST
        if name is None or name in bounds or not exact:
            raise Uncertain
        bounds[name] = rule
    if len(bounds.keys() & {"ge", "gt"}) > 1 or len(bounds.keys() & {"le", "lt"}) > 1:
        raise Uncertain
    return _with(kind, bounds)


def _text(rules: Rules) -> Type:
    lengths: dict[str, Any] = {}
    for keyword, rule in rules:
        if not keyword.endswith("Length"):
            raise Uncertain  # an expression for each value costs more than all the rest
        lengths[keyword] = _tighter(keyword, lengths.get(keyword), rule)
    return _with(str, _lengths(lengths))


def _tighter(keyword: str, one: Any, other: Any) -> Any:
    """The tighter of two lengths."""
    if isinstance(other, float):
        other = int(other)  # a whole one: the schema's own schema asks for it
    if one is None:
        return other
    return max(one, other) if keyword.startswith("min") else min(one, other)


def _lengths(lengths: Mapping[str, int]) -> dict[str, int]:
    return {f"{keyword[:3]}_length": length for keyword, length in lengths.items()}


def _with(kind: Type, constraints: Mapping[str, Any]) -> Type:
    return Annotated[kind, msgspec.Meta(**constraints)] if constraints else kind
