"""The search for the profiles of a chunk for which the service refuses a request."""

from collections.abc import Sequence, Sized
from typing import Generic, TypeVar

Part = TypeVar("Part", bound=Sized)


class Isolation(Generic[Part]):
    """A stack of parts of one chunk that wait to be sent, one behind the other with all that comes
    of it, so that a culprit is found soon.

    While nothing of the chunk is accepted, each culprit sends the search to another place, so that
    the first to be found lie apart.
    """

    def __init__(self) -> None:
        """Start with nothing refused."""
        self._stack: list[Part] = []
        self._refused = 0
        self._trusted = False

    def __len__(self) -> int:
        """Parts that wait."""
        return len(self._stack)

    def trust(self) -> None:
        """Whoever is refused is to blame from now on: the service accepted something, or was
        asked.
        """
        self._trusted = True

    def split(self, parts: Sequence[Part]) -> None:
        """Take the parts of what was refused; every second search begins at the other end while
        nothing is accepted.
        """
        at_the_end = self._refused % 2 and not self._trusted
        self._stack += parts if at_the_end else reversed(parts)

    def take(self) -> Part:
        """The part to be sent next."""
        return self._stack.pop()

    def refused(self) -> None:
        """A profile was refused by itself. Go on with the largest part that waits, as neighbours
        are often wrong for the same reason; of equal ones the last to be taken was put there first.
        """
        self._refused += 1
        if self._stack and not self._trusted:
            place = max(reversed(range(len(self._stack))), key=lambda each: len(self._stack[each]))
            self._stack.append(self._stack.pop(place))
