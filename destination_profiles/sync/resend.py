"""Rejected records on their way once more: from the store, through the same pipeline."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from ..catalog import StreamInfo
from ..config import Config
from ..delivery.open_chunks import new_request_id
from ..delivery.senders import Sender
from ..errors import ConfigError
from ..records.batch import Batch, Data
from ..records.codec import StreamCodec
from ..records.opt_outs import OwnSubscriptions, only_opt_outs
from ..rejects.adopted import adopt
from ..rejects.journal import Journal
from ..rejects.line import UNKNOWN, Kept
from ..rejects.parts import Stream, parts_of
from ..service.formats import format_named
from ..service.manifest import service
from ..service.outcome import ACCEPTED, Outcome
from ..service.repeats import repeatable
from ..service.request import Request
from ..storage.folder import Folder
from .pump import LONG_SECONDS, Heartbeat, Pump
from .resend_books import Books
from .resent import Choice, Resent
from .sync import assemble
from .waiting import Queue, Shelf, Waiting, queue

SUPERSEDING = "append_dedup"  # of one profile, the newest record that misses nothing is enough
AT_ONCE = 256  # records that are fed in together
Later = Callable[[Stream, Waiting], bool | None]
"""Whether a later record of the same profile was accepted; None where nobody knows."""
Run = Callable[[Pump, Callable[[], None]], None]
"""Does a piece of work with a pipeline, whatever signals come."""


class Resend:
    """One run over the records that wait in the store."""

    def __init__(
        self,
        config: Config,
        streams: Sequence[StreamInfo],
        folder: Folder,
        choice: Choice,
        *,
        now: Callable[[], datetime],
        edited: bytes | None = None,
        later: Later = lambda *_: None,
        sender: Sender | None = None,
        heartbeat: Heartbeat = lambda _: LONG_SECONDS,
    ) -> None:
        """`edited` are lines of a person, of which alone records of the chosen stream are sent.
        `later` knows what was accepted since. Raises ConfigError for a stream that cannot be
        sent as it is set, StoreFailed where the store cannot be read.
        """
        self._config, self._choice, self._now, self._later = config, choice, now, later
        infos = {(info.namespace, info.name): info for info in streams}
        parts, replaced = parts_of(folder, infos)
        if not choice.dry_run:
            for each in replaced:  # by a resend that was killed before it took them away
                folder.remove(each.name)
        self.told = Resent(dry_run=choice.dry_run)
        labels = {key: info.label() for key, info in infos.items()}
        self._adopted = None
        if edited is not None:
            stream = next(key for key, label in labels.items() if label == choice.stream)
            self._adopted, lines = adopt(stream, edited, now())
            parts.append(self._adopted)
            if not choice.dry_run:
                folder.write(self._adopted.name, lines)
        self._shelf = Shelf(folder, parts, labels)
        if self._adopted is not None:
            self._shelf.given[self._adopted.name] = lines.splitlines()
        self._journal = Journal(folder, now())
        self._check_notes(folder)
        self._pending = [] if choice.dry_run else self._journal.pending(now())
        self._pending_rows = {place for each in self._pending for place in each.rows}
        self._forgotten = self._journal.forgotten(now())
        self._books = Books(self._shelf, None if choice.dry_run else self._journal, self.told, now)
        sending = _sending(config, choice)
        streams = [replace(info, sync_mode=SUPERSEDING) for info in streams]
        self._codecs = {
            (info.namespace, info.name): StreamCodec(info, sending, service()) for info in streams
        }
        self._own = {
            key: OwnSubscriptions(config.stream(key[1], key[0]), service()) for key in infos
        }
        self._repeats = repeatable(service(), format_named(config.wire_format))
        self._ids = _RequestIds()
        self._found = Queue()
        self.pump = assemble(
            sending,
            streams,
            release=lambda _: None,
            heartbeat=heartbeat,
            leaving=self._books.leaving,
            recorder=self._books,
            new_id=self._ids,
            sender=_Accepting() if choice.dry_run else sender,
        )

    def run(self) -> None:
        """Send what waits. Raises ProfilesError; `end` is to be called whatever happens."""
        self._found = queue(self._shelf, self._codecs, self._takes, self._is_gone)
        for each in self._found.waiting:
            self.told.of(self._shelf.label(each)).waiting += 1
        for label, count in self._found.unreadable.items():
            self.told.of(label).unreadable = count
        left = self._send_pending()
        self._feed(each for each in left if not self._is_held(each))
        self.pump.finish()

    def end(self) -> None:
        """Bring the store up to date, as far as it is known what became of the records."""
        self.told.requests = self.pump.writer.chunks
        self._books.end(self.pump.writer.dispatcher.sealed.in_doubt(), self._found.replaced)

    def _check_notes(self, folder: Folder) -> None:
        """Raise ConfigError where an earlier run speaks of streams that this one has not."""
        there = self._journal.parts() & set(folder.names())
        if others := there - {each.name for each in self._shelf.parts}:
            raise ConfigError(
                f"An earlier resend did not come to its end, and sent rows of {len(others)} parts "
                f"of streams that the catalog does not have, such as {min(others)}. Run it with "
                "the catalog of that time first."
            )

    def _takes(self, part: int, kept: Kept) -> bool:
        code, stream, its = self._choice.code, self._choice.stream, self._shelf.parts[part]
        return (
            code in (None, kept.code)
            and stream in (None, self._shelf.labels[its.stream])
            and self._adopted in (None, its)
        )

    def _is_gone(self, part: int, place: int) -> bool:
        """Whether a record has arrived in an earlier run that did not come to its end, and is not
        needed to send a request of it once more.
        """
        at = self._shelf.parts[part].name, place
        return at in self._journal.arrived and at not in self._pending_rows

    def _send_pending(self) -> list[Waiting]:
        """Send once more what has no answer from an earlier run, in the same requests: the service
        executes each once. Gives the others.
        """
        parts = self._shelf.parts
        waiting = {(parts[each.part].name, each.line): each for each in self._found.waiting}
        for sent in self._pending:
            self._ids.next = sent.request_id
            self._books.noted.add(sent.request_id)
            self._feed(waiting.pop(place) for place in sent.rows if place in waiting)
            self.pump.drain()
            self._ids.next = None
        left = set(map(id, waiting.values()))
        return [each for each in self._found.waiting if id(each) in left]

    def _feed(self, waiting: Iterable[Waiting]) -> None:
        """Take records in, those of one stream that follow each other together."""
        run: list[Data] = []
        stream: Stream | None = None
        for each in waiting:
            original = self._original(each)
            if original is None:
                continue
            its = self._shelf.stream(each)
            if stream is not None and (its != stream or len(run) == AT_ONCE):
                self.pump.records(stream, run)
                run = []
            stream = its
            run.append(original)
            self._books.feed(each)
        if stream is not None:
            self.pump.records(stream, run)

    def _original(self, waiting: Waiting) -> bytes | None:
        """A record as it came, or without the subscriptions that might subscribe somebody; None
        where it is held for them.
        """
        original = self._shelf.kept(waiting).original
        if self._choice.resubscribe:
            return original
        try:
            original, count = self._own[self._shelf.stream(waiting)].without(original)
        except ValueError:
            self.told.hold(self._shelf.label(waiting), "subscribes")
            return None
        self.told.subscriptions += count
        return original

    def _is_held(self, waiting: Waiting) -> bool:
        """Whether a record is not sent."""
        label = self._shelf.label(waiting)
        at = self._shelf.parts[waiting.part].name, waiting.line
        doubtful = at in self._forgotten or self._shelf.kept(waiting).origin.fate == UNKNOWN
        if doubtful and not self._may_be_repeated(waiting):
            self._books.doubt(waiting)
            self.told.hold(label, "unknown")
            return True
        is_later = self._later(self._shelf.stream(waiting), waiting)
        if is_later:
            self._books.drop(waiting)
            self.told.of(label).out_of_date += 1
        elif is_later is None and not (self._choice.may_overwrite or self._choice.dry_run):
            self.told.hold(label, "overwrites")
            return True
        return bool(is_later)

    def _may_be_repeated(self, waiting: Waiting) -> bool:
        original = self._shelf.kept(waiting).original
        return all(
            self._repeats(row.profile)
            for taken in self._codecs[self._shelf.stream(waiting)].take([original])
            if isinstance(taken, Batch)
            for row in taken.rows()
        )


class _RequestIds:
    """New ones, or one that a request has had."""

    def __init__(self) -> None:
        self.next: str | None = None

    def __call__(self) -> str:
        if self.next is None:
            return new_request_id()
        known, self.next = self.next, None  # if there is more than one request now, it is another
        return known


class _Accepting:
    """A service that hears nothing, and accepts everything."""

    def send(self, _: Request) -> Outcome:
        """Say so."""
        return ACCEPTED


def _sending(config: Config, choice: Choice) -> Config:
    """The configuration for it: that records are rejected again is no surprise, and nobody is
    subscribed.
    """
    config = replace(config, max_rejected=None, max_rejected_percent=100)
    return config if choice.resubscribe else only_opt_outs(config)
