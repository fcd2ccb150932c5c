"""Whether a profile may be executed twice: it holds no function that adds to what is stored."""

from collections.abc import Callable, Collection
from typing import Any

from .formats import Format
from .manifest import Service


def repeatable(service: Service, wire: Format) -> Callable[[bytes], bool]:
    """Tells it of a profile as it stands in a body."""
    once = {name for name, each in service.functions.items() if not each.get("repeatable")}
    return lambda profile: not holds(wire.decode(bytes(profile)), once)


def holds(value: Any, functions: Collection[str]) -> bool:
    """Whether one of some functions stands in a value, however deep."""
    pending = [value]
    while pending:
        one = pending.pop()
        if isinstance(one, dict):
            action = one.get("action")
            if isinstance(action, str) and action in functions:
                return True
            pending += one.values()
        elif isinstance(one, list):
            pending += one
    return False
