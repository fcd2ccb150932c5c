"""Process entry: takes signals from the first moment, then does what the arguments say."""

import os
import signal
import sys
import termios
from types import FrameType
from typing import Any

from .scratch import clear

STANDARD = (0, 1, 2)  # input, output, errors
OUTPUT = 1
ENDING = (signal.SIGTERM, signal.SIGINT)
SHOW_CURSOR = b"\x1b[?25h"
_modes: list[Any] = []  # of the terminal on stdin, as they were at the start


def main(arguments: list[str] | None = None) -> None:
    """Run one command and exit: 0 when it did its job, 1 when not, 128 and the signal's number when
    a signal ended it.
    """
    if os.isatty(STANDARD[0]):
        _modes.extend(termios.tcgetattr(STANDARD[0]))
    for number in ENDING:
        signal.signal(number, _leave)  # `write` has a better answer once it has something to lose
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)  # a parent's mask would be kept
    for descriptor in STANDARD:
        try:
            os.fstat(descriptor)
        except OSError:
            # takes the place of the closed one; else the next pipe or file would. What a closed
            # output should have had is lost, so nothing can be written to it
            os.open(os.devnull, os.O_RDONLY if descriptor == OUTPUT else os.O_RDWR)
    from .commands.entry import run  # noqa: PLC0415 - imports take a while, in which a signal must count

    code = run(sys.argv[1:] if arguments is None else arguments)
    for number in ENDING:
        signal.signal(
            number, signal.SIG_IGN
        )  # while the interpreter ends, a signal would take the place of the exit code
    sys.exit(code)


def _leave(number: int, _: FrameType | None) -> None:
    """End at once: nothing is lost by it, or the user insists. As process 1 of a container, a
    signal without a handler would be ignored.
    """
    if _modes:  # a question may have hidden what is typed
        termios.tcsetattr(STANDARD[0], termios.TCSANOW, _modes)
    if os.isatty(STANDARD[-1]):
        os.write(STANDARD[-1], SHOW_CURSOR)  # a live line may have hidden it
    clear()
    os._exit(128 + number)
