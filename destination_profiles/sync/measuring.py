"""The figures of a sync, taken while it runs and given out now and then."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from heapq import nlargest
from importlib.metadata import version
from operator import attrgetter

from ..config import Config
from ..delivery.checkpoint import SafeState
from ..delivery.ledger import Interval
from ..delivery.senders import Answer
from ..delivery.tally import Tally
from ..delivery.writer import Writer
from ..errors import NobodyReads, ProfilesError
from ..protocol.figures import FIGURES, STARTED, Figures, Reason, Sample, Started, Subscribed
from ..service.outcome import Retry
from .requests import Requests

# The platform takes 1,000 messages of this kind of a sync. The older a sync, the longer it is to
# the next one: 540 in a day, and 60 more each time that the sync is e times as old.
FIRST_SECONDS = 2.0  # between two messages, at least
PART = 60  # of the time since the start that lies between two messages, at least
SAMPLES = 8  # in a message
MAX_STREAMS = 200  # told; of the others the records are added up
MAX_REASONS = 50
MAX_TEXT = 500  # letters of a reason
COUNTS = tuple(name for name in Interval.__slots__ if name not in ("stream", "read"))


UNEXPECTED = "A defect of the connector ended the sync."
Tell = Callable[[str, Started | Figures], None]


class Measuring:
    """Samples a sync and writes what is new; call it often. It costs a comparison where nothing is
    due.
    """

    def __init__(
        self,
        tell: Tell,
        release: Callable[[SafeState], None],
        *,
        mask: Callable[[str], str] = str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`tell` writes figures of a type, `release` gives a state back, and `mask` takes secrets
        out of a text.
        """
        self._tell, self._release, self._mask, self._clock = tell, release, mask, clock
        self._started = self._last_state = clock()
        self._sample_due = self._message_due = self._started
        self._samples: list[Sample] = []
        self._requests = Requests(self._started)
        self._troubles: Counter[str] = Counter()
        self._states = 0
        self._longest_wait, self._waited_since = 0.0, self._started

    @contextmanager
    def of(self, writer: Writer, config: Config, sync: str | None) -> Iterator[None]:
        """Write the first figures of a sync, and its last, however it ends. `sync` is its start as
        the store of rejected records names it.
        """
        most = config.max_in_flight, config.max_profiles, config.max_bytes
        self._message_due = self._clock() + FIRST_SECONDS
        failure: str | None = UNEXPECTED
        try:
            self._tell(STARTED, Started(version("destination-profiles"), time.time(), *most, sync))
            yield
            failure = None
        except ProfilesError as error:
            failure = error.message
            raise
        finally:
            with suppress(NobodyReads):
                self._sample(writer, self._clock(), ended=True, failure=failure)

    def __call__(self, writer: Writer) -> float:
        """Sample and write if it is time. Gives the seconds until the next time."""
        now = self._clock()
        if now >= self._sample_due:
            self._sample(writer, now)
        return self._sample_due - now

    def answered(self, answer: Answer) -> None:
        """A request was answered; its chunk is still whole."""
        self._requests.add(answer)
        if isinstance(answer.outcome, Retry):
            self._troubles[answer.outcome.reason or "its answer cannot be read"] += 1

    def state(self, safe: SafeState) -> None:
        """Give a state back."""
        self._release(safe)
        self._states += 1
        self._last_state = self._waited()

    def _waited(self) -> float:
        """Take note of the wait for a state that ends now; gives the time."""
        now = self._clock()
        if now - self._last_state > self._longest_wait:
            self._longest_wait, self._waited_since = now - self._last_state, self._last_state
        return now

    def _sample(
        self, writer: Writer, now: float, *, ended: bool = False, failure: str | None = None
    ) -> None:
        resolved = writer.ledger.totals.values()
        self._samples.append(
            Sample(
                self._milliseconds(now),
                writer.read,
                sum(each.accepted for each in resolved),
                writer.tally.total,
                writer.dispatcher.sending,
                writer.dispatcher.concurrency.limit,
                self._states,
            )
        )
        if ended or now >= self._message_due:
            self._waited()
            self._tell(FIGURES, self._figures(writer, now, ended, failure))
            self._samples.clear()
            self._message_due = now + max(FIRST_SECONDS, (now - self._started) / PART)
        self._sample_due = now + max(FIRST_SECONDS, (now - self._started) / PART) / SAMPLES

    def _figures(self, writer: Writer, now: float, ended: bool, failure: str | None) -> Figures:
        requests, every, answered = self._requests.take()
        reasons = self._reasons(writer.tally)
        return Figures(
            at=self._milliseconds(now),
            samples=self._samples,
            requests=requests,
            every=every,
            answered=answered,
            streams=_streams(writer),
            reasons=reasons,
            other_reasons=writer.tally.total - sum(each.count for each in reasons),
            omitted=self._reasons(writer.omitted),
            subscriptions=[
                Subscribed(*sent, count) for sent, count in sorted(writer.subscriptions().items())
            ],
            chunks=writer.chunks,
            retries=writer.dispatcher.retries,
            troubles=dict(self._troubles.most_common(MAX_REASONS)),
            states=self._states,
            longest_wait=(
                round(self._longest_wait * 1000),
                self._milliseconds(self._waited_since),
            ),
            unknown=writer.dispatcher.unknown() if ended else 0,
            ended=ended,
            failure=failure and self._mask(failure),
        )

    def _reasons(self, tally: Tally) -> list[Reason]:
        """The most frequent kinds."""
        most = nlargest(MAX_REASONS, tally.kinds(), key=attrgetter("records"))
        return [
            Reason(
                *(each.stream, each.step, each.code, self._mask(each.reason)[:MAX_TEXT]),
                each.records,
                [*each.shapes.items()],
                each.other_shapes,
            )
            for each in most
        ]

    def _milliseconds(self, moment: float) -> int:
        return round((moment - self._started) * 1000)


def _streams(writer: Writer) -> dict[str, dict[str, int]]:
    """The counts of the streams that have most records, and those of all others together."""
    sums = writer.ledger.totals
    counts = {
        label: {"read": writer.ledger.read(label)}
        | {name: getattr(sums[label], name) for name in COUNTS}
        for label in sums
    }
    if len(counts) <= MAX_STREAMS:
        return counts
    told = nlargest(MAX_STREAMS - 1, counts, key=lambda label: counts[label]["read"])
    others = [counts[label] for label in counts.keys() - set(told)]
    rest = {name: sum(each[name] for each in others) for name in others[0]}
    return {label: counts[label] for label in told} | {f"{len(others):,} further streams": rest}
