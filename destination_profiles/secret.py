"""A text that nothing shows."""


class Secret:
    """A text that shows itself as stars; `reveal()` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Hide `text`."""
        self._text = text

    def __repr__(self) -> str:
        """Stars."""
        return "****"

    def reveal(self) -> str:
        """The text itself."""
        return self._text
