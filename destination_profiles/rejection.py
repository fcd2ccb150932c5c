"""Why a record was not delivered, and how often each reason occurred."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

MAX_KINDS = 10  # kinds of reason told for one stream; the rest are added up


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why one record was set aside.

    `reason` is the step that refused it (`json`, `schema`, `conversion`, `profile`, `size`, `service`), `code` the rule it breaks or the
    service's own code, `message` what is wanted, `path` where in the record (JSON path). `message` goes to the store of rejected records
    and, for reason `service`, may quote a value; `loggable` is the sentence for the log and holds none.
    """

    reason: str
    code: str
    message: str
    path: str
    loggable: str


class Tally:
    """Counts of rejections by stream and kind. A kind is what the log may say: reason, code and loggable sentence."""

    def __init__(self) -> None:
        """Start with nothing counted."""
        self._kinds: dict[str, Counter[tuple[str, str, str]]] = {}

    def add(self, stream: str, rejection: Rejection) -> None:
        """Count one rejection."""
        kinds = self._kinds.setdefault(stream, Counter())
        kinds[rejection.reason, rejection.code, rejection.loggable] += 1

    def total(self) -> int:
        """All rejections of all streams."""
        return sum(kinds.total() for kinds in self._kinds.values())

    def lines(self) -> Iterator[str]:
        """One sentence for each kind, the most frequent first, at most MAX_KINDS a stream and one for what is beyond."""
        for stream, kinds in self._kinds.items():
            told = kinds.most_common(MAX_KINDS)
            for (reason, code, sentence), count in told:
                yield f"Rejected {count:,} of {stream}: {reason} {code}: {sentence}"
            if beyond := kinds.total() - sum(count for _, count in told):
                yield f"Rejected {beyond:,} of {stream} for {len(kinds) - MAX_KINDS} further kinds of reason"
