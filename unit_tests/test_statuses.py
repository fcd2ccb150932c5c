"""What the value of a column says of a subscription's status."""

from typing import Any

import pytest

from destination_profiles.service.manifest import service
from destination_profiles.statuses import NoStatus, StatusRule

NUMBERS = service().statuses
WORDS, CODES = StatusRule(), StatusRule(codes=True)
PAIRS = (("1", "subscribed"), ("0", "unsubscribed"), (" Y ", "subscribed"), ("true", "complained"))
NAMED, OTHERS = StatusRule(PAIRS), StatusRule((*PAIRS, ("*", "suspended")))
EMPTY = StatusRule((("", "unsubscribed"),))
TRAP = (
    "must be a word of the service: what a number, true or false says of consent is not guessed, "
    "as 0 means subscribed and 1 means unsubscribed to the service; write status_values"
)
UNKNOWN = f"must be one of {', '.join(NUMBERS)}, or what status_values makes one of them"
UNNAMED = "must be a value that status_values names"
NO_NUMBER = "must be one of the service's numbers: -1, 0, 1, 2, 3, 4, 5, 6"

READ = [
    *((rule, word, word) for rule in (WORDS, CODES) for word in NUMBERS),
    *((rule, text, "invalid") for rule in (WORDS, CODES) for text in ("INVALID", " invalid\t")),
    *((rule, text, None) for rule in (WORDS, CODES, NAMED, OTHERS) for text in ("", "  ")),
    *((CODES, value, 0) for value in (0, 0.0, "0", " 0 ", "0.0")),
    *((CODES, value, 6) for value in (6, 6.0, "6")),
    *((CODES, value, None) for value in (-1, "-1")),
    *((NAMED, value, "subscribed") for value in (1, 1.0, "1", "1.0", "y", "Y", " y")),
    *((NAMED, value, "unsubscribed") for value in (0, -0.0, "0")),
    *((NAMED, value, "complained") for value in (True, "true", " TRUE ")),
    *((OTHERS, value, "suspended") for value in (2, False, "n", "subscribed", 1e300)),
    (EMPTY, " ", "unsubscribed"),
]
REFUSED = [
    *((WORDS, value, TRAP) for value in (0, 1, 1.0, True, False, "0", "1.0", "true", "Y", "-1")),
    *((WORDS, value, UNKNOWN) for value in ("cleaned", [], {}, 1.5, ["subscribed"])),
    *((CODES, value, UNKNOWN) for value in (True, "true", "cleaned", [], 1.5, float("inf"))),
    *((CODES, value, NO_NUMBER) for value in (7, -2, "01", "9" * 5000)),
    *((NAMED, value, UNNAMED) for value in (2, False, "subscribed", [], {})),
    *((OTHERS, value, UNNAMED) for value in ([], {}, ["1"])),
]


@pytest.mark.parametrize(("rule", "value", "status"), READ)
def test_value_says_a_status(rule: StatusRule, value: Any, status: Any) -> None:
    read = rule.reader(NUMBERS)(value)
    assert (read, type(read)) == (status, type(status))


@pytest.mark.parametrize(("rule", "value", "wanted"), REFUSED)
def test_other_values_are_never_guessed(rule: StatusRule, value: Any, wanted: str) -> None:
    with pytest.raises(NoStatus) as raised:
        rule.reader(NUMBERS)(value)
    assert raised.value.wanted == wanted
