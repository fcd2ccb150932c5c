"""`write`: the messages of stdin to the service, and each state back when it is safe."""

import gc
import sys

from ..api import http  # noqa: F401 - what is sent by is loaded while the source starts
from ..sync.sync import write_messages
from .files import read_object
from .invocation import STDIN, Invocation

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
    write_messages(invocation.config, catalog, STDIN, invocation.output, invocation.terminal)
