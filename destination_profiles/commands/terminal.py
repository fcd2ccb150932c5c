"""A live line on the terminal of stderr."""

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from ..protocol.messages import printable

if TYPE_CHECKING:  # rich is for those who watch: most commands have no terminal
    from rich.console import Console


class LiveLine:
    """One line that is replaced by the next. It is never longer than the terminal is wide, and
    leaves nothing behind.
    """

    def __init__(self, console: "Console") -> None:
        """Show nothing yet."""
        from rich.live import Live  # noqa: PLC0415 - see above
        from rich.text import Text  # noqa: PLC0415

        self._live = Live(
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._text = Text

    def show(self, line: str) -> None:
        """Show a line in the place of the one before. Raises OSError when the terminal has gone."""
        self._live.start()
        self._live.update(
            self._text(printable(line), no_wrap=True, overflow="ellipsis"), refresh=True
        )

    def hide(self) -> None:
        """Take the line away; `show` brings one back."""
        with suppress(OSError):  # it has gone
            self._live.stop()


def live_line() -> LiveLine | None:
    """A live line, where stderr is a terminal that can show one."""
    if sys.stderr is None or not sys.stderr.isatty():
        return None
    from rich.console import Console  # noqa: PLC0415 - see above

    console = Console(file=sys.stderr)
    return None if console.is_dumb_terminal else LiveLine(console)
