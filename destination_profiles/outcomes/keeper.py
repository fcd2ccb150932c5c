"""Writes parts beside the pipeline: none of it waits for a disk or for S3."""

import threading
from collections.abc import Callable
from queue import SimpleQueue

from ..errors import ProfilesError, SystemFault
from ..storage.folder import Folder
from . import parts

MOST_WAITING = 4  # parts that are held in memory until they are written


class Keeper:
    """A thread that writes parts in the order in which they come. Each has a number, from 1. All
    methods belong to one thread. After a failure nothing is tried again, as in rejects.
    """

    def __init__(self, folder: Folder, wake: Callable[[], None] = lambda: None) -> None:
        """`wake` is called on the thread whenever a part is safe, or never will be."""
        self.wake = wake
        self._folder = folder
        self._to_do: SimpleQueue[tuple[str, list[bytes]]] = SimpleQueue()
        self._changed = threading.Condition()
        self._put = self._kept = 0
        self._failure: ProfilesError | None = None
        self._thread: threading.Thread | None = None

    def put(self, name: str, text: list[bytes]) -> int:
        """Take a part; gives its number. Waits while too many do. Raises ProfilesError where one
        could not be written.
        """
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="outcomes", daemon=True)
            self._thread.start()
        self._wait_for(self._put - MOST_WAITING + 1)
        self._put += 1
        self._to_do.put((name, text))
        return self._put

    def kept(self) -> int:
        """The number of the last part of those that are safe. Raises likewise."""
        with self._changed:
            if self._failure is not None:
                raise self._failure
            return self._kept

    def wait(self) -> None:
        """Until all are safe. Raises likewise."""
        self._wait_for(self._put)

    def _wait_for(self, number: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._failure is not None or self._kept >= number)
            if self._failure is not None:
                raise self._failure

    def _work(self) -> None:
        """A daemon's life: storage that does not answer must not keep the process alive."""
        while True:
            name, text = self._to_do.get()
            failure: ProfilesError | None = None
            try:
                parts.write(self._folder, name, b"".join(text))
            except ProfilesError as error:
                failure = error
            except Exception as error:  # a defect must end the sync, not hang it
                failure = SystemFault(f"Outcomes cannot be kept: {type(error).__name__}.")
            del text
            with self._changed:
                self._failure = failure
                self._kept += failure is None
                self._changed.notify_all()
            self.wake()
            if failure is not None:
                return
