"""A clock of the day that stands still, so that all processes begin and write at one moment. What
measures waits is another clock, which goes on.
"""

import datetime
import time

REAL_DATETIME = datetime.datetime
MOMENT = REAL_DATETIME(2026, 12, 1, 12, 0, 0, 123_000, tzinfo=datetime.UTC)


class Frozen(datetime.datetime):
    """Now is always the same moment."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return REAL_DATETIME.fromtimestamp(MOMENT.timestamp(), tz)


time.time = MOMENT.timestamp
datetime.datetime = Frozen  # type: ignore[misc]
