import threading
from queue import SimpleQueue
from typing import Any

import pytest

from destination_profiles.delivery.senders import Answer, Senders
from destination_profiles.service.outcome import Cleared, Outcome, Stop
from destination_profiles.service.request import Request
from unit_tests.delivery.chunks import chunk
from unit_tests.pipeline import ACCEPT, Clock, ids

SECONDS = 10.0  # longer than an answer takes


class Accepting:
    """A sender that accepts each request once the test lets it."""

    def __init__(self, gate: threading.Event) -> None:
        self._gate = gate
        self.sent: list[Any] = []

    def send(self, request: Request) -> Outcome:
        assert self._gate.wait(SECONDS)
        self.sent.append(ids(request))
        return ACCEPT


def opened() -> threading.Event:
    gate = threading.Event()
    gate.set()
    return gate


def test_answer_carries_its_times() -> None:
    times, answers = iter((1.0, 3.5)), SimpleQueue[Answer]()
    sender = Accepting(opened())
    heard: list[Answer] = []
    made = Senders(sender, answers.put, taken=heard.append, clock=lambda: next(times))
    one = chunk(1, 2)
    made.send(one)
    answer = answers.get(timeout=SECONDS)
    assert (answer.outcome, answer.sent_at, answer.answered_at) == (ACCEPT, 1.0, 3.5)
    assert (made.busy, made.take(answer), made.busy, sender.sent) == (1, one, 0, [[1, 2]])
    assert heard == [answer]


def test_threads_are_as_many_as_needed() -> None:
    gate, answers = threading.Event(), SimpleQueue[Answer]()
    made = Senders(Accepting(gate), answers.put, clock=Clock())
    for number in (1, 2):
        made.send(chunk(number))
    assert (made.busy, len(made._threads)) == (2, 2)
    assert all(each.is_alive() and each.daemon for each in made._threads)
    gate.set()
    for _ in range(2):
        made.take(answers.get(timeout=SECONDS))
    made.send(chunk(3))
    assert (made.busy, len(made._threads)) == (1, 2)


def test_question_is_asked_on_a_thread_of_its_own() -> None:
    threads, answers = [], SimpleQueue[Answer]()
    made = Senders(Accepting(opened()), answers.put, clock=Clock())
    one = chunk(1)
    made.ask(one, lambda: threads.append(threading.current_thread().name) or [])
    answer = answers.get(timeout=SECONDS)
    assert (made.take(answer), answer.outcome, threads) == (one, Cleared(), ["sender-1"])
    made.send(one)
    assert (answer.asked, answers.get(timeout=SECONDS).asked) == (True, False)


def test_defect_of_a_sender_is_an_outcome() -> None:
    class Broken:
        def send(self, _: Request) -> Outcome:
            raise ZeroDivisionError("canary")

    answers = SimpleQueue[Answer]()
    Senders(Broken(), answers.put, clock=Clock()).send(chunk(1))
    outcome = answers.get(timeout=SECONDS).outcome
    assert isinstance(outcome, Stop)
    assert (str(outcome.error), outcome.unknown) == (
        "The sender failed with ZeroDivisionError.",
        True,
    )


def no_thread(*_: Any) -> None:
    raise RuntimeError("can't start new thread")


def test_system_without_a_thread_is_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    answers = SimpleQueue[Answer]()
    made = Senders(Accepting(opened()), answers.put, clock=Clock())
    made.send(one := chunk(1))
    answer = answers.get_nowait()
    assert isinstance(answer.outcome, Stop) and not answer.outcome.unknown
    assert "start no thread" in answer.outcome.error.message
    assert (made.take(answer), made.busy) == (one, 0)


def test_threads_that_are_there_do_all(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, answers = threading.Event(), SimpleQueue[Answer]()
    made = Senders(Accepting(gate), answers.put, clock=Clock())
    made.send(chunk(1))
    monkeypatch.setattr(threading.Thread, "start", no_thread)
    for number in (2, 3):
        made.send(chunk(number))
    assert made.busy == 3
    gate.set()
    taken = [ids(made.take(answers.get(timeout=SECONDS))) for _ in range(3)]
    assert (taken, made.busy) == ([[1], [2], [3]], 0)


def test_threads_end_once_nobody_has_the_senders() -> None:
    """A process may run many syncs, as hosts of the class do."""
    answers = SimpleQueue[Answer]()
    made = Senders(Accepting(opened()), answers.put)
    for number in (1, 2):
        made.send(chunk(number))
    for _ in range(2):
        made.take(answers.get(timeout=SECONDS))
    threads = made._threads.copy()
    assert 1 <= len(threads) <= 2
    del made
    for each in threads:
        each.join(SECONDS)
        assert not each.is_alive()
