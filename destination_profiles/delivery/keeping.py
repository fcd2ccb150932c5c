"""Records whose fate is known, and not safe yet: no state passes them."""

from collections import deque
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

from ..records.batch import Batch, Data
from ..records.route import Route
from ..rejection import Rejection
from .blame import Resolution
from .checkpoint import Checkpointer, Token
from .recorder import Recorder

if TYPE_CHECKING:
    from .remembering import Remembering


class Keeping:
    """Stands between the books and the checkpointer: what was heard by a recorder is resolved once
    it is safe; all is at once where there is none. What a memory has to hear goes this way too.
    """

    def __init__(
        self,
        checkpointer: Checkpointer,
        recorder: Recorder | None,
        remembering: "Remembering | None" = None,
    ) -> None:
        """Start with nothing heard."""
        self._checkpointer, self._recorder = checkpointer, recorder
        self._remembering = remembering
        # by what `begin` gave
        self._begun: deque[tuple[int, Token]] = deque()
        # of records that no chunk holds: they were never sent
        self._unsent: Token | None = None

    def __len__(self) -> int:
        """How often something was begun that is not known to be safe."""
        return len(self._begun)

    def answered(self, resolution: Resolution) -> None:
        """The last word on a chunk, while its records still stand in it."""
        if self._recorder is not None:
            self._recorder.answered(resolution)
        if self._remembering is not None:
            self._remembering.answered(resolution)

    def unsent(self, stream: str, original: bytes, rejection: Rejection, ordinal: int) -> None:
        """A record was rejected before it was sent."""
        if self._recorder is not None:
            self._track(ordinal)
            self._recorder.unsent(stream, original, rejection, ordinal)
        if self._remembering is not None:
            self._remembering.unsent(stream, [original])

    def changed(
        self, batch: Batch, route: Route, unsettled: AbstractSet[str]
    ) -> tuple[Batch | None, int]:
        """What is to be sent of some records, and how many are left out, as the service has them.
        `unsettled` are identities that a chunk without a last word holds.
        """
        if self._remembering is None:
            return batch, 0
        changed, unchanged = self._remembering.changed(batch, route, unsettled)
        if unchanged and self._recorder is not None:
            ordinals = [batch.ordinals[each] for each in unchanged]
            identities = [batch.identities[each] for each in unchanged]
            self._track(ordinals[0])
            self._recorder.unchanged(route.label, identities, ordinals)
        return changed, len(unchanged)

    def deleted(self, stream: str, originals: Sequence[Data], first: int) -> None:
        """Records were left out."""
        if self._recorder is not None:
            self._track(first)
            self._recorder.deleted(stream, originals, first)
        if self._remembering is not None:
            self._remembering.unsent(stream, originals)

    def resolve(self, token: Token) -> None:
        """The last word on some records was entered, and heard."""
        if self._recorder is None:
            self._checkpointer.resolve(token)
        else:
            self._begun.append((self._recorder.begin(), token))

    def begin(self) -> None:
        """A state is behind what was heard, or nothing more is to come."""
        if self._unsent is not None:
            self.resolve(self._unsent)
            self._unsent = None

    def settle(self) -> None:
        """Resolve what is safe by now. Raises StoreUnavailable where the memory may be another's:
        then no state may leave.
        """
        if self._remembering is not None:
            self._remembering.settle()
        while self._begun and self._recorder and self._begun[0][0] <= self._recorder.kept():
            self._checkpointer.resolve(self._begun.popleft()[1])

    def close(self) -> None:
        """Wait until all is safe."""
        self.begin()
        if self._recorder is not None:
            self._recorder.close()

    def _track(self, first: int) -> None:
        if self._unsent is None:
            self._unsent = self._checkpointer.track(first)
