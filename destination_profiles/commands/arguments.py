"""The command line."""

import argparse
from collections.abc import Callable
from typing import Any

from .explaining import Formatter, Parser, Version, epilog
from .init_arguments import add_init

DESCRIPTION = (
    "Airbyte destination that pushes customer records into a marketing platform's profile API."
)
COMMANDS = {
    "spec": "print which settings there are",
    "init": "suggest a configuration for what a source has, with what is unsure as questions",
    "check": "try the configuration against the service, without writing",
    "discover": (
        "print what can be written to: the fields of the database and the "
        "keys that profiles are found by"
    ),
    "write": "deliver the messages of stdin, and give each state back when all before it is safe",
    "forecast": "tell what a write of the messages of stdin would send and reject, without sending",
    "resend": "send rejected records that are kept once more, and tell what became of each",
    "report": "make a page of HTML of what a write has printed: one file, to look at or to print",
    "where": "tell what became of a customer's records, and what the service has of the customer",
}
OF_PROTOCOL = ("spec", "check", "discover", "write")  # the others speak to people alone
WITHOUT_CONFIG = ("spec", "report")
WITH_CATALOG = ("write", "forecast", "resend")
MILLISECONDS = 500  # of latency, for a forecast


def parse(arguments: list[str]) -> argparse.Namespace:
    """What the arguments say. Ends the process for help, and where they are wrong."""
    main = parser()
    if arguments and not arguments[0].startswith("-") and arguments[0] not in COMMANDS:
        main.unknown("command", arguments[:1], COMMANDS)
    parsed, unknown = main.parse_known_args(arguments or ["--help"])
    if unknown:
        command = main.of(parsed.command)
        command.unknown("option", unknown, command.options())
    return parsed


def parser() -> Parser:
    """The parser of all commands."""
    main = Parser(
        prog="destination-profiles",
        description=DESCRIPTION,
        epilog=epilog(),
        formatter_class=Formatter,
        allow_abbrev=False,
    )
    main.add_argument("--version", action=Version, help="print the version")
    commands = main.add_subparsers(title="commands", dest="command", required=True)
    for name, text in COMMANDS.items():
        _add(commands.add_parser(name, help=text, **_about(name, text)), name)
    return main


def _about(name: str, text: str) -> dict[str, Any]:
    """What stands around the arguments of a command."""
    return {
        "description": text[0].upper() + text[1:] + ".",
        "epilog": epilog(name),
        "formatter_class": Formatter,
        "allow_abbrev": False,
    }


def _add(command: argparse.ArgumentParser, name: str) -> None:
    if name == "init":
        add_init(command)
    elif name not in WITHOUT_CONFIG:
        command.add_argument(
            "--config", required=True, metavar="FILE", help="the configuration, as JSON or YAML"
        )
    if name in WITH_CATALOG:
        command.add_argument(
            "--catalog",
            required=True,
            metavar="FILE",
            help="the configured catalog, as JSON or YAML",
        )
    if name in OF_PROTOCOL:
        _add_reader(command)
    if name == "forecast":
        _add_forecast(command)
    if name == "resend":
        _add_resend(command)
    if name == "report":
        _add_report(command)
    if name == "where":
        _add_where(command)


def _add_reader(command: argparse.ArgumentParser) -> None:
    reader = command.add_mutually_exclusive_group()
    reader.add_argument(
        "--human", action="store_true", help="speak to a person even where stdout is not a terminal"
    )
    reader.add_argument(
        "--json", action="store_true", help="speak Airbyte's protocol even on a terminal"
    )


def _add_report(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--from",
        dest="source",
        required=True,
        metavar="FILE",
        help="what write has printed on stdout, kept with tee; several runs may stand in it",
    )
    command.add_argument(
        "-o", "--output", default="report.html", metavar="FILE", help="default: %(default)s"
    )
    command.add_argument(
        "--store",
        metavar="PLACE",
        help="the folder of the rejected records, or the configuration that names their store",
    )
    command.add_argument(
        "--keys",
        metavar="COLUMN",
        help="show the value of this column of each rejected row, as a query; needs --store",
    )


def _add_where(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--key",
        action="append",
        required=True,
        type=_key,
        metavar="FIELD=VALUE",
        help="a field that profiles are found by, and the customer's value; once for each field",
    )
    command.add_argument("--stream", metavar="NAME", help="only the records of this stream")
    command.add_argument(
        "--json", action="store_true", help="print one JSON object instead of sentences"
    )


def _key(text: str) -> tuple[str, str]:
    """A field and its value."""
    field, equals, value = text.partition("=")
    if not (field and equals and value):
        raise argparse.ArgumentTypeError("must be a field, = and a value")
    return field, value


def _add_resend(command: argparse.ArgumentParser) -> None:
    command.add_argument("--stream", metavar="NAME", help="only the records of this stream")
    command.add_argument(
        "--code", metavar="CODE", help="only those with this rejected_code, such as 404"
    )
    command.add_argument(
        "--from",
        dest="source",
        metavar="FILE",
        help="only the records of this file, as the store has them and a person has edited them",
    )
    command.add_argument(
        "--dry-run", action="store_true", help="tell what would be sent, and send nothing"
    )
    command.add_argument(
        "--may-overwrite",
        action="store_true",
        help="send records that may overwrite what a later one of the profile said",
    )
    command.add_argument(
        "--resubscribe",
        action="store_true",
        help="send subscriptions too that may subscribe a customer; they are left out otherwise",
    )
    command.add_argument(
        "--json", action="store_true", help="print one JSON object instead of a table"
    )


def _add_forecast(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--json", action="store_true", help="print one JSON object instead of a table"
    )
    command.add_argument(
        "--show",
        type=_count(1),
        default=0,
        metavar="N",
        help="show N rows of each stream with what becomes of them, and of those that are rejected "
        "N of different reasons: it prints values, personal data among them",
    )
    command.add_argument(
        "--ask",
        type=_count(1),
        default=0,
        metavar="N",
        help="ask the service for N profiles of each stream, to tell what share it knows",
    )
    command.add_argument(
        "--latency-ms",
        type=_count(0),
        default=MILLISECONDS,
        metavar="N",
        help="time the service takes for a request (default: %(default)s)",
    )
    command.add_argument(
        "--in-flight",
        type=_count(1),
        metavar="N",
        help="requests at once (default: that of the configuration)",
    )


def _count(least: int) -> Callable[[str], int]:
    """A whole number that is at least so much."""

    def count(text: str) -> int:
        if not text.isdecimal() or (number := int(text)) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number, {least} or more")
        return number

    return count
