"""What a command is called with."""

from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..protocol.messages import MessageWriter

if TYPE_CHECKING:  # only `write` and `forecast` need what stands behind it
    from ..sync.progress import Terminal

STDIN, STDOUT, STDERR = 0, 1, 2  # the interpreter's own streams may be missing, unbuffered or text


@dataclass(frozen=True, slots=True)
class Invocation:
    """Parsed arguments, the configuration as the user wrote it (empty where a command takes none),
    where messages go, a live line where there is a terminal, whether a person is spoken to, and
    what takes secrets out of a text.
    """

    arguments: Namespace
    config: Mapping[str, Any]
    output: MessageWriter
    terminal: "Terminal | None" = None
    for_person: bool = False
    mask: Callable[[str], str] = str
