"""From the setting to its folder."""

from .folder import Folder
from .local import LocalFolder
from .settings import LocalStorage, NoStorage, Storage


def open_folder(setting: Storage) -> Folder | None:
    """The folder that a setting names, None where it names none. Raises ConfigError when it cannot
    be used.
    """
    if isinstance(setting, NoStorage):
        return None
    if isinstance(setting, LocalStorage):
        return LocalFolder(setting.path)
    from .s3 import S3Folder  # noqa: PLC0415 - it takes a third of a second, and most syncs do without

    return S3Folder(setting)
