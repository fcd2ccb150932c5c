"""A page for readers: its files, and its commands with what they print."""

import re
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Command:
    """A command as it is printed, and what it prints, without blanks at the ends of lines."""

    line: str
    output: str


@dataclass(frozen=True)
class File:
    """A file that the reader writes."""

    name: str
    text: str


def steps(page: str) -> list[Command | File]:
    """What a reader does, from the first line to the last."""
    found: list[Command | File] = []
    for kind, name, text in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")):
        if kind == "console":
            found += _commands(text)
        elif name:
            found.append(File(name, text))
    return found


def consoles(text: str) -> list[list[Command]]:
    """The commands of each block of a page's text."""
    return [_commands(block) for kind, _, block in BLOCK.findall(text) if kind == "console"]


def named(text: str, name: str) -> str:
    """The block of that name."""
    (found,) = [block for _, each, block in BLOCK.findall(text) if each == name]
    return found


def _commands(block: str) -> list[Command]:
    return [_command(each) for each in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]]


def _command(text: str) -> Command:
    """Its line goes on where a backslash ends it."""
    match = re.match(r"(?:.*\\\n)*.*\n", text)
    assert match is not None
    return Command(match[0].rstrip("\n"), trimmed(text[match.end() :]))


def trimmed(text: str) -> str:
    """Without blanks at the ends of lines."""
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())
