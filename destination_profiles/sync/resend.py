"""Rejected records on their way once more: from the store, through the same pipeline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..catalog import StreamInfo
from ..config import Config
from ..delivery.senders import Sender
from ..errors import ConfigError
from ..records.batch import Batch, Data
from ..records.key_reader import KeyReader
from ..records.opt_outs import OwnSubscriptions, only_opt_outs
from ..records.superseding import replaceable
from ..rejects.adopted import adopt
from ..rejects.journal import Journal
from ..rejects.line import Kept, timestamp
from ..rejects.parts import Part, parts_of
from ..service.formats import format_named
from ..service.manifest import service
from ..service.outcome import ACCEPTED, Outcome
from ..service.repeats import repeatable
from ..service.request import Request
from ..storage.folder import Folder
from ..stream_key import StreamKey
from .later import Later
from .pump import LONG_SECONDS, Heartbeat
from .resend_books import Books
from .resent import Choice, Resent
from .sync import assemble, recording
from .waiting import Queue, Shelf, Waiting, queue

if TYPE_CHECKING:
    from ..delivery.remembering import Remembering
    from ..memory.retries import Retries

SUPERSEDING = "append_dedup"  # of one profile, the newest record that misses nothing is enough
AT_ONCE = 256  # records that are fed in together


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
        sender: Sender | None = None,
        heartbeat: Heartbeat = lambda _: LONG_SECONDS,
        memory: "Remembering | None" = None,
        retries: "Retries | None" = None,
        outcomes: Folder | None = None,
    ) -> None:
        """`edited` are lines of a person, of which alone records of the chosen stream are sent. A
        `memory` hears of what is sent; `retries` tell which records of theirs are due or given up,
        and `outcomes` is the folder of these, if not the same.
        Raises ConfigError for a stream that cannot be sent as it is set, StoreFailed where the
        store cannot be read.
        """
        self.told = Resent(dry_run=choice.dry_run)
        self._config, self._folder, self._choice, self._now = config, folder, choice, now
        infos = {(info.namespace, info.name): info for info in streams}
        self._readers = {key: KeyReader(info, config, service()) for key, info in infos.items()}
        self._own = {
            key: OwnSubscriptions(config.stream(key[1], key[0]), service()) for key in infos
        }
        wire = format_named(config.wire_format)
        self._repeats = repeatable(service(), wire)
        self._is_replaceable = replaceable(service(), wire)
        self._sending = _sending(config, choice)
        self._retries, self._given_up = retries, list[Waiting]()
        self._outcomes = outcomes or folder
        self._open(infos, edited)
        if memory is not None:
            memory.resending(self._books.place)
        self._found = Queue()
        self.pump = assemble(
            self._sending,
            [replace(info, sync_mode=SUPERSEDING) for info in streams],
            release=lambda _: None,
            heartbeat=heartbeat,
            leaving=self._books.leaving,
            recorder=self._books,
            memory=memory,
            expects_refusals=True,
            sender=_Accepting() if choice.dry_run else sender,
        )

    def _open(self, infos: Mapping[StreamKey, StreamInfo], edited: bytes | None) -> None:
        """Look what is in the store."""
        labels = {key: info.label() for key, info in infos.items()}
        parts, self._replaced = parts_of(self._folder, infos)
        self._shelf = Shelf(self._folder, parts, labels)
        self._journal = Journal(self._folder, self._now())
        if self._retries is None:  # these hold no functions: they may be sent twice
            self._check_notes()
        self._adopted: Part | None = None
        if edited is not None:
            stream = next(key for key, label in labels.items() if label == self._choice.stream)
            found = self._queue(stream).waiting
            later = self._later(found)
            waiting = {
                each.place() for each in found if later is None or not later.has_arrived(each)
            }
            self._adopted, lines = adopt(
                stream, edited, self._now(), lambda *place: place in waiting
            )
            parts.append(self._adopted)
            self._shelf.given[self._adopted.name] = lines
        journal = None if self._choice.dry_run else self._journal
        self._books = Books(self._shelf, journal, self.told, self._now)
        if journal is not None:
            begun, streams = timestamp(self._now()), list(infos.values())
            self._books.outcomes = recording(
                self._config, streams, self._outcomes, begun, self._books.place
            )

    def _queue(self, stream: StreamKey | None = None) -> Queue:
        """What waits: all of one stream, or what was chosen."""

        def takes(waiting: Waiting, kept: Kept) -> bool:
            its = self._shelf.stream(waiting)
            return self._takes(waiting, kept) if stream is None else its == stream

        gone, doubtful = self._journal.arrived.__contains__, self._journal.open.__contains__
        return queue(self._shelf, self._readers, takes, gone, doubtful)

    def run(self) -> None:
        """Send what waits. Raises ProfilesError; `end` is to be called whatever happens."""
        if not self._choice.dry_run:
            for part in self._replaced:  # by a resend that was killed before it took them away
                self._folder.remove(part.name)
            if self._adopted is not None:
                lines = self._shelf.given[self._adopted.name]
                self._folder.write(self._adopted.name, b"".join(each + b"\n" for each in lines))
        self._found = self._queue()
        for each in self._found.waiting:
            self.told.of(self._shelf.label(each)).waiting += 1
        for label, count in self._found.unreadable.items():
            self.told.of(label).unreadable = count
        self._feed(self._found.waiting)
        self.pump.finish()

    def end(self) -> None:
        """Bring the store up to date, as far as it is known what became of the records."""
        self.told.requests = self.pump.writer.chunks
        self.told.given_up = len(self._given_up)
        others = [*self._found.replaced, *self._given_up]
        self._books.end(self.pump.writer.dispatcher.sealed.in_doubt(), others)

    def _check_notes(self) -> None:
        """Raise ConfigError where an earlier run speaks of streams that this one has not."""
        there = self._journal.parts & set(self._folder.names())
        if others := there - {each.name for each in (*self._shelf.parts, *self._replaced)}:
            raise ConfigError(
                f"An earlier resend did not finish, and sent rows of {len(others)} parts "
                f"of streams that the catalog does not have, such as {min(others)}. Run it with "
                "the catalog of that time first."
            )

    def _takes(self, waiting: Waiting, kept: Kept) -> bool:
        """Whether a record is one of those that are asked for."""
        if self._retries is not None and self._retries.is_given_up(kept):
            self._given_up.append(waiting)
            return False
        if self._retries is not None and not self._retries.is_due(kept):
            return False
        code, stream = self._choice.code, self._choice.stream
        return (
            code in (None, kept.code)
            and stream in (None, self._shelf.label(waiting))
            and self._adopted in (None, self._shelf.parts[waiting.part])
        )

    def _feed(self, waiting: Sequence[Waiting]) -> None:
        """Take records in, those of one stream that follow each other together."""
        later = self._later(waiting)
        run: list[Data] = []
        stream: StreamKey | None = None
        for each, kept in self._shelf.fetched(waiting):
            original = None if self._is_held(each, kept, later) else self._sendable(each, kept)
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

    def _later(self, waiting: Sequence[Waiting]) -> Later | None:
        """Who knows what came of the same profile later; None without outcomes."""
        outcomes = self._config.outcomes
        if outcomes is None:
            return None
        since = timestamp(self._now() - timedelta(days=outcomes.keep_days))
        return Later(self._folder, self._config, self._shelf, self._readers, waiting, since=since)

    def _is_held(self, waiting: Waiting, original: bytes, later: Later | None) -> bool:
        """Whether a record is not sent."""
        label = self._shelf.label(waiting)
        is_later = later(waiting) if later is not None else None
        if later is not None and later.has_arrived(waiting):
            self._books.drop(waiting)
            self.told.of(label).arrived += 1
        elif is_later and self._is_made_so(waiting, original, self._is_replaceable):
            self._books.drop(waiting)
            self.told.of(label).out_of_date += 1
        elif waiting.doubtful and not self._is_made_so(waiting, original, self._repeats):
            self._books.doubt(waiting)
            self.told.hold(label, "unknown")
        elif waiting.altered:
            self.told.hold(label, "altered")
        elif is_later is not False and not self._may_overwrite():
            self.told.hold(label, "overwrites")
        else:
            return False
        return True

    def _may_overwrite(self) -> bool:
        """A look without outcomes, of which all would be held, shows what would be sent if so."""
        is_look = self._choice.dry_run and self._config.outcomes is None
        return self._choice.may_overwrite or is_look

    def _sendable(self, waiting: Waiting, original: bytes) -> bytes | None:
        """A record as it came, or without the subscriptions that might subscribe somebody; None
        where it is held for them.
        """
        if self._choice.resubscribe:
            return original
        try:
            sendable, count = self._own[self._shelf.stream(waiting)].without(original)
        except (ValueError, RecursionError):
            self.told.hold(self._shelf.label(waiting), "subscribes")
            return None
        self.told.subscriptions += count
        return sendable

    def _is_made_so(
        self, waiting: Waiting, original: bytes, is_so: Callable[[bytes], bool]
    ) -> bool:
        """Whether the mapping makes a profile of a record, and it is so."""
        codec = self.pump.writer.codec(self._shelf.stream(waiting))
        batches = [each for each in codec.take([original]) if isinstance(each, Batch)]
        return bool(batches) and all(is_so(row.profile) for each in batches for row in each.rows())


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
