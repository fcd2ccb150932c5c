"""The way into every command: arguments in, messages on stdout, an exit code out."""

import argparse
import os
from collections.abc import Callable
from importlib import import_module

from ..protocol.messages import MessageWriter, PlainWriter
from ..protocol.pipes import Outlet
from ..spec import secrets_in
from .arguments import parser
from .ending import exit_code
from .files import read_object
from .invocation import STDERR, STDOUT, Invocation
from .log import Secrets, log_to
from .terminal import live_line

# print a table on stdout; the others speak Airbyte's protocol there
FOR_PEOPLE = frozenset({"forecast", "resend", "where"})


def run(arguments: list[str]) -> int:
    """Run a command over stdin and stdout and give its exit code."""
    parsed = parser().parse_args(arguments or ["--help"])
    kind, descriptor = (
        (PlainWriter, STDERR) if parsed.command in FOR_PEOPLE else (MessageWriter, STDOUT)
    )
    outlet, terminal = Outlet(descriptor), live_line()
    # where both are one, a line of output takes the place of the live one
    shared = terminal is not None and os.isatty(descriptor)
    output = kind(
        outlet.write,
        hurry=outlet.hurry,
        before=terminal.hide if terminal and shared else lambda: None,
    )
    secrets = Secrets()
    log_to(output, secrets)

    def work() -> None:
        config = read_object(parsed.config, "configuration") if "config" in parsed else {}
        secrets.add(secrets_in(config))
        _command(parsed)(Invocation(parsed, config, output, terminal))

    return exit_code(work, output)


def _command(parsed: argparse.Namespace) -> Callable[[Invocation], None]:
    """The function of the command's own module, which is imported when it is asked for: what one
    needs, another does not.
    """
    command: Callable[[Invocation], None] = import_module(f".{parsed.command}", __package__).run
    return command
