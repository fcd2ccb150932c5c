"""How many of the profiles that a sync would send the service knows: a sample is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from ..api.client import ProfilesClient
from ..catalog import StreamInfo
from ..config import Config
from ..delivery.chunks import Chunk
from ..errors import ProfilesError
from ..records.key_reader import KeyReader
from ..service.answers import Answers
from ..service.formats import format_named
from ..service.manifest import service

Key = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """Of one stream: profiles that were asked for, and how many the service has. `problem`: why
    it could not be asked for more.
    """

    stream: str
    asked: int
    known: int
    problem: str | None = None


class Sample:
    """Profiles of each stream, so many at most, any of them as likely as another."""

    def __init__(self, most: int, config: Config, streams: Sequence[StreamInfo]) -> None:
        """Start with none; the same input gives the same sample."""
        self._most, self._config, self._random = most, config, Random(0)  # noqa: S311 - a sample
        self._decode = format_named(config.wire_format).decode
        self._targets = {
            each.label(): KeyReader(each, config, service()).target for each in streams
        }
        self._seen = dict.fromkeys(self._targets, 0)
        self._taken: dict[str, list[bytes]] = {name: [] for name in self._targets}

    def take(self, chunk: Chunk) -> None:
        """Look at a chunk that would be sent."""
        for interval, row in chunk.entries():
            taken, seen = self._taken[interval.stream], self._seen[interval.stream]
            self._seen[interval.stream] = seen + 1
            if seen < self._most:
                taken.append(row.profile)
            elif (place := self._random.randrange(seen + 1)) < self._most:
                taken[place] = row.profile

    def asked(self) -> list[Known]:
        """Ask the service, which changes nothing there."""
        answers = Answers(service(), self._config.field_names())
        client = ProfilesClient(self._config, service(), answers)
        return [self._asked(name, taken, client) for name, taken in self._taken.items()]

    def _asked(self, name: str, taken: Sequence[bytes], client: ProfilesClient) -> Known:
        target, asked, known = self._targets[name], 0, 0
        for profile in taken:
            try:
                found = client.profile(target, self._key(name, self._decode(profile)))
            except ProfilesError as error:
                return Known(name, asked, known, error.message)
            asked, known = asked + 1, known + (found is not None)
        return Known(name, asked, known)

    def _key(self, name: str, profile: Mapping[str, Any]) -> Key:
        """The first key of a profile that is whole."""
        keys = self._targets[name].matching.alternatives()
        whole = next(each for each in keys if set(each) <= profile.keys())
        return {field: _one(profile[field]) for field in whole}


def _one(value: Any) -> Any:
    return value[0] if isinstance(value, list) else value


def known_in_words(known: Sequence[Known]) -> Iterator[str]:
    """What is told of it."""
    for each in known:
        part = f" ({each.known / each.asked:.1%})" if each.asked else ""
        yield (
            f"Of {each.asked:,} profiles of {each.stream} that were asked for, the service knows "
            f"{each.known:,}{part}."
        )
        if each.problem:
            yield f"It could not be asked for more: {each.problem}"
