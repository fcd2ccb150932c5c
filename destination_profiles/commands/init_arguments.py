"""The options of `init`: its files, and answers in the place of questions."""

import argparse
from collections.abc import Callable

ANSWERS = {  # options with one answer each: topic, sign and help
    "--time-zone": ("time_zone", "ZONE", "the zone of times that name none, such as Europe/Berlin"),
    "--region": ("region", "XX", "the country of phone numbers that name none, such as DE"),
    "--date-order": (
        "date_order",
        "FIRST",
        "day or month: which comes first in 05/06/2001",
    ),
    "--code-without-plus": (
        "code_without_plus",
        "YES|NO",
        "yes or no: whether 491701234567 is +491701234567",
    ),
    "--unreadable": ("unreadable", "FATE", "omit or reject: values that do not have their type"),
    "--key": ("key", "FIELD[=COLUMN]", "the field that profiles are found by, and its column"),
}
Answer = tuple[tuple[str, str], str]


def add_init(command: argparse.ArgumentParser) -> None:
    """Add all of them."""
    _add_files(command)
    for name, (topic, sign, about) in ANSWERS.items():
        _add_answer(command, name, sign, about, _one(topic))
    channel = "the resource of subscriptions on a channel, such as email=28; once a channel"
    _add_answer(command, "--resource", "CHANNEL=ID", channel, _pair("resource"))
    meaning = "what a value in a column of consent means, such as newsletter:ja=subscribed"
    _add_answer(command, "--status", "COLUMN:VALUE=STATUS", meaning, _pair("status"))


def _add_files(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--catalog", required=True, metavar="FILE", help="what the source's discover prints"
    )
    command.add_argument(
        "--stream",
        action="append",
        metavar="NAME",
        help="only this stream of the catalog; once for each (default: all)",
    )
    command.add_argument(
        "--config",
        metavar="FILE",
        help="settings that are known: api_url, token and db_id, and others that are kept",
    )
    command.add_argument(
        "--messages",
        metavar="FILE",
        help="what the source's read prints: its first rows are looked at, and none is written",
    )
    command.add_argument(
        "--output", "-o", metavar="FILE", help="where the configuration goes (default: stdout)"
    )
    command.add_argument(
        "--write-catalog", metavar="FILE", help="where the configured catalog of a sync goes"
    )
    command.add_argument("--force", action="store_true", help="write over files that are there")


def _add_answer(
    command: argparse.ArgumentParser,
    name: str,
    sign: str,
    about: str,
    read: Callable[[str], Answer],
) -> None:
    command.add_argument(name, dest="answers", action="append", type=read, metavar=sign, help=about)


def _one(topic: str) -> Callable[[str], Answer]:
    return lambda text: _answer(topic, "", text)


def _pair(topic: str) -> Callable[[str], Answer]:
    def read(text: str) -> Answer:
        subject, equals, answer = text.rpartition("=")
        if not (subject and equals) or (topic == "status" and ":" not in subject):
            raise argparse.ArgumentTypeError("does not have the form that the help shows")
        if topic == "status":
            from ..cells import folded  # noqa: PLC0415 - of this command alone

            column, _, value = subject.rpartition(":")
            subject = f"{column}:{folded(value)}"
        return _answer(topic, subject, answer)

    return read


def _answer(topic: str, subject: str, text: str) -> Answer:
    from ..suggestion.questions import is_answer, wanted  # noqa: PLC0415 - of this command alone

    if not is_answer(topic, text):
        raise argparse.ArgumentTypeError(f"must be {wanted(topic)}")
    return (topic, subject), text
