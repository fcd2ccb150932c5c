"""`spec`: what the user is asked."""

from ..spec import spec
from .invocation import Invocation


def run(invocation: Invocation) -> None:
    """Write the specification."""
    invocation.output.message({"type": "SPEC", "spec": spec()})
