"""How often records were rejected, or values left out, by reason."""

import heapq
from collections import Counter
from operator import itemgetter

from ..rejection import Rejection

MAX_KINDS = 10  # kinds of reason told for one stream; the rest are added up
TOP_KINDS = 3  # told in a sentence
MOST_KINDS = 1_000  # of one stream that are counted apart: a service may give each record a text
OTHER, OTHER_KINDS = "other", "one of many other reasons"


class Tally:
    """Counts of rejections by stream and kind. A kind is what the log may say: reason, code and
    loggable sentence.
    """

    def __init__(self, counted: str = "records") -> None:
        """Start with nothing counted; `counted` says what is."""
        self.total = 0
        self._counted = counted
        self._kinds: dict[str, Counter[tuple[str, str, str]]] = {}

    def add(self, stream: str, rejection: Rejection) -> None:
        """Count one rejection."""
        self.count(stream, (rejection.reason, rejection.code, rejection.loggable), 1)

    def count(self, stream: str, kind: tuple[str, str, str], times: int) -> None:
        """Count some of one kind."""
        self.total += times
        counts = self._kinds.setdefault(stream, Counter())
        if kind not in counts and len(counts) >= MOST_KINDS:
            kind = (kind[0], OTHER, OTHER_KINDS)
        counts[kind] += times

    def top(self) -> list[str]:
        """The most frequent kinds of all streams, each in a few words."""
        found = heapq.nlargest(TOP_KINDS, self.kinds(), key=itemgetter(-1))
        return [
            f"{count:,} of {stream} ({reason} {code}: {sentence})"
            for stream, reason, code, sentence, count in found
        ]

    def kinds(self) -> list[tuple[str, str, str, str, int]]:
        """Each kind of each stream, the most frequent of a stream first: stream, reason, code,
        loggable sentence, records.
        """
        return [
            (stream, *kind, count)
            for stream, counts in self._kinds.items()
            for kind, count in counts.most_common()
        ]

    def table(self) -> list[str]:
        """A head and a line for each kind, the most frequent of a stream first, at most MAX_KINDS a
        stream and one for what is beyond.
        """
        rows = [("stream", "step", "code", self._counted, "reason")]
        for stream, kinds in self._kinds.items():
            told = kinds.most_common(MAX_KINDS)
            rows += [
                (stream, reason, code, f"{count:,}", sentence)
                for (reason, code, sentence), count in told
            ]
            if beyond := kinds.total() - sum(count for _, count in told):
                rows.append(
                    (
                        stream,
                        "",
                        "",
                        f"{beyond:,}",
                        f"{len(kinds) - MAX_KINDS:,} further kinds of reason",
                    )
                )
        first, second, third, fourth, _ = (
            max(map(len, column)) for column in zip(*rows, strict=True)
        )
        return (
            [
                f"{a:{first}}  {b:{second}}  {c:{third}}  {d:>{fourth}}  {e}"
                for a, b, c, d, e in rows
            ]
            if self.total
            else []
        )
