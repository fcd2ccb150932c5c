"""Files that a command writes for a person."""

import os
import stat
import threading
from pathlib import Path

from destination_profiles.commands.new_files import write_json, write_private


def test_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("older and longer")
    path.chmod(0o644)
    write_private(str(path), "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)


def test_public_file_keeps_the_mode_that_it_has(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("older and longer")
    path.chmod(0o600)
    write_json(str(path), {"a": 1})
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ('{\n "a": 1\n}\n', 0o600)


def test_what_is_no_file_keeps_its_mode(tmp_path: Path) -> None:
    """Such as /dev/null, which is everybody's."""
    path = tmp_path / "pipe"
    os.mkfifo(path, 0o622)
    path.chmod(0o622)
    heard: list[str] = []
    reader = threading.Thread(target=lambda: heard.append(path.read_text()))
    reader.start()
    write_private(str(path), "text")
    reader.join()
    assert (heard, stat.S_IMODE(path.stat().st_mode)) == (["text"], 0o622)
