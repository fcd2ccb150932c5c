"""What is asked of the rows of a stream: its JSON schema as Airbyte means it.

Airbyte's page on data types: a column is nullable unless `required` lists it, and `oneOf` is a
union. A part that cannot be used is taken as "anything". What comes out is plain JSON Schema.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..violations import json_path
from .drafts import compiled, mended

Schema = dict[str, Any]
Path = tuple[str | int, ...]
Uses = Mapping[str, Collection[tuple[str, ...]]]  # of columns: what is taken, as paths inside each

OF_ONE = frozenset(
    {"additionalItems", "contains", "else", "propertyNames", "then", "unevaluatedItems"}
)
OF_MANY = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
OF_NAMES = frozenset(
    {"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"}
)
AS_WRITTEN = frozenset({"if", "not"})  # to take more in them would be to take less
REWRITTEN = frozenset({"$anchor", "$defs", "$id", "$ref", "$schema", "definitions", "id", "oneOf"})
OF_VALUES = frozenset(  # keywords beside which a type and an enum alone decide on null
    {"$comment", "airbyte_type", "default", "description", "enum", "examples", "format", "items"}
    | {"maxItems", "maxLength", "maximum", "minItems", "minLength", "minimum", "pattern", "title"}
    | {"additionalProperties", "properties", "required", "type", "uniqueItems"}
)


@dataclass(frozen=True)
class StreamSchema:
    """A schema that can be used, and the JSON paths of what of the source's could not."""

    schema: Schema
    faults: tuple[str, ...] = ()


def stream_schema(raw: Any, uses: Uses | None = None) -> StreamSchema:
    """What is asked of the columns in `uses`, or of all where it is None."""
    usable, faults = mended(raw)
    reader = _Reader(usable)
    try:
        root = reader.whole() if uses is None else reader.part(uses)
        compiled(root)
    except (ValueError, RecursionError):  # what is left is beyond repair
        return StreamSchema({}, ("$",))
    return StreamSchema(root, tuple(dict.fromkeys((*faults, *reader.faults))))


