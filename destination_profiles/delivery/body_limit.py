"""How large a body may be, as the service's answers tell."""


class BodyLimit:
    """Learns from bodies that are accepted, or refused as too large; sizes are bytes."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self._smallest_refused: int | None = None
        self._largest_accepted = 0

    def accepted(self, size: int) -> None:
        """The service took a body."""
        self._largest_accepted = max(self._largest_accepted, size)

    def refused(self, size: int) -> None:
        """The service called a body too large."""
        self._smallest_refused = min(self._smallest_refused or size, size)

    @property
    def max_bytes(self) -> int | None:
        """Half of what was refused, or as much as was accepted. None while nothing was refused."""
        if self._smallest_refused is None:
            return None
        return max(self._smallest_refused // 2, self._largest_accepted)
