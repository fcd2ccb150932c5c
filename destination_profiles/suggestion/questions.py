"""What is asked before a mapping is right, and what was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..phones import regions
from ..service.manifest import service

ZONE, REGION, ORDER, UNREADABLE = "time_zone", "region", "date_order", "unreadable"
KEY, RESOURCE, STATUS = "key", "resource", "status"
TOPICS = (KEY, ZONE, ORDER, REGION, UNREADABLE, RESOURCE, STATUS)  # in the order of asking
CHOICES: Mapping[str, tuple[str, ...]] = {ORDER: ("day", "month"), UNREADABLE: ("omit", "reject")}
WANTED = {
    ZONE: "a name such as Europe/Berlin, or UTC",
    REGION: "two letters of ISO 3166, such as DE",
    RESOURCE: "a whole number",
}
Answers = Mapping[tuple[str, str], str]  # by topic and subject


@dataclass(frozen=True, slots=True)
class Question:
    """One question: its topic, what it is about (a channel, a column with a word; nothing for what
    holds for all), and the words of it.
    """

    topic: str
    subject: str
    text: str

    @property
    def place(self) -> tuple[str, str]:
        """Where its answer stands."""
        return self.topic, self.subject


def wanted(topic: str, keys: tuple[str, ...] = ()) -> str:
    """What answers a question, in words; `keys` are those that profiles may be found by."""
    choices = CHOICES.get(topic) or (tuple(service().statuses) if topic == STATUS else keys)
    return WANTED.get(topic) or f"one of {', '.join(choices)}"


def is_answer(topic: str, answer: str, keys: tuple[str, ...] = ()) -> bool:
    """Whether a text answers a question."""
    match topic:
        case "time_zone":
            return _is_zone(answer)
        case "region":
            return answer in regions()
        case "resource":
            return answer.isdecimal() and int(answer) > 0
        case "status":
            return answer in service().statuses
        case "key":
            return not keys or answer in keys
        case _:
            return answer in CHOICES[topic]


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
