"""The records of one stream on the best way that takes them."""

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from itertools import islice

from .batch import Batch, Originals, Rejected
from .encoders import FAULTS, Encoder
from .explain import Explanation
from .status_column import Sent
from .ways import Ways

MAX_WAYS = 4  # of one stream; there are fewer
ORDERS = [  # in which they are asked, by the one that is first
    (first, *(at for at in range(MAX_WAYS) if at != first)) for first in range(MAX_WAYS)
]
AGAIN = 16  # batches that the same encoder takes before the best one is tried again


class Encoding:
    """Tries encoders, the best first, on as many records as they take."""

    def __init__(self, ways: Ways, largest: int) -> None:
        """Profiles have at most `largest` bytes."""
        self._ways, self._largest = ways, largest
        self._first, self._since = 0, 0
        self._is_too_deep = False  # for one of them, what was declined last
        self._encoders: list[Encoder] = []
        self._others = ways.encoders()  # made when those before them have declined

    @property
    def subscriptions(self) -> Counter[Sent]:
        """Those that were made of the records taken."""
        return self._ways.counts.taken

    @cached_property
    def _explanation(self) -> Explanation:
        return self._ways.explanation()

    def take(self, originals: Originals) -> Iterator[Batch | Rejected]:
        """All at once if one encoder takes them, else their halves."""
        batch = self._encoded(originals)
        if batch is not None:
            yield batch
        elif len(originals) == 1:
            # a copy: it may be kept long, and is a part of a large block
            original = bytes(originals.parts[0])
            yield self._explanation.of(original, is_too_deep=self._is_too_deep)
        else:
            middle = len(originals) // 2
            yield from self.take(originals.part(0, middle))
            yield from self.take(originals.part(middle, len(originals)))

    def _encoded(self, originals: Originals) -> Batch | None:
        """A batch by the first encoder that takes them; the one that took the last batch is asked
        before better ones, but for now and then.
        """
        self._since, self._is_too_deep = self._since + 1, False
        if self._since > AGAIN:
            self._first, self._since = 0, 0
        for place in ORDERS[self._first]:
            encoder = self._encoder(place)
            if encoder is None:
                break
            self._ways.notes.begin()
            self._ways.counts.drop()
            try:
                batch = encoder.encode(originals)
            except FAULTS as error:
                self._is_too_deep |= isinstance(error, RecursionError)
                continue
            if batch.fits_each(self._largest):
                self._first = place
                self._ways.notes.settle()
                self._ways.counts.take()
                return batch
        return None

    def _encoder(self, place: int) -> Encoder | None:
        """One of them, the best first; None beyond the last."""
        if place == len(self._encoders):
            self._encoders.extend(islice(self._others, 1))
        return self._encoders[place] if place < len(self._encoders) else None
