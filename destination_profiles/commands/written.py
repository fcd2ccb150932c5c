"""What became of a sync's records."""

from dataclasses import dataclass

from ..delivery.tally import Kind
from ..delivery.writer import Writer


@dataclass(frozen=True, slots=True)
class Counted:
    """The records of a stream; those that are left over when a sync fails are `open`."""

    stream: str
    read: int
    accepted: int
    superseded: int
    deleted: int
    rejected: int
    open: int


@dataclass(frozen=True, slots=True)
class Written:
    """A sync that has ended. `trouble`: why the last chunk was sent again."""

    streams: list[Counted]
    rejections: list[Kind]
    omissions: list[Kind]  # values that were left out, of records that were sent
    chunks: int
    retries: int
    trouble: str
    seconds: float


def written(writer: Writer, seconds: float) -> Written:
    """What a writer has done in so many seconds."""
    dispatcher = writer.dispatcher
    return Written(
        [_counted(writer, stream) for stream in writer.ledger.totals],
        writer.tally.kinds(),
        writer.omitted.kinds(),
        writer.chunks,
        dispatcher.retries,
        dispatcher.trouble,
        seconds,
    )


def _counted(writer: Writer, stream: str) -> Counted:
    sums, read = writer.ledger.totals[stream], writer.ledger.read(stream)
    left = read - sums.delivered() - sums.rejected
    return Counted(
        *(stream, read, sums.accepted, sums.superseded, sums.deleted, sums.rejected), left
    )
