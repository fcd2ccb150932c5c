"""An Airbyte destination that pushes customer records into a marketing platform's profile API."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .destination import DestinationProfiles

__all__ = ["DestinationProfiles"]


def __getattr__(name: str) -> Any:
    """Import the connector when it is asked for: it takes a second, in which the process must be
    able to take a signal.
    """
    if name != "DestinationProfiles":
        raise AttributeError(name)
    from .destination import DestinationProfiles  # noqa: PLC0415

    return DestinationProfiles
