"""What the log says while a sync runs and when it ends."""

from collections.abc import Callable
from time import monotonic

from .ledger import total
from .writer import Writer

EVERY_SECONDS = 30.0


class Progress:
    """A line of counts and one for each kind of rejection, every 30 seconds and at the end.

    Call it often; it answers when it is next due.
    """

    def __init__(self, log: Callable[[str], None], clock: Callable[[], float] = monotonic) -> None:
        """Start the clock."""
        self._log = log
        self._clock = clock
        self._started = clock()
        self._due = self._started + EVERY_SECONDS
        self._told = 0

    def __call__(self, writer: Writer) -> float:
        """Log if it is time. Gives the seconds until the next time."""
        now = self._clock()
        if now >= self._due:
            self._due = now + EVERY_SECONDS
            self.tell(writer)
        return self._due - now

    def tell(self, writer: Writer) -> None:
        """Log the counts now, and the rejections where there are new ones."""
        sums = total(writer.ledger.totals.values())
        seconds = max(self._clock() - self._started, 0.001)
        on_their_way = writer.read - sums.delivered() - sums.rejected
        self._log(
            f"Read {writer.read:,} records in {seconds:,.1f} s ({writer.read / seconds:,.0f}/s): {sums.accepted:,} accepted, "
            f"{sums.rejected:,} rejected, {sums.superseded:,} superseded, {on_their_way:,} on their way, in {writer.chunks:,} chunks, "
            f"{writer.retries:,} retries."
        )
        if writer.tally.total() != self._told:
            self._told = writer.tally.total()
            for line in writer.tally.lines():
                self._log(line)
