"""Folders that do not outlive the process, however a signal ends it."""

from collections.abc import Iterator
from contextlib import contextmanager

_folders: set[str] = set()


@contextmanager
def scratch() -> Iterator[str]:
    """A folder of its own for the time of the block, in TMPDIR. Raises OSError where none can be
    made.
    """
    import tempfile  # noqa: PLC0415 - most do without, and a signal must count at once

    with tempfile.TemporaryDirectory(prefix="destination-profiles-") as folder:
        _folders.add(folder)
        try:
            yield folder
        finally:
            _folders.discard(folder)


def clear() -> None:
    """Remove all that there are, as the process ends at once."""
    if _folders:
        import shutil  # noqa: PLC0415 - as above

        for each in _folders:
            shutil.rmtree(each, ignore_errors=True)
