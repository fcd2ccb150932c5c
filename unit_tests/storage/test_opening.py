"""From the setting to its folder, and what is made for it."""

from pathlib import Path

import pytest

from destination_profiles.errors import ConfigError
from destination_profiles.storage.local import LocalFolder
from destination_profiles.storage.opening import existing_folder, open_folder
from destination_profiles.storage.settings import LocalStorage, NoStorage


def test_no_storage_is_no_folder() -> None:
    assert (open_folder(NoStorage()), existing_folder(NoStorage())) == (None, None)


def test_folder_that_is_there_is_opened(tmp_path: Path) -> None:
    opened = existing_folder(LocalStorage(str(tmp_path)))
    assert opened is not None
    opened.write("1", b"x")
    assert (tmp_path / "1").read_bytes() == b"x"


def test_folder_that_is_not_there_is_told_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^The folder of the object storage is not there, so"):
        existing_folder(LocalStorage(str(tmp_path / "a" / "mistyped")))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["file", "file/below", "a\0b"])
def test_what_can_be_no_folder_is_told_as_such(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    for act in (existing_folder, lambda setting: open_folder(setting, makes=False)):
        with pytest.raises(ConfigError, match="cannot be made or written to"):
            act(LocalStorage(str(tmp_path / path)))


def test_missing_folder_that_is_not_made_holds_nothing(tmp_path: Path) -> None:
    opened = open_folder(LocalStorage(str(tmp_path / "none")), makes=False)
    assert isinstance(opened, LocalFolder) and opened.names() == []
    assert list(tmp_path.iterdir()) == []
