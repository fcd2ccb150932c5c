"""The search for the profiles for which the service refuses a request."""

from collections.abc import Sequence, Sized
from typing import Generic, TypeVar

from ..errors import ConfigError, ProfilesError
from ..rejection import Rejection

# profiles refused each by itself, and none accepted: then it is the request that is wrong
MAX_REFUSED = 5
ALL_REFUSED = (
    "The service accepts nothing: it refused {} profiles in requests of their own (code "
    "{}: {}). Something that all requests share is "
    "wrong: check the matching, its field and the database."
)
Part = TypeVar("Part", bound=Sized)


class Isolation(Generic[Part]):
    """A stack of parts that wait to be sent, one behind the other with all that comes of it, so
    that a culprit is found soon.

    While nothing is accepted, each culprit sends the search to another place: five profiles that
    lie apart are to be refused before all are taken for wrong.
    """

    def __init__(self) -> None:
        """Start with nothing refused."""
        self._stack: list[Part] = []
        self._refused = 0
        self._accepted = False

    def __len__(self) -> int:
        """Parts that wait."""
        return len(self._stack)

    def accepted(self) -> None:
        """The service accepted something."""
        self._accepted = True

    def split(self, parts: Sequence[Part]) -> None:
        """Take the parts of what was refused; every second search begins at the other end while
        nothing is accepted.
        """
        at_the_end = self._refused % 2 and not self._accepted
        self._stack += parts if at_the_end else reversed(parts)

    def take(self) -> Part:
        """The part to be sent next."""
        return self._stack.pop()

    def blame(self, refusal: Rejection) -> ProfilesError | None:
        """One profile was refused by itself. Gives the error to end with where the service has
        refused all there was, which no record is to blame for.
        """
        self._refused += 1
        if self._accepted:
            return None
        if self._refused >= MAX_REFUSED:
            return ConfigError(ALL_REFUSED.format(self._refused, refusal.code, refusal.loggable))
        self._look_elsewhere()
        return None

    def _look_elsewhere(self) -> None:
        """Go on with the largest part that waits, as neighbours are often wrong for the same
        reason. Of equal ones the last to be taken was put there first.
        """
        if self._stack:
            place = max(reversed(range(len(self._stack))), key=lambda each: len(self._stack[each]))
            self._stack.append(self._stack.pop(place))
