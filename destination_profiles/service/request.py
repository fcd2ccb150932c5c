"""One request of update_batch, before it is sent."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """`body` gives its pieces, `size` bytes in all, and may be asked for again; `profiles` is their
    number, `request_id` what it keeps over all its retries. `ids` are the service's own of each
    profile, where they are found by it, else nothing.
    """

    body: Iterable[bytes | memoryview]
    size: int
    profiles: int
    request_id: str
    ids: Sequence[str] = ()
