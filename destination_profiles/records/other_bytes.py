"""The other bytes in which a profile may have been sent: where records are sent as they come, those
of one depend on the records that come with it.
"""

from collections.abc import Iterator, Sequence
from functools import cached_property

from ..catalog import StreamInfo
from ..config import Config
from ..service.manifest import Service
from .batch import Originals
from .codec import StreamCodec
from .encoders import FAULTS, AsTheyCome, Encoder, WithoutNulls
from .ways import Ways


class OtherBytes:
    """Of one stream. What it takes is made when it is first asked."""

    def __init__(self, info: StreamInfo, config: Config, service: Service) -> None:
        """Nothing is compiled yet."""
        self._info, self._config, self._service = info, config, service

    def __call__(self, originals: Sequence[bytes]) -> Iterator[list[bytes | None]]:
        """What each of the encoders by types makes of records, None of those that it declines."""
        for encoder in self._encoders:
            yield _encoded(encoder, Originals(originals))

    @cached_property
    def _encoders(self) -> list[Encoder]:
        info, config, service = self._info, self._config, self._service
        route = StreamCodec(info, config, service).route
        ways = Ways(info, config, service, route=route, tell=lambda _: None)
        return [each for each in ways.encoders() if isinstance(each, AsTheyCome | WithoutNulls)]


def _encoded(encoder: Encoder, originals: Originals) -> list[bytes | None]:
    """All at once if they are taken, else their halves."""
    try:
        return [*encoder.encode(originals).profiles()]
    except FAULTS:
        middle, count = len(originals) // 2, len(originals)
        if not middle:
            return [None]
        first, second = originals.part(0, middle), originals.part(middle, count)
        return _encoded(encoder, first) + _encoded(encoder, second)
