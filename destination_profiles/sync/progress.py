"""What people are told while a sync runs and when it ends."""

from collections.abc import Callable
from time import monotonic
from typing import Protocol

from ..delivery.ledger import total
from ..delivery.writer import Writer
from ..records.status_column import by_word

EVERY_SECONDS = 30.0  # between two lines of the log
LIVE_SECONDS = 0.25  # between two pictures on a terminal
BAR, DONE, LEFT = 20, "█", "░"  # signs of the bar of a live line


class Terminal(Protocol):
    """Shows a line in the place of the one before."""

    def show(self, line: str) -> None:
        """Show it. Raises OSError when that is not possible any more."""
        ...

    def hide(self) -> None:
        """Leave nothing of it."""
        ...


class Progress:
    """A line of counts and the table of rejections, in the log every 30 seconds; or a live line on
    a terminal, where there is one.

    Call it often; it answers when it is next due.
    """

    def __init__(
        self,
        log: Callable[[str], None],
        terminal: Terminal | None = None,
        clock: Callable[[], float] = monotonic,
        *,
        sum_up: Callable[[Writer, float], None] | None = None,
    ) -> None:
        """Start the clock. `sum_up` tells the end, after so many seconds, in the place of the log's
        last counts.
        """
        self._log = log
        self._terminal = terminal
        self._every = LIVE_SECONDS if terminal else EVERY_SECONDS
        self._clock = clock
        self._sum_up = sum_up
        self._started = clock()
        self._due = self._started + self._every
        self._told = (0, 0)
        self._share: Callable[[], float | None] = lambda: None

    def follow(self, share: Callable[[], float | None]) -> None:
        """Show a bar for how much of the input was taken, from 0 to 1, where that is known."""
        self._share = share

    def __call__(self, writer: Writer) -> float:
        """Tell if it is time. Gives the seconds until the next time."""
        now = self._clock()
        if now >= self._due:
            self._due = now + self._every
            if self._terminal:
                self._show(self._terminal, writer)
            else:
                self._tell(writer)
        return self._due - now

    def _show(self, terminal: Terminal, writer: Writer) -> None:
        """Show the counts, and go on in the log once the terminal has gone."""
        try:
            share = self._share()
            bar = "" if share is None else f"{_bar(share)} {share:.0%}  "
            terminal.show(f"{bar}{self._line(writer)}")
        except OSError:
            self._terminal, self._every = None, EVERY_SECONDS

    def end(self, writer: Writer) -> None:
        """Tell the last counts, and what is unknown at the end."""
        self.hide()
        if self._sum_up is None:
            self._tell(writer)
        self._note(writer)
        if self._sum_up is not None:
            self._sum_up(writer, self._seconds())

    def _note(self, writer: Writer) -> None:
        if statuses := by_word(writer.subscriptions()):
            told = ", ".join(f"{count:,} {word}" for word, count in statuses.most_common())
            self._log(f"Subscriptions that rows ask for in columns, by their status: {told}.")
        if writer.tally.total and not writer.keeps_rejected:
            self._log(
                f"The {writer.tally.total:,} rejected records are kept nowhere. To see which they "
                "are, and to send them again, set object_storage_config."
            )
        if unknown := writer.dispatcher.unknown():
            self._log(
                f"The fate of {unknown:,} records is unknown: they were sent, and no "
                "answer came that can be read. No state passes them, "
                "so the next sync sends them again."
            )

    def hide(self) -> None:
        """Leave nothing of the live line."""
        if self._terminal:
            self._terminal.hide()

    def _seconds(self) -> float:
        """Since the start, and never none."""
        return max(self._clock() - self._started, 0.001)

    def _tell(self, writer: Writer) -> None:
        self._log(self._line(writer))
        if (counted := (writer.tally.total, writer.omitted.total)) != self._told:
            self._told = counted
            for line in [*writer.tally.table(), *writer.omitted.table()]:
                self._log(line)

    def _line(self, writer: Writer) -> str:
        sums = total(writer.ledger.totals.values())
        seconds = self._seconds()
        on_their_way = writer.read - sums.delivered() - sums.rejected
        dispatcher = writer.dispatcher
        unchanged = f"{sums.unchanged:,} unchanged, " if sums.unchanged else ""
        trouble = f" (the last: {dispatcher.trouble})" if dispatcher.trouble else ""
        return (
            f"Read {writer.read:,} records in {seconds:,.1f} s ({writer.read / seconds:,.0f}/s): "
            f"{sums.accepted:,} accepted, "
            f"{sums.rejected:,} rejected, {sums.superseded:,} superseded, "
            f"{sums.deleted:,} deleted, {unchanged}"
            f"{on_their_way:,} on their way. "
            f"Chunks: {writer.chunks:,}, {dispatcher.sending} in flight of "
            f"{dispatcher.concurrency.limit} at once, "
            f"{dispatcher.retries:,} retries{trouble}."
        )


def _bar(share: float) -> str:
    done = round(share * BAR)
    return f"{DONE * done}{LEFT * (BAR - done)}"
