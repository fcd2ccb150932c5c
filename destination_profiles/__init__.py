"""An Airbyte destination that pushes customer records into a marketing platform's profile API."""

from .destination import DestinationProfiles

__all__ = ["DestinationProfiles"]
