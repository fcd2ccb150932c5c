"""The way into every command: arguments in, what it found on stdout, an exit code out."""

import argparse
import os
from collections.abc import Callable
from functools import partial
from importlib import import_module

from ..protocol.messages import MessageWriter, PlainWriter
from ..protocol.pipes import Outlet
from ..spec import secrets_in
from .answer import Answer
from .arguments import OF_PROTOCOL, parse
from .ending import FAILED, exit_code
from .explaining import help_of
from .files import read_object
from .invocation import STDERR, STDOUT, Invocation
from .log import Secrets, log_to
from .own_words import own_words
from .printing import printing
from .terminal import LiveLine, live_line
from .variables import from_environment


def run(arguments: list[str]) -> int:
    """Run a command over stdin and stdout and give its exit code."""
    parsed = parse(arguments)
    for_person = _is_for_person(parsed)
    terminal = live_line()
    output = _plain(parsed, terminal) if for_person else _messages(terminal)
    secrets = Secrets()
    log_to(output, secrets)

    def work() -> int:
        path = getattr(parsed, "config", None)
        config = from_environment(read_object(path, "configuration")) if path else {}
        secrets.add(secrets_in(config))
        called = Invocation(parsed, config, output, terminal, for_person, secrets.mask)
        answer = _command(parsed)(called)
        return _tell(parsed, answer, output, for_person=for_person) if answer else 0

    return exit_code(work, output, partial(own_words, parsed.command))


def _is_for_person(parsed: argparse.Namespace) -> bool:
    """Whether a person reads stdout; else the platform does, in Airbyte's protocol."""
    if parsed.command not in OF_PROTOCOL:
        return True
    return bool(parsed.human or (os.isatty(STDOUT) and not parsed.json))


def _messages(terminal: LiveLine | None) -> MessageWriter:
    """Messages on stdout."""
    outlet = Outlet(STDOUT)
    return MessageWriter(outlet.write, hurry=outlet.hurry, before=_before(terminal, STDOUT))


def _plain(parsed: argparse.Namespace, terminal: LiveLine | None) -> PlainWriter:
    """Lines on stderr; states go to stdout where that is no terminal, as somebody keeps them."""
    outlet = Outlet(STDERR)
    states = None if os.isatty(STDOUT) else _messages(terminal)

    def hurry(seconds: float) -> None:
        outlet.hurry(seconds)
        if states is not None:
            states.hurry(seconds)

    return PlainWriter(
        outlet.write,
        hurry=hurry,
        before=_before(terminal, STDERR),
        states=states,
        help=help_of(parsed.command),
    )


def _before(terminal: LiveLine | None, descriptor: int) -> Callable[[], None]:
    """What is done before each line: where the live one is on the same terminal, it makes room."""
    shared = terminal is not None and os.isatty(descriptor)
    return terminal.hide if terminal and shared else lambda: None


def _command(parsed: argparse.Namespace) -> Callable[[Invocation], Answer | None]:
    """The function of the command's own module, which is imported when it is asked for: what one
    needs, another does not. One that prints while it runs, or in a form of its own, answers None.
    """
    command: Callable[[Invocation], Answer | None]
    command = import_module(f".{parsed.command}", __package__).run
    return command


def _tell(
    parsed: argparse.Namespace, answer: Answer, output: MessageWriter, *, for_person: bool
) -> int:
    """Tell an answer, and give the exit code."""
    if not for_person:
        output.message(answer.message)
        return 0
    page = import_module(f".{parsed.command}_page", __package__)
    with printing(STDOUT) as out:
        page.show(answer.found, out)
    return FAILED if answer.failed else 0
