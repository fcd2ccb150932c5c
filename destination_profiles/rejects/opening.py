"""From the setting to its store."""

from collections.abc import Mapping

from .local import LocalStore
from .settings import LocalRejects, NoRejects, Rejects, S3Rejects
from .store import NoStore, Place, RejectStore


def open_store(setting: Rejects, places: Mapping[str, Place]) -> RejectStore:
    """The store that a setting names, for streams by their labels. Raises ConfigError when it
    cannot be used.
    """
    match setting:
        case NoRejects():
            return NoStore()
        case LocalRejects(path):
            return LocalStore(path)
        case S3Rejects():
            from .s3 import S3Store  # noqa: PLC0415 - it takes a third of a second, and most syncs do without

            return S3Store(setting, places)
