"""Whether a profile may be executed twice: it holds no function that adds to what is stored."""

from collections.abc import Callable

from .formats import Format
from .manifest import Service


def repeatable(service: Service, wire: Format) -> Callable[[bytes], bool]:
    """Tells it of a profile as it stands in a body."""
    once = {name for name, each in service.functions.items() if not each.get("repeatable")}

    def is_repeatable(profile: bytes) -> bool:
        pending = [wire.decode(bytes(profile))]  # of any depth
        while pending:
            value = pending.pop()
            if isinstance(value, dict):
                action = value.get("action")
                if isinstance(action, str) and action in once:
                    return False
                pending += value.values()
            elif isinstance(value, list):
                pending += value
        return True

    return is_repeatable
