"""`spec`: what the user is asked."""

from ..spec import spec
from .answer import Answer
from .invocation import Invocation


def run(_: Invocation) -> Answer:
    """The specification."""
    found = spec()
    return Answer(found, {"type": "SPEC", "spec": found})