class _Reader:
    """Reads one schema. Each part that a `$ref` of its own leads to becomes a definition of what is
    read, so that a reference may go anywhere in it.
    """

    def __init__(self, source: Schema) -> None:
        self.faults: list[str] = []
        self._source = source
        self._places: dict[str, str] = {}  # of references: their names in the definitions
        self._definitions: dict[str, Any] = {}

    def whole(self) -> Schema:
        """All of it."""
        read = self._read(self._source, ())
        return self._rooted(read if isinstance(read, dict) else {"allOf": [read]})

    def part(self, uses: Uses) -> Schema:
        """What concerns some columns alone."""
        root, path = self._followed(self._source, ())
        columns = root.get("properties", {})
        required = [name for name in root.get("required", ()) if name in uses]
        properties = {}
        for name in columns.keys() & uses.keys():
            column, place = columns[name], (*path, "properties", name)
            for_paths = self._narrowed(column, place, uses[name])
            properties[name] = for_paths if name in required else nullable(for_paths)
        read = {"type": "object", "properties": properties}
        return self._rooted({**read, "required": required} if required else read)

    def _rooted(self, read: Schema) -> Schema:
        if "$schema" in self._source:
            read = {"$schema": self._source["$schema"], **read}
        return {**read, "definitions": self._definitions} if self._definitions else read

    def _narrowed(self, node: Any, place: Path, paths: Collection[tuple[str, ...]]) -> Any:
        """A column as far as something is taken from it: all of it, or some of its members."""
        node, place = self._followed(node, place)
        plain = isinstance(node, dict) and not node.keys() & (OF_MANY | AS_WRITTEN)
        members = node.get("properties") if plain else None
        if () in paths or not members:
            return self._read(node, place)
        required = [
            name for name in node.get("required", ()) if name in {path[0] for path in paths}
        ]
        properties = {}
        for name in dict.fromkeys(path[0] for path in paths if path[0] in members):
            rest = [path[1:] for path in paths if path[0] == name]
            member = self._narrowed(members[name], (*place, "properties", name), rest)
            properties[name] = member if name in required else nullable(member)
        read = {"type": node["type"]} if "type" in node else {}
        read["properties"] = properties
        return {**read, "required": required} if required else read

    def _followed(self, node: Any, place: Path) -> tuple[Any, Path]:
        """What a reference leads to, or the node itself."""
        seen = set()
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            target = self._target(node["$ref"])
            if target is None or node["$ref"] in seen:
                break
            seen.add(node["$ref"])
            node, place = target
        return node, place

    def _read(self, node: Any, place: Path) -> Any:
        """A part of the schema, as Airbyte means it."""
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return self._reference(node["$ref"], place)
        read = {
            keyword: self._value(keyword, value, (*place, keyword))
            for keyword, value in node.items()
            if keyword not in REWRITTEN
        }
        self._read_columns(node, read)
        if "oneOf" in node:
            union = {"anyOf": self._value("oneOf", node["oneOf"], (*place, "oneOf"))}
            read = {"allOf": [read, union]} if "anyOf" in read else {**read, **union}
        return _with_null(read)

    def _read_columns(self, node: Schema, read: Schema) -> None:
        """Let null be a value of each member that need not be there."""
        required = set(node.get("required", ()) or ())
        members = read.get("properties", {})
        for name in members.keys() - required:
            members[name] = nullable(members[name])
        if required <= members.keys():
            if "patternProperties" in read:
                read["patternProperties"] = {
                    pattern: nullable(each) for pattern, each in read["patternProperties"].items()
                }
            if isinstance(read.get("additionalProperties"), dict):
                read["additionalProperties"] = nullable(read["additionalProperties"])

    def _value(self, keyword: str, value: Any, place: Path) -> Any:
        """The value of a keyword, with the schemas in it read."""
        if keyword in OF_ONE or (keyword in _ONE_OR_ELSE and isinstance(value, dict)):
            return self._read(value, place)
        if keyword in OF_MANY or (keyword == "items" and isinstance(value, list)):
            return [self._read(each, (*place, at)) for at, each in enumerate(value)]
        if keyword in OF_NAMES:
            return {name: self._read(each, (*place, name)) for name, each in value.items()}
        if keyword == "dependencies":
            return {name: self._dependency(each, (*place, name)) for name, each in value.items()}
        if keyword in AS_WRITTEN:
            return self._as_written(value, place)
        return value

    def _dependency(self, value: Any, place: Path) -> Any:
        return value if isinstance(value, list) else self._read(value, place)

    def _as_written(self, node: Any, place: Path) -> Any:
        """The same, with its references led to what they mean."""
        if isinstance(node, list):
            return [self._as_written(each, (*place, at)) for at, each in enumerate(node)]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return self._reference(node["$ref"], place, self._as_written)
        return {
            name: each if name in _DATA else self._as_written(each, (*place, name))
            for name, each in node.items()
        }

    def _reference(
        self, reference: Any, place: Path, read: Callable[[Any, Path], Any] | None = None
    ) -> Any:
        """A reference to the definition that its target becomes."""
        read = read or self._read
        key = f"{'' if read == self._read else 'as written '}{reference}"
        if key not in self._places:
            target = self._target(reference)
            if target is None:
                self.faults.append(json_path((*place, "$ref")))
                return {}
            self._places[key] = f"part_{len(self._places)}"
            self._definitions[self._places[key]] = read(*target)
        return {"$ref": f"#/definitions/{self._places[key]}"}

    def _target(self, reference: Any) -> tuple[Any, Path] | None:
        """What a reference leads to in the schema itself, and where that stands; or None."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        if reference != "#" and not reference.startswith("#/"):
            return next(_named(self._source, reference), None)
        node: Any = self._source
        path: Path = ()
        for step in reference.split("/")[1:]:
            is_place = isinstance(node, list) and step.isdecimal()
            name: Any = int(step) if is_place else _unescaped(step)
            members = dict(enumerate(node)) if isinstance(node, list) else node
            if not isinstance(members, dict) or name not in members:
                return None
            node, path = members[name], (*path, name)
        return (node, path) if isinstance(node, dict | bool) else None


_ONE_OR_ELSE = frozenset({"additionalProperties", "items", "unevaluatedProperties"})
_DATA = frozenset({"const", "default", "enum", "examples"})  # hold values, no schemas


def _named(node: Any, reference: str, path: Path = ()) -> Iterator[tuple[Any, Path]]:
    """Parts of a schema that have the name of a reference such as `#item`."""
    if isinstance(node, dict):
        if node.get("$id") == reference or node.get("$anchor") == reference[1:]:
            yield node, path
        for name, each in node.items():
            if name not in _DATA:
                yield from _named(each, reference, (*path, name))
    elif isinstance(node, list):
        for at, each in enumerate(node):
            yield from _named(each, reference, (*path, at))


def _unescaped(step: str) -> str:
    """A step of a JSON pointer in a URL's fragment."""
    from urllib.parse import unquote  # noqa: PLC0415 - few schemas have one

    return unquote(step).replace("~1", "/").replace("~0", "~")


def nullable(schema: Any) -> Any:
    """A schema that takes null, too."""
    if schema is True or schema == {}:
        return schema
    if schema is False:
        return {"type": "null"}
    if not schema.keys() <= OF_VALUES:
        return {"anyOf": [schema, {"type": "null"}]}
    if "type" not in schema:
        return {**schema, "enum": [*schema["enum"], None]} if "enum" in schema else schema
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return _with_null({**schema, "type": [*dict.fromkeys([*kinds, "null"])]})


def _with_null(schema: Schema) -> Schema:
    """A schema whose enum has null where its type does."""
    kinds, values = schema.get("type"), schema.get("enum")
    takes = isinstance(kinds, list) and "null" in kinds
    if takes and isinstance(values, list) and None not in values:
        return {**schema, "enum": [*values, None]}
    return schema
