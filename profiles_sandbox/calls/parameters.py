"""Parameters of a request: reads each by name and type, refuses the request when it cannot."""

from collections.abc import Collection, Mapping
from typing import Any

from profiles_sandbox.profiles.setup import Database, Resource, Setup
from profiles_sandbox.refusals import RequestRefused, wrong_type
from profiles_sandbox.switches import Switches

Request = Mapping[str, Any]

OF_EVERY_CALL = frozenset({"token", "format"})


def required_int(request: Request, name: str) -> int:
    """A parameter that must be there."""
    _refuse_missing(request, name)
    value: int = _typed(request, name, int, "int")
    return value


def optional_int(request: Request, name: str, default: int) -> int:
    """A parameter, or the default when it is not there."""
    return default if request.get(name) is None else required_int(request, name)


def optional_text(request: Request, name: str, default: str) -> str:
    """A parameter, or the default when it is not there."""
    return default if request.get(name) is None else str(_typed(request, name, str, "string"))


def required_text(request: Request, name: str) -> str:
    """A parameter that must be there."""
    _refuse_missing(request, name)
    return str(_typed(request, name, str, "string"))


def one_of(request: Request, name: str, options: Collection[str]) -> None:
    """Refuse a parameter that is there and is none of the options."""
    if request.get(name) is not None and _typed(request, name, str, "string") not in options:
        raise RequestRefused(400, f"{name}: one of " + ", ".join(options) + " expected")


def flag(request: Request, name: str) -> bool:
    """A boolean, false when it is not there."""
    return request.get(name) is not None and bool(_typed(request, name, bool, "boolean"))


def array(request: Request, name: str) -> list[Any]:
    """An array that must be there."""
    _refuse_missing(request, name)
    return list(_typed(request, name, list, "array"))


def database(request: Request, name: str, setup: Setup) -> Database:
    """The database whose id the parameter holds."""
    found = setup.databases.get(required_int(request, name))
    if found is None:
        raise RequestRefused(404, f"{name}: no such database")
    return found


def resource(request: Request, name: str, setup: Setup) -> Resource:
    """The resource whose id the parameter holds."""
    found = setup.resources.get(required_int(request, name))
    if found is None:
        raise RequestRefused(404, f"{name}: no such resource")
    return found


def resource_id(request: Request, setup: Setup) -> int | None:
    """The resource that narrows matching, or None."""
    if request.get("resource_id") is None:
        return None
    number = required_int(request, "resource_id")
    if number not in setup.resources:
        raise RequestRefused(400, "resource_id: no such resource")
    return number


def refuse_unknown(request: Request, known: frozenset[str], switches: Switches) -> None:
    """Refuse a parameter that is neither `known` to the call nor one of every call, unless they are
    ignored.
    """
    unknown = request.keys() - known - OF_EVERY_CALL
    if unknown and switches.unknown_field == "error":
        raise RequestRefused(400, f"{min(unknown)}: not a parameter of this call")


def _refuse_missing(request: Request, name: str) -> None:
    if request.get(name) is None:
        raise RequestRefused(400, f"{name}: missing")


def _typed(request: Request, name: str, wanted: type, word: str) -> Any:
    value = request[name]
    if type(value) is not wanted:
        raise RequestRefused(400, wrong_type(name, word, value).text)
    return value
