"""What `discover` says to a person."""

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from ..service.manifest import service
from .tables import Table, show_tables

ANY = "any"  # of a field whose type the service has, and nobody else knows
SHARED = ("email", "enum")  # types whose schema keys of another type have too


def show(catalog: Mapping[str, Any], file: TextIO) -> None:
    """Print the fields with their types, and what profiles are found by."""
    operations = catalog["operations"]
    modes = ", ".join(each["sync_mode"] for each in operations)
    show_tables(_tables(operations[0]), [f"Sync modes: {modes}."], file)


def _tables(operation: Mapping[str, Any]) -> Iterator[Table]:
    fields = operation["json_schema"]["properties"]
    yield ["field", "type"], [(name, _type(schema)) for name, schema in fields.items()]
    yield ["profiles are found by"], [(" and ".join(key),) for key in operation["matching_keys"]]


def _type(schema: Mapping[str, Any]) -> str:
    """The service's word for what a schema takes, or that of JSON."""
    types = service().field_types.items()
    words = (name for name, each in types if each["schema"] == schema and name not in SHARED)
    own = next(words, None)
    kind = schema.get("type", ANY)
    return own or (kind if isinstance(kind, str) else " or ".join(kind))
