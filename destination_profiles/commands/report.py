"""`report`: a page of what a sync did, made of what `write` printed."""

import os
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

from ..config import parse_config
from ..errors import ConfigError
from ..report.kept import KeptRows, kept_rows
from ..report.page import page
from ..report.reading import Output, read
from ..report.verdict import verdict
from ..storage.folder import Folder
from ..storage.opening import existing_folder
from ..storage.settings import LocalStorage, Storage
from .files import MARKS, read_object
from .invocation import STDOUT, Invocation
from .new_files import write_private
from .printing import printing
from .variables import from_environment

STORE = "object_storage_config"
LONGEST_MARK = max(map(len, MARKS))


def run(invocation: Invocation) -> None:
    """Write the page and print its first sentence. Raises ProfilesError."""
    arguments = invocation.arguments
    if arguments.keys and not arguments.store:
        raise ConfigError("The rows whose keys --keys asks for are in a store: name it in --store.")
    output = _read(arguments.source)
    kept = _kept(arguments, output)
    html = page(output, Path(arguments.source).name, kept, arguments.keys)
    write_private(arguments.output, html)
    with printing(STDOUT) as out:
        out.write(f"{verdict(output.runs[-1]).sentence}\n{arguments.output}\n")


def _read(path: str) -> Output:
    """The runs of a file. Raises ConfigError where it holds none, or what a source prints."""
    try:
        output = read(_lines(Path(path)))
    except (OSError, ValueError) as error:
        raise _not_done(path, "read", error) from None
    if output.runs and not output.of_source:
        return output
    if output.runs:
        raise ConfigError(
            f"The file {path} holds {output.of_source:,} messages that a source prints: rows, or "
            "states without the counts of a sync. A report is made of what `write` prints."
        )
    if not output.messages:
        raise ConfigError(
            f"The file {path} holds no message of Airbyte's protocol. A report is made of what "
            "`write` prints on stdout where that is a pipe or a file."
        )
    raise ConfigError(
        f"The file {path} holds {output.messages:,} messages, and no state, figure or failure of a "
        "sync among them. A report is made of what `write` prints, not of what a source prints."
    )


def _lines(path: Path) -> Iterator[str]:
    """The lines of a text in any encoding that says so, which `tee` of some shells writes."""
    with path.open("rb") as file:
        start = file.read(LONGEST_MARK)
    encoding = next((name for mark, name in MARKS.items() if start.startswith(mark)), "utf-8-sig")
    with path.open(encoding=encoding, errors="replace", newline="\n") as text:
        yield from text


def _kept(arguments: Namespace, output: Output) -> list[list[KeptRows] | None]:
    """The records that each run has left in the store, where one is named."""
    folder = _store(arguments.store) if arguments.store else None
    return [
        None
        if folder is None or run.started is None or run.started.sync is None
        else kept_rows(folder, run.started.sync, arguments.keys)
        for run in output.runs
    ]


def _store(place: str) -> Folder:
    """The store in a folder, or the one that a configuration names. Raises ConfigError."""
    setting: Storage = LocalStorage(place)
    if not os.path.lexists(place):
        raise ConfigError(
            f"There is no {place}: --store takes the folder of the rejected records, or the file "
            "of the configuration that names their store."
        )
    if not Path(place).is_dir():
        config = read_object(place, "configuration")
        store = {name: value for name, value in config.items() if name == STORE}  # alone is asked
        setting = parse_config({**config, **from_environment(store)}).storage
    folder = existing_folder(setting)
    if folder is None:
        raise ConfigError(
            f"The configuration {place} names no store of rejected records: set "
            "object_storage_config, or name a folder in --store."
        )
    return folder


def _not_done(path: str, what: str, error: Exception) -> ConfigError:
    why = getattr(error, "strerror", None) or "no file can have such a name"
    told = ConfigError(f"The file {path} cannot be {what}: {why}.")
    told.path = path
    return told
