"""Whether a later record of a profile was accepted than one that waits."""

from collections.abc import Iterable, Iterator, Mapping

from ..config import Config
from ..outcomes.reading import Profile, later_accepted, profiles
from ..records.key_reader import KeyReader
from ..storage.folder import Folder
from ..stream_key import StreamKey
from .waiting import Shelf, Waiting


class Later:
    """As far as outcomes tell."""

    def __init__(
        self,
        folder: Folder,
        config: Config,
        shelf: Shelf,
        readers: Mapping[StreamKey, KeyReader],
        waiting: Iterable[Waiting],
        *,
        since: str,
    ) -> None:
        """Look up the profiles of all records at once; nothing from before `since`, a timestamp, is
        sure to be kept. Raises ProfilesError as the folder does.
        """
        self._shelf, self._readers = shelf, readers
        self._entries = {
            ".".join(filter(None, (each.namespace, each.name))): each for each in config.streams
        }
        wanted = {profile for each in waiting for profile in self._profiles(each)}
        self._known = later_accepted(folder, wanted)
        self._since = max(self._known.since, since) if self._known.since else None

    def __call__(self, waiting: Waiting) -> bool | None:
        """Whether one was accepted that is of the same stream, or of one that shares a field with
        it; None where nobody knows.
        """
        stream = self._shelf.label(waiting)
        for profile in self._profiles(waiting):
            for other, place in self._known.newest.get(profile, {}).items():
                if place > waiting.place() and self._share(stream, other):
                    return True
        is_told = self._since is not None and waiting.sync >= self._since
        return False if is_told and not self._has_other_keys(waiting) else None

    def _has_other_keys(self, waiting: Waiting) -> bool:
        """Whether a stream that finds profiles of the database by something else shares a field:
        then nobody knows which of its records are of the same profile.
        """
        own, label = self._readers[self._shelf.stream(waiting)].target, self._shelf.label(waiting)
        return any(
            reader.target.db_id == own.db_id
            and reader.target.matching != own.matching
            and self._share(label, self._shelf.labels[stream])
            for stream, reader in self._readers.items()
        )

    def _profiles(self, waiting: Waiting) -> Iterator[Profile]:
        target = self._readers[self._shelf.stream(waiting)].target
        yield from profiles(target, waiting.identities)

    def _share(self, one: str, other: str) -> bool:
        first, second = (self._fields(label) for label in (one, other))
        return one == other or first is None or second is None or bool(first & second)

    def _fields(self, label: str) -> frozenset[str] | None:
        """Those that a stream sends, but for what profiles are found by; None where they are those
        that its records have.
        """
        entry = self._entries.get(label) or self._entries.get(label.rpartition(".")[-1])
        sent = entry.sent() if entry is not None else None
        if sent is None:
            return None
        found_by = {name for reader in self._readers.values() for name in _found_by(reader)}
        return sent - found_by


def _found_by(reader: KeyReader) -> tuple[str, ...]:
    return reader.target.matching.fields()
