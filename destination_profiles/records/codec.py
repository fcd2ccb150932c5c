"""The way of a stream's records: batches of profiles come out, or what is rejected and why."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice

from ..catalog import StreamInfo
from ..config import Config, StreamConfig
from ..errors import ConfigError
from ..service.formats import envelope, format_named
from ..service.manifest import OBJECT, Service
from ..service.matching import Target, matching_by
from .batch import Batch, Data, Rejected
from .encoders import FAULTS, Encoder
from .explain import Explanation
from .mapping import require_key
from .route import Route
from .superseding import Superseding
from .ways import Ways

MAX_WAYS = 4  # of one stream; there are fewer
BATCH = 256  # records that are tried at once
AGAIN = 16  # batches that the same encoder takes before the best one is tried again
EMPTY = b"{}"  # the smallest profile
SENDS_ALL = frozenset({"append", "overwrite"})
SUPERSEDES = frozenset({"append_dedup", "update"})  # a later record may stand for an earlier one


class StreamCodec:
    """Takes the records of one stream. What it takes to encode them is made for the first one:
    many streams of a catalog never have any.
    """

    def __init__(
        self,
        info: StreamInfo,
        config: Config,
        service: Service,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`tell` hears of parts of the stream's schema that cannot be used. Raises ConfigError for
        a mapping or a sync mode that cannot work.
        """
        configured = config.stream(info.name, info.namespace)
        target = _target(info, configured, config.target, service)
        wire = format_named(config.wire_format)
        around = envelope(target, config.token.reveal(), config.options, wire)
        self.largest = config.max_bytes - around.size()
        if self.largest < len(EMPTY):
            raise ConfigError(
                "The setting batching.max_bytes leaves no room for a profile beside the token and "
                "the matching. Raise it."
            )
        supersedes = Superseding(target.matching.fields(), wire) if _supersedes(info) else None
        self.route = Route(info.label(), target, around, supersedes)
        self._ways = Ways(info, config, service, route=self.route, tell=tell)
        self._ways.check()
        self._first, self._since = 0, 0
        self._encoders: list[Encoder] = []
        self._others = self._ways.encoders()  # made when those before them have declined

    @property
    def statuses(self) -> Counter[str]:
        """Subscriptions that were made of the records taken, by the word of their status."""
        return self._ways.counts.taken

    @cached_property
    def _explanation(self) -> Explanation:
        return self._ways.explanation(self.largest)

    def take(self, originals: Sequence[Data]) -> Iterator[Batch | Rejected]:
        """What becomes of the `data` of some records, in their order."""
        for start in range(0, len(originals), BATCH):
            yield from self._taken(originals[start : start + BATCH])

    def _taken(self, originals: Sequence[Data]) -> Iterator[Batch | Rejected]:
        """All at once if one encoder takes them, else their halves."""
        batch = self._encoded(originals)
        if batch is not None:
            yield batch
        elif len(originals) == 1:
            # a copy: it may be kept long, and is a part of a large block
            yield self._explanation.of(bytes(originals[0]))
        else:
            middle = len(originals) // 2
            yield from self._taken(originals[:middle])
            yield from self._taken(originals[middle:])

    def _encoded(self, originals: Sequence[Data]) -> Batch | None:
        """A batch by the first encoder that takes them; the one that took the last batch is asked
        before better ones, but for now and then.
        """
        self._since += 1
        if self._since > AGAIN:
            self._first, self._since = 0, 0
        for place in (self._first, *(at for at in range(MAX_WAYS) if at != self._first)):
            encoder = self._encoder(place)
            if encoder is None:
                break
            self._ways.counts.drop()
            with suppress(*FAULTS):
                batch = encoder.encode(originals)
                if batch.fits_each(self.largest):
                    self._first = place
                    self._ways.counts.take()
                    return batch
        return None

    def _encoder(self, place: int) -> Encoder | None:
        """One of them, the best first; None beyond the last."""
        if place == len(self._encoders):
            self._encoders.extend(islice(self._others, 1))
        return self._encoders[place] if place < len(self._encoders) else None


def _target(
    info: StreamInfo, configured: StreamConfig, connection: Target, service: Service
) -> Target:
    """Where profiles of a stream go, and how they are found: by its own setting, else by the key
    that was chosen for it, if any.
    """
    if info.object_name not in (None, OBJECT):
        raise ConfigError(
            f"The stream {info.label()} is mapped to {info.object_name}, which this destination "
            f"does not have. Choose {OBJECT}."
        )
    target = configured.target or connection
    if info.key and not configured.matched:
        target = Target(target.db_id, matching_by(info.key, target.matching, service))
    require_key(info.label(), configured.fields, target.matching)
    return target


def _supersedes(info: StreamInfo) -> bool:
    if info.sync_mode not in SENDS_ALL | SUPERSEDES:
        modes = ", ".join(sorted(SENDS_ALL | SUPERSEDES))
        raise ConfigError(
            f"The stream {info.label()} is set to the sync mode {info.sync_mode}, which this "
            f"destination does not have. Choose one of {modes}.",
            stream=info.name,
        )
    return info.sync_mode in SUPERSEDES
