"""How the command line explains itself: help, the version, and what is wrong with arguments."""

import argparse
import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from ..errors import NobodyReads
from . import ending
from .invocation import STDOUT
from .printing import printing

CODE_INDENT = " " * 12  # of what an exit code means
WRONG = 2  # the exit code of a wrong command line
TOLD = re.compile(r"(--?)?[a-z][a-z-]*")  # a name that may be told; another text may be a value
HIDDEN = "*"
NO_VALUE = "ignored explicit argument"  # in argparse's words, which quote it
MORE = {  # what help says of a command beside its arguments
    "spec": "On a terminal: each setting with its type, default and meaning.",
    "init": (
        "It reads what the service has, and writes nothing to it. Where stdin and stderr are a "
        "terminal, and no answer is given by an option, it asks; Enter leaves a question open, and "
        "it then stands in the file."
    ),
    "check": (
        "On a terminal: what was looked at, with a mark for each, and what is wrong. Nothing is "
        "written but a probe into the store of rejected records, which is taken away."
    ),
    "discover": "On a terminal: a table of the fields with their types, and the keys.",
    "write": (
        "On a terminal: a live line, and a summary that stays. States are messages of Airbyte's "
        "protocol: they go to stdout where that is a file or a pipe, and are only counted where it "
        "is a terminal. With --human a file or pipe gets the states and the figures, and stderr "
        "the rest."
    ),
    "forecast": (
        "What the service would refuse, it cannot tell; --ask tells which part of the profiles it "
        "knows. Nothing is written to it."
    ),
    "resend": (
        "Without --may-overwrite it sends only where outcomes are kept, and else tells what it "
        "would."
    ),
    "report": (
        "It shows no value of any record, but for the keys that --keys asks for. Needs no network, "
        "nor does the page."
    ),
    "where": "Needs outcomes to tell of records that were accepted.",
}
EXAMPLES = {
    "spec": "destination-profiles spec",
    "init": (
        "destination-profiles init --config config.json --catalog discovered.jsonl "
        "--messages messages.jsonl -o suggested.yaml --write-catalog configured.json"
    ),
    "check": "destination-profiles check --config config.json",
    "discover": "destination-profiles discover --config config.json",
    "write": (
        "destination-profiles write --config config.json --catalog catalog.json < messages.jsonl"
    ),
    "forecast": (
        "destination-profiles forecast --config config.json --catalog catalog.json < messages.jsonl"
    ),
    "resend": "destination-profiles resend --config config.json --catalog catalog.json --dry-run",
    "report": "destination-profiles report --from run.jsonl -o report.html",
    "where": "destination-profiles where --config config.json --key email=ann@example.org",
}
DONE = {  # exit code 0
    "spec": "it is printed",
    "init": "it is written",
    "check": "a sync would work; without a person, also where not: the status tells",
    "discover": "it is printed",
    "write": "each record is accepted, superseded, deleted or told as rejected",
    "forecast": "the forecast is printed, whatever it says",
    "resend": "what became of each is told",
    "report": "the page is written, however the sync ended",
    "where": "something is known about the customer",
}
FAILED = {  # exit code 1
    "check": "a sync would not work; without a person, only where the file cannot be read",
    "write": "the sync failed: the last line says why",
    "where": "nothing is known about the customer, or it failed: the last line says why",
}
ANY_FAILED = "it failed: the last line says why"


def epilog(command: str | None = None) -> str:
    """What stands below the arguments of a command, or of all: an example, and the exit codes."""
    more = [MORE[command], ""] if command else []
    return "\n".join(
        [
            *more,
            "example:",
            f"  {EXAMPLES[command] if command else EXAMPLES['check']}",
            "",
            "exit codes:",
            f"  0         {DONE[command] if command else 'the command did its job'}",
            f"  1         {FAILED.get(command or '', ANY_FAILED)}",
            f"  {WRONG}         the command line is wrong",
            "  130, 143  Ctrl-C or SIGTERM has ended it",
        ]
    )


def help_of(command: str) -> str:
    """The command that explains a command."""
    return f"destination-profiles {command} --help"


class Formatter(argparse.HelpFormatter):
    """Help whose lines stay lines: each is filled by itself, an example not at all."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(
            line
            if line.strip() in EXAMPLES.values()
            else textwrap.fill(line, width, subsequent_indent=CODE_INDENT * line.startswith(" "))
            for line in text.splitlines()
        )


def say(text: str) -> None:
    """On stdout. Ends the process where it cannot be written there, which is no success."""
    try:
        with printing(STDOUT) as out:
            out.write(text)
    except NobodyReads:
        raise SystemExit(ending.FAILED) from None


class Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, **more: Any) -> None:
        """An option without a value."""
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, **more)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any, **__: Any) -> None:
        """Print it on stdout and end."""
        from importlib.metadata import version  # noqa: PLC0415 - it takes a while

        say(f"{parser.prog} {version('destination-profiles')}\n")
        parser.exit()


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, which names arguments and none of their values."""

    def print_help(self, file: Any = None) -> None:
        """On stdout."""
        say(self.format_help())

    def error(self, message: str) -> NoReturn:
        """End with the sentence, and where help is."""
        told, quotes, _ = message.partition(NO_VALUE)
        sentence = f"{told}takes no value" if quotes else message
        end = "" if sentence.endswith("?") else "."
        self.exit(WRONG, f"{self.prog}: {sentence}{end} Help: {self.prog} --help\n")

    def unknown(self, kind: str, arguments: Sequence[str], known: Iterable[str]) -> NoReturn:
        """End as there is no such command or option. A text that may be a value is not told."""
        from difflib import get_close_matches  # noqa: PLC0415 - only a slip needs it

        names = [each.partition("=")[0] for each in arguments]
        options = [each for each in names if each.startswith("-")]
        if kind == "option" and not options:
            self.error("there is an argument too many, which no option stands before")
        name = (options or names)[0]
        bare = {each.lstrip("-"): each for each in known}  # what all begin with is no likeness
        near = get_close_matches(name.lstrip("-").casefold(), bare, n=1)
        end = f": is it {bare[near[0]]}?" if near else ""
        self.error(f"there is no {kind} {name if TOLD.fullmatch(name) else HIDDEN}{end}")

    def options(self) -> list[str]:
        """Those that it has."""
        return [each for action in self._actions for each in action.option_strings]

    def of(self, command: str) -> "Parser":
        """The parser of a command."""
        (commands,) = (
            each for each in self._actions if isinstance(each, argparse._SubParsersAction)
        )
        parser: Parser = commands._name_parser_map[command]
        return parser
