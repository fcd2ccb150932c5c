"""The streams of which a store holds rejected records, by the names of its parts."""

from collections.abc import Iterable
from urllib.parse import unquote

from ..stream_key import StreamKey
from .parts import NAME, SYNC


def streams_in(names: Iterable[str]) -> list[StreamKey]:
    """Those that things in a folder belong to, each once."""
    found = (_stream(parsed["stem"]) for name in names if (parsed := NAME.fullmatch(name)))
    return sorted({each for each in found if each is not None}, key=lambda each: each[::-1])


def _stream(stem: str) -> StreamKey | None:
    """A part stands in the folder of its sync, then perhaps of a namespace, then of the stream; as
    earlier versions had it, in no folder, and is called as the stream.
    """
    match list(map(unquote, stem.split("/"))):
        case [name]:
            return None, name
        case [sync, name, _] if SYNC.fullmatch(sync):
            return None, name
        case [sync, namespace, name, _] if SYNC.fullmatch(sync):
            return namespace, name
    return None
