"""The catalog: databases and resources with their fields, as a setup file declares them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from profiles_sandbox.fields import CUSTOM_TYPES, SYSTEM_FIELDS, Field

Channel = Literal["email", "sms", "push", "telegram_bot", "whatsapp", "viber"]


class SetupError(Exception):
    """The setup file cannot be used; the text says where and why."""


@dataclass(frozen=True)
class Database:
    """A database of profiles. `fields` holds the system fields too."""

    id: int
    name: str
    description: str = ""
    fields: dict[str, Field] = field(default_factory=dict)


@dataclass(frozen=True)
class Resource:
    """What profiles subscribe to, on some channels."""

    id: int
    name: str
    channels: frozenset[str]
    fields: dict[str, Field]


@dataclass(frozen=True)
class Catalog:
    """Everything declared, by id."""

    databases: dict[int, Database]
    resources: dict[int, Resource]


class _FieldEntry(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    type: str
    title: str = ""
    dictionary: tuple[str, ...] = ()


class _DatabaseEntry(msgspec.Struct, forbid_unknown_fields=True):
    id: int
    name: str
    description: str = ""
    fields: list[_FieldEntry] = []


class _ResourceEntry(msgspec.Struct, forbid_unknown_fields=True):
    id: int
    name: str
    channels: frozenset[Channel]
    fields: list[_FieldEntry] = []


class _Setup(msgspec.Struct, forbid_unknown_fields=True):
    databases: list[_DatabaseEntry]
    resources: list[_ResourceEntry] = []


def load_catalog(path: Path | None = None) -> Catalog:
    """Read a setup file, or the one in the package; raises SetupError."""
    text = path.read_text("utf-8") if path else files(__package__).joinpath("setup.yaml").read_text("utf-8")
    try:
        setup = msgspec.convert(yaml.safe_load(text), _Setup)
        return _catalog(setup)
    except (yaml.YAMLError, msgspec.ValidationError, SetupError) as error:
        raise SetupError(f"{path or 'setup.yaml'}: {error}") from error


def _catalog(setup: _Setup) -> Catalog:
    _refuse_repeats("databases: id", (entry.id for entry in setup.databases))
    _refuse_repeats("resources: id", (entry.id for entry in setup.resources))
    return Catalog(
        {entry.id: Database(entry.id, entry.name, entry.description, SYSTEM_FIELDS | _fields(entry.fields)) for entry in setup.databases},
        {entry.id: Resource(entry.id, entry.name, entry.channels, _fields(entry.fields)) for entry in setup.resources},
    )


def _fields(entries: list[_FieldEntry]) -> dict[str, Field]:
    _refuse_repeats("field", (entry.name for entry in entries))
    return {entry.name: _field(entry) for entry in entries}


def _field(entry: _FieldEntry) -> Field:
    if entry.name in SYSTEM_FIELDS or entry.name == "subscriptions":
        raise SetupError(f"field {entry.name}: the name of a system field")
    if entry.type not in CUSTOM_TYPES:
        raise SetupError(f"field {entry.name}: type {entry.type} is not one of {', '.join(CUSTOM_TYPES)}")
    if (entry.type == "enum") is not bool(entry.dictionary):
        raise SetupError(f"field {entry.name}: a dictionary goes with type enum, and only with it")
    return Field(entry.name, entry.type, entry.title or entry.name, dictionary=entry.dictionary)


def _refuse_repeats(what: str, values: Iterable[int | str]) -> None:
    for value, count in Counter(values).items():
        if count > 1:
            raise SetupError(f"{what} {value}: declared {count} times")
