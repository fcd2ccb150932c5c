"""A memory belongs to one sync at a time."""

from collections.abc import Callable
from time import monotonic, sleep

from ..errors import StoreInUse, StoreUnavailable
from ..storage.folder import Folder, Lock

WAITED_SECONDS = 120.0  # for another owner; a lease that is not renewed expires in that time
ASKED_SECONDS = 5.0  # between two tries
IN_USE = (
    "The memory {} is in use: another sync with this name runs, and did not end within two "
    "minutes. Run this again later, or give connections that write to different databases names of "
    "their own."
)
LOST = (
    "The memory {} is not held any more: the object storage could not be reached for two minutes, "
    "and another sync may have it. No state may leave. Run the sync again later."
)


def take(
    folder: Folder,
    name: str,
    where: str,
    *,
    clock: Callable[[], float] = monotonic,
    pause: Callable[[float], None] = sleep,
) -> Lock:
    """Hold the folder `where` of a memory alone; waits for another owner. Raises StoreInUse where
    that has not ended in time, and at once what else the folder raises.
    """
    until = clock() + WAITED_SECONDS
    while True:
        try:
            return folder.lock(alone=True, where=where)
        except StoreInUse as error:
            if clock() >= until:
                raise StoreInUse(IN_USE.format(name)) from error
        pause(ASKED_SECONDS)


def check(lock: Lock, name: str) -> None:
    """Raise StoreUnavailable where another may own the memory by now."""
    if not lock.is_held():
        raise StoreUnavailable(LOST.format(name))
