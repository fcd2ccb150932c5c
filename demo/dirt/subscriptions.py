"""The columns that subscriptions are made of."""

import json
from typing import Any

from .clean import BROKEN_MAILS, CODES, NO, YES, a_mail, a_mobile, as_objects, some_tags
from .spelling import (
    ABSENT,
    NUMBER,
    TEXT,
    XML_EMPTY,
    Column,
    Fault,
    empty,
    fixed,
    itself,
    spellings,
    wrote,
)

NO_STATUS = Fault("conversion", "status")
MAIL = Column(
    "email",
    TEXT,
    a_mail,
    spellings(
        wrote(60),
        wrote(15, lambda mail: f" {mail}\t"),
        wrote(5, str.upper, str.upper),
        wrote(5, lambda mail: f"{mail.lower()}\r\n", str.lower),
        empty(),
        *(fixed(0.05, each, means=each) for each in BROKEN_MAILS),
    ),
)


def _number(name: str) -> Column:
    """The phone of a subscription, which is sent as it is written."""
    return Column(
        name,
        {"type": ["null", "string", "number"]},
        a_mobile,
        spellings(
            wrote(40),
            wrote(20, lambda phone: int(phone[1:]), lambda phone: phone[1:]),
            wrote(20, lambda phone: float(phone[1:]), lambda phone: phone[1:]),
            empty(20),
        ),
    )


def _consent(name: str, *more: Any) -> Column:
    """A column of yes and no, whose clean value is not looked at."""
    return Column(
        name,
        {"type": ["null", "string", "number", "boolean"]},
        lambda _rng, _customer: None,
        spellings(
            fixed(60, *YES, means="subscribed"),
            fixed(25, *NO, means="unsubscribed"),
            empty(10),
            *more,
            fixed(0.15, "maybe", "?", 2, -1, means=NO_STATUS),
        ),
    )


NEWSLETTER = _consent(
    "newsletter",
    fixed(3, "cleaned", " Cleaned", means="hardbounced"),
    fixed(3, "pending", means="unconfirmed"),
)
SMS_NUMBER, SMS_CONSENT = _number("sms_number"), _consent("sms_consent")
CHAT_NUMBER = _number("chat_number")
CHAT_STATUS = Column(  # the service's own numbers
    "chat_status",
    NUMBER,
    lambda rng, _: rng.randrange(len(CODES)),
    spellings(
        wrote(40, itself, CODES.__getitem__),
        wrote(20, float, CODES.__getitem__),
        wrote(10, str, CODES.__getitem__),
        empty(),
    ),
)
LABELS = Column(
    "labels",
    {"type": ["null", "array", "string"]},
    some_tags,
    spellings(
        wrote(40, as_objects),
        wrote(20, lambda tags: json.dumps(as_objects(tags))),
        wrote(10, lambda tags: [{"name": None}, None, *as_objects(tags), {}]),
        fixed(2, [], means=[], xml=XML_EMPTY),
        fixed(6, None, ABSENT, "null"),
    ),
)
