"""The command line."""

import argparse
from collections.abc import Callable

DESCRIPTION = (
    "Airbyte destination that pushes customer records into a marketing platform's profile API."
)
COMMANDS = {
    "spec": "print what is configured, as a JSON schema",
    "check": "try the configuration against the service, without writing",
    "discover": (
        "print what can be written to: the fields of the database and the "
        "keys that profiles are found by"
    ),
    "write": "deliver the messages of stdin, and give each state back when all before it is safe",
    "forecast": "tell what a write of the messages of stdin would send and reject, without sending",
}
MILLISECONDS = 500  # of latency, for a forecast


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    main = argparse.ArgumentParser(prog="destination-profiles", description=DESCRIPTION)
    commands = main.add_subparsers(title="commands", dest="command", required=True)
    for name, text in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if name != "spec":
            command.add_argument(
                "--config", required=True, metavar="FILE", help="the configuration, as JSON or YAML"
            )
        if name in ("write", "forecast"):
            command.add_argument(
                "--catalog",
                required=True,
                metavar="FILE",
                help="the configured catalog, as JSON or YAML",
            )
        if name == "forecast":
            _add_forecast(command)
    return main


def _add_forecast(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--json", action="store_true", help="print one JSON object instead of a table"
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
        if (number := int(text)) < least:
            raise argparse.ArgumentTypeError(f"must be {least} or more")
        return number

    return count
