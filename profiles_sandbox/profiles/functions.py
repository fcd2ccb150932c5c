"""Functions: a field's new value computed from the stored one, `{"action": A, "value": V}`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from profiles_sandbox.profiles.fields import Field
from profiles_sandbox.refusals import BadValue, wrong_type

ABSENT: Final = object()
"""The stored value of a field that the profile does not have."""

_PARTS = frozenset({"action", "value", "submatch"})

MAX_DEPTH = 32
"""Properties that a `submatch` path may go down."""


@dataclass(frozen=True)
class _Call:
    """One function at one field, `current` being what is stored."""

    field: Field
    current: Any
    value: Any
    submatch: str
    path: str


def is_function(field: Field, value: dict[str, Any]) -> bool:
    """Tell a function from a plain object; an object field takes `{"action": "other"}` as data."""
    if field.type == "object":
        return value.keys() <= _PARTS and _is_action(value.get("action"))
    return "action" in value


def _is_action(value: Any) -> TypeGuard[str]:
    return type(value) is str and value in _ACTIONS


def apply_function(field: Field, current: Any, function: dict[str, Any], path: str) -> Any:
    """The field's new value, ABSENT when it loses it; raises BadValue."""
    action = function.get("action")
    if not _is_action(action):
        raise BadValue(path, "action: one of " + ", ".join(_ACTIONS) + " expected")
    if unknown := function.keys() - _PARTS:
        raise BadValue(path, f"{min(unknown)}: not a part of a function")
    if "value" not in function and action != "unset":
        raise BadValue(path, f"{action}: value is missing")
    types, run = _ACTIONS[action]
    if types and field.type not in types:
        raise BadValue(path, f"{action}: not for a field of type {field.type}")
    submatch = function.get("submatch", "")
    if type(submatch) is not str:
        raise wrong_type(f"{path}.submatch", "string", submatch)
    if submatch.count(".") >= MAX_DEPTH:
        raise BadValue(f"{path}.submatch", f"at most {MAX_DEPTH} properties expected")
    return run(_Call(field, current, function.get("value"), submatch, path))


def _set(call: _Call) -> Any:
    return call.field.check(call.value, call.path)


def _unset(call: _Call) -> Any:
    if call.field.type == "email":
        raise BadValue(call.path, "unset: not for email")
    return ABSENT


def _incr(call: _Call) -> Any:
    step = call.field.check(call.value, call.path)
    return step if call.current is ABSENT else call.current + step


def _add(call: _Call) -> Any:
    """Append what is not stored yet."""
    given = call.field.check(call.value, call.path)
    result = list(_stored_list(call))
    result += [
        member
        for index, member in enumerate(given)
        if member not in result and member not in given[:index]
    ]
    return result


def _delete(call: _Call) -> Any:
    """Remove equal members; with `submatch`, the objects whose property holds one of the values."""
    if not call.submatch:
        given = call.field.check(call.value, call.path)
        return [member for member in _stored_list(call) if member not in given]
    if type(call.value) is not list:
        raise wrong_type(call.path, "array", call.value)
    return [member for member in _stored_list(call) if _at(member, call.submatch) not in call.value]


def _upsert(call: _Call) -> Any:
    """Set the property at `submatch`; in an array of objects, in each object that has it."""
    if not call.submatch:
        raise BadValue(call.path, "upsert: submatch is missing")
    if call.field.type == "object":
        return _with(call.current if call.current is not ABSENT else {}, call.submatch, call.value)
    if type(call.value) is not dict:
        raise wrong_type(call.path, "object", call.value)
    return [
        member if _at(member, call.submatch) is ABSENT else {**member, **call.value}
        for member in _stored_list(call)
    ]


def _stored_list(call: _Call) -> list[Any]:
    return [] if call.current is ABSENT else call.current


def _at(value: Any, submatch: str) -> Any:
    """Read the property at a dotted path."""
    for name in submatch.split("."):
        if type(value) is not dict or name not in value:
            return ABSENT
        value = value[name]
    return value


def _with(owner: Any, submatch: str, value: Any) -> dict[str, Any]:
    """Copy `owner` with the property at a dotted path set."""
    name, _, rest = submatch.partition(".")
    stored = owner if type(owner) is dict else {}
    return {**stored, name: _with(stored.get(name), rest, value) if rest else value}


_ACTIONS: dict[str, tuple[tuple[str, ...], Callable[[_Call], Any]]] = {
    "set": ((), _set),
    "unset": ((), _unset),
    "incr": (("int", "float"), _incr),
    "add": (("tags", "arr_object"), _add),
    "delete": (("tags", "arr_object"), _delete),
    "upsert": (("object", "arr_object"), _upsert),
}
