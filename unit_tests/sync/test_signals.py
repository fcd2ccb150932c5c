"""Signals while a sync runs, and behind it."""

import os
import signal
from collections.abc import Iterator

import pytest

from destination_profiles.delivery.mailbox import Mailbox
from destination_profiles.errors import Interrupted
from destination_profiles.sync.signals import SIGNALS, interruptible


class Output:
    def __init__(self) -> None:
        self.hurried = 0

    def hurry(self, _: float) -> None:
        self.hurried += 1


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """As they were, whatever a test does."""
    there = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in there.items():
        signal.signal(number, handler)


def code(mailbox: Mailbox) -> int | None:
    found = mailbox.interruption
    return found.exit_code if isinstance(found, Interrupted) else None


@pytest.mark.parametrize("number", SIGNALS)
def test_signal_between_two_parts_of_a_sync_ends_the_second(number: int) -> None:
    first, second, output = Mailbox(), Mailbox(), Output()
    with interruptible(first, output):  # type: ignore[arg-type]
        pass
    os.kill(os.getpid(), number)
    with interruptible(second, output):  # type: ignore[arg-type]
        assert (code(first), code(second), output.hurried) == (None, 128 + number, 1)


def test_second_interrupt_does_what_it_did_before_in_each_part() -> None:
    heard: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    for part in (1, 2):
        mailbox = Mailbox()
        with interruptible(mailbox, Output()):  # type: ignore[arg-type]
            os.kill(os.getpid(), signal.SIGINT)
            assert (code(mailbox), len(heard)) == (130, part - 1)
            os.kill(os.getpid(), signal.SIGINT)
            assert len(heard) == part


def test_signal_behind_a_sync_does_nothing() -> None:
    mailbox = Mailbox()
    with interruptible(mailbox, Output()):  # type: ignore[arg-type]
        pass
    for number in SIGNALS:
        os.kill(os.getpid(), number)
    assert mailbox.interruption is None
