"""What is sent once more of records that the service has: nothing of it subscribes anybody."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from ..catalog import StreamInfo
from ..config import Config
from ..service.manifest import Service
from .batch import Batch
from .codec import StreamCodec
from .opt_outs import OwnSubscriptions, only_opt_outs

FAULTS = (ValueError, RecursionError)


class Renewal:
    """Of one stream. What it takes is made when it is first asked."""

    def __init__(
        self, info: StreamInfo, config: Config, service: Service, *, resubscribes: bool
    ) -> None:
        """`resubscribes`: they are sent as they are, as the user wants it."""
        self._info, self._config, self._service = info, config, service
        self._resubscribes = resubscribes

    def __call__(self, originals: Sequence[bytes]) -> list[bytes | None]:
        """The profiles of records, None where what would subscribe cannot be taken out."""
        return list(map(self._profile, originals))

    def _profile(self, original: bytes) -> bytes | None:
        try:
            if not self._resubscribes:
                original, _ = self._own.without(original)
        except FAULTS:
            return None
        for taken in self._codec.take([original]):
            if isinstance(taken, Batch) and not taken.is_end:
                return taken.profiles()[0]
        return None

    @cached_property
    def _codec(self) -> StreamCodec:
        config = self._config if self._resubscribes else only_opt_outs(self._config)
        return StreamCodec(replace(self._info, sync_mode="append"), config, self._service)

    @cached_property
    def _own(self) -> OwnSubscriptions:
        stream = self._config.stream(self._info.name, self._info.namespace)
        return OwnSubscriptions(stream, self._service)
