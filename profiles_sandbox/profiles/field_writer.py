"""Writes given values into named fields: plain values, nulls and functions."""

from collections.abc import Mapping
from typing import Any

from profiles_sandbox.profiles.fields import Field
from profiles_sandbox.profiles.functions import ABSENT, apply_function, is_function
from profiles_sandbox.refusals import BadValue, UnknownField
from profiles_sandbox.switches import Switches


class FieldWriter:
    """Writes into fields of one owner, such as `database 1`."""

    def __init__(self, fields: Mapping[str, Field], owner: str, switches: Switches) -> None:
        """Take the declared fields by name, and what to call their owner in an error."""
        self._fields = fields
        self._owner = owner
        self._switches = switches

    def write(self, target: dict[str, Any], values: Mapping[str, Any], prefix: str = "") -> None:
        """Change `target` in place; raises ItemRefused, and `target` is then of no use."""
        for name, value in values.items():
            field = self._fields.get(name)
            path = prefix + name
            if field is None:
                if self._switches.unknown_field == "error":
                    raise UnknownField(path, f"unknown field of {self._owner}")
            elif value is None:
                self._write_null(target, field, path)
            elif (
                type(value) is dict
                and is_function(field, value)
                and self._takes_functions(field, path)
            ):
                self._write_function(target, field, value, path)
            else:
                target[name] = field.check(value, path)

    def _write_null(self, target: dict[str, Any], field: Field, path: str) -> None:
        if self._switches.null == "error":
            raise BadValue(path, f"{field.type} expected, null given")
        if self._switches.null == "clear":
            self._write_function(target, field, {"action": "unset"}, path)

    def _takes_functions(self, field: Field, path: str) -> bool:
        """Say no for an object field, which then takes the function as data; refuse for others."""
        if self._switches.functions_in_batch == "on":
            return True
        if field.type == "object":
            return False
        raise BadValue(path, "functions are not accepted in a batch")

    @staticmethod
    def _write_function(
        target: dict[str, Any], field: Field, function: dict[str, Any], path: str
    ) -> None:
        value = apply_function(field, target.get(field.name, ABSENT), function, path)
        if value is ABSENT:
            target.pop(field.name, None)
        else:
            target[field.name] = value
