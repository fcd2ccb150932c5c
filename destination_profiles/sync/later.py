"""What outcomes tell of the profile of a record that waits: whether anything later came."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from ..config import Config
from ..outcomes.line import Place, Record, fields_in, found_by
from ..outcomes.reading import Profile, known_of, profiles
from ..records.key_reader import KeyReader
from ..storage.folder import Folder
from ..stream_key import StreamKey
from ..stream_key import label as label_of
from .waiting import Shelf, Waiting

NOWHERE: Place = ("", 0)


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
        self._shelf, self._readers, self._config = shelf, readers, config
        self._sent = cache(lambda label: _sent(config, label))
        self._other_keys = cache(self._has_other_keys)
        self._stranger = cache(self._newest_stranger)
        wanted = {each for some in waiting for each in self._profiles(some)}
        self._known = known_of(folder, wanted, {self._record(each) for each in waiting})
        self._since = max(self._known.since, since) if self._known.since else None

    def __call__(self, waiting: Waiting) -> bool | None:
        """True where a later version of its row was accepted, False where nothing later came that
        it might overwrite; None where something came, or nobody knows.
        """
        if self._is_replaced(waiting):
            return True
        is_told = self._since is not None and waiting.sync >= self._since
        return False if is_told and not self._may_overwrite(waiting) else None

    def has_arrived(self, waiting: Waiting) -> bool:
        """Whether it was taken since by the service, itself or as one that a later row of the same
        request stands for.
        """
        return self._record(waiting) in self._known.arrived

    def _record(self, waiting: Waiting) -> Record:
        return self._shelf.label(waiting), *waiting.place()

    def _is_replaced(self, waiting: Waiting) -> bool:
        stream, label = self._shelf.stream(waiting), self._shelf.label(waiting)
        newest = [self._known.accepted.get(each, {}) for each in self._profiles(waiting)]
        return (
            self._readers[stream].is_of_rows
            and bool(newest)
            and all(each.get(label, NOWHERE) > waiting.place() for each in newest)
        )

    def _may_overwrite(self, waiting: Waiting) -> bool:
        """Whether a later record sent one of its fields, or was deleted: one of its profile, or one
        of which nobody knows the profile.
        """
        stream, place = self._shelf.stream(waiting), waiting.place()
        return (
            self._other_keys(stream)
            or self._stranger(stream) > place
            or any(
                at > place and self._share(stream, other, profile.found_by)
                for profile in self._profiles(waiting)
                for other, at in self._known.newest(profile)
            )
        )

    def _has_other_keys(self, stream: StreamKey) -> bool:
        """Whether a stream that shares a field finds profiles of the database by something else: in
        the catalog, or as configured where outcomes name both ways alike.
        """
        own = self._readers[stream].target
        streams = [(self._shelf.labels[key], each.target) for key, each in self._readers.items()]
        for each in self._config.streams:
            target = each.target or self._config.target
            if found_by(target) == found_by(own):
                streams.append((label_of((each.namespace, each.name)), target))
        return any(
            target.db_id == own.db_id
            and target.matching != own.matching
            and self._share(stream, label, found_by(target))
            for label, target in streams
        )

    def _newest_stranger(self, stream: StreamKey) -> Place:
        """Where the newest record stood that shares a field, and whose profile is found by
        something else.
        """
        places = [
            place
            for other, key, place in self._known.other_keys(self._readers[stream].target)
            if self._share(stream, other, key)
        ]
        return max(places, default=NOWHERE)

    def _profiles(self, waiting: Waiting) -> Iterator[Profile]:
        target = self._readers[self._shelf.stream(waiting)].target
        yield from profiles(target, waiting.identities)

    def _share(self, stream: StreamKey, other: str, key: str) -> bool:
        """Whether both streams are the same, or send one field beside what profiles are found by:
        those of the other by `key`.
        """
        label = self._shelf.labels[stream]
        first, second = self._sent(label), self._sent(other)
        if label == other or first is None or second is None:
            return True
        own = fields_in(found_by(self._readers[stream].target))
        return bool((first - own) & (second - fields_in(key)))


def _sent(config: Config, label: str) -> frozenset[str] | None:
    """The fields that a stream sends; None where they are those that its records have, or nobody
    knows. Of a name with dots each part may be the namespace: those of all such streams.
    """
    dots = [place for place, sign in enumerate(label) if sign == "."]
    keys = [(None, label), *((label[:dot], label[dot + 1 :]) for dot in dots)]
    entries = [config.entry(name, namespace) for namespace, name in keys]
    sent = [each.sent() for each in entries if each is not None]
    known = [each for each in sent if each is not None]
    return frozenset().union(*known) if known and len(known) == len(sent) else None
