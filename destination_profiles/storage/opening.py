"""From the setting to its folder."""

from ..errors import ConfigError
from .folder import Folder
from .local import LocalFolder, is_missing
from .settings import LocalStorage, NoStorage, Storage

NOT_THERE = (
    "The folder of the object storage is not there, so nothing was kept in it. Look at the path in "
    "the setting object_storage_config."
)


def open_folder(setting: Storage, *, makes: bool = True) -> Folder | None:
    """The folder that a setting names, None where it names none; one of this machine that is
    missing is made, or else nothing is in it. Raises ConfigError when it cannot be used.
    """
    if isinstance(setting, NoStorage):
        return None
    if isinstance(setting, LocalStorage):
        return LocalFolder(setting.path, makes=makes)
    from .s3 import S3Folder  # noqa: PLC0415 - it takes a third of a second, and most syncs do without

    return S3Folder(setting)


def existing_folder(setting: Storage) -> Folder | None:
    """Likewise, for who looks what is in it: none is made. Raises ConfigError where it is not
    there, too.
    """
    if isinstance(setting, LocalStorage) and is_missing(setting.path):
        raise ConfigError(NOT_THERE)
    return open_folder(setting)
