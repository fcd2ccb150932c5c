"""The reader: a thread with a connection of its own, so that pages keep no request waiting."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from profiles_sandbox.data.datafile import DataFile, open_to_read

Result = TypeVar("Result")


class Reader:
    """Runs jobs that read the data file, one after the other."""

    def __init__(self, path: Path) -> None:
        """Take the file, which is opened by the first job."""
        self._path = path
        self._data: DataFile | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="page")

    async def ask(self, job: Callable[[sqlite3.Connection], Result]) -> Result:
        """What a job reads, all of it at one moment."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._read, job)

    def close(self) -> None:
        """Wait for the job under way, and close the file."""
        self._thread.submit(self._close)
        self._thread.shutdown()

    def _read(self, job: Callable[[sqlite3.Connection], Result]) -> Result:
        if self._data is None:
            self._data = open_to_read(self._path)
        with _moment(self._data.connection) as connection:
            return job(connection)

    def _close(self) -> None:
        if self._data:
            self._data.close()


@contextmanager
def _moment(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    connection.execute("BEGIN")
    try:
        yield connection
    finally:
        connection.rollback()
