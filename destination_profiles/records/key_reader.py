"""What a row's profile is found by, whatever else is wrong with the row."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..catalog import StreamInfo
from ..config import Config, FieldConfig
from ..service.identities import Identities
from ..service.manifest import Service
from .batch import Batch, Data
from .codec import StreamCodec, target_of
from .superseding import is_of_rows

NO_KEY: Identities = ()


class KeyReader:
    """Of one stream; nothing of a row is looked at but what its profile is found by. `target` is
    where its profiles are; `is_of_rows`: records of one profile are versions of one row.
    """

    def __init__(self, info: StreamInfo, config: Config, service: Service) -> None:
        """Raises ConfigError as StreamCodec does."""
        stream = config.stream(info.name, info.namespace)
        self.target = target_of(info, stream, config.target, service)
        self.is_of_rows = is_of_rows(info.primary_key, stream.fields, self.target.matching)
        names = self.target.matching.fields()
        fields = stream.fields or tuple(FieldConfig(name, name) for name in names)
        keys = replace(
            stream,
            name=info.name,
            namespace=info.namespace,
            fields=tuple(each for each in fields if each.to in names),
            subscriptions=(),
            on_delete="send",
        )
        alone = replace(config, streams=(keys,), null_values="omit", wire_format="json")
        open_to_all = replace(info, schema={}, sync_mode="append")
        self._codec = StreamCodec(open_to_all, alone, service)

    def keys(self, originals: Sequence[Data]) -> list[Identities]:
        """The identities of each row, none where it has no key that can be read."""
        try:
            return list(self._each(originals))
        except (ValueError, RecursionError):  # one is no JSON at all
            if len(originals) == 1:
                return [NO_KEY]
            return [key for each in originals for key in self.keys([each])]

    def _each(self, originals: Sequence[Data]) -> Iterator[Identities]:
        for taken in self._codec.take(originals):
            yield from taken.identities if isinstance(taken, Batch) else [NO_KEY]
