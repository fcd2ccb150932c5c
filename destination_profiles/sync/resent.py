"""What a resend is asked for, and what it tells."""

from collections import Counter
from dataclasses import dataclass, field

HELD = {
    "unknown": "an earlier resend may have sent it, and it holds a function such as incr",
    "overwrites": "it may overwrite what a later record of its profile said",
    "altered": "the store has it altered, as it could not be kept as it came (step json)",
    "subscribes": "its subscriptions may subscribe, and cannot be left out",
}


@dataclass(frozen=True)
class Choice:
    """Which records are sent: those of a code, those of a stream by its label, or all; and what is
    allowed.
    """

    code: str | None = None
    stream: str | None = None
    dry_run: bool = False
    may_overwrite: bool = False
    resubscribe: bool = False


@dataclass
class Sums:
    """What became of the records of one stream. `rejected` ones and those that are `held`, or were
    not sent before the end, stay in the store.
    """

    waiting: int = 0
    accepted: int = 0
    superseded: int = 0
    deleted: int = 0
    out_of_date: int = 0
    arrived: int = 0  # before, as outcomes tell
    rejected: int = 0
    held: int = 0
    unreadable: int = 0

    def stay(self) -> int:
        """Records that are in the store at the end."""
        gone = self.accepted + self.superseded + self.deleted + self.out_of_date + self.arrived
        return self.waiting - gone


@dataclass
class Resent:
    """What a resend did, or would do. `reasons` are stream, step, code and sentence of rejected
    records, `held` stream and why; `subscriptions` were left out, as they might subscribe somebody;
    `unknown` records were sent, and no answer came.
    """

    streams: dict[str, Sums] = field(default_factory=dict)
    reasons: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    held: Counter[tuple[str, str]] = field(default_factory=Counter)
    subscriptions: int = 0
    requests: int = 0
    unknown: int = 0
    given_up: int = 0  # records that are kept no longer
    dry_run: bool = False

    def of(self, stream: str) -> Sums:
        """Those of a stream, by its label."""
        return self.streams.setdefault(stream, Sums())

    def hold(self, stream: str, why: str) -> None:
        """Count a record that is not sent."""
        self.of(stream).held += 1
        self.held[stream, HELD[why]] += 1
