"""Between the pipeline and a memory: which records need not be sent, and what was sent."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain

from ..memory.entries import ABSENT, OTHER
from ..memory.retries import Retries
from ..memory.store import Memory
from ..records.batch import Batch, Data
from ..records.route import Route
from ..rejection import Rejection
from .blame import Resolution
from .chunks import Chunk
from .look import Ids, Look, StreamMemory, contents_of, ids_of

# where one of these stands, a profile may hold a function; letters of the word may be escaped
FUNCTIONS = (b'"action"', b"<action", b"\\u006", b"\\u007")
CHANCES = 256  # days in a time that an identity may have by chance
NOTHING = b""  # to be remembered of a record


class Remembering:
    """Asked for each batch before it goes into chunks. It forgets before a chunk leaves, and
    remembers what the service has accepted. What it holds itself is of records without a last word.
    """

    def __init__(
        self,
        memory: Memory,
        streams: Mapping[str, StreamMemory],
        *,
        today: int,
        resend_after_days: int,
        remembers: bool = True,
        retries: Retries | None = None,
    ) -> None:
        """`streams` are those of which something is remembered, by their labels; `today` counts
        days. Where it does not `remember`, it forgets what is sent. `retries` keep what is rejected
        and may pass later.
        """
        self._retries = retries
        self._memory, self._streams, self._remembers = memory, streams, remembers
        self._today = today
        # the first day on which that what was sent need not be sent again, by the last byte of the
        # hash of an identity
        self._first = [
            today - (today - chance * resend_after_days // CHANCES) % resend_after_days
            for chance in range(CHANCES)
        ]
        self._known: set[bytes] = set()  # with an entry, of records that are changed
        self._renewed: dict[bytes, bytes] = {}  # contents that are sent once more, by identity
        self._instead: dict[int, bytes] = {}  # contents of records that are not what is sent

    def resending(self, place: Callable[[int], tuple[str, int]]) -> None:
        """What is sent was rejected before: `place` tells where a row stood, by its number."""
        if self._retries is not None:
            self._retries.resending(place)

    def changed(
        self, batch: Batch, route: Route, unsettled: AbstractSet[str]
    ) -> tuple[Batch | None, Sequence[int]]:
        """The records that are to be sent, None where none is, and the places of the others.
        `unsettled` are identities that a chunk without a last word holds.
        """
        stream = self._streams.get(route.label)
        if stream is None:
            return batch, ()
        look = Look(self._memory, batch, stream)
        stay = self._staying(look)
        identities = list(chain.from_iterable(batch.identities))
        are_apart = len(set(identities)) == len(identities) and unsettled.isdisjoint(identities)
        if are_apart and all(stay):
            return None, range(len(batch))
        again = self._again(look, stay)
        places = [each for each, stays in enumerate(stay) if not (stays and are_apart)]
        sent, profiles = places, dict[int, bytes]()
        if are_apart and not again and not self._renewed:  # as most are
            self._change(look, places)
        else:
            sent, profiles = self._sorted_out(look, places, stay, again, unsettled)
        if not sent:
            return None, range(len(batch))
        changed = batch
        if profiles:
            changed = changed.with_profiles(profiles, route.envelope.between)
        if unchanged := sorted(set(range(len(batch))).difference(sent)):
            changed = changed.pick(sent, route.envelope.between)
        self._note_functions(changed, is_end=batch.is_end)
        return changed, unchanged

    def _staying(self, look: Look) -> list[bool]:
        """Whether each record need not be sent. Each profile has a day of its own, by chance, on
        which it is sent again, so that not all are at once.
        """
        if not self._remembers:
            return [False] * len(look.days)
        first, latest = self._first, self._today + 1  # later ones are of a clock that was wrong
        return [
            OTHER < day <= latest and day >= first[mine[0][-1]]
            for mine, day in zip(look.ids, look.days, strict=True)
        ]

    def _again(self, look: Look, stay: list[bool]) -> dict[int, bytes]:
        """What is sent once more of records that did not change, by their places. Those of which
        nothing can be may `stay`, for another such time: else they would be as new at its end.
        """
        due = [
            place
            for place, day in enumerate(look.days)
            if day > OTHER and not stay[place] and self._remembers
        ]
        if not due:
            return {}
        originals = [bytes(look.batch.row(place).original) for place in due]
        again = {}
        for place, profile in zip(due, look.stream.renew(originals), strict=True):
            if profile is None:
                stay[place] = True
                mine, content = look.ids[place], look.contents[place]
                self._memory.remember([(each, content) for each in mine], self._today)
            else:
                again[place] = profile
        return again

    def _sorted_out(
        self,
        look: Look,
        places: Sequence[int],
        stay: Sequence[bool],
        again: Mapping[int, bytes],
        unsettled: AbstractSet[str],
    ) -> tuple[list[int], dict[int, bytes]]:
        """Of `places` those of records that are sent, and the profiles of those that are sent once
        more. A record is sent as it is behind another of its profile that has no last word.
        """
        sent: list[int] = []
        profiles: dict[int, bytes] = {}
        before: set[str] = set()
        for place in places:
            identities = look.batch.identities[place]
            if not (unsettled.isdisjoint(identities) and before.isdisjoint(identities)):
                if self._is_renewed(look.ids[place], look.contents[place]):
                    continue
                self._change(look, [place])
            elif stay[place]:
                continue
            elif place in again:
                profiles[place] = again[place]
                self._renewed.update(dict.fromkeys(look.ids[place], look.contents[place]))
                self._instead[look.batch.ordinals[place]] = look.contents[place]
            else:
                self._change(look, [place])
            before.update(identities)
            sent.append(place)
        return sent, profiles

    def _is_renewed(self, ids: Ids, content: bytes) -> bool:
        """Whether the newest record of a profile is of this content, and is sent once more."""
        return bool(self._renewed) and all(self._renewed.get(each) == content for each in ids)

    def _change(self, look: Look, places: Iterable[int]) -> None:
        """Records are sent as they are: what is known of their profiles goes before that."""
        for place in places:
            if look.days[place] != ABSENT:
                self._known.update(look.ids[place])
            for each in look.ids[place] if self._renewed else ():
                self._renewed.pop(each, None)

    def _note_functions(self, batch: Batch, *, is_end: bool) -> None:
        """Nothing is to be remembered of records with one."""
        if self._remembers and (is_end or any(map(batch.may_hold, FUNCTIONS))):
            for ordinal, profile in zip(batch.ordinals, batch.profiles(), strict=True):
                if is_end or _may_hold_function(profile):
                    self._instead.setdefault(ordinal, NOTHING)

    def leaving(self, chunk: Chunk) -> None:
        """A chunk is about to be sent. What is sent once more keeps its entry."""
        ids = {each for each in self._ids(chunk) if each not in self._renewed}
        known = self._known & ids
        self._memory.leaving(known, ids - known)
        self._known -= known
        if self._retries is not None:
            self._retries.leaving(self._rows(chunk))

    def answered(self, resolution: Resolution) -> None:
        """The last word on a chunk, while its records still stand in it."""
        chunk, rejected, start = resolution.chunk, resolution.rejected, 0
        refused: dict[int, Ids] = {}  # newest of their profiles, by their places
        for run in chunk.runs():
            stop = start + len(run.identities)
            stream = self._streams.get(run.stream)
            if stream is not None:
                ids = ids_of(run.identities, stream)
                contents: Sequence[bytes] = [NOTHING] * len(ids)
                if self._remembers:
                    contents = self._contents(run.ordinals, contents_of(run.profiles, stream))
                self._enter(ids, contents, {each - start for each in rejected})
                if self._retries is not None:
                    newest = map(self._retries.settle, ids, run.ordinals)
                    places = range(start, stop)
                    refused |= {
                        at: mine
                        for at, mine, is_it in zip(places, ids, newest, strict=True)
                        if is_it
                    }
            start = stop
        for _, _, row in chunk.superseded:
            self._instead.pop(row.ordinal, None)
        for place in rejected.keys() & refused.keys():
            self._keep(chunk, place, rejected[place], refused[place])

    def _contents(self, ordinals: Sequence[int], hashed: list[bytes]) -> list[bytes]:
        """What is to be remembered of records."""
        if not self._instead:
            return hashed
        return [
            self._instead.pop(ordinal, content)
            for ordinal, content in zip(ordinals, hashed, strict=True)
        ]

    def _enter(
        self, ids: Sequence[Ids], contents: Sequence[bytes], refused: AbstractSet[int]
    ) -> None:
        """Remember what was accepted, and forget what was refused; but what was sent once more and
        refused is what it was: as a new one it would subscribe.
        """
        gone: list[bytes] = []
        answered = ids
        if refused or NOTHING in contents:
            others = set(range(len(ids))).difference(refused)
            kept = sorted(place for place in others if contents[place])
            for place in sorted(set(range(len(ids))).difference(kept)):
                if not self._is_renewed(ids[place], contents[place]):
                    gone += ids[place]
            ids, contents = [ids[place] for place in kept], [contents[place] for place in kept]
        for each in chain.from_iterable(answered) if self._renewed else ():
            self._renewed.pop(each, None)
        accepted = zip(ids, contents, strict=True)
        self._memory.remember(((each, to) for mine, to in accepted for each in mine), self._today)
        if gone:
            self._memory.drop(gone)

    def _keep(self, chunk: Chunk, place: int, rejection: Rejection, ids: Ids) -> None:
        """Keep what was rejected and may pass later, unless it holds a function."""
        if self._retries is not None and self._retries.takes(rejection):
            interval, row = chunk.entry(place)
            if not _may_hold_function(row.profile):
                stream, ordinal = interval.stream, row.ordinal
                self._retries.keep(stream, row.original, rejection, ordinal, ids=ids)

    def unsent(self, stream: str, originals: Sequence[Data]) -> None:
        """Records were rejected or left out before they were sent."""
        known = self._streams.get(stream)
        if known is not None:
            ids = list(chain.from_iterable(ids_of(known.keys(originals), known)))
            self._memory.drop(ids)
            if self._retries is not None:
                self._retries.unsent(ids)

    def settle(self) -> None:
        """States may leave: make safe what is kept. Raises StoreUnavailable where the memory may be
        another's by now.
        """
        self._memory.check()
        if self._retries is not None:
            self._retries.flush()

    def end(self, under_way: Iterable[Chunk]) -> None:
        """Nothing more is sent; what became of the chunks that are `under_way` is not known. What
        they send once more is what it was all the same.
        """
        for chunk in under_way:
            self._memory.drop([each for each in self._ids(chunk) if each not in self._renewed])

    def _ids(self, chunk: Chunk) -> Iterator[bytes]:
        for ids, _ in self._rows(chunk):
            yield from ids

    def _rows(self, chunk: Chunk) -> Iterator[tuple[Ids, int]]:
        for run in chunk.runs():
            if (stream := self._streams.get(run.stream)) is not None:
                yield from zip(ids_of(run.identities, stream), run.ordinals, strict=True)


def _may_hold_function(profile: bytes) -> bool:
    return any(each in profile for each in FUNCTIONS)
