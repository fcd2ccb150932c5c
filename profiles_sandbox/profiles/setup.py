"""The setup: databases and resources with their fields, as a setup file declares them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Literal

import msgspec
import yaml

from profiles_sandbox.profiles.fields import CUSTOM_TYPES, SYSTEM_FIELDS, Field

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
    """What profiles subscribe to, on some channels, from some databases."""

    id: int
    name: str
    channels: frozenset[str]
    databases: frozenset[int]
    fields: dict[str, Field]


@dataclass(frozen=True)
class Setup:
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
    databases: list[int] | None = None
    fields: list[_FieldEntry] = []


class _SetupFile(msgspec.Struct, forbid_unknown_fields=True):
    databases: list[_DatabaseEntry]
    resources: list[_ResourceEntry] = []


def load_setup(path: Path | None = None) -> Setup:
    """Read a setup file, or the one in the package; raises SetupError."""
    text = (
        path.read_text("utf-8")
        if path
        else files("profiles_sandbox").joinpath("setup.yaml").read_text("utf-8")
    )
    try:
        setup = msgspec.convert(yaml.safe_load(text), _SetupFile)
        return _setup(setup)
    except (yaml.YAMLError, msgspec.ValidationError, SetupError) as error:
        raise SetupError(f"{path or 'setup.yaml'}: {error}") from error


def _setup(setup: _SetupFile) -> Setup:
    _refuse_repeats("databases: id", (entry.id for entry in setup.databases))
    _refuse_repeats("resources: id", (entry.id for entry in setup.resources))
    databases = {
        entry.id: Database(
            entry.id, entry.name, entry.description, SYSTEM_FIELDS | _fields(entry.fields)
        )
        for entry in setup.databases
    }
    return Setup(databases, {entry.id: _resource(entry, databases) for entry in setup.resources})


def _resource(entry: _ResourceEntry, databases: Mapping[int, Database]) -> Resource:
    """Take a resource, which goes with all databases unless it names some."""
    of = frozenset(databases if entry.databases is None else entry.databases)
    if unknown := of - databases.keys():
        raise SetupError(f"resource {entry.id}: database {min(unknown)} is not declared")
    return Resource(entry.id, entry.name, entry.channels, of, _fields(entry.fields))


def _fields(entries: list[_FieldEntry]) -> dict[str, Field]:
    _refuse_repeats("field", (entry.name for entry in entries))
    return {entry.name: _field(entry) for entry in entries}


def _field(entry: _FieldEntry) -> Field:
    if entry.name in SYSTEM_FIELDS or entry.name == "subscriptions":
        raise SetupError(f"field {entry.name}: the name of a system field")
    if entry.type not in CUSTOM_TYPES:
        raise SetupError(
            f"field {entry.name}: type {entry.type} is not one of {', '.join(CUSTOM_TYPES)}"
        )
    if (entry.type == "enum") is not bool(entry.dictionary):
        raise SetupError(f"field {entry.name}: a dictionary goes with type enum, and only with it")
    return Field(entry.name, entry.type, entry.title or entry.name, dictionary=entry.dictionary)


def _refuse_repeats(what: str, values: Iterable[int | str]) -> None:
    for value, count in Counter(values).items():
        if count > 1:
            raise SetupError(f"{what} {value}: declared {count} times")
