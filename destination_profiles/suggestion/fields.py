"""The fields of a database, as a suggestion looks at them."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..api.client import ServiceField
from ..service.manifest import Service


@dataclass(frozen=True, slots=True)
class Field:
    """A field by its API name. `kind` is its type by the manifest's name, `string` where the
    service's word is not known; `options` are those of an enum, as far as the service tells them.
    """

    name: str
    title: str
    kind: str
    is_key: bool
    options: tuple[str, ...] = ()


def fields_of(service: Service, told: Iterable[ServiceField]) -> list[Field]:
    """Those of a database, its own first, then those that every one has."""
    kinds = {word: name for name, each in service.field_types.items() for word in each["words"]}
    custom = [each for each in told if each.category == "custom"]
    options = {each.name: each.options() for each in told}
    own = [
        Field(
            each.name,
            each.title,
            kind := kinds.get(each.type, "string"),
            bool(service.field_types[kind].get("key")),
            options[each.name],
        )
        for each in custom
    ]
    system = [
        Field(name, "", kind, name in service.matching_keys, options.get(name, ()))
        for name, kind in service.system_fields.items()
    ]
    return own + system
