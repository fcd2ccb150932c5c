"""How often records were rejected, or values left out, by reason."""

import heapq
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter

from ..rejection import Rejection

MAX_KINDS = 10  # kinds of reason told for one stream; the rest are added up
TOP_KINDS = 3  # told in a sentence
MOST_KINDS = 1_000  # of one stream that are counted apart: a service may give each record a text
OTHER, OTHER_KINDS = "other", "one of many other reasons"
MAX_SHAPES = 5  # told of one kind
KEPT_SHAPES = 50  # of one kind that are counted apart; more of them are not looked for


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of rejection or omission of a stream, as a log may name it, and how many there are.
    `shapes` are the most frequent of the values that are refused, at most MAX_SHAPES, with how many
    values have each; `other_shapes` counts the values of the others. What a record lacks, or the
    service refuses, has none.
    """

    stream: str
    step: str
    code: str
    reason: str
    records: int
    shapes: Mapping[str, int]
    other_shapes: int


class Tally:
    """Counts of rejections by stream and kind. A kind is what the log may say: reason, code and
    loggable sentence.
    """

    def __init__(self, counted: str = "records") -> None:
        """Start with nothing counted; `counted` says what is."""
        self.total = 0
        self._counted = counted
        self._kinds: dict[str, Counter[tuple[str, str, str]]] = {}
        self._shapes: dict[tuple[str, tuple[str, str, str]], _Shapes] = {}

    def add(self, stream: str, rejection: Rejection) -> None:
        """Count one rejection."""
        kind = rejection.reason, rejection.code, rejection.loggable
        self.count(stream, kind, 1, rejection.shape)

    def count(
        self, stream: str, kind: tuple[str, str, str], times: int, shape: str | None = None
    ) -> None:
        """Count some of one kind, whose values have a shape."""
        self.total += times
        counts = self._kinds.setdefault(stream, Counter())
        if kind not in counts and len(counts) >= MOST_KINDS:
            kind, shape = (kind[0], OTHER, OTHER_KINDS), None
        counts[kind] += times
        if shape is not None:
            self._shapes.setdefault((stream, kind), _Shapes()).count(shape, times)

    def top(self) -> list[str]:
        """The most frequent kinds of all streams, each in a few words."""
        found = heapq.nlargest(TOP_KINDS, self.kinds(), key=attrgetter("records"))
        return [
            f"{each.records:,} of {each.stream} ({each.step} {each.code}: {each.reason})"
            for each in found
        ]

    def kinds(self) -> list[Kind]:
        """Each kind of each stream, the most frequent of a stream first."""
        return [
            Kind(stream, *kind, count, *self._shapes.get((stream, kind), NO_SHAPES).told())
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


class _Shapes:
    """How many values of one kind have which shape."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._beyond = 0

    def count(self, shape: str, times: int) -> None:
        if shape in self._counts or len(self._counts) < KEPT_SHAPES:
            self._counts[shape] += times
        else:
            self._beyond += times

    def told(self) -> tuple[dict[str, int], int]:
        """The most frequent, and how many values have another."""
        top = dict(self._counts.most_common(MAX_SHAPES))
        return top, self._beyond + self._counts.total() - sum(top.values())


NO_SHAPES = _Shapes()
