"""The news: tells open pages that something has changed, and nothing else, so that it holds one
number whatever happens and however slowly they listen.
"""

import asyncio
from collections.abc import AsyncIterator

PAUSE_SECONDS = 1
"""The least between two pieces of news to one page: what changes meanwhile is one."""

SILENT_SECONDS = 15
"""After so long without news a comment is sent, by which the server notices who has gone."""

MAX_LISTENERS = 16
"""Pages that listen at once."""


class News:
    """What changed is counted. Use it from the thread of the event loop."""

    def __init__(self) -> None:
        """Nothing has changed yet."""
        self._version = 0
        self._changed = asyncio.Event()
        self._listeners = 0
        self._ended = False

    @property
    def full(self) -> bool:
        """Whether as many listen as may."""
        return self._listeners >= MAX_LISTENERS

    def tell(self) -> None:
        """Something has changed."""
        self._version += 1
        self._wake()

    def end(self) -> None:
        """Let everyone who listens go."""
        self._ended = True
        self._wake()

    async def events(self) -> AsyncIterator[str]:
        """A stream of server-sent events: one at once, then one for all that changed since."""
        self._listeners += 1
        heard = -1
        try:
            while not self._ended:
                if heard != self._version:
                    heard = self._version
                    yield f"data: {heard}\n\n"
                    await asyncio.sleep(PAUSE_SECONDS)
                elif await self._nothing_new():
                    yield ": nothing new\n\n"
        finally:
            self._listeners -= 1

    async def _nothing_new(self) -> bool:
        try:
            async with asyncio.timeout(SILENT_SECONDS):
                await self._changed.wait()
        except TimeoutError:
            return True
        return False

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
