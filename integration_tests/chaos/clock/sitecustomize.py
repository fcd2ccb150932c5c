"""A clock of the day that jumps hours back and forth at each look at it. What measures waits is
another clock, which no operator can set.
"""

import datetime
import itertools
import time

JUMPS = itertools.cycle([0, 7_200, -7_200, 86_400, -86_400])  # seconds
REAL = time.time


def jumping() -> float:
    return REAL() + next(JUMPS)


class Jumping(datetime.datetime):
    """Now is a moment of the clock that jumps."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return REAL_DATETIME.fromtimestamp(jumping(), tz)


REAL_DATETIME = datetime.datetime
time.time = jumping
datetime.datetime = Jumping  # type: ignore[misc]
