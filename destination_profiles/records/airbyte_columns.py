"""Columns that Airbyte adds to a stream, which are no fields of a profile."""

from collections.abc import Collection, Mapping
from typing import Any

DELETED_AT = "_ab_cdc_deleted_at"  # when the row was deleted in the source; null for others
PREFIXES = ("_ab_cdc_", "_airbyte_")
IN_KEYS = tuple(f"\n{prefix}" for prefix in PREFIXES)  # where keys are joined by ends of lines


def are_added(names: Collection[str]) -> bool:
    """Whether some of the names are those of added columns; quick, as rows are asked it."""
    text = "\n" + "\n".join(names)
    return any(each in text for each in IN_KEYS)


def added(names: Collection[str], keep: Collection[str] = ()) -> list[str]:
    """The names of added columns, but for some that are kept."""
    return [name for name in names if name.startswith(PREFIXES) and name not in keep]


def without_rules(schema: Any, names: Collection[str]) -> Any:
    """A stream's schema that asks nothing of some columns."""
    columns = schema.get("properties") if isinstance(schema, Mapping) else None
    if not names or not isinstance(columns, Mapping):
        return schema
    open_columns = {name: {} if name in names else each for name, each in columns.items()}
    made = {**schema, "properties": open_columns}
    if isinstance(schema.get("required"), list):
        made["required"] = [name for name in schema["required"] if name not in names]
    return made
