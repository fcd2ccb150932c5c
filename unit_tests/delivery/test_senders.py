import threading

from destination_profiles.delivery.senders import Senders
from destination_profiles.service.outcome import Action
from unit_tests.delivery.test_dispatcher import chunk
from unit_tests.pipeline import ACCEPT, Clock, Held, Scripted


def test_answer_carries_its_times() -> None:
    times = iter((1.0, 3.5))
    made = Senders(Scripted(), clock=lambda: next(times))
    made.send(chunk(1))
    (answer,) = made.answers(10)
    assert (answer.outcome, answer.sent_at, answer.answered_at, made.busy) == (ACCEPT, 1.0, 3.5, 0)


def test_threads_are_as_many_as_needed() -> None:
    sender, before = Held(), threading.active_count()
    made = Senders(sender, clock=Clock())
    for number in (1, 2):
        made.send(chunk(number))
    assert (made.busy, threading.active_count() - before) == (2, 2)
    for number in (1, 2):
        sender.queue(number).put(ACCEPT)
        assert len(made.answers(10)) == 1
    made.send(chunk(3))
    assert (made.busy, threading.active_count() - before) == (1, 2)


def test_no_answer_within_the_time() -> None:
    made = Senders(Held(), clock=Clock())
    made.send(chunk(1))
    assert (made.answers(0), made.answers(0.01), made.busy) == ([], [], 1)


def test_poke_ends_a_wait() -> None:
    made = Senders(Held(), clock=Clock())
    threading.Timer(0.05, made.poke).start()
    assert made.answers(None) == []


def test_wake_is_called_after_the_answer_is_there() -> None:
    found = []
    woken = threading.Event()
    made = Senders(
        Scripted(), wake=lambda: (found.extend(made.answers(0)), woken.set()), clock=Clock()
    )
    made.send(chunk(1))
    assert woken.wait(10)
    assert len(found) == 1


def test_defect_of_a_sender_is_an_outcome() -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("canary")

    made = Senders(Scripted(broken), clock=Clock())
    made.send(chunk(1))
    (answer,) = made.answers(10)
    assert (answer.outcome.action, answer.outcome.unknown) == (Action.STOP, True)
    assert str(answer.outcome.error) == "The sender failed with ZeroDivisionError."
