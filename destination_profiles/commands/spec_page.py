"""What `spec` says to a person."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TextIO

from .tables import page, show_term

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: its path, in which `[]` stands for each of a list, its kind and its meaning,
    and its part of the specification.
    """

    path: str
    kind: str
    meaning: str
    form: Schema


def show(found: Schema, file: TextIO) -> None:
    """Print each setting with its type, default and meaning."""
    console = page(file)
    for each in settings(found["connectionSpecification"]):
        show_term(each.path, each.kind, each.meaning, console)


def settings(schema: Schema) -> list[Setting]:
    """All of a specification, in the order of its form. Parts that several settings share are told
    once.
    """
    return list(_Walk().parts(schema, ""))


class _Walk:
    def __init__(self) -> None:
        self._told: list[tuple[object, str]] = []  # shared parts, and where they are told

    def parts(self, schema: Schema, path: str) -> Iterator[Setting]:
        """The settings below a path."""
        named = schema.get("properties", {}).items()
        for name, part in sorted(named, key=lambda each: each[1].get("order", 0)):
            if "const" not in part:
                is_required = name in schema.get("required", ())
                yield from self._setting(part, f"{path}{name}", is_required=is_required)

    def _setting(
        self, part: Schema, path: str, *, is_required: bool = False, only: str = ""
    ) -> Iterator[Setting]:
        known = _shared(part)
        earlier = next((where for each, where in self._told if known and each == known), None)
        kind = [_kind(part), *(["required"] if is_required else []), *_default(part)]
        kind += [f"as {earlier}"] if earlier else []
        meaning = f"{part.get('description', part.get('title', ''))}{only}"
        yield Setting(path, ", ".join(kind), meaning, part)
        if earlier is None:
            self._told += [(known, path)] if known else []
            yield from self._below(part, path)

    def _below(self, part: Schema, path: str) -> Iterator[Setting]:
        yield from self.parts(part, f"{path}.")
        yield from self.parts(part.get("items", {}), f"{path}[].")
        told: dict[str, tuple[Schema, list[str]]] = {}
        for option in part.get("oneOf", ()):
            for name, each in option["properties"].items():
                if "const" not in each:
                    told.setdefault(name, (each, []))[1].append(_choice(option))
        for name, (each, choices) in told.items():
            only = f" Only for {', '.join(choices)}."
            yield from self._setting(each, f"{path}.{name}", only=only)


def _shared(part: Schema) -> object:
    """What other settings may have as well: the form of members, or options."""
    items = part.get("items", {})
    return items if "properties" in items else part.get("oneOf")


def _kind(part: Schema) -> str:
    """The type of a setting in words."""
    if "oneOf" in part:
        first = part["oneOf"][0]["properties"].items()
        chooser = next(name for name, each in first if "const" in each)
        return f"object with {chooser}: {', '.join(map(_choice, part['oneOf']))}"
    if "enum" in part:
        return f"one of {', '.join(map(str, part['enum']))}"
    words = _type(part)
    if words == "array":
        words = f"array of {_type(part['items'])}"
    return f"{words}, secret" if part.get("airbyte_secret") else words


def _type(part: Schema) -> str:
    kind = part.get("type", "any")
    return str(kind) if isinstance(kind, str) else " or ".join(kind)


def _choice(option: Schema) -> str:
    return str(next(each["const"] for each in option["properties"].values() if "const" in each))


def _default(part: Schema) -> list[str]:
    return [f"default {json.dumps(part['default'])}"] if "default" in part else []
