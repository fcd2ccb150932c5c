"""The bodies: what a request carried, where it was kept, without its token."""

from pathlib import Path
from typing import Any

import msgspec

from profiles_sandbox.refusals import RequestRefused
from profiles_sandbox.wire.formats import FORMATS

SHOWN = 3
"""Items of a body that are shown."""

LARGEST = 20_000_000
"""Bytes of a body that is read to be shown."""

HIDDEN = "•••"
"""What stands for a token."""


def shown(folder: Path | None, number: int, format_: str | None, token: str) -> str | None:
    """The parameters of a kept request and its first items, as JSON; None when it was not kept or
    cannot be read.
    """
    path = folder and folder / f"{number:06d}.{format_}"
    if not path or format_ not in FORMATS or not path.is_file() or path.stat().st_size > LARGEST:
        return None
    try:
        message = FORMATS[format_].decode(path.read_bytes())
    except RequestRefused:
        return None
    text = msgspec.json.format(msgspec.json.encode(_part(message)), indent=2).decode()
    return text.replace(msgspec.json.encode(token)[1:-1].decode(), HIDDEN) if token else text


def _part(message: Any) -> Any:
    """A message without its token, and with no more than some items."""
    part = {name: value for name, value in message.items() if name not in ("token", "data")}
    if "token" in message:
        part["token"] = HIDDEN
    if "data" in message:
        data = message["data"]
        part["data"] = data[:SHOWN] if isinstance(data, list) else data
    return part
