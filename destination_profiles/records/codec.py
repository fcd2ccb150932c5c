"""The way of a stream's records: batches of profiles come out, or what is rejected and why."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from ..catalog import StreamInfo
from ..config import Config, StreamConfig
from ..errors import ConfigError
from ..service.formats import format_named
from ..service.manifest import OBJECT, Service
from ..service.matching import Target, matching_by
from .airbyte_columns import DELETED_AT
from .batch import Batch, Data, Originals, Rejected
from .changes import Change, lost, without
from .deletions import REJECTED, Deleted, Deletions, says_deleted, unsubscribing
from .encoding import Encoding
from .mapping import require_key
from .paths import Declared
from .refused_settings import enveloped
from .route import Route
from .status_column import Sent
from .superseding import Superseding, is_of_rows
from .ways import Ways

BATCH = 256  # records that are tried at once
SENDS_ALL = frozenset({"append"})
SUPERSEDES = frozenset({"append_dedup", "update"})  # a later record may stand for an earlier one
OVERWRITE = "overwrite"  # likewise where the catalog's primary key is what profiles are found by

Taken = Batch | Rejected | Deleted


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
        target = target_of(info, configured, config.target, service)
        around, self.largest = enveloped(config, target)
        supersedes = (
            Superseding(
                target.matching.fields(),
                service,
                format_named(config.wire_format),
                skips_invalid=config.options.get("skip_invalid_subscriptions", False),
            )
            if _supersedes(info, configured, target)
            else None
        )
        self.route = Route(info.label(), target, around, supersedes)
        ways = Ways(info, config, service, route=self.route, tell=tell)
        ways.check()
        self.notes = ways.notes  # of values that are left out
        self._known = Declared(info.schema).columns
        self._parts = configured.parts()
        self._encoding = Encoding(ways, self.largest)
        self._on_delete = configured.on_delete or config.on_delete
        self._deletions = Deletions() if self._on_delete != "send" else None
        self._ending: Encoding | None = None
        ends = configured.subscriptions or says_deleted(info.schema)
        if self._on_delete == "unsubscribe" and ends:
            ending = unsubscribing(config, configured, target.matching)
            self._ending = Encoding(
                Ways(info, ending, service, route=self.route, tell=tell), self.largest
            )

    @property
    def subscriptions(self) -> Counter[Sent]:
        """Those that were made of the records taken."""
        ended = self._ending.subscriptions if self._ending else Counter[Sent]()
        return self._encoding.subscriptions + ended

    def take(self, originals: Sequence[Data]) -> Iterator[Taken]:
        """What becomes of the `data` of some records, in their order."""
        for start in range(0, len(originals), BATCH):
            part = Originals(originals[start : start + BATCH])
            if self._deletions is None:
                yield from self._encoding.take(part)
                continue
            for is_deleted, run in self._deletions.runs(part):
                yield from self._deleted(run) if is_deleted else self._encoding.take(run)

    def _deleted(self, originals: Originals) -> Iterator[Taken]:
        """What becomes of rows that the source has deleted."""
        if self._ending is not None:
            for taken in self._ending.take(originals):
                if isinstance(taken, Batch):
                    taken.is_end = True
                yield taken
        elif self._on_delete == "reject":
            yield from (Rejected(bytes(each), REJECTED) for each in originals.parts)
        else:
            yield Deleted(originals.parts)

    def take_changed(self, data: Data, changes: Sequence[Change]) -> list[Taken]:
        """What becomes of a record without the values that are not those its source has. One that
        says that a row was deleted says so whatever it is.
        """
        others = [each for each in changes if each.field != DELETED_AT]
        left = without(data, others, known=self._known, notes=self.notes)
        self.notes.lost = lost(others, self._parts)
        try:
            return list(self.take([left]))
        finally:
            self.notes.lost = frozenset()


def target_of(
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


def _supersedes(info: StreamInfo, configured: StreamConfig, target: Target) -> bool:
    if (
        info.sync_mode == OVERWRITE
    ):  # with it Airbyte asks for the last row of each primary key, too
        return is_of_rows(info.primary_key, configured.fields, target.matching)
    if info.sync_mode not in SENDS_ALL | SUPERSEDES:
        modes = ", ".join(sorted(SENDS_ALL | SUPERSEDES | {OVERWRITE}))
        raise ConfigError(
            f"The stream {info.label()} is set to the sync mode {info.sync_mode}, which this "
            f"destination does not have. Choose one of {modes}.",
            stream=info.name,
        )
    return info.sync_mode in SUPERSEDES
