"""Questions to a person at a terminal, each on one line."""

import getpass
import sys
from collections.abc import Iterable, Mapping, Sequence

from ..protocol.messages import printable
from ..suggestion.questions import REGION, Question, choices_of, is_answer, wanted

REQUIRED = {  # settings without which the service cannot be asked, with what they are
    "api_url": "scheme and host of the service, such as https://example.com",
    "token": "of its public API; ${NAME} takes it from an environment variable",
    "db_id": "number of the database of profiles",
}
LEFT_OPEN = "Enter leaves it open"


def ask(question: Question) -> str | None:
    """The answer to a question; None where it is left open, or nobody answers."""
    sys.stderr.write(f"{printable(question.text)}\n")
    choices = question.choices or choices_of(question.topic)
    while True:
        text = _line(f"  {wanted(question.topic, choices)} ({LEFT_OPEN}): ")
        if not text:
            return None
        answer = _meant(question.topic, text, choices)
        if answer in choices or (not choices and is_answer(question.topic, answer)):
            return answer
        sys.stderr.write("  That is not one of them.\n")


def ask_for(name: str, about: str, *, is_secret: bool = False) -> str | None:
    """A setting that has to be there."""
    prompt = f"{name}: {about} "
    if is_secret:
        return getpass.getpass(prompt, sys.stderr).strip() or None
    return _line(prompt) or None


def answered(questions: Iterable[Question]) -> Mapping[tuple[str, str], str]:
    """The answers to some questions, without those that are left open."""
    found = {each.place: ask(each) for each in questions}
    return {place: answer for place, answer in found.items() if answer is not None}


def _line(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _meant(topic: str, text: str, choices: Sequence[str]) -> str:
    """A choice by its first letters, or a region in small ones."""
    near = [each for each in choices if each.lower().startswith(text.lower())]
    if len(near) == 1:
        return near[0]
    return text.upper() if topic == REGION else text
