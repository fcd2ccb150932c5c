"""The service is asked about the settings, on behalf of a chunk that it refuses."""

from collections.abc import Callable

from ..service.outcome import Retry
from .chunks import Chunk
from .in_flight import Tries
from .schedule import Schedule
from .senders import Inspect, Senders


class Inquiry:
    """One at a time; nothing is sent while it is open. A service that cannot be asked is asked
    again, as a request would be sent again.

    Meanwhile it may become clear who is to blame for the chunk. Then it is not asked again, and
    what it says yet is heard all the same.
    """

    def __init__(
        self, senders: Senders, schedule: Schedule, inspect: Inspect, clock: Callable[[], float]
    ) -> None:
        """Start with nothing to ask."""
        self._senders, self._schedule = senders, schedule
        self._inspect, self._clock = inspect, clock
        self._chunk: Chunk | None = None
        self._tries = Tries()
        self._is_under_way = False
        self._due: float | None = None

    def is_open(self) -> bool:
        """Whether an answer is awaited, or the service is to be asked again."""
        return self._is_under_way or self._chunk is not None

    def begin(self, chunk: Chunk) -> None:
        """Ask for a chunk, once the service wants to be asked anything."""
        self._chunk, self._tries = chunk, Tries()
        self._due = self._clock()
        self.ask()

    def ask(self) -> None:
        """If it is time to."""
        due = self.due()
        if self._chunk is not None and due is not None and due <= self._clock():
            self._is_under_way, self._due = True, None
            self._senders.ask(self._chunk, self._inspect)

    def due(self) -> float | None:
        """The time, by the clock, at which it is to be asked, if it is."""
        return None if self._due is None else max(self._due, self._schedule.paused_until)

    def answered(self) -> None:
        """The service, or what stands for it, has said something."""
        self._is_under_way = False

    def put_off(self, outcome: Retry) -> bool:
        """Let the service be asked again; False where the budget of time ends before that. A wait
        within it that the service asks for holds all up.
        """
        now = self._clock()
        wait = self._schedule.wait(self._tries, outcome, now)
        self._due = None if wait is None else now + wait
        return wait is not None

    def settle(self, chunk: Chunk) -> None:
        """A chunk has its last word: of who is to blame for it, nobody needs to be asked."""
        if chunk is self._chunk:
            self.close()

    def close(self) -> None:
        """There is nothing to ask any more."""
        self._chunk = None
