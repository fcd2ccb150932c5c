"""From the setting to its folder."""

from ..errors import SystemFault
from .folder import Folder
from .local import LocalFolder
from .settings import LocalStorage, NoStorage, S3Storage, Storage


def open_folder(setting: Storage) -> Folder | None:
    """The folder that a setting names, None where it names none. Raises ConfigError when it cannot
    be used.
    """
    match setting:
        case NoStorage():
            return None
        case LocalStorage(path):
            return LocalFolder(path)
        case S3Storage():
            from .s3 import S3Folder  # noqa: PLC0415 - it takes a third of a second, and most syncs do without

            return S3Folder(setting)
    raise SystemFault("The object storage is of no known kind.")
