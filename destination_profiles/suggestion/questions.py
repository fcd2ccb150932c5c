"""What is asked before a mapping is right, and what was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..phones import calling_code, regions
from ..service.manifest import service

ZONE, REGION, ORDER, UNREADABLE = "time_zone", "region", "date_order", "unreadable"
KEY, BARE_CODE, RESOURCE, STATUS = "key", "code_without_plus", "resource", "status"
# in the order of asking
TOPICS = (KEY, ZONE, ORDER, REGION, BARE_CODE, UNREADABLE, RESOURCE, STATUS)
CHOICES: Mapping[str, tuple[str, ...]] = {
    ORDER: ("day", "month"),
    UNREADABLE: ("omit", "reject"),
    BARE_CODE: ("yes", "no"),
}
WANTED = {
    ZONE: "a name such as Europe/Berlin, or UTC",
    REGION: "two letters of ISO 3166, such as DE",
    RESOURCE: "a whole number",
}
ABOUT_REGION = "Which country do phone numbers belong to that name none?"
Answers = Mapping[tuple[str, str], str]  # by topic and subject


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its topic, what it is about (a channel, a column with a word; nothing for what
    holds for all), and the words of it. `choices` are the answers, where only this question has
    them.
    """

    topic: str
    subject: str
    text: str
    choices: tuple[str, ...] = ()

    @property
    def place(self) -> tuple[str, str]:
        """Where its answer stands."""
        return self.topic, self.subject


def about_bare_code(region: str) -> Question:
    """Asked where numbers may begin with the code of a region."""
    text = f"Some numbers begin with {calling_code(region)} and no +. Is that the code of {region}?"
    return Question(BARE_CODE, "", text)


def bare_code(answers: Answers) -> Mapping[str, bool]:
    """The setting of such numbers, unless they were told to be numbers within the region."""
    return {} if answers.get((BARE_CODE, "")) == "no" else {BARE_CODE: True}


def columns_of_status(answers: Answers) -> set[str]:
    """The columns of which a value was told to mean a status."""
    return {subject.rpartition(":")[0] for topic, subject in answers if topic == STATUS}


def key_column(answers: Answers) -> str | None:
    """The column that was told to be that of the key."""
    _, equals, column = answers.get((KEY, ""), "").partition("=")
    return column if equals else None


def fate(answer: str | None) -> str:
    """What becomes of values that cannot be read."""
    return "left out" if answer == "omit" else "each rejects its row"


def choices_of(topic: str) -> tuple[str, ...]:
    """All answers to questions of a topic, where there are few."""
    return tuple(service().statuses) if topic == STATUS else CHOICES.get(topic, ())


def wanted(topic: str, choices: tuple[str, ...] = ()) -> str:
    """What answers a question, in words."""
    return WANTED.get(topic) or f"one of {', '.join(choices or choices_of(topic))}"


def is_answer(topic: str, answer: str) -> bool:
    """Whether a text answers a question of a topic, as far as that alone tells it."""
    match topic:
        case "time_zone":
            return _is_zone(answer)
        case "region":
            return answer in regions()
        case "resource":
            return answer.isdecimal() and int(answer) > 0
        case "key":
            return bool(answer)
        case _:
            return answer in choices_of(topic)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
