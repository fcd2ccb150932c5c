"""What `check` says to a person."""

from typing import TextIO

from ..api.inspection import Findings
from ..errors import entry
from .check import HEADING
from .tables import page, show_list

RIGHT, WRONG, DOUBTFUL = ("✓", "green"), ("✗", "red"), ("!", "yellow")
SUCCEEDED = "A sync would work."
FAILED = "A sync would not work: correct what is marked with ✗."


def show(found: Findings, file: TextIO) -> None:
    """Print what was looked at, each with a mark, and what follows."""
    console = page(file)
    marked = ((RIGHT, found.right), (DOUBTFUL, found.warnings), (WRONG, found.problems))
    show_list(((mark, each) for mark, sentences in marked for each in sentences), console)
    console.print()
    console.print(FAILED if found.problems else SUCCEEDED)
    if found.problems:
        console.print(f"See {entry(HEADING)}", soft_wrap=True)
