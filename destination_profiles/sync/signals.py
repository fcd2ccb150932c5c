"""SIGTERM and SIGINT while a sync runs."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..delivery.mailbox import Inbox
from ..errors import Interrupted
from ..protocol.messages import MessageWriter
from .pump import INTERRUPTED_SECONDS

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def interruptible(inbox: Inbox, output: MessageWriter) -> Iterator[None]:
    """SIGTERM and SIGINT end the sync at its next step instead of in the middle of one. A second
    SIGINT ends the process.

    After the sync they end nothing any more but what is begun next, such as what is sent again
    behind it: else the process ends by itself.
    """

    def stop(number: int, _: object = None) -> None:
        if number == signal.SIGINT:
            signal.signal(number, before)
        output.hurry(INTERRUPTED_SECONDS)
        inbox.interrupt(Interrupted(number))

    there = signal.getsignal(signal.SIGINT)
    earlier = there if isinstance(there, _Late) else _Late(there)
    before, late = earlier.before, _Late(earlier.before)
    for each in SIGNALS:
        signal.signal(each, stop)
    for number in earlier.numbers:
        stop(number)
    try:
        yield
    finally:
        for each in SIGNALS:
            signal.signal(each, late)  # what is left is to tell how it ended


class _Late:
    """Notes signals that come once a sync is over."""

    def __init__(self, before: Any) -> None:
        """`before` is what SIGINT did before the sync."""
        self.before, self.numbers = before, list[int]()

    def __call__(self, number: int, _: object) -> None:
        self.numbers.append(number)
