"""Dotted paths into the values of a column: what they lead to, and what its schema says of that."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from ..conversion import decode_exact
from .table import ABSENT

MAX_REMEMBERED = 256  # JSON texts of a column, which several fields may be taken from,
MAX_LENGTH = 16_384  # and that are not longer, so that few bytes are held
MAX_STEPS = 100  # of references and alternatives, some of which lead into themselves
Kinds = frozenset[str]


class Garbled:
    """Stands for a text that begins as JSON and cannot be read as it."""


GARBLED = Garbled()


class Walk:
    """What a path leads to: through objects by name, through arrays by index or, by name, through
    all their members, and through texts that are JSON.
    """

    def __init__(self, path: Sequence[str], texts: "JsonTexts") -> None:
        """Of these steps; `texts` reads those on the way."""
        self._path, self._texts = path, texts

    def __call__(self, value: Any) -> Any:
        """ABSENT where it leads nowhere, GARBLED where a text on the way cannot be read."""
        return self._from(value, 0)

    def _from(self, value: Any, start: int) -> Any:
        for place in range(start, len(self._path)):
            name = self._path[place]
            if isinstance(value, str):
                value = self._texts[value]
            if isinstance(value, dict):
                value = value.get(name, ABSENT)
            elif not isinstance(value, list):
                return GARBLED if value is GARBLED else ABSENT
            elif not name.isdecimal():
                return self._members(value, place)
            else:
                value = value[int(name)] if int(name) < len(value) else ABSENT
        return value

    def _members(self, values: list[Any], place: int) -> Any:
        """Of each member of an array, but for those that have none or null."""
        found: list[Any] = []
        for each in values:
            one = self._from(each, place)
            if one is GARBLED:
                return GARBLED
            if isinstance(one, list):
                found += one
            elif one is not ABSENT and one is not None:
                found.append(one)
        return found


class JsonTexts(dict[str, Any]):
    """What JSON texts hold; ABSENT for others, and GARBLED for those that only begin so."""

    def __init__(self, *, exactly: bool) -> None:
        """`exactly`: decimals keep their digits."""
        super().__init__()
        self._decode: Callable[[str], Any] = decode_exact if exactly else msgspec.json.decode

    def __missing__(self, text: str) -> Any:
        """What a text holds that was not asked for lately."""
        if not text.lstrip().startswith(("{", "[")):
            return ABSENT
        try:
            found = self._decode(text)
        except (ValueError, RecursionError):
            found = GARBLED
        if len(text) <= MAX_LENGTH:
            if len(self) >= MAX_REMEMBERED:
                self.clear()
            self[text] = found
        return found


class Declared:
    """The columns of a stream, as its schema has them."""

    def __init__(self, schema: Any) -> None:
        """Of a JSON schema, or of what a source publishes as one."""
        self._schema = schema
        columns = schema.get("properties") if isinstance(schema, dict) else None
        self.columns: Mapping[str, Any] = columns if isinstance(columns, dict) else {}
        self._steps = 0

    def parted(self, source: str) -> tuple[str, tuple[str, ...]] | None:
        """The column, by the longest name that fits, and the path inside; None where the schema
        names columns, and not that one.
        """
        steps = source.split(".")
        if not self.columns:
            return steps[0], tuple(steps[1:])
        for count in range(len(steps), 0, -1):
            name = ".".join(steps[:count])
            if name in self.columns:
                return name, tuple(steps[count:])
        return None

    def kinds(self, name: str, path: Sequence[str]) -> Kinds | None:
        """The types, but for null, of what a path into a column leads to; none where it leads
        nowhere, None where the schema leaves it open.
        """
        self._steps = 0
        return self._kinds(self.columns.get(name, True), tuple(path))

    def _kinds(self, node: Any, path: tuple[str, ...]) -> Kinds | None:
        self._steps += 1
        if not isinstance(node, dict) or self._steps > MAX_STEPS or "allOf" in node:
            return None
        if isinstance(node.get("$ref"), str):
            return self._kinds(self._target(node["$ref"]), path)
        for keyword in ("anyOf", "oneOf"):
            if keyword in node:
                return _either([self._kinds(each, path) for each in _list(node[keyword])])
        types = node.get("type")
        if not isinstance(types, str | list):
            return None
        kinds = frozenset({types} if isinstance(types, str) else map(str, types)) - {"null"}
        return _either([self._inside(kind, node, path) for kind in kinds]) if path else kinds

    def _inside(self, kind: str, node: Mapping[str, Any], path: tuple[str, ...]) -> Kinds | None:
        """The same, for values of one type that a path goes into."""
        name, *rest = path
        if kind == "object":
            members = node.get("properties")
            if not isinstance(members, dict) or not members:
                return None
            if name in members:
                return self._kinds(members[name], tuple(rest))
            is_open = node.get("additionalProperties") or node.get("patternProperties")
            return None if is_open else frozenset()
        if kind == "array":
            return self._kinds(node.get("items"), tuple(rest) if name.isdecimal() else path)
        return None if kind == "string" else frozenset()  # a text may be JSON

    def _target(self, reference: str) -> Any:
        """What a reference leads to in the schema itself."""
        node = self._schema
        for step in reference.removeprefix("#").split("/")[1:]:
            node = (
                node.get(step.replace("~1", "/").replace("~0", "~"))
                if isinstance(node, dict)
                else None
            )
        return node if reference.startswith("#") else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [True]


def _either(found: Sequence[Kinds | None]) -> Kinds | None:
    """The types of several alternatives."""
    known = [each for each in found if each is not None]
    return frozenset().union(*known) if len(known) == len(found) else None
