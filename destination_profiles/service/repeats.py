"""Whether a profile may be executed twice: it holds no function that adds to what is stored."""

from collections.abc import Callable
from typing import Any

from .formats import Format
from .manifest import Service


def repeatable(service: Service, wire: Format) -> Callable[[bytes], bool]:
    """Tells it of a profile as it stands in a body."""
    once = {name for name, each in service.functions.items() if not each.get("repeatable")}

    def is_repeatable(value: Any) -> bool:
        if isinstance(value, dict):
            action = value.get("action")
            held = isinstance(action, str) and action in once
            return not held and all(map(is_repeatable, value.values()))
        return not isinstance(value, list) or all(map(is_repeatable, value))

    return lambda profile: is_repeatable(wire.decode(bytes(profile)))
