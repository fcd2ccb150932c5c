"""Records of streams that are not in the catalog. They are ignored, as the protocol asks, unless it
looks as if the catalog were another one's.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from itertools import islice

from ..errors import ConfigError
from ..slips import together
from ..stream_key import StreamKey, label

NAMED = 10  # in one sentence


class Strangers:
    """They are counted by their streams."""

    def __init__(self, listed: Collection[StreamKey]) -> None:
        """`listed` are the streams of the catalog."""
        self.counts: Counter[StreamKey] = Counter()
        self._listed = listed
        self._heard: set[StreamKey] = set()
        self._by_name: defaultdict[str, list[StreamKey]] = defaultdict(list)
        for key in listed:
            self._by_name[key[1]].append(key)
        self._namesakes: set[StreamKey] = set()  # of streams of the catalog, not looked at yet
        self._has_own_state = False

    def know(self, key: StreamKey, count: int) -> bool:
        """Whether records are of a stream of the catalog; others are counted."""
        if key in self._listed:
            self._heard.add(key)
            return True
        if key not in self.counts and key[1] in self._by_name:
            self._namesakes.add(key)
        self.counts[key] += count
        return False

    def let_pass(self, key: StreamKey | None) -> bool:
        """Whether a state may pass them: of a stream, or of all. While nothing else came, none does
        but those of the catalog's streams. Raises ConfigError as `check` does.
        """
        self.check()
        self._has_own_state = self._has_own_state or key in self._listed
        return not self._are_alone()

    def check(self) -> None:
        """Raise ConfigError where the catalog lists a stream of the same name in another namespace,
        of which no record came.
        """
        misplaced = [
            (key, [each for each in self._by_name[key[1]] if each not in self._heard])
            for key in sorted(self._namesakes, key=str)
        ]
        if faults := [_misplaced(key, silent) for key, silent in misplaced if silent]:
            raise together(faults)
        self._namesakes.clear()

    def check_end(self) -> None:
        """Raise ConfigError where nothing else came."""
        self.check()
        if self._are_alone():
            raise ConfigError(
                f"No record is of a stream of the catalog: they are of {self.told()}. None of them "
                "is sent, and no state passes them. Select these streams, or give the catalog of "
                "this source."
            )

    def by_stream(self) -> dict[str, int]:
        """The numbers of their records, the largest first."""
        found = Counter[str]()
        for key, count in self.counts.items():
            found[label(key)] += count  # names with dots may be written alike
        return dict(found.most_common())

    def told(self) -> str:
        """The streams with the most of them; empty without any."""
        named = islice(self.by_stream().items(), NAMED)
        return ", ".join(f"{stream} ({count:,})" for stream, count in named)

    def _are_alone(self) -> bool:
        return bool(self.counts) and not self._heard and not self._has_own_state


def _misplaced(key: StreamKey, silent: Sequence[StreamKey]) -> ConfigError:
    return ConfigError(
        f"Records of the stream {key[1]} come with {_namespace(key)}, but the catalog lists it "
        f"with {' and '.join(map(_namespace, silent))}, of which no record came. "
        "No state passes them. Let the source and the catalog name it alike, or select the other "
        "stream too."
    )


def _namespace(key: StreamKey) -> str:
    return f"the namespace {key[0]}" if key[0] else "no namespace"
