"""`write`: the messages of stdin to the service, and each state back when it is safe."""

import gc
import logging
import os
import sys

from ..api import http  # noqa: F401 - what is sent by is loaded while the source starts
from ..config import parse_config
from ..delivery.writer import Writer
from ..protocol.messages import MessageWriter
from ..sync.measuring import Measuring, Tell
from ..sync.progress import Progress
from ..sync.sync import write_messages
from .catalog_file import read_catalog
from .invocation import STDERR, STDIN, STDOUT, Invocation
from .printing import printing

PLATFORM = "WORKER_JOB_ID"  # which the platform sets for each process of a job
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
    catalog = read_catalog(invocation.arguments.catalog)
    sum_up = _Summary(invocation) if invocation.for_person else None
    progress = Progress(logger.info, invocation.terminal, sum_up=sum_up)
    output = invocation.output
    measuring = Measuring(_figures(output), output.state, mask=invocation.mask)
    write_messages(invocation.config, catalog, STDIN, output, progress, measuring=measuring)


def _figures(output: MessageWriter) -> Tell:
    """Where figures of the sync go. Airbyte's platform keeps none of them, and passes them on to
    those who count what its users do: there they are not told.
    """
    return (lambda _kind, _value: None) if PLATFORM in os.environ else output.analytics


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
