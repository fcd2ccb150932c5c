"""A memory is opened for a sync, or looked at beside one."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..errors import ProfilesError, StoreUnavailable
from ..scratch import scratch
from ..storage.folder import Folder, Lock, joined, try_out
from . import lease
from .journal import FOLDER as JOURNAL
from .store import NO_ROOM, Memory, place


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
    with ExitStack() as folders:
        lock = memory = None
        try:
            if keeps:
                work = _work_folder(name, folders)
                lock = take(folder, name, place(name))
                memory = Memory(folder, name, work, lock=lock, tell=tell)
            else:
                memory = _read_beside(folder, name, folders, tell)
            yield memory
        finally:
            if memory is not None:
                memory.let_go()
            elif lock is not None:
                lock.release()


def try_memory(folder: Folder, name: str) -> None:
    """Find out whether a sync could open a memory and keep it. Raises ProfilesError."""
    with ExitStack() as folders:
        _work_folder(name, folders)
    try_out(folder, place(name))


def _work_folder(name: str, folders: ExitStack) -> Path:
    try:
        return Path(folders.enter_context(scratch()))
    except OSError:
        raise StoreUnavailable(NO_ROOM.format(name)) from None


def _read_beside(
    folder: Folder, name: str, folders: ExitStack, tell: Callable[[str], None]
) -> Memory:
    """Read a memory beside a sync that may write it: once more where that has ended meanwhile, and
    taken parts of the journal away.
    """
    while True:
        parts = _parts(folder, name)
        try:
            memory = Memory(folder, name, _work_folder(name, folders), lock=None, tell=tell)
        except ProfilesError:
            if parts <= _parts(folder, name):
                raise
        else:
            if parts <= _parts(folder, name):
                return memory
            memory.let_go()


def _parts(folder: Folder, name: str) -> set[str]:
    return set(folder.names(joined(place(name), JOURNAL)))
