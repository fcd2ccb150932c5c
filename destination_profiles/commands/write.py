"""`write`: the messages of stdin to the service, and each state back when it is safe."""

import gc
import logging
import os
import sys

from ..api import http  # noqa: F401 - what is sent by is loaded while the source starts
from ..config import parse_config
from ..delivery.writer import Writer
from ..sync.progress import Progress
from ..sync.writing import write_messages
from .files import read_object
from .invocation import STDERR, STDIN, STDOUT, Invocation
from .printing import printing

logger = logging.getLogger("airbyte")
# that a sender waits for the interpreter while records are prepared; Python's 5 ms add up over a
# request
SWITCH_SECONDS = 0.001
# objects that are new since Python last looked for rubbish in circles, of which a sync makes next
# to none
COLLECTED_AT = 50_000


def run(invocation: Invocation) -> None:
    """Run one sync. Raises ProfilesError once every state that is safe has left."""
    # what the modules hold stays; looking through it again and again took a tenth of the time
    gc.freeze()
    gc.set_threshold(COLLECTED_AT)
    sys.setswitchinterval(SWITCH_SECONDS)
    catalog = read_object(invocation.arguments.catalog, "configured catalog")
    sum_up = _Summary(invocation) if invocation.for_person else None
    progress = Progress(logger.info, invocation.terminal, sum_up=sum_up)
    write_messages(invocation.config, catalog, STDIN, invocation.output, progress)


class _Summary:
    """Tells a person how a sync ended: on stdout, or on stderr where stdout has the states."""

    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation

    def __call__(self, writer: Writer, seconds: float) -> None:
        from .write_page import States, show  # noqa: PLC0415 - a table is for people
        from .written import written  # noqa: PLC0415

        arguments, output = self._invocation.arguments, self._invocation.output
        keeps = not os.isatty(STDOUT)
        with printing(STDERR if keeps else STDOUT) as out:
            show(
                written(writer, seconds),
                States(output.returned, keeps),
                parse_config(self._invocation.config).storage,
                (arguments.config, arguments.catalog),
                out,
            )
