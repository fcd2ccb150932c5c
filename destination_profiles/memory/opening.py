"""A memory is opened for a sync, or looked at beside one."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import ProfilesError
from ..scratch import scratch
from ..storage.folder import Folder, Lock, joined
from . import lease
from .journal import FOLDER as JOURNAL
from .store import Memory, place


@contextmanager
def opened(
    folder: Folder,
    name: str,
    tell: Callable[[str], None],
    *,
    keeps: bool = True,
    take: Callable[[Folder, str, str], Lock] = lease.take,
) -> Iterator[Memory]:
    """A memory for the time of a sync. It is waited for while another sync has it, but where this
    one `keeps` nothing.
    """
    lock = take(folder, name, place(name)) if keeps else None
    with scratch() as work:
        memory = None
        try:
            if lock is not None:
                memory = Memory(folder, name, Path(work), lock=lock, tell=tell)
            else:
                memory = _read_beside(folder, name, work, tell)
            yield memory
        finally:
            if memory is not None:
                memory.let_go()
            elif lock is not None:
                lock.release()


def _read_beside(folder: Folder, name: str, work: str, tell: Callable[[str], None]) -> Memory:
    """Read a memory beside a sync that may write it: once more where that has ended meanwhile, and
    taken parts of the journal away.
    """
    while True:
        parts = _parts(folder, name)
        try:
            own = tempfile.mkdtemp(dir=work)
            memory = Memory(folder, name, Path(own), lock=None, tell=tell)
        except ProfilesError:
            if parts <= _parts(folder, name):
                raise
        else:
            if parts <= _parts(folder, name):
                return memory
            memory.let_go()


def _parts(folder: Folder, name: str) -> set[str]:
    return set(folder.names(joined(place(name), JOURNAL)))
