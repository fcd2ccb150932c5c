"""The connector's log, on the way to a command's output."""

import logging
import re

from ..protocol.messages import LogHandler, MessageWriter

HIDDEN = "****"
LONG = 4  # signs of a secret that is hidden within a word too; a shorter one would mangle others


class Secrets:
    """Texts that no line of the log shows; they become known once the configuration is read."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: list[str] = []

    def add(self, secrets: list[str]) -> None:
        """Hide these from now on."""
        self._known = sorted({*self._known, *secrets} - {""}, key=len, reverse=True)

    def mask(self, text: str) -> str:
        """A text with stars in their place."""
        for secret in self._known:
            if len(secret) >= LONG:
                text = text.replace(secret, HIDDEN)
            else:
                text = re.sub(rf"(?<![\w']){re.escape(secret)}(?![\w'])", HIDDEN, text)
        return text


def log_to(output: MessageWriter, secrets: Secrets) -> None:
    """Send the connector's log through `output`, so that no two lines mix. Libraries are silent:
    their warnings quote what they met.
    """
    root = logging.getLogger()
    root.handlers = [LogHandler(output, secrets.mask)]
    root.setLevel(logging.CRITICAL + 1)
    logging.getLogger("airbyte").setLevel(logging.INFO)
