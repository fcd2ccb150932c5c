"""Files that a command writes for a person, and does not write over."""

import json
import os
import stat
from pathlib import Path
from typing import Any

from ..errors import ConfigError

PRIVATE, PUBLIC = 0o600, 0o644


def check_new(path: str | None, *, force: bool) -> None:
    """Raise ConfigError for a file that is there already, unless it may be written over."""
    if path is not None and not force and Path(path).exists():
        raise ConfigError(f"The file {path} exists already. --force overwrites it.")


def write_private(path: str, text: str) -> None:
    """A file that its owner alone can read. Raises ConfigError where it cannot be written."""
    _write(path, text, PRIVATE)


def write_json(path: str, value: Any) -> None:
    """A value as JSON. Raises ConfigError where it cannot be written."""
    _write(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n", PUBLIC)


def _write(path: str, text: str, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            if mode == PRIVATE and stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.fchmod(descriptor, mode)
            file.write(text)
    except OSError as error:
        raise ConfigError(f"The file {path} cannot be written: {error.strerror}.") from None
