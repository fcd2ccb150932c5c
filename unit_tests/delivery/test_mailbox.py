import gc
import os
import select
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from destination_profiles.delivery.mailbox import Mailbox
from destination_profiles.delivery.senders import Answer
from destination_profiles.errors import Unavailable
from unit_tests.delivery.chunks import chunk
from unit_tests.pipeline import ACCEPT

LONG = 60.0  # seconds: a test that waits so long fails by its time


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def source() -> Iterator[tuple[int, int]]:
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def answer() -> Answer:
    return Answer(chunk(1), ACCEPT, 0.0, 1.0)


def test_answer_ends_the_wait(mailbox: Mailbox) -> None:
    one = answer()
    mailbox.put(one)
    assert mailbox.wait(LONG).answers == [one]
    assert select.select([mailbox._woken], [], [], 0)[0] == []  # the next one waits
    assert mailbox.wait(0).answers == []


def test_answers_keep_their_order(mailbox: Mailbox) -> None:
    several = [answer() for _ in range(5)]
    for each in several:
        mailbox.put(each)
    assert mailbox.wait(LONG).answers == several


def test_answer_of_another_thread_ends_the_wait(mailbox: Mailbox) -> None:
    one = answer()
    threading.Thread(target=mailbox.put, args=[one]).start()
    assert mailbox.wait(LONG).answers == [one]


def test_input_ends_the_wait(mailbox: Mailbox, source: tuple[int, int]) -> None:
    os.write(source[1], b"x")
    assert mailbox.wait(LONG, source[0]).readable


def test_input_that_is_not_asked_for_does_not(mailbox: Mailbox, source: tuple[int, int]) -> None:
    os.write(source[1], b"x")
    assert not mailbox.wait(0).readable


def test_interruption_ends_the_wait_and_stays(mailbox: Mailbox) -> None:
    error = Unavailable("stop")
    mailbox.interrupt(error)
    began = time.monotonic()
    mailbox.wait(LONG)
    assert (mailbox.interruption, time.monotonic() - began < LONG) == (error, True)


def test_quiet_wait_ends_with_its_time(mailbox: Mailbox, source: tuple[int, int]) -> None:
    mail = mailbox.wait(0.001, source[0])
    assert (mail.answers, mail.readable) == ([], False)


def test_many_wakes_are_one(mailbox: Mailbox) -> None:
    """A pipe that nobody empties must not stop a sender, or a signal handler."""
    for _ in range(100_000):
        mailbox.interrupt(Unavailable("stop"))
    mailbox.wait(0)
    mailbox.wait(0)
    assert mailbox.interruption is not None


def test_pipe_is_closed_once_nobody_has_the_mailbox() -> None:
    """A process may run many syncs, as hosts of the class do."""

    def held() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    gc.collect()  # what other tests have left
    before = held()
    made = [Mailbox() for _ in range(10)]
    assert held() == before + 20
    made.clear()
    assert held() == before
