"""SIGTERM and SIGINT while a sync runs."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from ..delivery.mailbox import Inbox
from ..errors import Interrupted
from ..protocol.messages import MessageWriter
from .pump import INTERRUPTED_SECONDS


@contextmanager
def interruptible(inbox: Inbox, output: MessageWriter) -> Iterator[None]:
    """SIGTERM and SIGINT end the sync at its next step instead of in the middle of one. A second
    SIGINT ends the process.

    After the sync they do nothing any more: the process ends by itself.
    """

    def stop(number: int, _: object) -> None:
        if number == signal.SIGINT:
            signal.signal(number, before)
        output.hurry(INTERRUPTED_SECONDS)
        inbox.interrupt(Interrupted(number))

    before = signal.getsignal(signal.SIGINT)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)  # what is left is to tell how it ended
