"""The requests of a sync, as few of them as can be told of."""

from ..delivery.senders import Answer
from ..protocol.figures import Requested
from ..service.outcome import Accepted, Cleared, Halve, Outcome, Retry, Stop, Unasked

MAX_REQUESTS = 100  # told at once; of more, every second one, then every fourth


class Requests:
    """Each request that was answered since they were taken, or an even part of them."""

    def __init__(self, started: float) -> None:
        """Times are told since `started`, by the clock of the answers."""
        self._started = started
        self._told: list[Requested] = []
        self._every, self._answered = 1, 0

    def add(self, answer: Answer) -> None:
        """Take note of an answer; of one about the settings nothing is told."""
        if answer.asked:
            return
        if self._answered % self._every == 0:
            self._told.append(self._requested(answer))
        self._answered += 1
        if len(self._told) > MAX_REQUESTS:
            del self._told[1::2]
            self._every *= 2

    def take(self) -> tuple[list[Requested], int, int]:
        """Those that are told, every how manieth of all that is, and how many all are; they begin
        anew.
        """
        taken = self._told, self._every, self._answered
        self._told, self._every, self._answered = [], 1, 0
        return taken

    def _requested(self, answer: Answer) -> Requested:
        word, refused = _word(answer.outcome)
        return Requested(
            round((answer.sent_at - self._started) * 1000),
            round((answer.answered_at - answer.sent_at) * 1000),
            len(answer.chunk),
            answer.chunk.size,
            word,
            refused,
        )


def _word(outcome: Outcome) -> tuple[str, int]:
    """What became of a request, and how many of its profiles were refused."""
    match outcome:
        case Accepted(rejected=rejected, later=later):
            ends = any(isinstance(each, Stop) for each in later.values())
            return "stopped" if ends else "later" if later else "accepted", len(rejected)
        case Retry(throttled=True):
            return "throttled", 0
        case Retry():
            return "failed", 0
        case Halve():
            return "halved", 0
        case Stop() | Cleared() | Unasked():
            return "stopped", 0
