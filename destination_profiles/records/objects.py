"""Objects that satisfy JSON schemas, as structs of msgspec."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any, Protocol

import msgspec

from .keywords import OPEN, Impossible, Schema, Uncertain, is_of_family, must_be

PLAIN = frozenset({"additionalProperties", "properties", "required"})  # what a struct can say


@dataclass
class Members:
    """What schemas say together of one object: `nodes` hold at once, of each of `choices` one
    alternative does, and `conditions` are (if, then, else).
    """

    nodes: list[Mapping[str, Any]] = field(default_factory=list)
    choices: list[list[Schema]] = field(default_factory=list)
    conditions: list[tuple[Schema, Schema, Schema]] = field(default_factory=list)
    either: list[list[frozenset[str]]] = field(default_factory=list)  # one of these is whole

    def names(self) -> list[str]:
        """All members that are named, each once."""
        return list(dict.fromkeys(name for node in self.nodes for name in node["properties"]))

    def required(self) -> frozenset[str]:
        """Members that must be there."""
        return frozenset(name for node in self.nodes for name in node["required"])

    def of(self, name: str) -> list[Schema]:
        """The schemas of a member."""
        return [node["properties"].get(name, node["additionalProperties"]) for node in self.nodes]

    def beyond(self) -> list[Schema]:
        """The schemas of members that are not named."""
        return [node["additionalProperties"] for node in self.nodes]


class Types(Protocol):
    """Makes types of values of any kind."""

    def type_of(self, *schemas: Schema) -> Any:
        """A type whose every value satisfies all of some schemas. Raises Uncertain."""
        ...

    def rules(self, kind: str, schema: Schema) -> Iterator[tuple[str, Any]]:
        """The keywords of a schema that constrain values of a kind. Raises Uncertain."""
        ...

    def following(self, reference: str, read: Callable[[Schema], Any]) -> Any:
        """What `read` gives for the schema that a reference leads to. Raises Uncertain."""
        ...


class Objects:
    """Makes types of objects."""

    def __init__(self, proof: Types) -> None:
        """Ask `proof` for the types of members."""
        self._proof = proof

    def type_of(self, schemas: Iterable[Schema]) -> Any:
        """A struct, a union of structs that one member tells apart, or a dict. Raises Uncertain."""
        members = self.members(schemas)
        if not members.names():
            return self._mapping(members)
        tag, cases = self._told_apart(members)
        if tag is None:
            return self.struct(self._settled(members))
        structs = list(self._tagged(members, tag, cases))
        if len(structs) < 2:  # noqa: PLR2004 - alone, one would not ask for what tells it apart
            raise Uncertain
        return reduce(or_, structs)

    def members(self, schemas: Iterable[Schema]) -> Members:
        """What schemas say together, their choices made. Raises Uncertain."""
        members = Members()
        for schema in schemas:
            self._add(members, schema)
        self._choose_all(members)
        return members

    def _choose_all(self, members: Members) -> None:
        while members.choices:
            self._choose(members, members.choices.pop())

    def _add(self, members: Members, schema: Schema) -> None:
        if isinstance(schema, bool):
            if not schema:
                raise Impossible
            return
        node: dict[str, Any] = {"properties": {}, "required": (), "additionalProperties": True}
        for keyword, rule in schema.items():
            match keyword:
                case "type":
                    must_be("object", rule)
                case "$ref":
                    self._proof.following(rule, lambda each: self._add(members, each))
                case "allOf":
                    for each in rule:
                        self._add(members, each)
                case "anyOf":
                    members.choices.append(rule)
                case "if":
                    otherwise = schema.get("else", True)
                    members.conditions.append((rule, schema.get("then", True), otherwise))
                case _ if is_of_family(keyword, "object"):
                    if keyword not in PLAIN:
                        raise Uncertain
                    node[keyword] = rule
        members.nodes.append(node)

    def _choose(self, members: Members, alternatives: list[Schema]) -> None:
        """Take the one alternative that can hold, or what all that can hold say together."""
        possible = [each for each in map(self._alone, alternatives) if each is not None]
        names = set(members.names())
        nearest = [each for each in possible if each.required() <= names] or possible
        if not nearest:
            raise Impossible
        for each in nearest:
            members.choices += each.choices
            members.conditions += each.conditions
            if len(nearest) == 1:
                members.nodes += each.nodes
            elif each.choices or each.conditions:
                raise Uncertain
            else:
                members.nodes += [{**node, "required": ()} for node in each.nodes]
        if len(nearest) > 1:
            members.either.append([each.required() for each in nearest])

    def _alone(self, schema: Schema) -> Members | None:
        """What one schema says; None where no object satisfies it."""
        members = Members()
        try:
            self._add(members, schema)
        except Impossible:
            return None
        return members

    def _told_apart(self, members: Members) -> tuple[str | None, list[str]]:
        """The member whose value decides between cases, if there is one, and its values."""
        for condition, _, _ in members.conditions:
            name, _ = _constant(condition)
            if name in members.required():
                return name, self._values(members, str(name))
        return None, []

    def _values(self, members: Members, name: str) -> list[str]:
        """The texts that a member may be."""
        lists = [
            set(map(str, schema["enum"]))
            for schema in members.of(name)
            if not isinstance(schema, bool) and "enum" in schema
        ]
        kinds = list(self._proof.rules("string", {"allOf": members.of(name)}))
        if not lists or any(keyword != "enum" for keyword, _ in kinds):
            raise Uncertain
        return sorted(set.intersection(*lists))

    def _tagged(self, members: Members, tag: str, values: list[str]) -> Iterator[Any]:
        for value in values:
            case = Members(list(members.nodes), [], [], list(members.either))
            for condition, then, otherwise in members.conditions:
                name, wanted = _constant(condition)
                if name == tag:
                    self._add(case, then if wanted == value else otherwise)
                else:
                    case.conditions.append((condition, then, otherwise))
            self._choose_all(case)
            try:
                yield self.struct(self._settled(case), tag=(tag, value))
            except Uncertain:
                continue

    def _settled(self, members: Members) -> Members:
        """With what follows from conditions, whichever way they go."""
        excluded = []
        while members.conditions:
            condition, then, otherwise = members.conditions.pop()
            if self._never(condition, members):
                excluded.append(condition)
            else:
                self._add(members, then)
            self._add(members, otherwise)
            self._choose_all(members)
        if not all(self._never(condition, members) for condition in excluded):
            raise Uncertain  # what was added since lets one of them hold
        return members

    def _never(self, condition: Schema, members: Members) -> bool:
        """Whether no object of these members alone satisfies a condition."""
        alone = self._alone_or_none(condition)
        return alone is None or not alone.required() <= set(members.names())

    def _alone_or_none(self, condition: Schema) -> Members | None:
        try:
            return self._alone(condition)
        except Uncertain:  # it says more than a struct can: what it requires is enough
            required = condition.get("required", ()) if isinstance(condition, Mapping) else ()
            return Members([{"properties": {}, "required": required}])

    def struct(self, members: Members, *, tag: tuple[str, str] | None = None) -> Any:
        """A struct of members that its type names, and no others."""
        required = members.required()
        fields: list[Any] = []
        names: dict[str, str] = {}
        for place, name in enumerate(members.names()):
            if tag is not None and name == tag[0]:
                continue
            try:
                kind = self._proof.type_of(*members.of(name))
            except Uncertain:
                if name in required:
                    raise
                continue  # an object that has it needs a look of its own
            key = f"field_{place}"
            names[name] = key
            optional = (key, kind | msgspec.UnsetType, msgspec.UNSET)
            fields.append((key, kind) if name in required else optional)
        known = {*names, *([tag[0]] if tag else ())}
        if not required <= known:
            raise Uncertain
        return defined(fields, names, tag=tag, either=members.either)

    def _mapping(self, members: Members) -> Any:
        """Objects of which no member is named."""
        if members.either or members.conditions or members.required():
            raise Uncertain
        beyond = [each for each in members.beyond() if each not in OPEN]
        return dict[str, self._proof.type_of(*beyond) if beyond else Any]  # type: ignore[misc]


def _constant(condition: Schema) -> tuple[str | None, Any]:
    """The one member that a condition wants to be a value, if it says no more, and that value."""
    if isinstance(condition, bool) or condition.keys() != {"properties"}:
        return None, None
    (name, rule), *more = condition["properties"].items() or [(None, {})]
    return (name, rule["const"]) if not more and set(rule) == {"const"} else (None, None)


def defined(
    fields: list[Any],
    names: Mapping[str, str],
    *,
    tag: tuple[str, str] | None = None,
    either: Iterable[list[frozenset[str]]] = (),
    absent: Any = msgspec.UNSET,
    omit_defaults: bool = False,
    others: bool = False,
) -> Any:
    """A struct whose fields have other `names` in JSON, by their keys here. `either`: of each list,
    one set of members must be there, and not be `absent`. `others`: it may have more, which are
    passed over. Raises Uncertain for a name that msgspec
    does not take.
    """
    checks = [[_keys(each, names) for each in choice] for choice in either]
    namespace = {"__post_init__": _check(checks, absent)} if checks else None
    try:
        return msgspec.defstruct(
            "Object",
            fields,
            rename={key: name for name, key in names.items()},
            forbid_unknown_fields=not others,
            kw_only=True,
            gc=False,
            tag_field=tag[0] if tag else None,
            tag=tag[1] if tag else None,
            namespace=namespace,
            omit_defaults=omit_defaults,
        )
    except (ValueError, TypeError):
        raise Uncertain from None


def _keys(members: frozenset[str], names: Mapping[str, str]) -> list[str] | None:
    """The fields of some members; None where one of them has none."""
    return [names[each] for each in members] if members <= names.keys() else None


def _check(checks: list[list[list[str] | None]], absent: Any) -> Any:
    def check(instance: Any) -> None:
        for choice in checks:
            if not any(
                each is not None and all(getattr(instance, key) is not absent for key in each)
                for each in choice
            ):
                raise ValueError

    return check
