"""How many chunks may be in flight: one more while answers are quick, a tenth less when the service
is pressed.

The model is Vector's adaptive request concurrency: the round trips of one round are compared with
the average of the rounds before. Four things are its own. A round ends with the first answer to
what was sent in it, so that it lasts one round trip on any link. Until the service is pressed for
the first time the limit doubles with each round, as TCP's does, and that pressure takes the last
doubling back. A refusal lowers the limit at once, and once for all that was sent under it. And the
limit that was refused is approached with caution, so that a service with room for two is not asked
for three in every other round.
"""

import math

DECREASE = 0.9  # of the limit is left after pressure; Vector's ratio
NEWEST = 0.4  # weight of the newest round in the average of all; Vector's alpha
SLOW = 2.5  # standard deviations above the average from which a round is slow; Vector's scale
NOISE = 0.05  # a round within this part of the average is neither slow nor in the way of a raise
# likewise while the limit doubles: of twice as many chunks at least 4/3 as many are done in the
# same time
NOISE_OF_DOUBLING = 0.5
MAX_CAUTION = 16  # quick rounds before the limit that was refused is tried again, at most


FIRST = 4  # chunks at once to begin with: a service with less room refuses two, and is heard


class Concurrency:
    """The limit, from 1 to `most`. It knows only what it is told; times are seconds of the caller's
    clock.
    """

    def __init__(self, most: int) -> None:
        """Start at 4, or lower where no more is allowed."""
        self.limit = min(FIRST, most)
        self._doubling = True
        self._most = most
        self._mean: float | None = None  # of a round trip, over the rounds
        self._variance = 0.0
        self._refused = math.inf  # the limit at which the service last refused
        self._caution = 1  # quick rounds that it takes to try that limit again
        self._quick = 0  # quick rounds since the limit changed
        self._lowered_at = -math.inf
        self._round_began = 0.0
        self._round_trips: list[float] = []
        self._reached = False  # a limit that is not used up says nothing about the next one

    def sent(self, in_flight: int) -> None:
        """A chunk was sent; with it `in_flight` wait for an answer."""
        self._reached = self._reached or in_flight >= self.limit

    def accepted(self, now: float, sent_at: float) -> None:
        """The service did the work of a chunk that was sent at `sent_at`."""
        self._round_trips.append(now - sent_at)
        if self._mean is None:
            self._mean = now - sent_at
            if self._reached:
                self._raise()
            self._begin(now)
        elif sent_at >= self._round_began:
            self._end_round(now, self._mean)

    def pressed(self, now: float, sent_at: float, *, refused: bool) -> None:
        """Work that was sent at `sent_at` failed. `refused`: the service said that it has no room;
        else it may be chance.
        """
        if sent_at < self._lowered_at:
            return  # it was sent under the higher limit, which is lowered already
        if refused:
            if self.limit >= self._refused or self._refused == math.inf:
                self._caution = min(MAX_CAUTION, self._caution * 4)
            self._refused = self.limit
        self._lower(now)

    def _begin(self, now: float) -> None:
        self._round_began = now
        self._round_trips = []
        self._reached = False

    def _end_round(self, now: float, mean: float) -> None:
        average = sum(self._round_trips) / len(self._round_trips)
        noise = mean * (NOISE_OF_DOUBLING if self._doubling else NOISE)
        if average > mean + max(SLOW * math.sqrt(self._variance), noise):
            self._lower(now)
        elif average <= mean + noise and self._reached:
            self._raise()
        difference = average - mean
        self._mean = mean + NEWEST * difference
        self._variance = (1 - NEWEST) * (self._variance + NEWEST * difference * difference)
        self._begin(now)

    def _raise(self) -> None:
        self._quick += 1
        cautious = self.limit + 1 >= self._refused
        if self.limit == self._most or (cautious and self._quick < self._caution):
            return
        self.limit = min(2 * self.limit, self._most) if self._doubling else self.limit + 1
        self._quick = 0
        if cautious:
            self._caution = max(1, self._caution // 2)  # a refusal makes it four times as much

    def _lower(self, now: float) -> None:
        self.limit = max(1, self.limit // 2 if self._doubling else int(self.limit * DECREASE))
        self._doubling = False
        self._lowered_at = now
        self._quick = 0
